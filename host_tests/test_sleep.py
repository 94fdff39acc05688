"""Does the chip sleep on the boards that can, does all that should wake it do so, and do the pads come back?"""

from array import array

import pytest
from board_rig import metal, module

from tools.flash.boards.check import FOLDER, read
from tools.sim.chips.lis3dh import SimLIS3DH
from tools.sim.chips.lsm6dso import SimLSM6DSO
from tools.sim.chips.mpu6886 import SimMPU6886

BOARDS = {path.stem: read(path) for path in sorted(FOLDER.glob("[a-z]*.py"))}
SENSORS = {"lis3dh": SimLIS3DH, "lsm6dso": SimLSM6DSO, "mpu6886": SimMPU6886}
SLEEPERS = ("devkit", "heltec_v3")
LORA = {"device": 7, "role": "badge", "ssid": "", "lora": {"khz": 869525, "sf": 7}}
WIFI = {
    "device": 7, "role": "badge", "ssid": "house", "password": "", "gateway": "127.0.0.1", "port": 5570,
    "address": None, "bssid": None, "lora": None,
}


class Radio:
    """The route, as far as sleep asks it."""

    is_up = is_linked = True

    def up(self):
        return self.is_up

    def linked(self):
        return self.is_linked


def no_modem(pins, khz, sf, dbm):
    raise OSError(5)


def some_wifi(pairing, dips):
    return object()


MORE = {
    "firmware.board.modem": module("modem", {"build": no_modem}),
    "firmware.board.wifi": module("wifi", {"Wifi": some_wifi}),
}


class Rig:
    """A badge built on simulated chips; its clock may run faster for the sensor than for the board."""

    def __init__(self, name="devkit", pairing=LORA, wired=True, faster=0):
        self.data = BOARDS[name]
        self.name, self.pairing, self.wired = name, pairing, wired
        self.metal = None
        self.faster = faster
        self.jolt_at = None  # when it is knocked over, ms
        self.chip = SENSORS[self.data["ACCEL"]](self.standing, self.tick)
        self._place = metal({self.data["I2C_SCL"]: {self.data["ACCEL_ADDRESS"]: self.chip}},
                            self.data["CHIP"] == "esp32s3", MORE)

    def tick(self):
        now = self.metal.now if self.metal else 5000
        return now + now * self.faster // 100

    def standing(self, t_ms, out):
        knocked = self.jolt_at is not None and t_ms >= self.jolt_at
        out[0], out[1], out[2] = (700, 0, 700) if knocked else (0, 0, 1000)

    def __enter__(self):
        self.metal, load = self._place.__enter__()
        self.metal.nvs["counter"] = 0
        self.metal.uv[self.data.get("BATTERY")] = 1900000
        for line in ("ACCEL_INT", "LORA_DIO1"):
            if line in self.data:
                self.metal.levels[self.data[line]] = 0
        if self.wired and "ACCEL_INT" in self.data:
            self.metal.levels[self.data["ACCEL_INT"]] = self.chip.int1
        self.board = load("firmware.board.build").build(self.name, self.pairing)
        if self.board.sleep:
            self.board.sleep._radio = self.radio = Radio()
        return self

    def __exit__(self, *why):
        self._place.__exit__(*why)

    def nap(self, ms=1000, lying=False):
        """Sleep; return whether it slept, and for how long."""
        before = self.metal.slept_ms
        return self.board.sleep.nap(ms, lying), self.metal.slept_ms - before


def pmu_free(name):
    return "PMU" not in BOARDS[name]


@pytest.mark.parametrize("name", [name for name in BOARDS if pmu_free(name)])
def test_boards_whose_button_wakes_them_sleep_and_only_without_wifi(name):
    with Rig(name) as rig:
        assert (rig.board.sleep is not None) == (name in SLEEPERS)
        assert rig.metal.hz == 160000000
    with Rig(name, WIFI) as rig:
        assert rig.board.sleep is None and rig.metal.hz == 80000000


def test_a_board_whose_button_cannot_wake_it_stays_awake():
    with metal({}, more=MORE) as (_, load):
        assert load("firmware.board.radio").sleep(None, module("pins", BOARDS["tbeam_supreme"])) is None


