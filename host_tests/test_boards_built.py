"""Does every board that we ship come up over simulated chips, and outlive each of them failing?"""

from array import array

import pytest
from board_rig import metal, module

from firmware.limits import BATTERY_UNKNOWN
from tools.flash.boards.check import FOLDER, read
from tools.sim.chips.axp2101 import SimAXP2101
from tools.sim.chips.drv2605 import SimDRV2605
from tools.sim.chips.lis3dh import SimLIS3DH
from tools.sim.chips.lsm6dso import SimLSM6DSO
from tools.sim.chips.mpu6886 import SimMPU6886

BOARDS = {path.stem: read(path) for path in sorted(FOLDER.glob("[a-z]*.py"))}
SENSORS = {"lis3dh": SimLIS3DH, "lsm6dso": SimLSM6DSO, "mpu6886": SimMPU6886}


def standing(t_ms, out):
    out[0], out[1], out[2] = 0, 0, 1000


class Rig:
    """One built board: chips by part, the metal under them."""

    def __init__(self, name, source=standing, ready=None):
        self.name = name
        data = BOARDS[name]
        self.data = data
        self.tick = lambda: self.metal.now if self.metal else 5000
        self.metal = None
        self.accel = SENSORS[data["ACCEL"]](source, self.tick)
        chips = {data["I2C_SCL"]: {data["ACCEL_ADDRESS"]: self.accel}}
        self.haptics = self.pmu = None
        if "MOTOR_PART" in data:
            self.haptics = chips[data["I2C_SCL"]][data["MOTOR_ADDRESS"]] = SimDRV2605(self.tick)
        if "PMU" in data:
            self.pmu = SimAXP2101(self.tick)
            chips[data["PMU_SCL"]] = {data["PMU_ADDRESS"]: self.pmu}
        self.all = [chip for chip in (self.accel, self.haptics, self.pmu) if chip]
        self.chips = chips
        self.s3 = data["CHIP"] == "esp32s3"
        self._place = metal(chips, self.s3)
        self._ready = ready

    def __enter__(self):
        self.metal, load = self._place.__enter__()
        self.volts(3780)
        if self._ready:
            self._ready(self)
        self.board = load("firmware.board.build").build(self.name, None)
        return self

    def __exit__(self, *why):
        self._place.__exit__(*why)

    def volts(self, mv):
        """Set the cell's voltage."""
        if self.pmu:
            self.pmu.percent = 50
            self.pmu.battery_mv = mv
        else:
            self.metal.uv[self.data["BATTERY"]] = mv * 1000000 // self.data["BATTERY_DIVIDER_MILLI"]

    def press(self, down):
        """Press the alarm's button, or let it go."""
        if self.pmu:
            (self.pmu.press if down else self.pmu.release)()
        else:
            self.metal.levels[self.data["BUTTON"]] = 0 if down else 1

    def drive(self):
        """Return how strongly the motor runs, 0 to 1."""
        if self.haptics:
            return self.haptics.drive() / 255
        return self.metal.duty(self.data["MOTOR"]) / 65535

    def samples(self, ms):
        """Return [(x, y, z)] read in `ms`, every 100 ms, and how many reads failed."""
        block = array("h", bytes(192))
        got, failed = [], 0
        for _ in range(ms // 100):
            self.metal.now += 100
            n = self.board.accel.read(block)
            failed += n < 0
            got += [tuple(block[3 * i : 3 * i + 3]) for i in range(max(n, 0))]
        return got, failed

    def clean(self):
        """Assert that no chip was written what its data sheet forbids."""
        assert [chip.violations for chip in self.all] == [[]] * len(self.all)


@pytest.fixture(params=sorted(BOARDS))
def rig(request):
    with Rig(request.param) as made:
        yield made
        made.clean()


def test_samples_come_at_50_hz_in_mg(rig):
    rig.samples(500)
    got, failed = rig.samples(20000)
    assert failed == 0 and abs(len(got) - 1000) <= 4
    assert all(abs(x) <= 60 and abs(y) <= 60 and abs(z - 1000) <= 60 for x, y, z in got)


def test_the_button_the_motor_and_the_battery_work(rig):
    board = rig.board
    assert board.button.level() == 0 and not board.trouble()
    rig.press(True)
    assert board.button.level() == 1 == board.button.level()
    rig.press(False)
    assert board.button.level() == 0
    assert rig.drive() == 0 and board.motor.level(255) and rig.drive() == 1
    assert board.motor.level(0) and rig.drive() == 0
    assert board.battery.percent() == 50 and board.battery.charging() in (False, True)
    if rig.name == "m5stick_plus2":
        assert rig.metal.outputs[4] == 1  # it keeps itself fed


@pytest.mark.parametrize("lasts_ms", [100, 500, 5900])
def test_a_motor_ends_by_itself_while_the_program_stands_still(rig, lasts_ms):
    motor = rig.board.motor
    motor.lasts_ms = lasts_ms
    assert motor.level(255) and rig.drive() == 1
    rig.metal.now += min(lasts_ms, 800) - 10
    assert rig.drive() == 1
    rig.metal.now += 1011 - min(lasts_ms, 800) if rig.haptics else 10
    assert rig.drive() == 0  # and nobody has asked for that
    rig.metal.now += 4000
    assert motor.level(0) and rig.drive() == 0 and not motor.silent
    assert motor.level(255) and rig.drive() == 1


def test_a_run_that_is_broken_off_is_silent_at_once_and_the_next_one_is_felt_whole(rig):
    motor = rig.board.motor
    motor.lasts_ms = 500
    for _ in range(3):
        assert motor.level(255)
        rig.metal.now += 60
        assert motor.level(0) and rig.drive() == 0
        waits = 0
        while not motor.level(255):  # as the hallway asks again
            assert rig.drive() == 0
            rig.metal.now += 20
            waits += 20
        assert waits <= 440 and rig.drive() == 1
        rig.metal.now += 480
        assert rig.drive() == 1
        rig.metal.now += 20
        assert motor.level(0) and rig.drive() == 0
    rig.clean()


def test_a_haptic_driver_that_is_lost_while_it_runs_ends_and_is_asked_once_a_second():
    with Rig("tbeam_supreme") as rig:
        motor, bus = rig.board.motor, rig.board.motor._part.bus
        assert motor.level(255) and rig.drive() == 1
        rig.haptics.fail = "nack"
        level, frees = 255, []
        bus.free = lambda free=bus.free: frees.append(rig.metal.now) or free()
        for turn in range(3050):  # a minute, as the hallway runs
            if turn == 50:
                frees.clear()
            if level:
                level = 0 if motor.level(0) else -1
            if turn % 5 == 0:
                motor.silent  # noqa: B018  it asks
            rig.metal.now += 20
        assert level == 0 and len(frees) <= 60
        rig.haptics.fail = None
        assert rig.drive() == 0


def test_a_press_shorter_than_a_turn_is_not_lost_where_a_chip_latches_it(rig):
    rig.press(True)
    if rig.pmu:
        rig.press(False)
        assert [rig.board.button.level(), rig.board.button.level()] == [1, 0]


def test_the_self_test_runs(rig):
    assert rig.board.accel.self_test(rig.board.rest) in (False, True)
    got, failed = rig.samples(1000)
    assert failed == 0 and len(got) >= 40


@pytest.mark.parametrize("fault", ["nack", "wrong_id", "stuck"])
def test_a_board_without_an_accelerometer_comes_up_and_says_so(fault, request):
    def broken(rig):
        rig.accel.fail = fault
        rig.metal.heals = False

    for name in sorted(BOARDS):
        with Rig(name, ready=broken) as rig:
            got, failed = rig.samples(1000)
            assert got == [] and failed == 10
            if not rig.pmu:
                rig.press(True)
                assert rig.board.button.level() == 1
            rig.accel.fail = None
            got, failed = rig.samples(3000)
            assert len(got) >= 50, name  # found again within a second or so


def test_a_hung_bus_is_clocked_free_before_the_second_try(rig):
    rig.samples(500)
    rig.accel.fail = "stuck"
    got, failed = rig.samples(2000)
    assert failed == 0 and len(got) >= 80 and rig.metal.clocks >= 9
    if rig.haptics:
        rig.haptics.fail = "stuck"
        rig.metal.clocks = 0
        assert rig.board.motor.level(255) and rig.drive() == 1
    if rig.pmu:
        rig.pmu.fail = "stuck"
        rig.metal.clocks = 0
        rig.press(True)
        assert rig.board.button.level() == 1 and not rig.board.trouble()


def test_a_bus_that_hangs_when_the_badge_starts_is_freed():
    def hung(rig):
        for chip in rig.all:
            chip.fail = "stuck"

    for name in sorted(BOARDS):
        with Rig(name, ready=hung) as rig:
            got, failed = rig.samples(1000)
            assert failed == 0 and len(got) >= 45 and not rig.board.trouble(), name


def test_a_chip_that_fell_back_to_its_reset_values_is_started_again(rig):
    rig.samples(500)
    for chip in rig.all:
        chip.fail = "reset"
    assert rig.board.battery.percent() == 50 or not rig.pmu
    rig.board.motor.level(255)
    assert rig.drive() == 1
    got, _ = rig.samples(4000)
    assert len(got) >= 100


def test_a_dead_pmu_is_trouble_and_not_a_crash_nor_a_press():
    with Rig("tbeam_supreme") as rig:
        rig.pmu.fail = "nack"
        assert rig.board.button.level() == 0 and rig.board.trouble()
        assert rig.board.battery.percent() == BATTERY_UNKNOWN and not rig.board.battery.charging()
        rig.pmu.fail = None
        for _ in range(100):
            rig.board.button.level()
        assert not rig.board.trouble() and rig.board.battery.percent() == 50
        rig.haptics.fail = "nack"
        assert not rig.board.motor.level(255) and rig.board.trouble()
        rig.clean()


@pytest.mark.parametrize("connects", [0, 1])
def test_the_divider_of_a_heltec_is_found_whichever_way_its_switch_works(connects):
    def ready(rig):
        rig.metal.uv[1] = lambda: 770408 if rig.metal.outputs[37] == connects else 0

    with Rig("heltec_v3", ready=ready) as rig:
        assert [rig.board.battery.percent() for _ in range(3)] == [49] * 3
        assert rig.metal.outputs[37] == connects


def test_52_hz_become_50_and_no_peak_is_left_out():
    peaks = []

    def knock(t_ms, out):
        out[0], out[1], out[2] = 0, 0, 1000
        if t_ms % 9700 < 19:  # one sample long, at a phase that wanders through the 26
            peaks.append(t_ms)
            out[0] = 6000

    with Rig("tbeam_supreme", knock) as rig:
        rig.samples(500)
        del peaks[:]
        got, failed = rig.samples(600000)
        assert failed == 0 and abs(len(got) - 30000) <= 30
        assert len(peaks) > 40 and abs(sum(x > 5000 for x, _, _ in got) - len(peaks)) <= 1


PAIRING = {"role": "badge", "device": 7, "ssid": "", "lora": {"khz": 869525, "sf": 7}}
NO_MODEM = module("modem", {"build": None, "chip": lambda name: None})
RADIO = [name for name in sorted(BOARDS) if "LORA" in BOARDS[name]]


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_lora_is_a_route_where_board_and_pairing_have_it_and_missing_where_only_the_pairing_has(name):
    rig = Rig(name)
    asked = []

    def build_modem(pins, khz, sf, dbm):
        asked.append((khz, sf, dbm, rig.pmu is None or rig.pmu.rails()["aldo3"] == 3300))
        raise OSError(5)

    modem = module("modem", {"build": build_modem, "chip": lambda name: None})
    with metal(rig.chips, rig.s3, {"firmware.board.modem": modem}) as (found, load):
        rig.metal = found
        found.nvs["counter"] = 0
        found.uv[BOARDS[name].get("BATTERY")] = 0
        board = load("firmware.board.build").build(name, PAIRING)
        assert len(board.routes) == (name in RADIO)
        for now in range(0, 8000, 10):
            for route in board.routes:
                route.tend(now)
        assert board.no_lora(8000)  # it does not answer, or there is none
        assert asked[:1] == [(869525, 7, 22, True)] * (name in RADIO)  # its rail was up before


def test_a_pairing_without_lora_loads_nothing_of_it():
    rig = Rig("devkit")
    with metal(rig.chips, more={"firmware.board.radio": None, "firmware.board.lora": None}) as (found, load):
        rig.metal = found
        found.uv[35] = 0
        board = load("firmware.board.build").build("devkit", {**PAIRING, "lora": None})
        assert board.routes == () and not board.no_lora(5)


@pytest.mark.parametrize("place", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("ssid", ["", "house"])
@pytest.mark.parametrize("name", sorted(BOARDS))
def test_what_hears_beacons_is_started_first_and_only_where_settings_board_and_wifi_let_it(name, ssid, place):
    begun, rig = [], Rig(name)

    class Station:
        IF_STA = PM_PERFORMANCE = PM_POWERSAVE = 0

        def __init__(self, interface):
            begun.append("wifi")

    class Stack:
        def active(self, on):
            begun.append("bluetooth")

        def irq(self, handler):
            """Nobody speaks."""

    names = {"WLAN": Station, "STAT_CONNECTING": 1001, "STAT_GOT_IP": 1010, "STAT_IDLE": 1000}
    more = {"network": module("network", names), "bluetooth": module("bluetooth", {"BLE": Stack}),
            "_thread": module("_thread", {"start_new_thread": None}), "firmware.board.modem": NO_MODEM}
    pairing = {**PAIRING, "ssid": ssid, "gateway": "10.0.0.2", "port": 5570, "address": None, "bssid": None}
    settings = {} if place is None else {"place": place}
    wanted = 1 if place is None else place
    can = BOARDS[name].get("BLE") == "beside Wi-Fi" or BOARDS[name].get("BLE") == "alone" and not ssid
    hears = bool(wanted & 2 and can)
    with metal(rig.chips, rig.s3, more) as (found, load):
        rig.metal = found
        found.nvs["counter"] = 0
        found.uv[BOARDS[name].get("BATTERY")] = 0
        board = load("firmware.board.build").build(name, pairing, settings)
    assert begun == ["bluetooth"] * hears + ["wifi"] * bool(ssid) and "place" not in settings
    assert (board.nearby is not None) == (hears or bool(ssid and wanted & 1))
    sleeps = name in RADIO and "WAKE_EXT0" in BOARDS[name] and not ssid
    assert (board.sleep is not None) == (sleeps and not hears)


def test_an_unknown_board_is_refused():
    with metal({}) as (_, load), pytest.raises(ValueError, match="no board called nothing"):
        load("firmware.board.build").build("nothing", None)


def test_a_lifeboat_on_a_board_that_nobody_knows_touches_no_pin_and_says_that_parts_are_silent(capsys):
    with metal({}) as (found, load):
        board = load("firmware.board.build").bare("nothing", None)
        assert board.button.level() == 0 and not board.motor.level(255) and board.trouble()
        assert not found.outputs and "no board called nothing" in capsys.readouterr().out
