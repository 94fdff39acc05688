"""How soon after the deciding edge is the frame on its way, and *received* felt? The real app.py, in virtual time.

Arguments: how many presses, a seed, "host", "wifi" or "lora", then folders for sys.path. Prints `to_frame MS` and
`to_received_felt MS` for each. Holds, two presses and three, with spans and moments drawn by the seed. On the "host"
each turn of the button's task takes 0 to 2 ms, so that the tasks' phases wander, an ack is there to be read 20 ms after
its frame (the loopback's and a quick disk's time), and the chip's own computing is not in it. "wifi" and "lora" charge
the chip's time (tools/sim/scripts/slow_board.py); "lora" sleeps, and "wifi" looks around in each alarm. Felt is
measured on holds and two presses: with three, the motor may still run for the assist that they began with.
"""

import sys

COUNT = int(sys.argv[1])
SEED = int(sys.argv[2])
RADIO = sys.argv[3]
sys.path[:0] = sys.argv[4:]

import random  # noqa: E402

from firmware.codes import SAFE, STEP_CLOSED  # noqa: E402
from firmware.limits import HOLD_MS  # noqa: E402
from firmware.link import frame  # noqa: E402
from tools.sim.scripts.fake_board import Board, Stop, clock, run  # noqa: E402
from tools.sim.scripts.slow_board import Slow  # noqa: E402

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from firmware.app import App

_ANSWER_MS = 20
_EARLY_MS = 130  # where an erase hides the edge from all but the interrupt, it counts from the look before
_CLOSE_MS = 900  # after the gesture: a new one needs 0.7 s of quiet
_NEXT_MS = 3500  # the pattern of `closed` is over, and the motor has rested


def work() -> None:
    """Let the computing of one turn pass."""
    clock.now += random.randint(0, 2)


class Hand:
    """Presses, again and again, and measures."""

    def __init__(self) -> None:
        self.slow = None if RADIO == "host" else Slow(RADIO)
        self.board = self.slow or Board(_ANSWER_MS, work)
        self.app: App | None = None
        self.left = COUNT
        self._edge = 0
        self._felt = False
        self._steps = 0

    def begin(self, app: "App") -> None:
        """Press for the first time when the badge has come up."""
        self.app = app
        if RADIO == "wifi":
            self.slow.look_around(app.badge)
        clock.after(15000, self.gesture)  # it may sleep by then

    def put(self, ms: int, pressed: int) -> None:
        """Set the button's level in `ms`."""
        if pressed and self.slow:
            clock.after(ms, self.slow.press)
        else:
            clock.after(ms, lambda: setattr(self.board, "pressed", pressed))

    def gesture(self) -> None:
        """Press in one of three ways."""
        del self.board.sent[:]
        del self.board.levels[:]
        kind = random.randint(1, 3)
        at = random.randint(0, 549)
        for press in range(kind):
            self.put(at, 1)
            self._edge = clock.now + at
            at += HOLD_MS + random.randint(60, 300) if kind == 1 else random.randint(60, 300)
            self.put(at, 0)
            at += random.randint(60, 300)
        self._edge += HOLD_MS if kind == 1 else 0
        self._felt = kind < 3
        clock.after(at + _CLOSE_MS, self.close)

    def close(self) -> None:
        """Print what was measured, and have the alarm closed."""
        least = self._edge - _EARLY_MS
        sent = [t for t, type, _ in self.board.sent if type == frame.ALARM and t >= least]
        print("to_frame", sent[0] - self._edge)
        if self._felt:
            print("to_received_felt", [t for t, level in self.board.levels if level and t > sent[0]][0] - self._edge)
        self._steps += 1
        self.board.tell_step(self._steps, self.app.badge.alarm.alarm_id, STEP_CLOSED)
        self.left -= 1
        clock.after(_NEXT_MS, self.again if self.left else self.end)

    def again(self) -> None:
        """Press once more, from rest."""
        if self.app.badge.alarm.state != SAFE:
            raise ValueError("the alarm was not closed")
        self.gesture()

    def end(self) -> None:
        """Say that all presses were made, and end the run."""
        print("presses", COUNT)
        raise Stop("end")


random.seed(SEED)
hand = Hand()
run(hand.board, COUNT * 8500 + 15000, hand.begin, {"heartbeat_ms": 300000} if RADIO == "lora" else None)
if RADIO == "wifi":
    print("scans", len(hand.slow.ears.scans))
if RADIO == "lora":
    print("naps", hand.slow.sleep.sleeps)