@pytest.mark.parametrize("name", SLEEPERS)
def test_everything_that_speaks_ends_a_sleep(name):
    data = BOARDS[name]
    with Rig(name) as rig:
        block = array("h", bytes(192))
        rig.board.accel.read(block)
        rig.metal.now += 20 - rig.metal.now % 20
        rig.board.accel.read(block)
        assert rig.nap() == (True, 550)
        assert rig.board.accel.read(block) == 27
        rig.metal.now += 100  # what waits already counts
        slept, ms = rig.nap()
        assert slept and 28 * 20 - 100 - 20 <= ms <= 28 * 20 - 100
        assert rig.board.accel.read(block) == 28
        rig.metal.levels[data["ACCEL_INT"]] = 0
        assert rig.nap() == (True, 550)  # the sensor's line is broken: its FIFO has room for as long
        assert rig.nap(300) == (True, 300) and rig.nap(49) == (False, 0)
        began = rig.metal.now
        rig.metal.levels[data["BUTTON"]] = lambda: int(rig.metal.now < began + 100)
        assert rig.nap() == (True, 100) and rig.board.button.level() == 1
        assert rig.nap() == (False, 0)  # not while it is down: it would wake at once, again and again
        rig.metal.levels[data["BUTTON"]] = 1
        began = rig.metal.now
        rig.metal.levels[data["LORA_DIO1"]] = lambda: int(rig.metal.now >= began + 60)
        assert rig.nap() == (True, 60)


def test_no_sleep_while_the_radio_looks_or_sends_but_with_a_dead_one():
    with Rig() as rig:
        rig.radio.is_up = False
        assert rig.nap() == (False, 0)
        rig.radio.is_linked = False
        assert rig.nap()[0]
        rig.board.sleep._radio = None
        assert rig.nap()[0]


@pytest.mark.parametrize("name", SLEEPERS)
def test_after_a_sleep_the_pads_read_again(name):
    data = BOARDS[name]
    with Rig(name) as rig:
        rig.nap()
        assert set(rig.metal.routed) <= {34}  # an ESP32's 34 to 39 cannot be let go of, and nobody reads them
        assert rig.board.button.level() == 0 and not rig.board.button.touched
        rig.metal.levels[data["BUTTON"]] = 0
        assert rig.board.button.level() == 1 and rig.board.button.touched


@pytest.mark.parametrize("wired", [True, False])
@pytest.mark.parametrize("faster", [-10, 10])
def test_no_sample_is_lost_in_ten_minutes_of_sleeps_though_the_sensors_clock_is_off(wired, faster):
    with Rig(wired=wired, faster=faster) as rig:
        block = array("h", bytes(192))
        rig.board.accel.read(block)
        began, got = rig.metal.now, 0
        while rig.metal.now < began + 600_000:
            assert rig.nap()[0]
            n = rig.board.accel.read(block)
            assert n > 0
            got += n
            rig.metal.now += 4  # the tasks
        assert rig.chip.lost == 0 and rig.board.accel._part.chip.overruns == 0
        assert abs(got - (rig.metal.now - began) * (100 + faster) // 2000) <= 32
        assert rig.metal.sleeps <= 600 * 2 * 1.15


@pytest.mark.parametrize("name", SLEEPERS)
def test_a_badge_that_lies_sleeps_long_and_wakes_as_it_is_touched_with_what_came_before(name):
    with Rig(name) as rig:
        block = array("h", bytes(192))
        accel = rig.board.accel
        accel.lying = True
        rig.metal.now += 20
        accel.read(block)
        for _ in range(5):
            assert rig.nap(1800, lying=True) == (True, 1800)
            assert accel.read(block) == 32 and not accel.stirred
        rig.jolt_at = rig.metal.now + 400
        slept, ms = rig.nap(1800, lying=True)
        assert slept and 400 <= ms <= 420
        assert accel.read(block) >= 20 and accel.stirred
        assert block[0] == 0 and max(block[::3]) > 600  # it was still, and then it was not
        accel.lying = False
        rig.nap()
        accel.read(block)
        assert not rig.chip.violations
        assert not accel._part.chip.watching and accel._part.chip.configured()


def test_a_broken_line_tells_of_the_touch_with_the_next_look_and_a_dip_is_noticed():
    with Rig(wired=False) as rig:
        block = array("h", bytes(192))
        accel = rig.board.accel
        accel.lying = True
        rig.metal.now += 20
        accel.read(block)
        rig.jolt_at = rig.metal.now + 400
        assert rig.nap(1800, lying=True) == (True, 1800)
        accel.read(block)
        assert accel.stirred
        rig.nap(1800, lying=True)
        accel.read(block)
        assert not accel.stirred and accel._part.chip.configured()
        rig.chip.fail = "reset"
        counts = [accel.read(block) for _ in range(30)]
        assert -1 in counts and accel._part._fails == 1
        rig.metal.now += 1000
        for _ in range(15):  # it is found again, a second later
            rig.metal.now += 100
            last = accel.read(block)
        assert last > 0 and accel._part.chip.watching and accel._part.chip.configured()
        accel.self_test(lambda ms: setattr(rig.metal, "now", rig.metal.now + ms))
        accel.read(block)
        assert not accel._part.chip.watching and not accel.stirred  # it has no sample yet to differ from
        rig.nap(1800, lying=True)
        accel.read(block)
        assert accel._part.chip.watching and not accel.stirred
        rig.nap(1800, lying=True)
        assert accel.read(block) == 32 and not accel.stirred
