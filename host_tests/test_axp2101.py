"""Does the power chip tell the truth about its cell, and does no press of its key get lost or switch the badge off?

There is no independent driver of the AXP2101 on PyPI.
"""

import errno
import random

import pytest
from axp2101 import AXP2101
from chip_rig import Clock

from firmware.codes import EMERGENCY_ASKED
from firmware.detect.press import Press
from tools.sim.chips.axp2101 import SimAXP2101, SimI2C


@pytest.fixture
def bus():
    clock = Clock()
    chip = SimAXP2101(clock)
    return chip, SimI2C({0x34: chip}), clock


def test_battery_supply_and_charge_are_told(bus):
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    driver.start()
    for mv, percent in ((3400, 3), (3583, 12), (3840, 55), (4095, 96), (4200, 100)):
        chip.battery_mv, chip.percent = mv, percent
        assert driver.battery_mv() == mv and driver.percent() == percent
    assert not driver.vbus() and not driver.charging()
    chip.percent = 60
    chip.plug(True)
    assert driver.vbus() and driver.charging()
    chip.percent = 100
    assert driver.vbus() and not driver.charging()
    chip.battery_mv = 0
    assert driver.percent() == -1 and driver.battery_mv() == 0 and not driver.charging()
    assert chip.violations == []


def test_only_the_rails_that_are_asked_for_are_fed(bus):
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    assert len(chip.rails()) == 6
    driver.start()
    assert chip.rails() == {} and not chip.led()
    driver.start(("aldo3", 3300, "bldo1", 1800))
    assert chip.rails() == {"aldo3": 3300, "bldo1": 1800} and driver.configured() and chip.violations == []
    for rails in (("dc1", 3300), ("aldo1", 3350), ("aldo1", 400), ("aldo1", 3600)):
        with pytest.raises(ValueError, match="rail"):
            driver.start(rails)
    assert chip.rails() == {"aldo3": 3300, "bldo1": 1800}  # a wrong rail changes nothing


def test_a_charger_without_a_thermistor_asks_for_none(bus):
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    chip.plug(True)
    assert not driver.charging()
    driver.start()
    assert driver.charging()
    driver.start(thermistor=True)
    assert not driver.charging()
    chip.thermistor = True
    assert driver.charging() and chip.violations == []


def test_a_held_key_never_switches_off(bus):
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    i2c.writeto_mem(0x34, 0x10, b"\x34")  # somebody has set: off after 16 s
    driver.start()
    chip.press()
    for _ in range(60):
        clock.now += 1000
        assert driver.key() == 1 and chip.on
    chip.release()
    assert driver.key() == 0


def test_the_chip_would_switch_off_by_itself(bus):
    chip, i2c, clock = bus
    AXP2101(i2c)
    chip.press()
    clock.now += 5990
    assert chip.rails() and chip.on
    clock.now += 10
    assert chip.rails() == {} and not chip.on


def test_the_key_is_a_level_that_misses_nothing(bus):
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    driver.start()
    assert driver.key() == 0 and chip.irq() == 1
    chip.press()
    assert chip.irq() == 0 and driver.key() == 1 and chip.irq() == 1 and driver.key() == 1
    chip.release()
    assert driver.key() == 0 and driver.key() == 0
    chip.press()
    chip.release()  # both between two questions
    assert [driver.key() for _ in range(4)] == [1, 0, 0, 0]
    chip.press()
    assert driver.key() == 1
    chip.release()
    chip.press()
    assert [driver.key() for _ in range(3)] == [0, 1, 1]


def test_any_presses_are_counted_right(bus):
    # A finger is slower than the poll, so at most one press or release falls between two questions, or one short press.
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    driver.start()
    draw = random.Random(5)
    presses = told = level = 0
    down = False
    for _ in range(3000):
        act = draw.randrange(6)
        if act == 0 and not down:
            chip.press()
            presses += 1
            down = True
        elif act == 1 and down:
            chip.release()
            down = False
        elif act == 2 and not down:
            chip.press()
            chip.release()
            presses += 1
        for _ in range(2):
            now = driver.key()
            told += now and not level
            level = now
    assert told == presses > 500 and level == down


