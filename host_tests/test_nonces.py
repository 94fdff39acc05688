"""Is a nonce ever used twice under a key, wherever power fails? The real app, lifeboat and pairing, cut at each write.

A write that is cut may have happened, not have happened, or have taken the old value with it; what was written before,
but not committed, may be there or not. Nothing is forgiven: one pair of key and counter sealed twice fails the test.
"""

import asyncio
import importlib
import io
import json
import random
import sys
import types
from unittest.mock import MagicMock

import pytest

from firmware.badge import Badge
from firmware.codes import STEP_CLOSED
from firmware.link import downlink, frame
from firmware.link.seal import Seal
from tools.flash import pairing as deploy
from tools.sim.flash import Nvs
from tools.sim.sealed import down, opened_up
from waits import others_turn

BLOCK, LOW = 8, 4  # small blocks, so that a short life reserves many
DONE, NOT_YET, TORN = range(3)


class Cut(BaseException):
    """The power fails."""


class Flash(Nvs):
    """NVS whose every write may be the last: `cut_at` counts them down."""

    def __init__(self, dice):
        super().__init__()
        self.wet, self.dice = {}, dice
        self.cut_at, self.outcome, self.writes = None, DONE, 0

    def read(self, key):
        return self.wet[key] if self.wet.get(key) is not None else super().read(key)

    def write(self, key, value):
        self.writes += 1
        if self.writes == self.cut_at:
            if self.outcome != NOT_YET:
                self.wet[key] = value if self.outcome == DONE else None
            self.fail()
        self.wet[key] = value

    def fail(self):
        for name, value in self.wet.items():
            if value is None or self.dice.random() < 0.5:
                self.kept[name] = value
        self.wet = {}
        raise Cut

    def commit(self):
        self.writes += 1
        if self.writes == self.cut_at and self.outcome != DONE:
            self.fail()
        self.kept.update(self.wet)
        self.wet = {}
        if self.writes == self.cut_at:
            raise Cut


class Part:
    """Every part of a board that is not of interest here; a route that hands what is sent to the world."""

    metered = False
    nearby = None

    def __init__(self, world):
        self.world, self.failed, self.crashes, self.dips, self.report = world, 0, 0, 0, bytearray(14)
        self.touched = False

    def __getattr__(self, name):
        return lambda *given: 0

    def linked(self, *_):
        return True

    ready = up = linked

    def send(self, buf, n, *_):
        self.world.sent(bytes(buf[:n]))
        return True

    def save(self, saved, n):
        self.world.rtc = bytes(saved[:n])

    def load(self, saved):
        saved[: len(self.world.rtc)] = self.world.rtc
        return len(self.world.rtc)


class World:
    """One badge's flash and memory, and all that it ever sealed."""

    def __init__(self, modules, dice):
        self.modules, self.dice = modules, dice
        self.flash, self.rtc, self.now, self.pairings = Flash(dice), b"", 0, 0
        self.next, self.changes, self.down_counter = None, 0, 0
        self.sealed = {}
        modules["nvs"].NVS = self.flash.opened

    def pair(self):
        """Run the script that pairs, as mpremote would."""
        self.pairings += 1
        keys = {"up": self.dice.randbytes(16).hex(), "down": self.dice.randbytes(16).hex()}
        text = json.dumps({"device": 7, **keys, "ssid": "", "password": "", "gateway": "", "port": 1}).encode()
        machine = types.SimpleNamespace(RTC=lambda: types.SimpleNamespace(memory=self._memory))
        script = deploy._SCRIPT.format(pairing=text, settings=None, number=7).replace("import esp32, machine", "")
        esp32 = types.SimpleNamespace(NVS=self.flash.opened)
        exec(script, {"esp32": esp32, "machine": machine, "print": str, "open": lambda *_: io.StringIO()})

    def _memory(self, record):
        self.rtc = record

    def sent(self, sealed):
        counter = frame.get30(sealed, 3)
        if not opened_up(Seal(self.key), sealed):
            assert self.flash.kept["keys"] == self.next, "it speaks under keys that flash does not have"
            self.key, self.down = self.next[:16], self.next[16:]
            assert opened_up(Seal(self.key), sealed)
        assert (self.key, counter) not in self.sealed, f"counter {counter} twice"
        self.sealed[self.key, counter] = sealed

    def live(self, turns, lifeboat=False):
        """Start the badge and let it live, sending a frame or two a turn; a cut ends it as it would."""
        store = self.modules["nvs"].NvsStore()
        text = store.pairing()
        if not text:
            return
        from firmware.settings import read_pairing

        pairing = read_pairing(text)
        self.modules["build"]._renew(pairing)
        self.key, self.down = pairing["up"], pairing["down"]
        board = Part(self)
        board.store, board.memory, board.routes, board.clip, board.function = store, board, (board,), None, None
        board.button = board.motor = board.accel = board.battery = board
        board.now = lambda: self.now
        board.level = lambda *_: self.now // 1000 % 2  # held for a second, again and again
        board.reset = self.flash.fail
        (self._boat if lifeboat else self._app)(board, pairing, turns)

    def _app(self, board, pairing, turns):
        app = self.modules["app"].App(board, Badge(7, pairing["up"], pairing["down"], board.now()))
        tasks = [app._sense(0), app._talk(1), app._keep(3)]
        try:
            for _ in range(turns):
                self.now += 100
                app.badge.outbox.hurry(self.now)
                if not self.now // 100 % 9:
                    self._new_keys(app.badge)
                for task in tasks:
                    task.send(None)
        finally:
            for task in tasks:
                task.close()

    def _new_keys(self, badge):
        """Have the gateway send a KEY; from when they are stored, frames must be sealed under the next keys."""
        self.down_counter += 1
        fields = (badge.counter.start, downlink.OWN, self.dice.randbytes(16))
        buf = bytearray(down(Seal(self.down), downlink.key, 7, 1, self.down_counter, *fields))
        badge.frame(buf, len(buf), self.now)
        if badge.uplink.keys:
            self.changes += 1
            self.next = badge.uplink.keys

    def _boat(self, board, pairing, turns):
        boat = self.modules["lifeboat"].Lifeboat(board, pairing)
        for _ in range(turns):
            self.now += 1000
            boat._send_at = boat._heartbeat_at = self.now
            boat.turn(self.now)


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setitem(sys.modules, "esp32", types.SimpleNamespace(NVS=None))
    monkeypatch.setitem(sys.modules, "machine", MagicMock())
    for name in ("nvs", "build", "board", "bus", "rtc_memory", "sensors"):
        monkeypatch.delitem(sys.modules, f"firmware.board.{name}", raising=False)
    paths = {"nvs": "board.nvs", "build": "board.build", "app": "app", "lifeboat": "lifeboat"}
    paths["counter"] = "link.uplink"
    modules = {name: importlib.import_module(f"firmware.{path}") for name, path in paths.items()}
    for name in ("nvs", "app", "lifeboat"):
        monkeypatch.setattr(modules[name], "COUNTER_BLOCK", BLOCK)
    monkeypatch.setattr(modules["counter"], "COUNTER_LOW", LOW)
    monkeypatch.setattr(asyncio, "sleep_ms", others_turn, raising=False)
    return lambda seed: World(modules, random.Random(seed))


