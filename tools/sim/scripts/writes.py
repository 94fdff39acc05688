"""From which task is flash written? Runs the real app on MicroPython in virtual time, and looks at each write.

Arguments: "right", or "wrong" to let the sense task write (so that the look is seen to find it), then folders for
sys.path. Only the sense task reads the button, which is how it is known. Prints `name number` lines.
"""

import asyncio
import sys

WRONG = sys.argv[1] == "wrong"
sys.path[:0] = sys.argv[2:]

from firmware.app import App  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import Board, clock  # noqa: E402

found = {"in_sense": 0, "elsewhere": 0, "before": 0}


class Flash:
    """A store that looks who writes."""

    def __init__(self, board: "Looked") -> None:
        self._board = board

    def _write(self) -> None:
        task = asyncio.core.cur_task
        name = "before" if task is None else "in_sense" if task is self._board.sensing else "elsewhere"
        found[name] += 1

    def save(self, saved: bytearray, n: int) -> None:
        """Look."""
        self._write()

    def reserve(self) -> int:
        """Look, and grant the next block."""
        self._write()
        return self._board.reserve()

    def ahead(self) -> None:
        """Erase nothing."""

    def load(self, saved: bytearray) -> int:
        """There is nothing."""
        return 0


class Looked(Board):
    """A board that knows which task senses."""

    def __init__(self) -> None:
        super().__init__(answer_ms=20)
        self.sensing: object = None
        self.store = Flash(self)

    def level(self) -> int:
        """Return the button's level, and note who reads it."""
        self.sensing = asyncio.core.cur_task
        return super().level()


class Wrong(App):
    """An app that writes flash where it must not."""

    def _write(self, now: int) -> None:
        if self.badge.unsaved:
            self.board.store.save(self._saved, self.badge.save(self._saved, now))


board = Looked()
if WRONG:
    setattr(fake_board, "App", Wrong)
presses = 0
for i in range(40):
    presses += 1
    clock.after(2000 + i * 9000, lambda: setattr(board, "pressed", 1))
    clock.after(2000 + i * 9000 + (1000 if i % 3 else 100), lambda: setattr(board, "pressed", 0))
app, why = fake_board.run(board, 400000)
print("ended", 1 if why == "end" else 0)
print("sent", len(board.sent))
for name in found:
    print(name, found[name])
