"""Does the whole way work on real MicroPython: press, gateway, answer, and through kills, resets and power cuts?"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from firmware.feedback import patterns
from firmware.limits import HOLD_MS
from firmware.link.frame import ALARM
from tools.demo.feeling import Feeling
from tools.demo.tap import Tap
from tools.deploy.copy import build
from tools.gateway.store import open_store
from tools.sim.virtual import VirtualBadge
from tools.sim.virtual.badge import now_ms

ROOT = Path(__file__).resolve().parent.parent
GATEWAY = "import sys; from tools.commands.gateway import main; sys.exit(main(sys.argv[1:]))"


def until(true, seconds=20):
    """Wait until `true()` and return what it gave; fail after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        given = true()
        if given:
            return given
        assert time.monotonic() < end, "this did not come about in time"
        time.sleep(0.02)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class House:
    """A gateway process and virtual badges, in real time."""

    def __init__(self, folder, names):
        self.folder = folder
        self.udp, self.web = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
        self.store = open_store(folder / "kald.sqlite")
        self.process = None
        self.serve()
        self.alarms_ms = []  # when alarm frames were on the air
        self.tap = Tap(self.udp, lambda t_ms, _device, type: type == ALARM and self.alarms_ms.append(t_ms))
        self.badges = []
        for name in names:
            row = self.store.pair(name)
            badge = VirtualBadge(folder / name, name)
            build(ROOT, badge.flash)
            nvs = badge.folder / "nvs" / "kald"
            nvs.mkdir(parents=True, exist_ok=True)
            self.badges.append(badge)
            pairing = {"device": row.device, "up": row.up.hex(), "down": row.down.hex(), "ssid": "house", "password": "",
                       "gateway": "127.0.0.1", "port": self.tap.port}  # fmt: skip
            (nvs / "pairing").write_bytes(b"b" + json.dumps(pairing).encode())  # the form of the simulated NVS
            (nvs / "counter").write_bytes(b"i0")
            badge.start()

    def serve(self):
        words = ["--data", str(self.folder), "--host", "127.0.0.1", "--port", str(self.udp), "--web", str(self.web)]
        path = os.pathsep.join((str(ROOT), str(ROOT / "tools" / "host")))
        self.process = subprocess.Popen([sys.executable, "-c", GATEWAY, *words], stdout=subprocess.DEVNULL,
                                        env={**os.environ, "PYTHONPATH": path})  # fmt: skip

    def facts(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/api/alarms", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return {"alarms": [], "badges": []}

    def ready(self):
        until(lambda: self.facts()["badges"] and all(badge["heard_ms"] for badge in self.facts()["badges"]))

    def steps(self):
        alarms = self.facts()["alarms"]
        return [event["step"] for event in alarms[0]["events"]] if alarms else []

    def close(self):
        for badge in self.badges:
            badge.close()
        self.tap.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def house(tmp_path):
    made = []

    def make(*names):
        made.append(House(tmp_path, names))
        made[0].ready()
        return made[0]

    yield make
    made[0].close()


def test_a_press_calls_a_colleague_who_answers(house):
    house = house("anna", "bo")
    anna, bo = house.badges
    for _ in range(3):
        anna.press(100)
        time.sleep(0.1)
    until(lambda: "called" in house.steps() and house.facts()["alarms"][0]["kind"] == 3)
    until(lambda: [level for _, level in bo.motor if level])
    time.sleep(1)  # the colleague's hand, in real time
    bo.press(100)
    until(lambda: "taken" in house.steps())
    alarm = house.facts()["alarms"][0]
    assert alarm["taken_by"] == "bo" and len(house.facts()["alarms"]) == 1


def felt(badge):
    """Return the patterns that the wearer of `badge` has felt."""
    feeling = Feeling()
    for t_ms, level in badge.motor:
        feeling.level(t_ms, level)
    return [number for _, number in feeling.felt(now_ms())]


def test_a_gateway_killed_between_press_and_ack_keeps_exactly_one_alarm(house):
    house = house("anna")
    badge = house.badges[0]
    house.process.kill()
    house.process.wait()
    badge.press(1000)
    until(lambda: house.alarms_ms)
    house.serve()
    until(lambda: house.steps() == ["received"])
    until(lambda: patterns.HEARD in felt(badge))
    time.sleep(3)  # a second word would have come by now
    assert felt(badge).count(patterns.HEARD) == 1
    assert house.steps() == ["received"] and len(house.facts()["alarms"]) == 1


def resumed_ms(house, again):
    """Begin again with `again`; return the ms from main.py's start to the alarm's first frame."""
    again()
    house.badges[0].wifi(True)
    until(lambda: "received" in house.steps())
    assert len(house.facts()["alarms"]) == 1
    took_ms = house.alarms_ms[0] - house.badges[0].booting_ms
    print(f"alarm on the air {took_ms} ms after boot.py began")
    return took_ms


def test_an_alarm_outlives_a_reset_right_after_the_deciding_edge(house):
    house = house("anna")
    badge = house.badges[0]
    badge.wifi(False)
    rtc = badge.folder / "rtc"
    before = rtc.read_bytes()
    badge.button(1)
    until(lambda: rtc.exists() and rtc.read_bytes() != before)  # nothing but RTC memory has it yet
    assert resumed_ms(house, badge.reset) <= 1500


def test_an_alarm_outlives_a_power_cut_300_ms_after_the_deciding_edge(house):
    house = house("anna")
    badge = house.badges[0]
    badge.wifi(False)
    badge.button(1)
    time.sleep((HOLD_MS + 300) / 1000)
    assert resumed_ms(house, badge.power_cut) <= 1500
