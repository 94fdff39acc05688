"""How does a test get a house: a gateway process, virtual badges that are paired with it, and a tap on the air?"""

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from firmware.link.frame import ALARM
from tools.flash.copy import build
from tools.flash.selftest import SCRIPT
from tools.gateway.store import open_store
from tools.sim.demo.feeling import Feeling
from tools.sim.demo.tap import Tap
from tools.sim.gateway_process import GatewayProcess
from tools.sim.virtual import VirtualBadge
from tools.sim.virtual.badge import now_ms
from waits import HANGS_S, until

ROOT = Path(__file__).resolve().parent.parent
BUSY_MS = 120  # by which a span of a rhythm may be off on a busy machine: a question's long beats are no others' yet


class House:
    """A gateway process and virtual badges in `folder`, in real time. settings: of their settings.json; words: its."""

    def __init__(self, folder, names, settings=None, words=()):
        self.folder = folder
        self.store = open_store(folder / "kald.sqlite")
        self.gateway = GatewayProcess(folder, *words)
        self.web = self.gateway.web
        self.alarms_ms = []  # when alarm frames were on the air
        self.tap = Tap(self.gateway.udp, lambda t_ms, _device, type: type == ALARM and self.alarms_ms.append(t_ms))
        self.badges = []
        for name in names:
            row = self.store.pair(name)
            badge = VirtualBadge(folder / name, name)
            build(ROOT, badge.flash)
            nvs = badge.folder / "nvs" / "kald"
            nvs.mkdir(parents=True, exist_ok=True)
            self.badges.append(badge)
            keys = {"device": row.device, "up": row.uplink_key.hex(), "down": row.downlink_key.hex()}
            pairing = {**keys, "ssid": "house", "password": "", "gateway": "127.0.0.1", "port": self.tap.port}
            (nvs / "pairing").write_bytes(b"b" + json.dumps(pairing).encode())  # the form of the simulated NVS
            (nvs / "counter").write_bytes(b"i0")
            if settings is not None:
                (badge.flash / "settings.json").write_text(settings)
            badge.start()

    def facts(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/api/alarms", timeout=HANGS_S) as answer:
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
        self.gateway.end(signal.SIGKILL)


def felt(badge):
    """Return the patterns that the wearer of `badge` has felt."""
    feeling = Feeling(BUSY_MS)
    for t_ms, level in badge.motor:
        feeling.level(t_ms, level)
    return [number for _, number in feeling.felt(now_ms())]


def allowing(folder, late_ms, monkeypatch):
    """Let the badge's loop be `late_ms` late in self-tests: this machine has other work than an ESP32."""
    script, limit = folder / "selftest.py", "JITTER_MOST_MS = 50 "
    text = SCRIPT.read_text()
    assert limit in text
    script.write_text(text.replace(limit, f"JITTER_MOST_MS = {late_ms} "))
    monkeypatch.setattr("tools.flash.selftest.SCRIPT", script)


@pytest.fixture
def house(tmp_path):
    """Give make(names..., settings=None) -> a House whose badges have been heard."""
    made = []

    def make(*names, settings=None, heard=True):
        made.append(House(tmp_path, names, settings))
        if heard:
            made[0].ready()
        return made[0]

    yield make
    made[0].close()
