"""Does each technical cause raise its fault and clear it again? The real app.py, one cause after the other.

For MicroPython, over the board of tools/sim/scripts/fake_board.py, in idle time: at 2 s something breaks, later it is
mended. Prints for each cause: its name, ms from breaking to the fault and from mending to its end ("never" without
one), and whether a heartbeat said it. host_tests/test_walk_causes.py reads them. Arguments: folders for sys.path.
"""

import sys

sys.path[:0] = sys.argv[1:]

from firmware import codes  # noqa: E402
from tools.sim.scripts.fake_board import Board, clock, run  # noqa: E402
from tools.sim.scripts.told import Told  # noqa: E402

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from firmware.app import App

BREAK_MS = 2000
LOOK_MS = 100
ANSWER_MS = 300  # as long an ack is under way: a crash is a fault for as long


class Worn(Told):
    """A board on a body: each block of samples differs."""

    def __init__(self) -> None:
        Told.__init__(self, ANSWER_MS)
        self.still = self.silent = False
        self.charge = 80
        self.lora_gone = self.passes = False
        self.app: App | None = None
        self.dead = False
        self._turned = 0

    def read(self, block: "array[int]") -> int:
        """Fill `block` with five samples, none if silent; a still board gives the same ones for ever."""
        count = 0 if self.silent else Board.read(self, block)
        self._turned += 1
        if count > 0 and not self.still:
            for i in range(count):
                block[3 * i] = 40 * ((self._turned + i) % 5)
        return count

    def percent(self) -> int:
        """Return the battery's charge."""
        return self.charge

    def no_lora(self, now: int) -> bool:
        """Return whether LoRa is wanted and missing."""
        return self.lora_gone

    @property
    def denied(self) -> int:
        """How many falls the wearer has denied; set it, and they are denied one after the other."""
        return 0

    @denied.setter
    def denied(self, falls: int) -> None:
        """Deny so many falls."""
        badge = self.app.badge
        for _ in range(falls):
            badge._seen(codes.FELL, clock.now, clock.now)
            badge._event(codes.PRESSED, clock.now, clock.now)
            badge.alarm.tick(badge.alarm.deadline)  # relieved, and safe again

    def self_test(self, rest: "Callable[[int], None]") -> bool:
        """Return whether the sensor's self-test is right."""
        return self.passes

    def trouble(self) -> bool:
        """Return whether a chip behind button or motor is silent."""
        return self.dead


def cause(name: str, broken: "dict[str, object]", mended: "dict[str, object]", broken_ms: int, after_ms: int,
          from_start: bool = False) -> None:
    """Let something be broken for `broken_ms` and watch for `after_ms` more; broken, mended: {attribute: value}.

    from_start: it is broken before the app begins.
    """
    bit = getattr(codes, name)
    board = Worn()
    break_at = clock.now + (0 if from_start else BREAK_MS)
    mend_at = break_at + broken_ms
    seen: list[int | str] = ["never", "never"]
    apps: list[App] = []

    def put(values: "dict[str, object]") -> None:
        for key in values:
            setattr(board, key, values[key])

    def look() -> None:
        on = apps[0].badge.faults & bit
        if on and seen[0] == "never":
            seen[0] = clock.now - break_at
        elif not on and seen[0] != "never" and seen[1] == "never" and clock.now > mend_at:
            seen[1] = clock.now - mend_at
        clock.after(LOOK_MS, look)

    def begin(app: "App") -> None:
        apps.append(app)
        board.app = app
        clock.after(break_at - clock.now, lambda: put(broken))
        clock.after(mend_at - clock.now, lambda: put(mended))
        clock.after(LOOK_MS, look)

    if from_start:
        put(broken)
    run(board, mend_at - clock.now + after_ms, begin)
    del clock.story[:]
    print("cause", name, seen[0], seen[1], "told" if board.heard & bit else "untold")


cause("FAULT_SENSOR_SILENT", {"silent": True}, {"silent": False}, 5000, 2000)
cause("FAULT_SENSOR_WRONG", {"sensor": False}, {"sensor": True}, 5000, 2000)
cause("FAULT_PART_SILENT", {"dead": True}, {"dead": False}, 5000, 2000)
cause("FAULT_SENSOR_STUCK", {"still": True}, {"still": False}, 70000, 5000)
cause("FAULT_NO_GATEWAY", {"linked_up": False}, {"linked_up": True}, 160000, 5000)
cause("FAULT_BATTERY_LOW", {"charge": 9}, {"charge": 80}, 15000, 15000)
cause("FAULT_BUTTON_STUCK", {"pressed": 1}, {"pressed": 0}, 35000, 2000)
cause("FAULT_NOT_WORN", {"still": True, "passes": True}, {"still": False}, 610000, 5000)
cause("FAULT_CRASHED", {"failing": 1}, {}, 0, 65000)
cause("FAULT_MEMORY_LOW", {"starving": 1}, {}, 0, 620000)
cause("FAULT_NO_LORA", {"lora_gone": True}, {"lora_gone": False}, 5000, 2000)
cause("FAULT_QUEUE_LOST", {"linked_up": False, "denied": 9}, {"linked_up": True}, 5000, 65000)
cause("FAULT_STORAGE", {"flash_fails": True}, {"flash_fails": False}, 3000, 2000, from_start=True)
