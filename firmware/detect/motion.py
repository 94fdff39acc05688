"""When did the body last move, and has it been still for too long?"""

from firmware.limits import MOVED_MG
from firmware.ticks import since


class Motion:
    """Takes samples in mg. A movement is a change of one axis by more than MOVED_MG from where it last was."""

    def __init__(self, now):
        self.moved_at = now
        self._near_x = self._near_y = self._near_z = 0
        self._still = False

    def sample(self, x, y, z, now):
        """Take one acceleration."""
        if abs(x - self._near_x) > MOVED_MG or abs(y - self._near_y) > MOVED_MG or abs(z - self._near_z) > MOVED_MG:
            self._near_x = x
            self._near_y = y
            self._near_z = z
            self.moved_at = now

    def moved_within(self, span_ms, now):
        """Return whether there was a movement in the last `span_ms`."""
        return since(self.moved_at, now) < span_ms

    def became_still(self, span_ms, now):
        """Return True once when there has been no movement for `span_ms`."""
        still = since(self.moved_at, now) >= span_ms
        became = still and not self._still
        self._still = still
        return became
