"""Which alarm is open, how far has it come, and when is something due about it?

The table decides; this file carries its orders out and keeps the numbers: id, kind, revision, deadlines. One alarm at a
time: a graver cause raises the open one instead of starting another, so that nobody closes the wrong one.
"""

import struct

from firmware.alarm.table import CANCEL, END, IGNORED, NOTHING, OPEN, RENAME, TABLE, WARN
from firmware.codes import (
    ACKED, CALLING, CHECK_IN_MISSED, CLOSE_TOLD, EVENTS, KIND_ASSIST, KIND_CHECK_IN, KIND_EMERGENCY, KIND_MOTIONLESS,
    KIND_NONE, KIND_POSITION, KINDS, RECEIVED, RELIEVED, RIGHTED, SAFE, STEP_CLOSED, STEP_TAKEN, STEP_UNANSWERED,
    TAKE_TOLD, TAKEN, TIMED_OUT, UNANSWERED, UNANSWERED_TOLD, WARNED, WHAT_CANCELLED, WHAT_PRACTICE, WHAT_PRE_ALARM,
    WHAT_RAISED,
)
from firmware.crc import crc16
from firmware.limits import (
    CHECK_IN_PRE_ALARM_MS, FEEL_UNHEARD_AGAIN_MS, FEEL_UNHEARD_MS, PRE_ALARM_MS, REFRESH_MS, RELIEVED_MS, TAKEN_MS,
    UNANSWERED_AGAIN_MS, UNANSWERED_MS,
)
from firmware.ticks import after, due, kept, since
from micropython import const

NO_ID = const(-1)
SAVED_BYTES = const(16)
_SAVED_MARK = const(0xA2)
# mark, state, kind and what, stored and revision, alarm id, age in s, s to the deadline, responder, flags; then a CRC
_SAVED = const(">4BIHBHB")
_NO_ID_SAVED = const(0x3FFFFFFF)
_AGE_END_S = const(65535)

# Kind that an event asks for, by event: PRESSED is none, then assist, emergency, fall ...
KIND_OF = b"\x00\x00\x01\x03\x02\x00\x00\x00\x00\x00\x04\x05\x06\x07\x00\x09"
# How grave is it, by kind? assist < check-in missed < motionless < position < fall < struggle < torn off < emergency
RANKS = b"\x00\x01\x05\x08\x03\x04\x02\x07\x00\x06"

assert WARNED == WHAT_PRE_ALARM and RELIEVED == WHAT_CANCELLED  # `load` compares them
assert len(KIND_OF) == EVENTS and len(RANKS) == KINDS and KIND_OF[CHECK_IN_MISSED] == KIND_CHECK_IN


