"""How did the last life end, and what may this one be? Asked while a badge comes up; firmware/start.py then frees it.

RTC memory outlives every reset but a power cut. So a power-on that finds our record (rtc_memory.py) was no cut but a
dip of the supply: the port tells neither from the other (ports/esp32/modmachine.c, reset_cause), and a dip that was
deep enough to lose the record looks like a cut. The chip's reset button may look like a dip, which costs a second of
Wi-Fi.

What counts is what failed, not what was started. A start is somebody's order when power came, when it was a soft reset
(a technician's), or when who reset the chip has said so here before (`ordered`). Any other is a failure, whatever the
chip calls it: of a panic the port says the same as of a reset by a program. One hour of running well forgives one.
"""

import machine
from firmware.board.rtc_memory import RtcMemory
from firmware.codes import CAUSE_DIP, CAUSE_POWER_ON, CAUSE_RESET, CAUSE_SOFT, CAUSE_WATCHDOG, TASK_NONE
from micropython import const

_RUNS = const(0)  # as rtc_memory.py has them
_ORDERED = const(1)
_COUNTED = const(2)
_FAILED_MOST = const(4)  # then the lifeboat; if that fails, too, the two take turns
_GAVE_WAY_MOST = const(6)


class BootHistory(RtcMemory):
    """The record, and what a start makes of it."""

    def booted(self):
        """Learn from the cause of this start. Called once a life, by boot.py."""
        cause = machine.reset_cause() or CAUSE_RESET  # 0: one that the port does not know
        ended = self._ends
        self._ends = _RUNS
        if cause == CAUSE_POWER_ON:
            if self._found:
                self.dips = min(self.dips + 1, 255)
                cause = CAUSE_DIP
        elif cause == CAUSE_SOFT:
            self._ends = _ORDERED  # somebody is at the prompt, and resets when done
        elif ended != _ORDERED and (self._found or cause == CAUSE_WATCHDOG):  # a pairing takes the record away
            if ended != _COUNTED:
                self._crashed("watchdog" if cause == CAUSE_WATCHDOG else "panic", TASK_NONE)
            self.failed = self.failed + 1 if self.failed < 255 else 254
            self.crashes = self.report[1] = max(self.crashes, min(self.failed, 255))
        self.report[0] = self.report[0] & 0xF0 | cause
        self._write()

    def runs(self):
        """A life begins after the prompt of a soft reset: how it ends, nobody has ordered yet."""
        if self._ends:
            self._ends = _RUNS
            self._write()

    def wants_boat(self, unfinished=False):
        """Return whether it is the lifeboat's turn. unfinished: an update was broken off, so the app is a mixture."""
        return not self.failed & 1 if self.failed >= _FAILED_MOST else unfinished

    def give_way(self):
        """The lifeboat has run well, and lets the app try again: one failure, and it is back, for longer."""
        self.failed = _FAILED_MOST - 1
        self.gave_way = min(self.gave_way + 1, _GAVE_WAY_MOST)
        self.ordered()

    def flashed(self):
        """A new firmware is on this badge: what failed was another."""
        self.failed = self.gave_way = self.dips = 0
        self.ordered()
