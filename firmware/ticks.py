"""How is time counted so that it is the same everywhere? In milliseconds on a circle of 2^30.

MicroPython's own ticks wrap at 2^30 on the ESP32 and at 2^62 on the 64-bit host; the badge's clock always wraps at
2^30 (12.4 days), so that what is tested here is what runs there. Spans up to half a circle (6.2 days) are told apart.
"""

from micropython import const

_MASK = const(0x3FFFFFFF)
_HALF = const(0x20000000)
_LONG_AGO = const(0x10000000)


def after(now, span_ms):
    """Return the moment `span_ms` (0 .. 2^29) after `now`; no number on the way passes 2^30."""
    return now - _MASK + span_ms - 1 if now > _MASK - span_ms else now + span_ms


def since(then, now):
    """Return how many ms lie from `then` to `now`; negative when `then` is still to come."""
    span = now - then
    if now < then:
        return ((span + _HALF) & _MASK) - _HALF
    return span if span < _HALF else span - _MASK - 1


def kept(then, now):
    """Return the past moment `then`, or three days ago if it lies further back.

    Whoever asks for how long something has lasted keeps its beginning through this, at least every few days: a span of
    more than half a circle looks as if it were still to come, and one of a whole circle as if it had just begun.
    """
    return then if 0 <= since(then, now) <= _LONG_AGO else (now - _LONG_AGO) & _MASK


def due(at, now):
    """Return True once `now` has reached `at`."""
    return since(at, now) >= 0


class Silence:
    """What must be heard from at least every `most_ms`; ask at least every few days."""

    def __init__(self, most_ms, now):
        self.most_ms = most_ms
        self._at = now

    def heard(self, now):
        """Note that it has been heard from; return for how long it had not been, ms."""
        silent_ms = since(self._at, now)
        self._at = now
        return silent_ms

    def too_long(self, now):
        """Return whether it has been silent for `most_ms` or more."""
        self._at = kept(self._at, now)
        return since(self._at, now) >= self.most_ms