class Alarm:
    """The wearer's own alarm. Read its attributes; change it through `on`, `tick` and `load` only."""

    def __init__(self, pre_alarm_ms=PRE_ALARM_MS, check_in_ask_ms=CHECK_IN_PRE_ALARM_MS):
        self.pre_alarm_ms = pre_alarm_ms
        self.check_in_ask_ms = check_in_ask_ms
        self.state = SAFE
        self.kind = KIND_NONE
        self.what = WHAT_RAISED
        self.practice = False  # nobody is called for it
        self._missed = False  # what is asked is a missed check-in too: who stands up has not answered that
        self.revision = 0
        self.stored = 0  # the revision of which a gateway last said that it has it
        self.alarm_id = NO_ID  # an uplink counter; the badge spends one when it first can
        self.responder = 0  # device of who has taken it; 0: somebody at the board
        self.edge_at = 0  # when it began
        self.deadline = 0
        self.refresh_at = 0
        self.unsent = False  # there is something newer to tell than the outbox holds
        self.fallen = False  # somebody may have, and waits for the steps that would say that she rose (detect/body.py)
        self.undated = False  # of what was loaded beside it nobody knows how old it is

    def is_open(self):
        """Return whether there is an alarm that must reach a gateway again and again."""
        return self.state >= CALLING

    def on(self, event, now, edge_at, practice=False):
        """Take an event whose deciding edge was at `edge_at`; return True if the table has an arrow for it.

        practice: the wearer is practising; it holds for an alarm that begins here, until it is raised for real.
        """
        if self.state == SAFE or self.state == RELIEVED:
            self._missed = False
        self._missed = self._missed or event == CHECK_IN_MISSED
        if not self._fresh(event, practice):
            return False
        cell = TABLE[self.state * EVENTS + event]
        if cell == IGNORED:
            return False
        before = self.state
        self._order(cell >> 4, event, before, edge_at, practice)
        self.state = cell & 0x0F
        self._set_deadline(before, event, now)
        return True

    def holds_check_in(self):
        """Return whether there is an alarm, no practice, to which a missed check-in would add nothing."""
        return self.is_open() and not (self.practice or self._fresh(CHECK_IN_MISSED, False))

    def newer(self, revision):
        """Return the revision after `revision`; never `stored`, which would look like what a gateway has already."""
        revision += 1
        if revision & 0x0F == self.stored:
            revision += 1
        return revision & 0x0F

    def _fresh(self, event, practice):
        asked = KIND_OF[event]
        if event == RIGHTED:
            return not self._missed and (self.kind == KIND_POSITION or self.kind == KIND_MOTIONLESS)
        # thrown about in a struggle, a body says nothing new about an open alarm; a hand always does
        automatic = asked and asked != KIND_ASSIST and asked != KIND_EMERGENCY
        if automatic and (self.state == WARNED or self.is_open()):
            return RANKS[asked] > RANKS[self.kind] or (self.practice and not practice)  # what is real outranks practice
        return True

    def tick(self, now):
        """Let time pass; return True if a deadline was reached and its arrow taken."""
        self.edge_at = kept(self.edge_at, now)
        if self.is_open() and due(self.refresh_at, now):
            self.refresh_at = after(now, REFRESH_MS)
            self.unsent = True
        if self.state != SAFE and due(self.deadline, now):
            return self.on(TIMED_OUT, now, self.edge_at)
        return False

    def told(self, step, responder):
        """Return the event that a gateway's word `step` is, 0 if it is none or says the same again; note who comes."""
        if step == STEP_TAKEN:
            if self.state == TAKEN and responder == self.responder:
                return 0
            self.responder = responder
            return TAKE_TOLD
        if step == STEP_UNANSWERED:
            return UNANSWERED_TOLD
        return CLOSE_TOLD if step == STEP_CLOSED else 0

    def told_what(self):
        """Return what a frame says: raised, pre-alarm or cancelled, and whether it is practice."""
        return self.what | WHAT_PRACTICE if self.practice else self.what

    def _order(self, order, event, before, edge_at, practice):
        if order == NOTHING:
            return
        self.unsent = order != END
        if order == END:
            self.kind = KIND_NONE
            return
        asked = KIND_OF[event]
        if order == OPEN or (order == WARN and before == SAFE):
            self.alarm_id = NO_ID
            self.revision = self.stored = 0
            self.kind = asked
            self.edge_at = edge_at
            self.responder = 0
            self.practice = practice
        else:
            if before == RELIEVED:
                self.edge_at = edge_at  # what was denied is over: this began now
            self.revision = self.newer(self.revision)
            if order == RENAME or before == RELIEVED or RANKS[asked] > RANKS[self.kind]:
                self.kind = asked
            if asked and not practice:
                self.practice = False
        self.what = WHAT_PRE_ALARM if order == WARN else WHAT_CANCELLED if order == CANCEL else WHAT_RAISED

    def _set_deadline(self, before, event, now):
        state = self.state
        if state == CALLING:
            if event == TIMED_OUT and before == CALLING:
                self.deadline = after(now, FEEL_UNHEARD_AGAIN_MS)
            elif before != CALLING:  # an impatient hand must not push "unheard" away
                self.deadline = after(now, FEEL_UNHEARD_MS)
                self.refresh_at = after(now, REFRESH_MS)
        elif state == WARNED:
            asked_ms = self.check_in_ask_ms if self.kind == KIND_CHECK_IN else self.pre_alarm_ms
            # a second cause must not push the first one's alarm away
            if before != WARNED or since(now, self.deadline) > asked_ms:
                self.deadline = after(now, asked_ms)
        elif state == RELIEVED:
            self.deadline = after(now, RELIEVED_MS)
        elif state == RECEIVED and event == ACKED:
            self.deadline = after(now, UNANSWERED_MS)
        elif state == UNANSWERED:
            self.deadline = after(now, UNANSWERED_AGAIN_MS)
        elif state == TAKEN:
            self.deadline = after(now, TAKEN_MS)

    def save(self, buf, now, undated=False):
        """Write what must outlive a reset into `buf` (16 bytes or more); return the number of bytes.

        undated: nobody counts the time of what stands beside it there.
        """
        age_s = min(max(since(self.edge_at, now), 0) // 1000, _AGE_END_S)
        left_s = min(max(since(now, self.deadline), 0) // 1000, 255) if self.state != SAFE else 0
        alarm_id = self.alarm_id if self.alarm_id != NO_ID else _NO_ID_SAVED
        flags = (1 if self.practice else 0) | (2 if self._missed else 0) | (4 if undated else 0)
        flags |= 8 if self.fallen else 0
        struct.pack_into(_SAVED, buf, 0, _SAVED_MARK, self.state, self.kind << 4 | self.what,
                         self.stored << 4 | self.revision, alarm_id, age_s, left_s, self.responder, flags)
        struct.pack_into(">H", buf, 14, crc16(buf, 0, 14))
        return SAVED_BYTES

    def load(self, buf, n, now, undated=False):
        """Go on with what `save` wrote. Return False, changing nothing, for any bytes that it did not.

        undated: nobody knows how long ago that was. Whoever came may have withdrawn, so it is heard anew how far it is.
        """
        if n < SAVED_BYTES or buf[0] != _SAVED_MARK or crc16(buf, 0, 14) != (buf[14] << 8 | buf[15]):
            return False
        saved = struct.unpack_from(_SAVED, buf)
        _, state, about, revisions, alarm_id, age_s, left_s, responder, flags = saved
        kind, what = about >> 4, about & 0x0F
        if state > TAKEN or buf[4] > 0x3F or kind >= KINDS or what > WHAT_CANCELLED:
            return False
        if state != SAFE and not (RANKS[kind] and what == (state if state < CALLING else WHAT_RAISED)):
            return False  # no gateway could ack it as what it is
        self.state, self.kind, self.what = state, kind, what
        self.stored, self.revision = revisions >> 4, revisions & 0x0F
        self.alarm_id = NO_ID if alarm_id == _NO_ID_SAVED else alarm_id
        self.responder = responder
        self.practice, self._missed, self.undated = flags & 1 == 1, flags & 2 == 2, flags & 4 == 4
        self.fallen = flags & 8 == 8
        self.edge_at = (now - age_s * 1000) & 0x3FFFFFFF
        self.deadline = after(now, left_s * 1000)
        self.refresh_at = now
        self.unsent = self.state != SAFE
        if undated and self.is_open():
            self.state = CALLING
            self.deadline = after(now, FEEL_UNHEARD_MS)
        return True
