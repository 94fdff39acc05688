"""What does a way to a gateway say that is free and always there? The rest of tools/sim/faces.py's, for who stands in.

Whoever carries frames adds `send` and `receive`. And how long a board sleeps (firmware/board/sleep.py).
"""

NAP_LEAST_MS = 50
BLOCK_MS = 550  # a block of samples is there


class Route:
    """Overridden where a route is told more, or says more."""

    metered = False

    def linked(self) -> bool:
        """Return whether there is a link."""
        return True

    def up(self) -> bool:
        """Return whether it would take a frame."""
        return self.linked()

    def ready(self, n: int, is_alarm: bool, now: int, tries: int = 0) -> bool:
        """Return whether a frame could be sent now."""
        return self.linked()

    def busy_ms(self, n: int) -> int:
        """Return how long no ack can be heard: not at all."""
        return 0

    def tend(self, now: int) -> None:
        """Look after nothing."""

    def answered(self) -> None:
        """Nobody asks how the answer came."""

    def doze(self, wanted: bool) -> None:
        """Listen all the same."""


def given(frame: bytes | bytearray, buf: bytearray) -> int:
    """Put `frame` into `buf`; return its length."""
    buf[: len(frame)] = frame
    return len(frame)
