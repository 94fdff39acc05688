"""Does the alarm go on whatever the port raises, and is it told? Every door of the metal, with every error behind it.

Read in MicroPython's ports/esp32 at 1c3c2011 (June 2025), file by file. check_esp_err (mphalport.c) turns a code of
ESP-IDF into OSError(-code, name), and three of them into ENOMEM 12, ETIMEDOUT 116, EOPNOTSUPP 95; `mp_raise_msg` gives
an OSError whose first argument is a text. What allocates may raise MemoryError, which is the app's (test_app.py).
"""

import asyncio
import importlib
import io
import itertools
import json
import sys
import types
from array import array
from unittest.mock import MagicMock

import pytest
from board_rig import metal
from test_boards_built import BOARDS, SENSORS, standing

import wifi_rig
from firmware.badge import Badge
from firmware.codes import (
    FAULT_LIFEBOAT, FAULT_PART_SILENT, FAULT_SENSOR_WRONG, FAULT_STORAGE, KIND_EMERGENCY,
)
from firmware.limits import BATTERY_UNKNOWN
from firmware.link import frame
from firmware.link.seal import Seal
from tools.sim.route import Route, given
from tools.sim.sealed import ack, opened_up
from waits import others_turn

UP, DOWN = bytes(range(16)), bytes(range(16, 32))
PAIRING = {"role": "badge", "device": 7, "up": UP, "down": DOWN, "ssid": "", "password": "", "gateway": "10.0.0.2",
           "port": 9, "lora": None, "address": None, "bssid": None}
NAME = "devkit"

IDF = (OSError(-0x101, "ESP_FAIL"), OSError(-0x102, "ESP_ERR_INVALID_ARG"), OSError(-0x103, "ESP_ERR_INVALID_STATE"),
       OSError(12, "ESP_ERR_NO_MEM"), OSError(95, "ESP_ERR_NOT_SUPPORTED"), OSError(116, "TIMEOUT"))
NVS = tuple(OSError(-code, "ESP_ERR_NVS") for code in range(0x1101, 0x1119)) + IDF
I2C = (OSError(19), OSError(116), OSError(5), OSError(0x103), OSError(0x105))  # machine_i2c.c: -ENODEV, or abs(err)
PIN = (ValueError("invalid pin"), ValueError("pin can only be input"))
WAKE = (ValueError("no resources"), ValueError("invalid pin"))

