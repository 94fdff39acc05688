"""Is each fault of each chip seen, told as the right technical alarm, and over when the fault is? The real app.py.

For MicroPython, over the board of tools/sim/scripts/fake_board.py, in idle time: the real bus.py, sensors.py, power.py
and haptics.py with the drivers of lib/, on the chips of tools/sim/chips. At 2 s something breaks, later it is mended;
what mends itself (a supply that dips, a bus that nine clocks free) is counted from the break. Prints a line for each
chip and fault: the alarms that came, ms from the break to the first and from mending to the end of the last ("-" for
none, "never"), whether a heartbeat said it, and whether all is well at the end. Arguments: folders for sys.path, and
only=NAME for one chip.
"""

import sys

sys.path[:0] = [word for word in sys.argv[1:] if "=" not in word]
ONLY = [word[5:] for word in sys.argv[1:] if word.startswith("only=")]

from tools.sim.chips.adxl345 import SimADXL345  # noqa: E402
from tools.sim.chips.axp2101 import SimAXP2101  # noqa: E402
from tools.sim.chips.drv2605 import SimDRV2605L  # noqa: E402
from tools.sim.chips.lis3dh import SimLIS3DH  # noqa: E402
from tools.sim.chips.lsm6dso import SimLSM6DSO  # noqa: E402
from tools.sim.chips.mpu6886 import SimMPU6050, SimMPU6886  # noqa: E402
from tools.sim.metal import Metal, machine  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import clock  # noqa: E402
from tools.sim.scripts.told import Told  # noqa: E402

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.app import App
    from tools.sim.chips.chip import SimChip

BREAK_MS = 2000
LOOK_MS = 20
ACCELEROMETERS: "dict[str, tuple[Callable[..., SimChip | SimLIS3DH], int]]" = {
    "lis3dh": (SimLIS3DH, 0x18), "lsm6dso": (SimLSM6DSO, 0x6A), "adxl345": (SimADXL345, 0x53),
    "mpu6886": (SimMPU6886, 0x68), "mpu6050": (SimMPU6050, 0x68),
}
ALARMS = {
    0x0001: "sensor_silent", 0x0002: "sensor_wrong", 0x0008: "battery_low", 0x0020: "crashed", 0x0040: "button_stuck",
    0x1000: "sensor_stuck", 0x2000: "part_silent",
}
ELSEWHERE = 0x0804  # no gateway and not worn: other causes, other proofs

METAL = Metal({1: {}})  # one bus, whose clock is GPIO 1
modules: "dict[str, object]" = getattr(sys, "modules")
modules["machine"] = type("machine", (), machine(METAL))
from firmware.board.bus import Bus  # noqa: E402
from firmware.board.haptics import Haptics  # noqa: E402
from firmware.board.power import Pmu  # noqa: E402
from firmware.board.sensors import Accel  # noqa: E402


