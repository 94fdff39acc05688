"""Does anything repeat without a pause when it fails? Each fault lasts an hour, in virtual time, and is counted.

The table says how often at most what a fault repeats may happen within the hour. What is here has a back-off; alarms,
that keep the pace of a promise, are in test_unheard.py.
"""

import tempfile
import types
from array import array
from collections import deque
from pathlib import Path

import pytest
import wifi_rig
from board_rig import metal
from gateway_rig import Rig as Gateway
from test_sleep import Rig as Sleeper
from test_sleep import SLEEPERS
from tools.sim.rig import Rig

from firmware.alarm.hysteresis import Hysteresis
from firmware.codes import (
    FAULT_BATTERY_LOW, FAULT_NO_LORA, FAULT_SENSOR_WRONG, GREEN, KIND_EMERGENCY, ORDER_VISIT,
    STEP_TAKEN,
)
from firmware.lifeboat import Lifeboat
from firmware.limits import BATTERY_LOW, BATTERY_WELL
from firmware.link import downlink, frame
from tools.gateway.bridges import Bridges

HOUR_MS = 3_600_000


class Chip:
    """An accelerometer that answers; `lives` counts how often it was started, `count` is what a read gives."""

    watching = False
    lives = reads = 0
    count = 5
    refuses = False

    def start(self, block, range_g=16):
        Chip.lives += 1

    def configured(self):
        return True

    def stirred(self):
        return False

    def watch(self, on):
        pass

    def read(self, block):
        Chip.reads += 1
        if Chip.refuses:
            raise OSError(5)
        return Chip.count


