"""What still has to be told, what comes first, and when is it tried again?

Each slot holds one thing to tell, not a frame: the frame is made when it is sent, with a new counter each time. An ack
frees its slot if it answers any of the last frames made from exactly this content. A full box names its loser: what a
gateway asks for once more, the lowest rank, the newest of these; an alarm loses to nothing.

What has no answer is tried less and less often, and what was said again without being something new begins no new row
of quick tries; once a gateway is heard again, or doubts what it has heard, it is tried at once. An alarm and a report
go on for ever; an answer to a colleague, or a wish, that is minutes old would be a lie, so it is given up and counted
as lost. What a radio's law allows is the radio's affair (link/ledger.py).
"""

from array import array

from firmware.limits import (
    OUTBOX_SLOTS, RETRY_ALARM_MS, RETRY_FIRST_MS, RETRY_OTHER_MS, RETRY_PATIENT_MS, RETRY_SAID_MS, RETRY_SOON_MS,
    SENT_KEPT, TRIES_OTHER, TRIES_PATIENT, TRIES_SAID, TRIES_SOON, TRIES_VAIN, VAIN,
)
from firmware.ticks import after, due, since
from micropython import const

# Ranks, highest first to go.
FREE = const(0)
HEARTBEAT_RANK = const(1)
TECHNICAL_RANK = const(2)
TOLD_RANK = const(3)
REPORT_RANK = const(4)  # cancelled pre-alarms
ANSWER_RANK = const(5)
PRE_ALARM_RANK = const(6)
ALARM_RANK = const(7)

_WAIT_MS = const(50)
_DOUBLED_MOST = const(4)


