"""What must be felt again, because it still holds? Questions, calls, being alone, a lost link; each at its own pace."""

from firmware.feedback import patterns as feel
from firmware.feedback.feelings import of_call
from firmware.limits import ALONE_AGAIN_MS, LINK_FELT_MS, NO_GATEWAY_FELT_MS
from firmware.ticks import since
from micropython import const

_ASK_MS = const(4000)  # the pre-alarm is felt again and again until it is decided
_CALL_MS = const(4000)  # so is a colleague's call until it is answered


class Reminders:
    """Remembers when something was last felt. `felt` is told of every pattern."""

    def __init__(self, now):
        self._felt_at = now
        self._alone_at = now
        self._deaf_at = now
        self._was_alone = False  # and has felt it

    def felt(self, pattern, now):
        """Note that `pattern` begins now."""
        self._felt_at = now
        if pattern == feel.ALONE:
            self._alone_at = now

    def news(self, pattern, called, now):
        """Return `pattern`, or NONE if it is of being alone and says nothing new: who is called (by an alarm of kind
        `called`, 0: by none) knows that the caller is no help, and need not hear that this is over."""
        if pattern == feel.ALONE:
            self._was_alone = not called
            self._alone_at = now
            return feel.NONE if called else pattern
        return feel.NONE if pattern == feel.TOGETHER and not self._was_alone else pattern

    def linked(self, now):
        """Note that a gateway is heard now."""
        self._deaf_at = now

    def due(self, asking, testing, calling, alone, deaf, heard, now):
        """Return the pattern to feel now, NONE for nothing.

        asking: a pre-alarm waits for its press. testing: so does the shift's test. calling: kind of a colleague's alarm
        that nobody here has answered. alone: nobody is within call. deaf: no gateway answers. heard: the wearer has an
        open alarm that a gateway has stored, so that it is much to hear no more of it.
        """
        quiet_ms = since(self._felt_at, now)
        if asking and quiet_ms >= _ASK_MS:
            return feel.PRE_ALARM
        if calling and quiet_ms >= _CALL_MS:
            return of_call(calling)
        if testing and quiet_ms >= _CALL_MS:
            return feel.TEST_ASK
        if alone and since(self._alone_at, now) >= ALONE_AGAIN_MS:
            self._was_alone = True
            return feel.ALONE
        if not deaf and not heard:
            self._deaf_at = now
        elif since(self._deaf_at, now) >= (LINK_FELT_MS if heard else NO_GATEWAY_FELT_MS):
            self._deaf_at = now
            return feel.UNHEARD if heard else feel.TROUBLE
        return feel.NONE