def sensor(count, refuses):
    with metal({1: {}}) as (_, load):
        sensors = load("firmware.board.sensors")
        Chip.lives, Chip.count, Chip.refuses = 0, 5, False
        sensors._make = lambda name: lambda i2c, address: Chip()
        accel = sensors.Accel(load("firmware.board.bus").Bus(0, 1, 2), "lis3dh", 24)
        block, before = array("h", bytes(192)), 0
        for turn in range(HOUR_MS // 100):
            if turn == 100:
                Chip.count, Chip.refuses, before = count, refuses, Chip.lives
            accel.read(block)
        tried = Chip.lives - before
        Chip.count, Chip.refuses = 5, False
        for _ in range(700):
            healed = accel.read(block)
        assert healed == 5, "it is not given up"
        return tried


@pytest.mark.parametrize(("gone_ms", "back_ms"), [(200, 1000), (2000, 1000), (7000, 1000), (HOUR_MS // 4, 16_000)])
def test_a_lost_part_is_back_within_a_second_unless_it_was_gone_for_long(gone_ms, back_ms):
    with metal({1: {}}) as (_, load):
        there = [True]

        def make(i2c):
            if not there[0]:
                raise OSError(19)
            return i2c

        bus = load("firmware.board.bus")
        part = bus.Part(bus.Bus(0, 1, 2), make, 9)  # looked at each 100 ms
        for _ in range(100):
            assert part.there()
        there[0] = False
        part.lost()
        for _ in range(gone_ms // 100):
            assert not part.there()
        there[0] = True
        assert any(part.there() for _ in range(back_ms // 100))


def motor():
    with metal({1: {}}) as (_, load):
        haptics = load("firmware.board.haptics")
        tries = []

        class Driver:
            def __init__(self, i2c, address):
                pass

            def start(self):
                tries.append(1)
                if len(tries) > 1:
                    raise OSError(19)

            def configured(self):
                raise OSError(19)

            level = configured

        haptics.DRV2605 = Driver
        part = haptics.Haptics(load("firmware.board.bus").Bus(0, 1, 2), 90)
        for turn in range(HOUR_MS // 20):
            part.level(255)
            if turn % 5 == 0:
                assert part.silent in (True, False)
        return len(tries) - 1


def heartbeats(act):
    rig = Rig()
    rig.run(1000)
    before = len(rig.heard)
    for turn in range(360):
        act(rig, turn)
        rig.run(10_000, step=50)
    return sum(type == frame.HEARTBEAT for type, _ in rig.heard[before:])


def hovering(rig, turn):
    rig.badge.battery(BATTERY_LOW - 1 + turn % 2, rig.now)


def leaping(rig, turn):
    rig.badge.battery((BATTERY_LOW - 1, BATTERY_WELL)[turn % 2], rig.now)


def loose(rig, turn):
    for bit in (FAULT_NO_LORA, FAULT_SENSOR_WRONG):
        rig.badge.fault(bit, turn % 2 == 0, rig.now)


def refused(type, act):
    rig = Rig()
    ack = rig.ack
    rig.ack = lambda counter, status=0: bytes(15) if rig.heard[-1][0] == type else ack(counter, status)
    rig.walk(2)
    act(rig)
    before = len(rig.heard)
    rig.run(HOUR_MS, step=50)
    assert not rig.waits(type)
    return sum(each == type for each, _ in rig.heard[before:])


def answers(rig):
    rig.hand(rig.down(downlink.call, 9, 500, KIND_EMERGENCY))
    rig.walk(2)
    rig.press(120, 1500)


def wishes(rig):
    rig.badge.uplink.wish(ORDER_VISIT, GREEN << 14, rig.now)


def network(what, before_ms=20000):
    wifi = wifi_rig.begin()
    wifi_rig.run(wifi, before_ms, 1000)
    house = wifi_rig.house
    house.named, tries = 0, len(house.tries)
    setattr(house, what, False)
    wifi_rig.run(wifi, HOUR_MS, 5000, step=100)
    return len(house.tries) - tries + house.named


def ports():
    opened = []

    def fails(path):
        opened.append(path)
        raise OSError(13)

    bridges = Bridges(find=lambda: ["/dev/ttyUSB0"], open=fails)
    for now_ms in range(0, HOUR_MS, 100):
        bridges.tend(now_ms)
    return len(opened)


class Adrift:
    """A board whose flash refuses all, for a lifeboat whose frames would go at once. writes: how often it was tried."""

    touched = pressed = crashes = gave_way = failed = writes = now_ms = 0
    refuses = True

    def __init__(self):
        self.button = self.motor = self.memory = self
        self.store = types.SimpleNamespace(load=self.load, save=self.write, reserve=self.write)
        self.routes = (self,)
        self.sent = []
        self.boat = Lifeboat(self, {"device": 7, "up": bytes(16), "down": bytes(16)})

    def write(self, *_):
        self.writes += 1
        if self.refuses:
            raise OSError(28)
        return 256 * self.writes

    def live(self, ms, pressed=0):
        self.pressed = pressed
        for _ in range(ms // 20):
            self.now_ms += 20
            self.boat.turn(self.now_ms)

    def now(self):
        return self.now_ms

    def level(self, _=None):
        return self.pressed

    def load(self, *_):
        return 0

    save = tend = receive = answered = wants_boat = trouble = no_lora = load

    def ready(self, *_):
        return True

    def send(self, buf, n, is_alarm):
        self.sent.append(buf[0])
        return True

    def busy_ms(self, n):
        return 0


def adrift():
    board = Adrift()
    board.live(1000)
    board.live(1000, 1)
    board.live(HOUR_MS)
    made, board.writes, board.refuses = board.writes, 0, False
    board.live(1000, 1)  # what is new is tried at once
    board.live(2000)
    assert made and frame.ALARM in board.sent
    return made


def silent(type):
    """Count what a gateway sends in an hour to two that are silent: the wearer in alarm, and a colleague."""
    with tempfile.TemporaryDirectory() as folder:
        house, sent = Gateway(Path(folder) / "kald.sqlite", "anna", "bo"), []
        house["anna"].alarm(KIND_EMERGENCY, refresh=False)
        for fake in house.fakes.values():
            fake.on = False
        if type == frame.STEP:
            house.act("take", 1)
        deliver = house.deliver
        house.deliver = lambda out: (sent.extend(data[0] for data, _ in out), deliver(out))
        for _ in range(59):
            house.run(60)
        made = sent.count(type)
        assert made, "it goes on"
        sent.clear()
        for name in ("anna", "bo"):
            house[name].on = True
            house[name].wish(ORDER_VISIT, 0)  # any frame but a heartbeat
        house.run(2)
        assert house["anna"].steps() or type == frame.CALL and house["bo"].got(frame.CALL), "its return is answered"
        return made


def crowd():
    """Count what forty calls that are over cost in two minutes when their colleague, long out of reach, is back.

    She takes one datagram in 50 ms, and what she cannot take yet waits, as in a socket; then she is in need herself.
    """
    with tempfile.TemporaryDirectory() as folder:
        house = Gateway(Path(folder) / "kald.sqlite", "anna", *(f"number {number}" for number in range(40)))
        anna, *others = house.fakes.values()
        anna.on = False
        for number, one in enumerate(others, 1):
            one.alarm(KIND_EMERGENCY, refresh=False)
            house.act("close", number)
            one.on = False
        house.run(90)
        waiting, most = deque(), 0
        take, anna.hand, anna.on = anna.hand, waiting.append, True
        anna.beat()
        house.run(1)
        anna.alarm(KIND_EMERGENCY, refresh=False)
        house.act("take", 41)
        for turn in range(120 * 20):
            if waiting:
                take(waiting.popleft())
            house.now += 50
            if turn % 2:
                house.carry([])
            most = max(most, len(waiting))
            if turn == 5 * 20:
                assert anna.steps()[-1:] == [STEP_TAKEN], "that somebody comes does not wait behind it"
        assert len(anna.got(frame.STAND_DOWN)) >= 40 and most < 100
        return len(anna.orders) + len(anna.heard)


PACES = {
    "a badge that has much to hear is told it": (crowd, 40, 160),
    "a wearer in alarm who is out of reach is told a step": (lambda: silent(frame.STEP), 60, 90),
    "a colleague who is out of reach is called": (lambda: silent(frame.CALL), 60, 90),
    "a sensor that holds its settings and measures nothing is started anew": (lambda: sensor(0, False), 1, 70),
    "a sensor that can be started and not read is started anew": (lambda: sensor(5, True), 100, 300),
    "a DRV2605 that is lost while it runs is searched for": (motor, 300, 4000),
    "a battery that hovers at its limit makes heartbeats": (lambda: heartbeats(hovering), 55, 70),
    "a battery that leaps to and fro makes heartbeats": (lambda: heartbeats(leaping), 55, 70),
    "a contact that is loose makes heartbeats": (lambda: heartbeats(loose), 55, 75),
    "an answer that the gateway refuses is said": (lambda: refused(frame.ANSWER, answers), 5, 24),
    "a wish that the gateway refuses is said": (lambda: refused(frame.WISH, wishes), 5, 24),
    "an access point that is gone is tried, and the name asked for": (lambda: network("there"), 100, 700),
    "a gateway that is silent is joined anew, and its name asked for": (lambda: network("gateway"), 20, 300),
    "a name server that is silent is asked": (lambda: network("dns", 0), 500, 1300),
    "a flash that refuses all is written by the lifeboat": (adrift, 60, 140),
    "a port that does not open is opened": (ports, 55, 70),
}


@pytest.mark.parametrize("name", PACES)
def test_nothing_repeats_faster_in_an_hour_of_its_fault(name):
    count, least, most = PACES[name]
    assert least <= count() <= most


@pytest.mark.parametrize("name", SLEEPERS)
def test_a_wake_line_that_is_stuck_is_told_and_the_badge_sleeps_by_its_timer_and_comes_back(name):
    with Sleeper(name) as rig:
        rig.wired = False
        line = rig.data.get("ACCEL_INT", rig.data.get("LORA_DIO1"))
        rig.metal.levels[line] = 1
        began, slept = rig.metal.now, rig.metal.slept_ms
        while rig.metal.now - began < HOUR_MS // 4:
            rig.nap(500)
            rig.metal.now += 20
        assert rig.board.trouble() and rig.metal.slept_ms - slept >= 0.85 * HOUR_MS // 4
        rig.metal.levels[line] = 0
        for _ in range(1100):
            rig.nap(500)
            rig.metal.now += 20
        assert not rig.board.trouble() and rig.metal.ext1


def test_a_fault_is_gone_at_once_unless_it_flickers():
    flutter, stood, told = Hysteresis(), False, []
    readings = [(0, 1), (1000, 0), (2000, 1), (3000, 0), (4000, 1), (5000, 0), (64_000, 0), (66_000, 0), (80_000, 0)]
    for at, on in readings:
        stood = flutter.steady(FAULT_BATTERY_LOW, bool(on), stood, at)
        told.append(stood)
    assert told == [True, False, True, False, True, True, False, False, False]