def story(world, cut_at=None, outcome=DONE):
    """Pair, live as app and lifeboat in turn, pair anew, live on; write number `cut_at` is cut. Return the writes."""
    world.flash.cut_at, world.flash.outcome = cut_at, outcome
    for act in (world.pair, *[world.live] * 2, lambda turns: world.live(turns, True), world.live, world.pair,
                world.live, lambda turns: world.live(turns, True), world.live):
        try:
            act() if act == world.pair else act(14)
        except Cut:
            world.rtc = b""
    return world.flash.writes


def test_cut_at_each_write_in_each_way_nothing_is_sealed_twice(world):
    writes = story(world(0))
    assert writes > 40
    sealed = 0
    for cut_at in range(1, writes + 1):
        for outcome in (DONE, NOT_YET, TORN):
            one = world(cut_at)
            story(one, cut_at, outcome)
            sealed += len(one.sealed)
    assert sealed > writes * 3 * 50


def test_a_long_life_of_cuts_seals_nothing_twice(world):
    one = world(5)
    cuts = lives = 0
    while len(one.sealed) < 3000:
        one.flash.cut_at = one.flash.writes + one.dice.randrange(1, 25)
        one.flash.outcome = one.dice.choice((DONE, NOT_YET))
        lives += 1
        try:
            if not lives % 40:
                one.pair()
            one.live(one.dice.randrange(40), one.dice.random() < 0.3)
        except Cut:
            cuts += 1
            one.rtc = b"" if one.dice.random() < 0.7 else one.rtc
    assert cuts > 50 and one.pairings > 3 and one.changes > 100


def _sent(one, lifeboat=False):
    before = len(one.sealed)
    one.live(10, lifeboat)
    return len(one.sealed) - before


@pytest.mark.parametrize("lifeboat", [False, True])
@pytest.mark.parametrize("counter", [None, -1, -(2**31), 2**30 - 1, 2**31 - 1])
def test_without_a_counter_nothing_is_sent_until_it_is_paired_again(world, counter, lifeboat):
    one = world(1)
    one.pair()
    assert _sent(one) >= 4
    one.flash.kept["counter"] = counter
    assert _sent(one, lifeboat) == 0 == _sent(one)
    one.pair()
    assert _sent(one, lifeboat) >= 4


@pytest.mark.parametrize("lifeboat", [False, True])
def test_an_older_counter_that_an_open_alarm_gives_away_is_lost_for_good(world, lifeboat):
    one = world(1)
    one.pair()
    one.live(30)
    one.flash.kept["counter"] = 0
    assert _sent(one, lifeboat) == 0 and one.flash.kept["counter"] == -1
    one.rtc = b""
    assert _sent(one, lifeboat) == 0


@pytest.mark.parametrize("lifeboat", [False, True])
def test_an_older_counter_that_a_gateway_gives_away_is_lost_for_good(world, lifeboat):
    one = world(1)
    one.pair()
    one.live(30)
    app, boat = one.modules["app"].App, one.modules["lifeboat"].Lifeboat
    one.flash.kept["counter"] = 0
    one.rtc = b""
    for name in ("alarm_a", "alarm_b"):
        one.flash.kept[name] = None
    one.sealed.clear()  # what it seals before it can know is sealed twice: no badge can know by itself
    heard = []

    def hear(self, board, badge):
        app.__init__(self, board, badge)
        buf = bytearray(down(Seal(one.down), downlink.order, 7, 1, 5, 100, 0, 0))
        self.badge.frame(buf, len(buf), one.now)
        heard.append(self.badge.inbox.refused)

    def turn(self, now):
        boat.turn(self, now)
        word = down(Seal(one.down), downlink.step, 7, 1, 5 + len(heard), 100, 3, STEP_CLOSED, 0)
        self._buf[: len(word)] = word
        heard.append(not self._receive(len(word), now))

    one.modules["app"] = types.SimpleNamespace(App=type("Heard", (app,), {"__init__": hear}))
    one.modules["lifeboat"] = types.SimpleNamespace(Lifeboat=type("Told", (boat,), {"turn": turn}))
    assert _sent(one, lifeboat) == lifeboat, "a first heartbeat tells where this life began"
    assert not any(heard) and heard and one.flash.kept["counter"] == -1
