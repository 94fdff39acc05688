"""Is what was acked kept, and each alarm one and escalated once, however often gateway processes are killed?

Badges over UDP speak to real processes, which get SIGKILL at random moments of their work; so does PostgreSQL once.
$KALD_KILLS: how often. Of the gateways that share a database, $KALD_BADGES: for how many badges; $KALD_ALIVE_S: one
dies every so many seconds.
"""

import contextlib
import os
import random
import select
import signal
import time

import pytest
from sqlalchemy import func, select as rows

from firmware import codes
from firmware.link import frame
from tools.bench import load
from tools.gateway import plans
from tools.gateway.store import open_at
from tools.gateway.tables import ALARMS, BADGES, NOTIFICATION_JOBS
from waits import until

KILLS = int(os.environ.get("KALD_KILLS", "0"))
WEARERS = int(os.environ.get("KALD_BADGES", "200"))
ALIVE_S = float(os.environ.get("KALD_ALIVE_S", "2"))
AGAIN_S = 0.5  # a badge says again what was not acked


class Wearer:
    """A badge that goes on until it is acked. acked: the newest counter that was; alarms: their numbers that were."""

    def __init__(self, voice):
        self.voice, self.sent, self.acked, self.alarms, self.calls = voice, {}, -1, set(), None

    def say(self, there, now):
        """Send a heartbeat, or the alarm that waits for its ack."""
        if self.calls is None:
            sealed = self.voice.beat()
        else:
            number, self.due = self.calls, now + AGAIN_S
            sealed = self.voice.frame(frame.alarm, number, codes.KIND_EMERGENCY, codes.WHAT_RAISED, 0, 14, 0, 0)
        self.sent[self.voice.counter & 0xFFFF] = self.voice.counter, self.calls
        there.send(sealed)

    def ack(self, low):
        """A gateway says that it has stored what was sent under this counter."""
        counter, call = self.sent.get(low, (-1, None))
        self.acked = max(self.acked, counter)
        if call is not None:
            self.alarms.add(call)
            if call == self.calls:
                self.calls = None


def live(house, wearers, count, kills, dice, alive_s, server=None):
    """Let them all speak while `count` gateways of `house` are killed, one after another; return how many were.

    server: the PostgreSQL, which is killed once in the middle.
    """
    there = [house.start() for _ in range(count)]
    killed, alarm, next_alarm = 0, 0, 0.0
    die_at = time.monotonic() + dice.uniform(*alive_s)
    while killed < kills or any(one.calls is not None for one in wearers):
        now = time.monotonic()
        if killed < kills and now >= next_alarm:
            next_alarm = now + 0.1
            caller = dice.choice(wearers)
            if caller.calls is None:
                alarm += 1
                caller.calls, caller.due = alarm, now
        for one in wearers:
            if one.calls is not None and now >= one.due:
                one.say(dice.choice(there), now)
        for one in dice.sample(wearers, min(len(wearers), 10)):
            if one.calls is None:
                one.say(dice.choice(there), now)
        for gateway in select.select(there, [], [], 0.01)[0]:
            for device, low in gateway.acks():
                house.by_device[device].ack(low)
        if killed < kills and now >= die_at:
            killed += 1
            if server and killed == kills // 2 + 1:
                server.stop()
                server.start()
            place = dice.randrange(count)
            there[place].end(signal.SIGKILL)
            there[place] = house.start()
            die_at = time.monotonic() + dice.uniform(*alive_s)
    with contextlib.closing(house.open()) as store:
        until(lambda: escalated(store))  # the plan's step comes after one second, of who leads now
    time.sleep(1)  # a second word would have come by now
    for gateway in there:
        gateway.end()
    return killed


def escalated(store):
    """Return whether each alarm has gone on to the plan's step."""
    with store.engine.connect() as db:
        return set(db.scalars(rows(ALARMS.c.id))) == set(db.scalars(rows(NOTIFICATION_JOBS.c.alarm)))


class House:
    """A database with badges in `folder` or at `url`, and gateways on it."""

    def __init__(self, folder, url, count):
        self.folder, self.url, self.begun = folder, url, 0
        folder.mkdir(exist_ok=True)
        voices, _ = load.house(folder, count, url)
        self.wearers = [Wearer(voice) for voice in voices]
        self.by_device = {one.voice.device: one for one in self.wearers}
        with self.open().engine.begin() as db:
            quick = {"name": "all", "steps": [{"do": "notify", "after_s": 1, "to": ["json://127.0.0.1:9/"]}]}
            plans.put(db, {**plans.DEFAULT, "again_s": 3600, "plans": [quick]})

    def open(self):
        return open_at(self.folder, self.url)

    def start(self):
        """Let a gateway begin; several have folders of their own."""
        self.begun += 1
        folder = self.folder / str(self.begun) if self.url else self.folder
        folder.mkdir(exist_ok=True)
        return load.Gateway(folder, self.url)

    def judge(self):
        """Fail if anything that was acked is not there, or is there twice; return how much was acked."""
        with self.open().engine.connect() as db:
            newest = dict(db.execute(rows(BADGES.c.device, BADGES.c.uplink_counter)).all())
            named = rows(BADGES.c.device, ALARMS.c.alarm_id, ALARMS.c.id).join(BADGES)
            stored = [(device, number) for device, number, _ in db.execute(named)]
            of = NOTIFICATION_JOBS.c.alarm
            jobs = dict(db.execute(rows(of, func.count()).group_by(of)).all())
            numbers = {number for _, _, number in db.execute(named)}
            lost = set(db.scalars(rows(ALARMS.c.id).where(ALARMS.c.lost_ms.is_not(None))))
        acked = {(one.voice.device, number) for one in self.wearers for number in one.alarms}
        assert all(newest[one.voice.device] >= one.acked for one in self.wearers), "a frame that was acked is lost"
        assert acked <= set(stored) and len(stored) == len(set(stored)), "an alarm is lost or twice"
        # a machine so busy that a badge is not heard for a minute in its alarm lets the plan go on, as it should
        again = {number for number in lost if jobs.get(number) == 2}
        assert jobs == {**dict.fromkeys(numbers, 1), **dict.fromkeys(again, 2)}, "each alarm is escalated once"
        return sum(one.acked >= 0 for one in self.wearers), len(acked)


@pytest.mark.long
def test_a_gateway_that_is_killed_again_and_again_loses_nothing_that_it_acked(tmp_path):
    house, kills = House(tmp_path / "house", None, 60), KILLS or 12
    assert live(house, house.wearers, 1, kills, random.Random(1), (0.05, 0.6)) == kills
    heard, alarms = house.judge()
    assert heard == 60 and alarms >= 3


@pytest.mark.long
def test_of_three_gateways_one_is_killed_every_few_seconds_and_nothing_is_lost(tmp_path, postgresql):
    postgresql.sql("CREATE DATABASE killed")
    house, kills = House(tmp_path / "house", postgresql.url.replace("/postgres?", "/killed?"), WEARERS), KILLS or 5
    alive_s = ALIVE_S / 2, ALIVE_S * 3 / 2
    assert live(house, house.wearers, 3, kills, random.Random(2), alive_s, postgresql) == kills
    heard, alarms = house.judge()
    assert heard == WEARERS and alarms > 10
    print(f"{kills} kills, {heard} badges, {alarms} alarms acked: none lost, each escalated once")
