"""Does the self-test name the wire, the chip and the way out, for faults that no virtual badge has?"""

import sys
import types

import pytest

from tools.flash import faults
from tools.flash.console import plain
from tools.flash.selftest import SCRIPT


class Pins:
    ACCEL, ACCEL_ADDRESS, I2C_SDA, I2C_SCL = "lis3dh", 0x18, 21, 22
    MOTOR_PART, PMU, PMU_SDA, PMU_SCL = "drv2605", "axp2101", 42, 41


@pytest.fixture
def script(monkeypatch):
    """Give the self-test's names; `low` is the set of pins that something holds."""

    class Pin:
        IN = PULL_UP = 0

        def __init__(self, number, mode=0, pull=0):
            self.number = number

        def value(self):
            return 0 if self.number in script["low"] else 1

    class I2C:
        def __init__(self, number, scl, sda, freq):
            assert not script["low"], "MicroPython 1.29 aborts where a held bus is opened"

        def readfrom_mem(self, address, register, count):
            raise OSError(19)

    monkeypatch.setitem(sys.modules, "machine", types.SimpleNamespace(Pin=Pin, I2C=I2C))
    script = {"low": set()}
    exec(compile(SCRIPT.read_text().split('\ntried("board", main)\n')[0], "selftest", "exec"), script)
    return script


@pytest.mark.parametrize(("low", "said"), [
    (set(), "lis3dh"), (set(), "does not answer: check its supply and the wires SDA (GPIO 21) and SCL (GPIO 22)"),
    ({21}, "the bus hangs, SDA is low"), ({22}, "the bus hangs, SCL is low"),
])
def test_a_bus_that_hangs_is_no_sensor_without_supply(script, capsys, low, said):
    script["low"] = low
    script["accelerometer"](Pins)
    text = capsys.readouterr().out
    assert text.startswith("not ok accelerometer") and said in text.lower().replace("gpio", "GPIO").replace(
        "sda", "SDA").replace("scl", "SCL")
    assert script["failed"] == ["accelerometer"]


@pytest.mark.parametrize("dead", [(), ("button",), ("motor",), ("button", "motor")])
def test_a_silent_chip_behind_button_or_motor_is_named_with_its_wires(script, capsys, dead):
    parts = {name: types.SimpleNamespace(silent=name in dead) for name in ("button", "motor")}
    script["chips"](types.SimpleNamespace(**parts), Pins)
    text = capsys.readouterr().out
    assert script["failed"] == [f"{name} chip" for name in ("button", "motor") if name in dead]
    assert "axp2101, SDA on GPIO 42, SCL on GPIO 41" in text and "drv2605, SDA on GPIO 21, SCL on GPIO 22" in text
    assert text.count("check its supply and these two wires") == len(dead)


@pytest.mark.parametrize(("status", "said"), [
    (201, "no Wi-Fi of that name"), (202, "refuses the password"), (210, "--open if it has none"), (211, "pair again"),
    (1001, "DHCP"), (1010, "name is not found"),
])
def test_wifi_says_what_to_do(script, monkeypatch, status, said):
    wlan = types.SimpleNamespace(status=lambda: status)
    network = types.SimpleNamespace(WLAN=lambda _: wlan)
    network.WLAN.IF_STA = 0
    monkeypatch.setitem(sys.modules, "network", network)
    assert said in script["why"]("Wifi")


def test_the_monitor_says_what_to_do_about_every_fault():
    from firmware import codes

    bits = {value for name, value in vars(codes).items() if name.startswith("FAULT_")}
    assert set(faults.ADVICE) == bits
    for bit in bits:
        assert plain(f"kald: faults {bit}").endswith("   = " + faults.ADVICE[bit])
    both = plain(f"kald: faults {codes.FAULT_SENSOR_WRONG | codes.FAULT_NO_GATEWAY}")
    assert "SDA, SCL" in both and "kald gateway" in both
    assert plain("kald: faults 0").endswith("= no fault any more") and "0x8000" in plain("kald: faults 32768")
