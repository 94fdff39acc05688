"""When does a badge look around? While an alarm, a question or a test is open, and never before or after.

A look takes two seconds. It begins when nothing graver waits to be told: as soon as an alarm is heard, and every ten
seconds from then on; what it has found is told once. An older gateway would refuse it, so there is no look at all until
a gateway has said that it knows the word.

A scan of access points leaves the channel for a tenth of a second at a time, in which a frame would wait in the port.
So a question and a test, after which the next frame may be the first of an alarm, have only one, at their beginning.
"""

from firmware.codes import CALLING, KNOWS_SIGHTING, SAFE, RELIEVED
from firmware.limits import SEEN_AGAIN_MS
from firmware.link.frame import SIGHTING
from firmware.link.outbox import REPORT_RANK, TECHNICAL_RANK
from firmware.ticks import after, due


class Nearby:
    """Tells for `badge` what `scan` (firmware/board/scan.py) hears."""

    def __init__(self, scan, badge):
        self._scan = scan
        self._badge = badge
        self._open = self._look = False
        self._at = 0
        badge.uplink.seen = scan.seen

    def tend(self, now):
        """Look around where that is due; quick, call it often, and before a frame is made."""
        badge = self._badge
        uplink = badge.uplink
        if not uplink.gateway:
            uplink.introduce(TECHNICAL_RANK, now)  # now, so that an alarm need not wait for it
        state = badge.alarm.state
        if (state == SAFE or state == RELIEVED) and not badge.shift.test.stage:
            if self._open:
                self._open = self._look = False
                uplink.drop(SIGHTING)
        elif self._look:
            if self._scan.over(now):
                self._look = False
                uplink.sighted(now)
        elif not self._open or due(self._at, now):
            if max(badge.outbox.rank) >= REPORT_RANK or uplink.gateway < KNOWS_SIGHTING:
                return
            uplink.drop(SIGHTING)  # what waits since the last look
            self._scan.look(not self._open or state > CALLING, now)
            self._open = self._look = True
            self._at = after(now, SEEN_AGAIN_MS)
