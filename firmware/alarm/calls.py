"""Which colleagues are calling, and to whom has this wearer said "I am coming"?

A few slots: a house has one or two alarms at a time. The gravest unanswered call is the one felt and answered; of those
that feel alike, one that came under the badge's own key, for the group's may be stolen: whoever has that could else
draw all who come to alarms that nobody has. For the same reason it takes no place from what came under the own key.
"""

from array import array

from firmware.alarm.alarm import RANKS
from firmware.limits import CALL_FORGOTTEN_MS, CALL_SLOTS
from firmware.ticks import since
from micropython import const

NO_CALL = const(-1)
_SURE = const(16)  # above every rank
_URGENT = const(32)  # "come at once" feels the same for all of these kinds, and graver than the others
_QUIET_RANK = const(2)  # an assist, a missed check-in


def _rank(kind):
    return RANKS[kind] if kind < len(RANKS) else 0  # a kind that a newer gateway knows is felt all the same


class Calls:
    """Calls by (caller's device, alarm id). Slots with kind 0 are free."""

    def __init__(self):
        self.caller = array("H", bytes(2 * CALL_SLOTS))
        self.alarm_id = array("i", bytes(4 * CALL_SLOTS))
        self.kind = bytearray(CALL_SLOTS)
        self.answered = bytearray(CALL_SLOTS)
        self._heard = array("i", bytes(4 * CALL_SLOTS))  # uplink counter of the answer that a gateway has; -1: of none
        self._gateway = bytearray(CALL_SLOTS)  # who said the newest word of it, also that it is over; 0: nobody
        self._counter = array("i", bytes(4 * CALL_SLOTS))  # and under which downlink counter
        self._proven = bytearray(CALL_SLOTS)  # it came under the badge's own key
        self._at = array("i", bytes(4 * CALL_SLOTS))  # when a gateway spoke of it last, or it was answered
        self.meant = NO_CALL  # slot that a press under way answers: it was called before the press began

    def find(self, caller, alarm_id):
        """Return the slot of a call, or -1."""
        for i in range(CALL_SLOTS):
            if self.kind[i] and self.caller[i] == caller and self.alarm_id[i] == alarm_id:
                return i
        return -1

    def called(self, caller, alarm_id, kind, now, sure=True, heard=-1):
        """Note a call; return True if it is felt, and may be answered: it is new, or graver, or this wearer is called
        anew by a gateway that had the answer, and so counts on it no more.

        sure: False for what came under the group's key. heard: the newest uplink that the gateway had then.
        """
        slot = self.find(caller, alarm_id)
        new = slot < 0
        if new:
            slot = self._place(caller, alarm_id, kind, sure)
            if slot < 0:
                return False
            self._put(slot, caller, alarm_id)
            self._proven[slot] = self.kind[slot] = 0
        if sure:
            self._proven[slot] = 1
        self._at[slot] = now
        graver = new or _rank(kind) > _rank(self.kind[slot])
        if graver:
            self.kind[slot] = kind
        elif not self.answered[slot] or not 0 <= self._heard[slot] <= heard:
            return False
        self.answered[slot] = 0  # who comes to an assist has not said so of an emergency
        self._heard[slot] = -1
        if slot == self.meant:
            self.meant = NO_CALL
        return True

    def overtaken(self, word):
        """Return whether its gateway has said something newer of the call in `word`, an opened CALL or STAND_DOWN."""
        slot = -1
        for i in range(CALL_SLOTS):
            if self.caller[i] == word.caller and self.alarm_id[i] == word.alarm_id:
                slot = i
                break
            if not self.kind[i]:
                slot = i
        if slot < 0:
            return False
        self._put(slot, word.caller, word.alarm_id)
        if self._gateway[slot] == word.gateway and self._counter[slot] > word.counter:
            return True
        self._gateway[slot] = word.gateway
        self._counter[slot] = word.counter
        return False

    def known(self, caller, alarm_id, counter):
        """A gateway has the answer that was sent under the uplink `counter`."""
        slot = self.find(caller, alarm_id)
        if slot >= 0:
            self._heard[slot] = counter

    def waiting(self):
        """Return the slot of the unanswered call that is felt and answered first, or -1."""
        best, most = -1, -1
        for i in range(CALL_SLOTS):
            if self.kind[i] and not self.answered[i]:
                weight = self._weight(i) + (_URGENT if _rank(self.kind[i]) > _QUIET_RANK else 0)
                if weight > most:
                    best, most = i, weight
        return best

    def stand_down(self, caller, alarm_id):
        """Forget a call; return True if there was one."""
        slot = self.find(caller, alarm_id)
        if slot < 0:
            return False
        self._end(slot)
        return True

    def answer(self, slot, now):
        """This wearer says "I am coming" to the call in `slot`."""
        self.answered[slot] = 1
        self._at[slot] = now
        self.meant = NO_CALL

    def tick(self, now, uplink):
        """Forget calls that no gateway has spoken of for long; `uplink` gives up an answer that no gateway has."""
        for i in range(CALL_SLOTS):
            if self.kind[i] and since(self._at[i], now) >= CALL_FORGOTTEN_MS:
                self._end(i)
                if self.answered[i] and self._heard[i] < 0:
                    uplink.stood_down(self.caller[i], self.alarm_id[i])
                    uplink.outbox.lost = True

    def _end(self, slot):
        self.kind[slot] = 0
        if slot == self.meant:
            self.meant = NO_CALL

    def _weight(self, slot):
        if self.answered[slot] and not self._proven[slot]:
            return 0
        return _rank(self.kind[slot]) + self._proven[slot] * _SURE

    def _put(self, slot, caller, alarm_id):
        if self.caller[slot] != caller or self.alarm_id[slot] != alarm_id:
            self.caller[slot] = caller
            self.alarm_id[slot] = alarm_id
            self._gateway[slot] = 0

    def _place(self, caller, alarm_id, kind, sure):
        # A full table gives up its least grave call, and only for a graver one; a sure one for no unsure one.
        least, free = 0, -1
        for i in range(CALL_SLOTS):
            if not self.kind[i]:
                free = i
                if self.caller[i] == caller and self.alarm_id[i] == alarm_id:
                    return i
            elif self._weight(i) < self._weight(least):
                least = i
        if free >= 0:
            return free
        return least if self._weight(least) < _rank(kind) + (_SURE if sure else 0) else -1