# door: what it raises, and the fault that it must be, 0 where the wearer loses nothing
DOORS = {
    "Pin": (PIN, None),  # which fault depends on whose pin it is
    "Pin.irq": ((ValueError("no resources"), ValueError("bad wake value")), 0),  # the level is polled
    "RMT": ((ValueError("channel used by bitstream"), *IDF), FAULT_PART_SILENT),  # esp32_rmt.c
    "RMT.write_pulses": (IDF, FAULT_PART_SILENT),
    "RMT.wait_done": ((OSError("already deinitialized"), *IDF), FAULT_PART_SILENT),
    "ADC": ((ValueError("invalid pin"), ValueError("invalid attenuation"), *IDF), FAULT_PART_SILENT),
    "ADC.read_uv": ((OSError(1), *IDF), FAULT_PART_SILENT),  # adc.c: EPERM, and calibration that eFuse has not
    "I2C": ((ValueError("I2C(0) doesn't exist"), *IDF), FAULT_SENSOR_WRONG),
    "I2C.readfrom_mem_into": (I2C, FAULT_SENSOR_WRONG),
    "I2C.readfrom_mem": (I2C, FAULT_SENSOR_WRONG),
    "I2C.writeto_mem": (I2C, FAULT_SENSOR_WRONG),
    "NVS": (NVS, None),  # without keys nothing can be sealed: the last test has it
    "NVS.get_i32": (NVS, FAULT_STORAGE),
    "NVS.set_i32": (NVS, FAULT_STORAGE),
    "NVS.get_blob": (NVS, 0),  # the alarm of before, if there was one
    "NVS.set_blob": (NVS, FAULT_STORAGE),
    "NVS.commit": (NVS, FAULT_STORAGE),
    "WDT": ((OSError(0x102), OSError(0x103), OSError(0x105), ValueError()), 0),  # machine_wdt.c: the code, unturned
    "WDT.feed": ((OSError(0x105), OSError(0x103)), 0),
    "lightsleep": ((RuntimeError("esp_sleep_enable_touchpad_wakeup() failed"), ValueError()), 0),
    "freq": ((ValueError(), ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")), 0),
    "wake_on_ext0": (WAKE, 0),
    "wake_on_ext1": (WAKE, 0),
}
WLAN = (*[OSError(f"Wifi {what}") for what in ("Not Initialized", "Not Started", "Not Stopped", "Invalid Mode",
                                              "Internal State Error", "Internal Error", "SSID Invalid",
                                              "Would Block", "Not Connected", "Out of Memory")],
        OSError(116), RuntimeError("Wifi Unknown Error 0x0101"))  # network_common.c
SOCKET = tuple(OSError(code) for code in (5, 9, 11, 12, 22, 23, 101, 103, 104, 105, 111, 113, 116, 118, 128, -2, -202))
WIFI = {"WLAN.__init__": WLAN, "WLAN.active": WLAN, "WLAN.connect": WLAN, "WLAN.disconnect": WLAN, "WLAN.config": WLAN,
        "WLAN.ifconfig": WLAN, "Socket.__init__": SOCKET, "Socket.connect": SOCKET, "Socket.send": SOCKET,
        "Socket.sendto": SOCKET, "Socket.recv": SOCKET}
SPI = (ValueError("SPI(1) doesn't exist"), ValueError("invalid bits"), ValueError("invalid pin"),
       ValueError("buffers must be the same length"), RuntimeError("no chip: of the package lora"),
       *[OSError(what) for what in ("invalid configuration", "SPI host already in use", "no free slots",
                                    "transfer on deinitialized SPI", "out of memory")])  # machine_hw_spi.c
LORA = ("standby", "configure", "start_recv", "poll_recv", "start_look", "poll_look", "prepare_send", "start_send",
        "poll_send", "alive")
# Of these the port says that they raise for what firmware/board/ never gives them, and nothing else.
NEVER = {"RTC.memory": "ValueError: buffer too long; ours has 21 + 255 + 255 + 2 bytes at most, of 2048"}
FATAL = {"NVS.get_i32", "NVS.set_i32", "NVS.commit"}  # no counter, no frame: nothing may be sealed without
LIVED = [door for door in DOORS if door not in ("Pin", "NVS")]


def gates(found, fails):
    """Put a gate before every door of `found`'s modules; fails: {door: its errors, one after the other}."""
    machine, esp32 = sys.modules["machine"], sys.modules["esp32"]

    def gate(door, act):
        def through(*words, **named):
            error = next(fails.get(door, iter(())), None)
            if error:
                found.met += 1
                raise error
            return act(*words, **named)

        return through

    def gated(name, made, doors):
        for door in doors:
            setattr(made, door, gate(f"{name}.{door}", getattr(made, door)))
        made.__init__ = gate(name, made.__init__)

    gated("Pin", machine.Pin, ("irq",))
    gated("RMT", esp32.RMT, ("write_pulses", "wait_done"))
    gated("ADC", machine.ADC, ("read_uv",))
    gated("NVS", esp32.NVS, ("get_i32", "set_i32", "get_blob", "set_blob", "commit"))
    bus = machine.I2C

    class I2C:
        def __init__(self, *words, **named):
            made = bus(*words, **named)
            for door in ("readfrom_mem_into", "readfrom_mem", "writeto_mem"):
                setattr(self, door, gate(f"I2C.{door}", getattr(made, door)))

    class WDT:
        def __init__(self, timeout):
            assert timeout > 0

        def feed(self):
            found.fed += 1

    gated("I2C", I2C, ())
    gated("WDT", WDT, ("feed",))
    machine.I2C, machine.WDT, found.fed = I2C, WDT, 0
    found.met = 0  # errors that were raised
    for name in ("lightsleep", "freq"):
        setattr(machine, name, gate(name, getattr(machine, name)))
    for name in ("wake_on_ext0", "wake_on_ext1"):
        setattr(esp32, name, gate(name, getattr(esp32, name)))


class Air(Route):
    """A route whose gateway answers all."""

    metered = True

    def __init__(self):
        self.heard, self.back = [], []

    def send(self, buf, n, *_):
        self.heard.append(opened_up(Seal(UP), buf[:n]))
        self.back.append(ack(Seal(DOWN), 7, 1, frame.get30(buf, 3)))
        return True

    def receive(self, buf):
        return given(self.back.pop(0), buf) if self.back else 0

    def alarms(self):
        return [plain for plain in self.heard if plain[0] == frame.ALARM and plain[11] >> 4 == KIND_EMERGENCY]

    def faults(self):
        beats = [frame.get16(plain, 9) for plain in self.heard if plain[0] == frame.HEARTBEAT]
        return [fault for beat in beats for fault in range(16) if beat >> fault & 1]


@pytest.fixture
def place(monkeypatch):
    """Give (metal, fails, live): live(ms, boat) runs the real hallway on the board that the real build() gives."""
    monkeypatch.setattr(asyncio, "sleep_ms", others_turn, raising=False)
    made = types.SimpleNamespace(tick=lambda: 5000)
    chip = SENSORS[BOARDS[NAME]["ACCEL"]](standing, lambda: made.tick())
    chips = {BOARDS[NAME]["I2C_SCL"]: {BOARDS[NAME]["ACCEL_ADDRESS"]: chip}}
    with metal(chips) as (found, load):
        made.tick = found.tick
        found.uv[BOARDS[NAME]["BATTERY"]] = 1850000
        found.nvs["counter"] = 0
        fails = {}
        gates(found, fails)
        build = load("firmware.board.build")
        app, boat = load("firmware.app"), load("firmware.lifeboat")
        heap = types.SimpleNamespace(collect=lambda: None, mem_free=lambda: 1 << 17)
        monkeypatch.setattr(app, "gc", heap)

        made.build, made.bare = build.build, build.bare

        def live(ms, lifeboat=False, later=None):
            """Build and live for `ms`, held down from 5 to 6 s; later: as `fails`, once it is up."""
            board = build.bare(NAME, PAIRING) if lifeboat else build.build(NAME, dict(PAIRING), {})
            air = Air()
            board.routes = (air,)
            tasks = []
            if lifeboat:
                runs = boat.Lifeboat(board, PAIRING)
            else:
                runs = made.app = app.App(board, Badge(PAIRING["device"], PAIRING["up"], PAIRING["down"], board.now()))
                board.watch(8000)
                all_of_them = (runs._sense, runs._talk, runs._feel, runs._keep, runs._mind)
                tasks = [task(i) for i, task in enumerate(all_of_them)]
            fails.update(later or {})
            began = found.now
            while found.now - began < ms:
                found.levels[BOARDS[NAME]["BUTTON"]] = 0 if 5000 <= found.now - began < 6000 else 1
                if lifeboat:
                    runs.turn(board.now())
                    board.feed()
                for task in tasks:
                    task.send(None)  # an error that ends a task ends this test
                found.now += 10
            for task in tasks:
                task.close()
            return air

        yield found, fails, live, made


def bits(fault):
    return [bit for bit in range(16) if fault >> bit & 1]


@pytest.mark.parametrize("when", ["from the start", "while it runs"])
@pytest.mark.parametrize("door", LIVED)
def test_no_error_of_the_port_ends_a_task_and_a_hold_calls_all_the_same(place, when, door):
    found, fails, live, made = place
    errors, fault = DOORS[door]
    early = when == "from the start"
    failing = {door: itertools.cycle(errors)}
    if early:
        fails.update(failing)
    air = live(32000 if "ADC" in door else 10000, later={} if early else failing)
    faults = made.app.badge.faults
    if early and door in FATAL:
        assert air.heard == [] and faults & FAULT_STORAGE, "felt, since it cannot be told"
    else:
        assert air.alarms(), "it calls"
        if fault and found.met:
            assert faults & fault and set(bits(fault)) <= set(air.faults()), "and it is told"
    if door == "ADC.read_uv":
        assert made.app.badge._battery == BATTERY_UNKNOWN


@pytest.mark.parametrize("door", LIVED)
def test_the_lifeboat_calls_whatever_the_port_raises(place, door):
    _, fails, live, _ = place
    fails[door] = itertools.cycle(DOORS[door][0])
    air = live(7000, lifeboat=True)
    if door not in FATAL:
        assert air.alarms() and bits(FAULT_LIFEBOAT)[0] in air.faults()


@pytest.mark.parametrize("door", [door for door in DOORS if "." not in door])
def test_a_board_is_built_whatever_one_part_of_it_raises(place, door):
    """For pins one by one: whichever is refused, the others are set up."""
    _, fails, _, made = place
    for error in DOORS[door][0]:
        for nth in range(8):
            turns = iter([None] * nth + [error])
            fails[door] = turns
            for board in (made.build(NAME, dict(PAIRING), {}), made.bare(NAME, PAIRING)):
                assert board.button.level() in (0, 1) and board.motor.level(0) in (0, True, False)
                assert board.battery.percent() is not None and board.trouble() in (0, True, False)
                assert board.accel.read(array("h", bytes(192))) >= -1
        del fails[door]


@pytest.mark.parametrize("door", WIFI)
def test_no_error_of_the_network_leaves_the_route_and_it_goes_on_when_that_is_over(monkeypatch, door):
    wifi = wifi_rig.begin()
    name, method = door.split(".")
    errors = itertools.cycle(WIFI[door])

    def fail(*_, **__):
        raise next(errors)

    wifi_rig.run(wifi, 20000, 1000)
    monkeypatch.setattr(getattr(wifi_rig, name), method, fail)
    wifi_rig.house.joined, wifi_rig.house.began = False, None
    wifi_rig.run(wifi, 120000, 1000)
    monkeypatch.undo()
    taken, answered = wifi_rig.run(wifi, 60000, 1000)
    assert taken >= 10 and answered >= 10


@pytest.mark.parametrize("method", [None, *LORA])
def test_no_error_of_the_radio_leaves_the_route_and_it_is_counted(method):
    from firmware.board.lora import Lora

    modem = MagicMock(sf=7, dozing=False, can_doze=False)
    modem.get_time_on_air_us.return_value, modem.poll_look.return_value, modem.poll_send.return_value = 60000, 0, False
    modem.poll_recv.return_value = modem.is_idle.return_value = False
    errors = itertools.cycle(SPI)

    def fail(*_, **__):
        raise next(errors)

    made = [modem]
    lora = Lora(lambda: made[0] or fail(), 0, MagicMock(), MagicMock())
    buf = bytearray(80)

    def live(now, ms):
        for at in range(now, now + ms, 10):
            lora.tend(at)
            lora.receive(buf)
            if at % 5000 == 0:
                lora.send(buf, 24, True)

    if method is None:
        made[0] = None
    else:
        getattr(modem, method).side_effect = fail
    live(0, 120000)
    assert lora.failures > 1 and lora.sent == 0
    made[0] = modem
    if method is not None:
        getattr(modem, method).side_effect = None
    live(120000, 120000)
    assert lora.sent > 5


def test_a_flash_that_cannot_be_opened_leaves_a_badge_that_knows_no_keys_and_goes_round_no_more(place):
    _, fails, _, made = place
    fails["NVS"] = itertools.cycle(NVS)
    board = made.bare(NAME, None)
    assert board.store.pairing() == "" and board.store.load(bytearray(80)) == 0
    with pytest.raises(OSError):
        board.store.reserve()


def damaged(text):
    """Give what flash may make of `text`: each byte 0x00, 0xFF or with any bit turned, cut short anywhere, twice."""
    for at, byte in enumerate(text):
        for wrong in {0, 0xFF, *(byte ^ 1 << bit for bit in range(8))}:
            yield text[:at] + bytes([wrong]) + text[at + 1 :]
        yield text[:at]
    yield text + text


def test_no_damage_to_the_settings_takes_the_lifeboat_s_keys(place, monkeypatch):
    """For the lifeboat runs where the settings are wrong: with the pairing it seals, without it only hums."""
    found, _, _, _ = place
    kept = json.dumps({**PAIRING, "board": NAME, "up": UP.hex(), "down": DOWN.hex()})
    found.nvs["pairing"] = kept.encode()
    start = importlib.import_module("firmware.lifeboat_start").start
    text = b'{"hold_ms": 500, "single_press_calls": true}'
    opened = open
    for wrong in damaged(text):
        def reading(path, *words, wrong=wrong, **more):
            if path == "/settings.json":
                return io.TextIOWrapper(io.BytesIO(wrong), "utf-8")
            return opened(path, *words, **more)

        monkeypatch.setattr("builtins.open", reading)
        assert start([]).__self__._device == PAIRING["device"], wrong
