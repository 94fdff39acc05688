"""Does a virtual badge behave like a board on a cable: reset, power cut, flash, sleep, names? (Button: test_way.py.)"""

import ast
import importlib.util
from pathlib import Path

import pytest

from firmware.link.sighting import KIND_BLE, KIND_WIFI, address_hash
from tools.sim import metal
from tools.sim.virtual import VirtualBadge
from waits import until

UNSTUBBED = ("ioctl",)  # how any stream of MicroPython answers select; no stub names it
ROOT = Path(__file__).resolve().parent.parent
DOUBLES = ROOT / "tools" / "sim" / "doubles"
MADE = {"machine": metal.machine, "esp32": metal.esp32}  # whose names are those of tools/sim/metal.py


def badge_with(folder, main):
    """Return a badge, not started, whose main.py is `main`."""
    badge = VirtualBadge(folder, "anna")
    (badge.flash / "main.py").write_text(main)
    return badge


_KEEP = """
import esp32, machine
rtc, nvs = machine.RTC(), esp32.NVS("kald")
print("cause", machine.reset_cause(), "rtc", rtc.memory())
try:
    print("nvs", nvs.get_i32("n"))
except OSError as error:
    print("nvs", error.args)
nvs.set_i32("n", 7)
rtc.memory(b"kept")
print("done")
"""


_SLEEP = """
import esp32, machine, time
from machine import Pin
button, sensor, radio = Pin(33, Pin.IN, Pin.PULL_UP), Pin(34, Pin.IN), Pin(26, Pin.IN)
esp32.wake_on_ext0(button, esp32.WAKEUP_ALL_LOW)
esp32.wake_on_ext1((radio, sensor), esp32.WAKEUP_ANY_HIGH)
for ms in (200, 20000, 20000):
    began = time.ticks_ms()
    print("asleep", ms)
    machine.lightsleep(ms)
    took = time.ticks_diff(time.ticks_ms(), began)
    blind = button.value(), radio.value()
    for pin in (button, radio, sensor):
        pin.init(Pin.IN, hold=False)
    print("woken", ms, took >= 200, took < 15000, blind, button.value(), radio.value(), sensor.value())
    while not button.value():
        time.sleep_ms(1)
try:
    esp32.wake_on_ext0(Pin(17), esp32.WAKEUP_ALL_LOW)
except ValueError as error:
    print(error)
"""


def test_a_badge_sleeps_until_its_time_is_over_or_a_line_speaks_and_its_pads_have_to_be_taken_back(tmp_path):
    with badge_with(tmp_path, _SLEEP) as badge:
        until(lambda: "woken 200 True True (0, 0) 1 0 0" in badge.console and badge.console.count("asleep 20000") == 1)
        badge.button(1)
        until(lambda: "woken 20000" in badge.console)
        assert "True (0, 0) 0 0 0" in badge.console
        badge.button(0)
        badge.button(0, pin=34)
        until(lambda: "invalid pin" in badge.console)
        # GPIO 34 has woken it, and stays with the RTC controller
        assert badge.console.count("woken 20000") == 2 and badge.console.count("True (0, 0) 1 0 0") == 2


def test_reset_keeps_rtc_and_a_power_cut_loses_it(tmp_path):
    with badge_with(tmp_path, _KEEP) as badge:
        until(lambda: badge.console.count("done") == 1)
        assert "cause 1 rtc b''" in badge.console and "nvs (-4354, 'ESP_ERR_NVS_NOT_FOUND')" in badge.console
        badge.reset()
        until(lambda: badge.console.count("done") == 2)
        assert "cause 1 rtc b'kept'" in badge.console and "nvs 7" in badge.console
        badge.power_cut()
        until(lambda: badge.console.count("done") == 3)
        assert badge.console.count("rtc b''") == 2 and badge.console.count("nvs 7") == 2
        assert sorted(path.name for path in badge.flash.iterdir()) == ["main.py"]


def test_a_torn_write_stands_half_and_the_power_fails(tmp_path):
    main = 'import esp32\nn = esp32.NVS("kald")\nb = bytearray(8)\ntry:\n'
    main += '    print("was", bytes(b[: n.get_blob("a", b)]))\n'
    main += 'except OSError:\n    n.set_blob("a", b"oldold")\nelse:\n    n.set_blob("a", b"newnew")\nprint("written")\n'
    with badge_with(tmp_path, main) as badge:
        until(lambda: "written" in badge.console)
        badge.tear("a", 3)
        badge.reset()
        until(lambda: badge.console.count("written") == 2)
        assert badge.boots == 3 and "newold" in badge.console


_STALLS = """
import time
from machine import Pin
button, stop = Pin(33, Pin.IN, Pin.PULL_UP), Pin(4, Pin.IN)
print("looking")
levels = ""
while not stop.value():
    levels += str(button.value())
    time.sleep_ms(100)
print("seen", levels)
"""


def test_a_badge_that_stands_still_for_longer_than_a_press_sees_each_of_three(tmp_path):
    with badge_with(tmp_path, _STALLS) as badge:
        until(lambda: "looking" in badge.console)
        badge.press(40, times=3, gap_ms=40)
        badge.clip(0)
        until(lambda: "seen" in badge.console)
        levels = badge.console.split("seen ")[1].split()[0]
        assert [len(down) for down in levels.split("1") if down] == [2, 2, 2], levels


