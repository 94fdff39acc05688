"""Does a badge change its keys and lose no alarm, whoever loses a frame or its power, and is a lost one shut out?"""

import random

import pytest

from firmware import codes
from firmware.badge import SAVED_BYTES, Badge
from firmware.link import frame
from firmware.link.seal import Seal
from firmware.link.uplink import Uplink
from gateway_rig import on_file
from tools.gateway import downlinks
from tools.gateway.keys import following
from tools.gateway.radio import Radio
from tools.gateway.store import open_store
from tools.gateway.tables import ACTS, BADGES, DOWNLINKS, VISITS

BEGAN_MS = 1_800_000_000_000
STEP_MS = 20


class Pair:
    """A real badge and a real gateway, over an air that may lose anything, with power that may fail anywhere."""

    def __init__(self, path, seed, loss):
        self.path, self.dice, self.loss, self.now = path, random.Random(seed), loss, 0
        self.store = open_store(path)
        self.radio = Radio(self.store)
        row = self.store.pair("anna")
        self.flash = {"keys": row.uplink_key + row.downlink_key, "counter": 0, "saved": None}
        self.changes = self.cuts = 0
        self.boot()

    @property
    def now_ms(self):
        return BEGAN_MS + self.now

    def row(self):
        with self.store.engine.connect() as db:
            return db.execute(BADGES.select()).one()

    def boot(self):
        keys = self.flash["keys"]
        self.badge = Badge(1, keys[:16], keys[16:], self.now, heartbeat_ms=10_000)
        if self.flash["saved"]:
            self.badge.load(bytearray(self.flash["saved"]), SAVED_BYTES, self.now, undated=True)
        self.badge.counter.grant(self.flash["counter"], self.flash["counter"] + 4096)
        self.flash["counter"] += 4096

    def save(self):
        buf = bytearray(SAVED_BYTES)
        self.badge.save(buf, self.now)
        self.flash["saved"] = bytes(buf)

    def run(self, seconds, cut=0.0, pressed=lambda now: 0):
        for _ in range(seconds * 1000 // STEP_MS):
            self.now += STEP_MS
            badge = self.badge
            badge.button(pressed(self.now), self.now)
            badge.tick(self.now)
            if badge.unsaved:
                self.save()
            buf = bytearray(frame.FRAME_BYTES_MAX)
            n = badge.next_frame(buf, self.now)
            said = [(bytes(buf[:n]), ("127.0.0.1", 1))] if n and not self.lost() else []
            if said or self.now % 500 == 0:
                self.carry(said)
            if badge.uplink.keys and not self.dice.randrange(4):
                if not self.fails(cut):
                    self.flash["keys"] = badge.uplink.keys
                    if not self.fails(cut):
                        badge.uplink.rekey(badge.inbox, self.now)
            self.fails(cut / 200)
            if self.dice.random() < cut / 200:
                self.store.close()
                self.store = open_store(self.path)
                self.radio = Radio(self.store)

    def fails(self, chance):
        if self.dice.random() >= chance:
            return False
        self.cuts += 1
        self.boot()
        return True

    def lost(self):
        return self.dice.random() < self.loss

    def carry(self, datagrams):
        self.radio.prepare()
        for data, _ in self.radio.receive(datagrams, self.now_ms):
            if not self.lost():
                buf = bytearray(80)
                buf[: len(data)] = data
                self.badge.frame(buf, len(data), self.now)

    def change(self):
        done = self.radio.act("rekey", 1, {"by": "office"}, self.now_ms)
        self.changes += done
        return done


def hold(pair, begin):
    """Hold the button until the badge calls: a badge that starts anew in between has not seen a whole hold."""
    return lambda now: int(now >= begin and pair.badge.alarm.state < codes.CALLING)


def test_keys_change_within_a_second_and_the_old_ones_open_nothing_any_more(tmp_path):
    pair = Pair(tmp_path / "kald.sqlite", 1, 0)
    pair.run(12)
    old = pair.row()
    assert pair.change() and not pair.change()
    expected = following(pair.row())
    pair.run(1)
    new = pair.row()
    assert (new.uplink_key, new.downlink_key) == expected and new.next_secret is None
    assert pair.flash["keys"] == new.uplink_key + new.downlink_key
    assert len({old.uplink_key, old.downlink_key, new.uplink_key, new.downlink_key}) == 4
    refused = dict(pair.radio.refused)
    uplink = Uplink(1, old.uplink_key)
    uplink.counter.grant(50_000, 60_000)
    uplink.heartbeat(7, 0, 50, 0, 0)
    buf = bytearray(40)
    n = uplink.next_frame(buf, 0)
    pair.carry([(bytes(buf[:n]), ("127.0.0.1", 1))])
    assert pair.radio.refused == {**refused, "seal": refused.get("seal", 0) + 1}
    with pair.store.engine.connect() as db:
        assert db.execute(DOWNLINKS.select().where(DOWNLINKS.c.type == frame.KEY)).one().settled
    pair.run(15)
    assert pair.row().heard_ms >= pair.now_ms - 11_000


@pytest.mark.parametrize("seed", range(4))
def test_no_alarm_is_lost_whatever_fails_during_the_change(tmp_path, seed):
    pair = Pair(tmp_path / "kald.sqlite", seed, 0.3)
    pair.run(15)
    for alarm in range(1, 4):
        pair.change()
        begin = pair.now + pair.dice.randrange(1500)
        pair.run(6, cut=0.4, pressed=hold(pair, begin))
        pair.run(15, cut=0.1)
        pair.loss = 0
        pair.run(12)
        kept = pair.store.alarms()
        assert len({each["alarm_id"] for each in kept}) == alarm == len(kept)
        assert pair.badge.alarm.state in (codes.RECEIVED, codes.UNANSWERED)
        assert pair.row().next_secret is None and pair.flash["keys"] == pair.row().uplink_key + pair.row().downlink_key
        assert pair.radio.act("close", max(each["id"] for each in kept), {"by": "office"}, pair.now_ms)
        pair.run(6)
        assert pair.badge.alarm.state == codes.SAFE
        pair.loss = 0.3
    assert pair.changes == 3


@pytest.mark.parametrize("stored", [False, True])
def test_while_it_changes_an_order_gets_through_under_the_old_keys_or_the_new(tmp_path, stored):
    pair = Pair(tmp_path / "kald.sqlite", 3, 0)
    pair.run(12)
    pair.change()
    if stored:  # the badge has the new keys, and nobody has heard of it yet
        up, down = following(pair.row())
        pair.badge.uplink.seal, pair.badge.inbox.seal = Seal(up), Seal(down)
    with pair.radio.moment(pair.now_ms) as at:
        downlinks.tell(at, 1, None, frame.ORDER, order_code=codes.ORDER_ALONE, order_value=1)
    for _ in range(2):
        pair.now += 1000
        for data, _ in pair.radio.tick(pair.now_ms):
            if data[0] in (frame.ORDER, frame.ORDER_AGAIN):
                buf = bytearray(80)
                buf[: len(data)] = data
                pair.badge.frame(buf, len(data), pair.now)
    assert pair.badge.shift.alone


rig = on_file("anna", "bo", "carla")


def test_a_revoked_badge_is_refused_and_counted_and_nobody_calls_it(rig):
    lost = rig["bo"]
    keys = lost.row.uplink_key, lost.row.downlink_key
    assert rig.act("revoke", lost.device) and not rig.act("revoke", lost.device)
    said = ((frame.wish, 2, 10), (frame.alarm, 50, codes.KIND_EMERGENCY, codes.WHAT_RAISED, 0, 12, 0, 0))
    for act in (lost.beat, *(lambda one=one: lost.send(*one) for one in said)):
        before = rig.radio.refused.get("revoked", 0)
        assert not act() and rig.radio.refused["revoked"] == before + 1
    assert rig.store.alarms() == [] and [each["name"] for each in rig.store.badges()] == ["anna", "carla"]
    with rig.store.engine.connect() as db:
        row = db.execute(BADGES.select().where(BADGES.c.device == lost.device)).one()
        assert not {row.uplink_key, row.downlink_key} & set(keys)
        assert [act.who for act in db.execute(ACTS.select().where(ACTS.c.act == "revoked"))] == ["office"]
    heard = len(lost.heard)
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(200)
    assert len(lost.heard) == heard and rig["carla"].got(frame.CALL)
    assert not lost.answer(rig["anna"]) and rig.alarm()["taken_by"] is None
    for verb in ("pause", "rekey", "test", "on"):
        assert not rig.act(verb, lost.device, minutes=5)
    assert not [row for row in rig.facts() if row["name"] == "bo" and row["until_ms"] is None]


def test_a_badge_revoked_in_its_alarm_leaves_the_alarm_to_people(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.act("revoke", rig["anna"].device)
    rig.run(300)
    assert rig.alarm()["step"] == codes.STEP_UNANSWERED
    assert rig.act("close", 1) and rig.alarm()["step"] == codes.STEP_CLOSED


@pytest.mark.parametrize("verb, given", [("revoke", {}), ("replace", {"with": 3}), ("", {})])
def test_a_visit_ends_with_the_badge_that_is_shut_out_since_nobody_could_end_it(rig, verb, given):
    assert rig.act("visit", rig["bo"].device, colour="red", minutes=5, place="Room 3")
    if verb:
        assert rig.act(verb, rig["bo"].device, **given)
    else:  # as an older version has left it, or a backup without keys
        with rig.store.engine.begin() as db:
            db.execute(BADGES.update().where(BADGES.c.device == rig["bo"].device).values(revoked_ms=rig.now_ms))
    rig.run(600)
    assert not [row["fault"] for row in rig.facts() if row["name"] == "bo" and row["until_ms"] is None]
    with rig.store.engine.connect() as db:
        ended = [(row.ended_by, row.place) for row in db.execute(VISITS.select())]
        assert ended == [("office" if verb else "gateway", None)]


def test_two_that_are_left_alone_by_a_revoked_third_call_each_other_as_before(rig):
    rig.act("revoke", rig["carla"].device)
    rig.run(130)
    rig["carla"].on = False
    assert rig["anna"].alarm(codes.KIND_FALL) and rig["bo"].got(frame.CALL)