class Outbox:
    """Slots of (rank, type, a, b, c), as uplink.py has them. `lost`: what a person said had to yield, untold.

    vain: how many heartbeats in a row were given up, VAIN at most.
    """

    def __init__(self):
        self.rank = bytearray(OUTBOX_SLOTS)
        self.type = bytearray(OUTBOX_SLOTS)
        self.a = array("i", bytes(4 * OUTBOX_SLOTS))
        self.b = array("i", bytes(4 * OUTBOX_SLOTS))
        self.c = array("i", bytes(4 * OUTBOX_SLOTS))
        self.tries = bytearray(OUTBOX_SLOTS)
        self._due_at = array("i", bytes(4 * OUTBOX_SLOTS))
        self._serial = array("H", bytes(2 * OUTBOX_SLOTS))  # which content it is, of all that stood there
        self._number = 0  # the last serial given
        # of the last frames: counter, slot, and which content of it; 0: acked, or none yet
        self._counter = array("i", bytes(4 * SENT_KEPT))
        self._slot = bytearray(SENT_KEPT)
        self._sent_serial = array("H", bytes(2 * SENT_KEPT))
        self._sent_at = 0  # place of the next in these three
        self.vain = 0
        self.lost = False

    def put(self, rank, type, a, b, c, now):
        """Add something to tell, due at once; return its slot or -1 if it lost its place to graver things.

        The same `type` and `a` replace what stood there (a newer revision, a newer heartbeat), but content that is
        already waiting is only made due, so that acks under way still count.
        """
        slot = self._place(rank, type, a)
        if slot < 0:
            self.lost = self.lost or rank >= REPORT_RANK
            return -1
        same = self.rank[slot] and self.type[slot] == type
        if not (same and self.a[slot] == a and self.b[slot] == b and self.c[slot] == c):
            self._number = self._number % 0xFFFF + 1  # never 0, which marks an unused note
            self._serial[slot] = self._number
            self.tries[slot] = 0
        self.rank[slot] = rank
        self.type[slot] = type
        self.a[slot] = a
        self.b[slot] = b
        self.c[slot] = c
        self._due_at[slot] = now
        return slot

    def next(self, now):
        """Return the slot to send from now, or -1."""
        best = -1
        if not max(self.rank):
            return best
        for i in range(OUTBOX_SLOTS):
            if self.rank[i] and due(self._due_at[i], now) and (best < 0 or self.rank[i] > self.rank[best]):
                best = i
        return best

    def sent(self, slot, counter, now):
        """Note that a frame with `counter` was made from `slot`."""
        self._counter[self._sent_at] = counter
        self._slot[self._sent_at] = slot
        self._sent_serial[self._sent_at] = self._serial[slot]
        self._sent_at = (self._sent_at + 1) % SENT_KEPT
        rank = self.rank[slot]
        tries = self.tries[slot] + 1 if self.tries[slot] < 255 else 253  # it goes on counting, in threes
        self.tries[slot] = tries
        if rank == TOLD_RANK:
            self.rank[slot] = FREE  # it is its own ack: who misses it says the downlink again
        elif rank < REPORT_RANK and tries >= (TRIES_OTHER if self.vain < VAIN else TRIES_VAIN):
            self.rank[slot] = FREE
            self.vain = min(self.vain + 1, VAIN)
        elif rank == ANSWER_RANK and tries >= TRIES_SAID:
            self.rank[slot] = FREE
            self.lost = True
        else:
            pace_ms = RETRY_ALARM_MS if tries < TRIES_PATIENT else RETRY_PATIENT_MS
            if tries < 3:
                pace_ms = RETRY_FIRST_MS
            elif rank < REPORT_RANK:
                pace_ms = RETRY_OTHER_MS
            elif tries < TRIES_SOON:
                pace_ms = RETRY_SOON_MS
            elif rank < PRE_ALARM_RANK:
                pace_ms = min(RETRY_ALARM_MS << min(tries - TRIES_SOON, _DOUBLED_MOST), RETRY_SAID_MS)
            self._due_at[slot] = after(now, pace_ms)

    def wait(self, slot, now):
        """Try `slot` again a little later: no route will have it now, so others may go first.

        But no less grave one that is paced as it is: it would take each moment that the law allows.
        """
        at = after(now, _WAIT_MS)
        for i in range(OUTBOX_SLOTS):
            paced = REPORT_RANK <= self.rank[i] < self.rank[slot] and self.tries[i] >= TRIES_SOON
            if i == slot or paced and since(self._due_at[i], at) > 0:
                self._due_at[i] = at

    def hold(self, slot, ms):
        """Try `slot` again `ms` later than planned: while its frame is in the air no ack can be heard."""
        self._due_at[slot] = after(self._due_at[slot], ms)

    def full_counter(self, counter):
        """Return the counter of a recent frame that has no ack yet and whose low 16 bits are `counter`, or -1."""
        for i in range(SENT_KEPT):
            if self._sent_serial[i] and self._counter[i] & 0xFFFF == counter:
                return self._counter[i]
        return -1

    def acked(self, counter):
        """Return the slot that still holds what the frame with `counter` told, or -1. A second ack of it is unknown.

        What was given up is still there until something else takes its slot: the ack of a last try counts, too.
        """
        for i in range(SENT_KEPT):
            slot = self._slot[i]
            serial = self._sent_serial[i]
            if serial and self._counter[i] == counter:
                self._sent_serial[i] = self.vain = 0
                if self._serial[slot] == serial:
                    return slot
                break
        return -1

    def free(self, slot):
        """Forget what was told."""
        self.rank[slot] = FREE
        self._serial[slot] = 0

    def hurry(self, now):
        """Make everything due: a route has come back."""
        for i in range(OUTBOX_SLOTS):
            self._due_at[i] = now

    def again(self, now):
        """Make due what was said in vain for long, once a quick answer to a try just made would be here."""
        at = after(now, RETRY_FIRST_MS)
        for i in range(OUTBOX_SLOTS):
            if self.rank[i] >= REPORT_RANK and self.tries[i] >= TRIES_SOON and since(at, self._due_at[i]) > 0:
                self._due_at[i] = at

    def rest_ms(self, now, ms):
        """Return for how long nothing is due, at most `ms`."""
        rest = ms
        if not max(self.rank):  # as nearly always
            return rest
        for i in range(OUTBOX_SLOTS):
            if self.rank[i]:
                rest = min(rest, max(0, since(now, self._due_at[i])))
        return rest

    @staticmethod
    def _weight(rank):
        # what the gateway asks for once more takes no place of what says itself: no law may let it go for an hour
        return FREE if rank == TOLD_RANK else rank

    def _place(self, rank, type, a):
        free = -1
        loser = 0
        for i in range(OUTBOX_SLOTS):
            if not self.rank[i]:
                free = i
            elif self.type[i] == type and self.a[i] == a:
                return i
            if self._weight(self.rank[i]) < self._weight(self.rank[loser]):
                loser = i
        if free >= 0:
            return free
        if self._weight(self.rank[loser]) < self._weight(rank):
            self.lost = self.lost or self.rank[loser] >= REPORT_RANK
            return loser
        return -1