def test_an_unfed_watchdog_resets(tmp_path):
    main = "import machine\nprint('cause', machine.reset_cause())\nmachine.WDT(timeout=300)\n"
    with badge_with(tmp_path, main) as badge:
        until(lambda: "cause 3" in badge.console)


_AIR = """
import network, socket, time
wlan = network.WLAN(network.WLAN.IF_STA)
wlan.active(True)
wlan.connect("house", None)
try:
    socket.getaddrinfo("192.0.2.1", 5)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("192.0.2.1", 5))
except OSError as error:
    print("beyond", error.errno)
s.connect(("127.0.0.1", 9))
was = None
while True:
    now = wlan.isconnected()
    if now != was:
        was = now
        try:
            s.send(b"x")
            print("sent")
        except OSError as error:
            print("refused", error.errno)
"""


def test_wifi_joins_is_cut_and_comes_back(tmp_path):
    with badge_with(tmp_path, _AIR) as badge:
        until(lambda: badge.console.count("sent") == 1)
        assert "beyond 113" in badge.console and "refused 113" in badge.console
        badge.wifi(False)
        until(lambda: badge.console.count("refused") == 2)
        badge.wifi(True)
        until(lambda: badge.console.count("sent") == 2)


def _names(body):
    """Return {name: members or None} of the public names that `body`, a module's or class's statements, defines."""
    found = {}
    for node in body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = (_names(node.body), [getattr(base, "id", "") for base in node.bases])
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = None
        elif isinstance(node, ast.AnnAssign):
            found[node.target.id] = None
        elif isinstance(node, ast.Assign):
            found.update({target.id: None for target in node.targets if isinstance(target, ast.Name)})
    return found


def _members(stub, name):
    inner, bases = stub[name]
    for base in bases:
        if isinstance(stub.get(base), tuple):
            inner = {**_members(stub, base), **inner}
    return inner


def test_every_name_of_the_doubles_is_one_of_the_esp32_port():
    site = Path(importlib.util.find_spec("mpremote").origin).parent.parent
    shared = {}
    for path in ("metal.py", "chips/bus.py"):
        shared |= _names(ast.parse((DOUBLES.parent / path).read_text()).body)
    looked = 0
    for module in ("machine", "network", "esp32", "socket", "bluetooth"):
        stub = _names(ast.parse((site / f"{module}.pyi").read_text()).body)
        offered = _names(ast.parse((DOUBLES / f"{module}.py").read_text()).body)
        if module in MADE:
            offered |= {name: shared.get(name) for name in MADE[module](metal.Metal())}
        for name, inside in offered.items():
            if name.startswith("_"):
                continue
            assert name in stub, f"{module}.{name} is not in the ESP32 port"
            for member in _members({**shared, name: inside}, name) if inside else ():
                if not member.startswith("_") and member not in UNSTUBBED:
                    looked += 1
                    assert member in _members(stub, name), f"{module}.{name}.{member} is not in the ESP32 port"
    assert looked > 40


_EARS = """
import asyncio, time
from network import WLAN
from firmware.board.beacons import Beacons
from firmware.board.scan import Scan
class Route:
    def up(self): return WLAN(0).isconnected()
wlan = WLAN(0)
wlan.active(True)
wlan.connect("house", "")
scan = Scan(Route(), Beacons())
async def look():
    while not wlan.isconnected():
        await asyncio.sleep_ms(20)
    for wide in (True, False):
        turns, began = 0, time.ticks_ms()
        scan.look(wide, began)
        while not scan.over(time.ticks_ms()):
            await asyncio.sleep_ms(20)
            turns += 1
        took = time.ticks_diff(time.ticks_ms(), began)
        print("heard", wide, list(scan.seen.hashes[:scan.seen.count]), turns > 20, took > 1900)
asyncio.run(look())
print("alone", len(wlan.scan()))
"""


@pytest.mark.long
def test_a_badge_hears_the_access_points_and_beacons_around_it_and_goes_on_meanwhile(tmp_path):
    point = (b"a house", bytes.fromhex("94b40f1ea001"), 11, -61, 3, False)
    hidden = (b"", bytes.fromhex("94b40f1ea002"), 1, -70, 3, False)
    beacon = (1, bytes.fromhex("c00102030405"), 0, -65, bytes((2, 1, 6)))
    with badge_with(tmp_path, _EARS) as badge:
        for name in ("crc", "limits", "codes", "ticks", "link/sighting", "board/scan", "board/beacons"):
            path = badge.flash / "firmware" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((ROOT / "firmware" / f"{name}.py").read_text())
        badge.hears([point, hidden], [beacon])
        until(lambda: "alone" in badge.console)
        number = {one[1]: address_hash(KIND_WIFI, one[1]) for one in (point, hidden)}
        near = address_hash(KIND_BLE, beacon[1])
        assert f"heard True {[number[point[1]], near, number[hidden[1]]]} True True" in badge.console
        assert f"heard False {[near]} True True" in badge.console and "alone 2" in badge.console