@pytest.mark.parametrize("before_ms, away_ms, starts", [
    (0, 1500, 1), (0, 300, 1), (0, 6000, 1), (400, 1500, 1), (400, 300, 1), (0, 1500, 2),
])
def test_a_hold_that_began_in_or_before_a_restart_is_a_hold(bus, before_ms, away_ms, starts):
    """before_ms: the life before has seen as much of it, and taken its edge. starts: as after a failure on the bus."""
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    driver.start()
    clock.wait_ms(1000)
    if before_ms:
        chip.press()
        clock.wait_ms(before_ms)
        assert driver.key() == 1
        clock.wait_ms(away_ms)
    else:
        clock.wait_ms(away_ms // 2)
        chip.press()
        clock.wait_ms(away_ms // 2)
    driver = AXP2101(i2c)  # the next life
    for _ in range(starts):
        driver.start()
    press = Press()
    events = []
    while not events and clock.now < 20000:
        event = press.level(driver.key(), clock.now)
        events += [(event, clock.now)] if event else []
        clock.wait_ms(10)
    restarted = 1000 + before_ms + away_ms
    assert events[0][0] == EMERGENCY_ASKED and events[0][1] <= restarted + 1000 + 850
    chip.release()
    assert [driver.key() for _ in range(3)] == [0, 0, 0] and chip.violations == []


def test_a_press_made_and_let_go_during_a_restart_is_told(bus):
    chip, i2c, clock = bus
    AXP2101(i2c).start()
    chip.press()
    chip.release()
    driver = AXP2101(i2c)
    driver.start()
    assert [driver.key() for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize("held_ms", [300, 900, 1600, 5000])
def test_who_holds_the_key_to_switch_the_badge_on_calls_nobody(bus, held_ms):
    chip, i2c, clock = bus
    chip.press()
    clock.wait_ms(held_ms)
    driver = AXP2101(i2c)
    driver.start()
    for _ in range(200):
        clock.wait_ms(10)
        assert driver.key() == 0
    chip.release()
    assert [driver.key() for _ in range(3)] == [0, 0, 0]
    chip.press()
    assert driver.key() == 1
    clock.wait_ms(1500)
    assert driver.key() == 1


def test_every_fault_is_felt_and_ends(bus):
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    driver.start()
    told = (driver.key, driver.battery_mv, driver.percent, driver.charging, driver.vbus, driver.configured)
    for fault, number in (("nack", errno.ENODEV), ("stuck", errno.ETIMEDOUT)):
        chip.fail = fault
        for door in (*told, driver.start, lambda: AXP2101(i2c)):
            with pytest.raises(OSError) as raised:
                door()
            assert raised.value.errno == number
    chip.fail = "wrong_id"
    with pytest.raises(RuntimeError, match="not an AXP2101"):
        AXP2101(i2c)
    chip.fail = "frozen"
    before = driver.battery_mv()
    chip.battery_mv = 3300
    assert driver.battery_mv() == before
    chip.fail = "reset"
    assert not driver.configured() and driver.battery_mv() == 3300
    chip.press()
    chip.release()
    assert driver.key() == 0  # the edges are not even enabled: whoever polls must ask `configured` from time to time
    driver.start()
    assert driver.configured() and chip.violations == []


def test_a_start_finds_any_state(bus):
    chip, i2c, clock = bus
    driver = AXP2101(i2c)
    for seed in range(40):
        for i, at in enumerate(sorted(chip.reserved)):
            value = (seed * 37 + i * 101) * 89 >> 3 & 0xFF & ~chip.reserved[at]
            value |= chip.defaults.get(at, 0) & chip.reserved[at]
            if chip._forbidden(at, value) is None and at != 0x10:
                i2c.writeto_mem(0x34, at, bytes([value]))
        chip.press()
        chip.release()
        driver.start(("aldo3", 3300))
        assert driver.configured() and driver.key() == 0 and chip.rails() == {"aldo3": 3300}
        assert driver.percent() == 70 and driver.battery_mv() == 3900
    assert chip.violations == []


@pytest.mark.parametrize(
    "register, value, why",
    [
        (0x00, 0, "read-only"), (0x03, 0, "reserved"), (0x22, 0x08, "reserved bits"), (0x92, 0x1F, "reserved value"),
        (0x64, 0x07, "reserved value"), (0xA4, 50, "read-only"), (0x30, 0x40, "reserved bits"),
    ],
)
def test_the_chip_notes_a_forbidden_write(bus, register, value, why):
    chip, i2c, clock = bus
    i2c.writeto_mem(0x34, register, bytes([value]))
    assert len(chip.violations) == 1 and why in chip.violations[0]