class Rig(Told):
    """A board whose parts are real drivers on simulated chips; the accelerometer is `name`, or any with AXP and DRV."""

    def __init__(self, name: str, clip_chips: "Callable[[Rig], object]") -> None:
        super().__init__(300)
        self.held: int | None = None  # the accelerometer's clock stands still there
        self.quiet = False
        make, address = ACCELEROMETERS.get(name, ACCELEROMETERS["lsm6dso"])
        self.chip = self.broken = make(self.move, self.tick)
        self.chips = {address: self.chip}
        if name not in ACCELEROMETERS:
            self.chips[0x34], self.chips[0x5A] = SimAXP2101(self.tick), SimDRV2605L(self.tick)
            self.broken = self.chips[0x34 if name == "axp2101" else 0x5A]
        METAL.chips[1] = dict(self.chips)
        METAL.heals = True
        clip_chips(self)
        bus = Bus(0, 1, 2)
        self.behind: list[Pmu | Haptics] = []  # button and motor
        if name not in ACCELEROMETERS:
            self.battery = self.button = Pmu(bus, 0x34, ())
            self.motor = Haptics(bus, 0x5A)
            self.behind = [self.button, self.motor]
        self.accel = self._accel = Accel(bus, name if name in ACCELEROMETERS else "lsm6dso", address)

    def tick(self) -> int:
        """Return the chips' time."""
        return clock.now if self.held is None else self.held

    def move(self, t_ms: int, out: "list[int]") -> None:
        """Fill `out` with what a sensor feels whose wearer moves and pauses, or one that lies on a table."""
        still = self.quiet or t_ms % 5000 < 2200  # two seconds, so that one that is looked at lies within
        out[0] = 0 if still else 100 * (t_ms // 40 % 7) - 300
        out[1] = 0 if still else 100 * (t_ms // 60 % 5) - 200
        out[2] = 1000 if still else 100 * (t_ms // 80 % 3) + 900

    def trouble(self) -> bool:
        """Return whether a chip behind button or motor is silent, as firmware/board/board.py does."""
        return any([part.silent for part in self.behind])

    def fail(self, fault: str | None) -> None:
        """Break the chip that this is about; None mends it."""
        self.broken.fail = fault

    def stop(self) -> None:
        """Let no sample come any more."""
        self.held = clock.now

    def hang(self) -> None:
        """Let the bus hang, and clocks do not help."""
        METAL.heals = False
        self.broken.fail = "stuck"

    def mend(self) -> None:
        """Let all be as it was."""
        METAL.heals = True
        self.broken.fail = None
        self.held = None
        self.quiet = False

    def sound(self, app: "App", why: str) -> bool:
        """Return whether nothing is wrong: no alarm, no forbidden write, and all chips set up as they should be."""
        sound = why == "end" and not app.badge.faults & ~ELSEWHERE and not self.crashes
        drivers: list[Accel | Pmu | Haptics] = [self._accel]
        drivers += self.behind
        for part in drivers:
            sound = sound and part._part.chip is not None and part._part.chip.configured()
        for address in self.chips:
            sound = sound and not self.chips[address].violations
        return sound

    def rescale(self) -> None:
        """Let the chip lose its settings but for the rate: one register falls back to its value after a reset."""
        at = {SimLIS3DH: 0x23, SimLSM6DSO: 0x10, SimADXL345: 0x31}.get(type(self.chip), 0x1C)
        self.chip._registers[at] = 0x60 if at == 0x10 else 0  # the LSM6DSO has rate and scale in one


def fault(name: str, what: str, broken: "Callable[[Rig], object]", broken_ms: int, after_ms: int,
          from_start: bool = False) -> None:
    """Let broken(rig) befall chip `name`; mend it after `broken_ms`, or if that is 0 leave it to the badge."""
    if ONLY and name not in ONLY:
        return
    board = Rig(name, broken if from_start else lambda rig: None)
    break_at = clock.now + (0 if from_start else BREAK_MS)
    mend_at = break_at + broken_ms
    came: dict[int, list[int]] = {}  # bit: [when, until]
    apps: list[App] = []

    def look() -> None:
        faults = apps[0].badge.faults & ~ELSEWHERE
        for bit in ALARMS:
            if faults & bit:
                came.setdefault(bit, [clock.now, 0])[1] = 0
            elif bit in came and not came[bit][1]:
                came[bit][1] = clock.now
        clock.after(LOOK_MS, look)

    def begin(app: "App") -> None:
        apps.append(app)
        if not from_start:
            clock.after(BREAK_MS, lambda: broken(board))
        if broken_ms:
            clock.after(mend_at - clock.now, board.mend)
        clock.after(LOOK_MS, look)

    _, why = fake_board.run(board, mend_at - clock.now + after_ms, begin)
    del clock.story[:]
    first = min([came[bit][0] for bit in came]) - break_at if came else "-"
    ends = [came[bit][1] for bit in came]
    last = "-" if not ends else "never" if 0 in ends else max(max(ends) - mend_at, 0)
    names = "+".join([ALARMS[bit] for bit in sorted(came)]) or "none"
    bits = 0
    for bit in came:
        bits |= bit
    told = "told" if board.heard & bits else "untold"
    print("part", name, what, names, first, last, told, "well" if board.sound(apps[0], why) else "ill")


for name in ACCELEROMETERS:
    fault(name, "no_data", Rig.stop, 5000, 4000)
    fault(name, "wrong_id", lambda rig: rig.fail("wrong_id"), 4000, 4000, from_start=True)
    fault(name, "nack", lambda rig: rig.fail("nack"), 5000, 4000)
    fault(name, "nack_at_start", lambda rig: rig.fail("nack"), 5000, 4000, from_start=True)
    fault(name, "stuck_bus", Rig.hang, 5000, 4000)
    fault(name, "stuck_freed", lambda rig: rig.fail("stuck"), 0, 4000)
    fault(name, "lost_config", lambda rig: rig.fail("reset"), 0, 5000)
    fault(name, "lost_scale", Rig.rescale, 0, 25000)
    fault(name, "frozen", lambda rig: rig.fail("frozen"), 75000, 6000)
    fault(name, "only_quiet", lambda rig: setattr(rig, "quiet", True), 70000, 4000)
for name in ("axp2101", "drv2605"):
    fault(name, "wrong_id", lambda rig: rig.fail("wrong_id"), 4000, 4000, from_start=True)
    fault(name, "nack", lambda rig: rig.fail("nack"), 5000, 4000)
    fault(name, "stuck_bus", Rig.hang, 5000, 4000)
    fault(name, "stuck_freed", lambda rig: rig.fail("stuck"), 0, 4000)
    fault(name, "lost_config", lambda rig: rig.fail("reset"), 0, 15000)
