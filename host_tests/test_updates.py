"""Is a fleet updated over the air one badge after another, none after one that failed, and none that is relied on?"""

import json

import pytest

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig
from tools.cli import fleet as command
from tools.gateway import fleet, updates
from tools.gateway.pages import fleet as page
from tools.gateway.tables import UPDATES

OLD, NEW = 0x111, 0x2A3
ABLE = codes.ABLE_REFUSES | codes.ABLE_AGAIN | codes.ABLE_UPDATES
FETCHES_S = 120


class Fleet(Rig):
    """Badges on their chargers, each with its way of taking an update: ends[name], "good" where nothing is said."""

    def __init__(self, path, count, ends=None):
        self.ends, self.begun, self.most = ends or {}, {}, 0
        super().__init__(path, *[f"badge {n}" for n in range(1, count + 1)])
        for fake in self.fakes.values():
            fake.mode = codes.MODE_CHARGING
            fake.send(frame.able, codes.VERSION, ABLE | OLD << codes.ABLE_TREE)
        self.beat()

    def rows(self):
        with self.store.engine.connect() as db:
            return {f"badge {row.pairing}": row for row in db.execute(UPDATES.select().order_by(UPDATES.c.id))}

    def facts_of(self):
        with self.store.engine.connect() as db:
            return {fact["name"]: fact for fact in fleet.read(db, self.now_ms)}

    def begin(self, version=NEW, **more):
        return [self.act("update", fake.device, by="Kim", version=version, **more) for fake in self.fakes.values()]

    def live(self, seconds):
        """Let time pass in which badges do as they are ordered."""
        for _ in range(seconds // 5):
            self.run(5)
            for name, fake in self.fakes.items():
                orders = [copy for copy in fake.orders if copy[0] == codes.ORDER_UPDATE]
                if orders and len({copy[2] - copy[3] for copy in orders}) > len(self.begun.get(name, ())):
                    self.begun.setdefault(name, []).append(self.now)
                    self._order(name, fake, orders[-1][2])
                elif name in self.begun and self.now == self.begun[name][-1] + FETCHES_S * 1000:
                    self._fetched(name, fake)
            busy = [row for row in self.rows().values() if row.state in (updates.ORDERED, updates.RUNS)]
            self.most = max(self.most, len(busy))

    def _order(self, name, fake, counter):
        end = self.ends.get(name, "good")
        if isinstance(end, list):
            end = end.pop(0) if end else "good"
            self.ends[name] = self.ends[name] or "good"
        if isinstance(end, int):
            fake.send(frame.refused, self.store.number, counter, end)

    def _fetched(self, name, fake):
        end = self.ends.get(name, "good")
        if end == "silent":
            fake.on = False
        elif end in ("good", "back"):
            fake.send(frame.able, codes.VERSION, ABLE | (NEW if end == "good" else OLD) << codes.ABLE_TREE)


def test_a_fleet_of_twenty_is_updated_one_at_a_time(tmp_path):
    rig = Fleet(tmp_path / "kald.sqlite", 20)
    assert rig.begin() == [True] * 20
    rig.live(20 * 300)
    facts = rig.facts_of()
    assert {fact["state"] for fact in facts.values()} == {"done"} and rig.most == 1
    assert {fact["version"] for fact in facts.values()} == {"2a3"}
    began = [times[0] for times in rig.begun.values()]
    assert all(len(times) == 1 for times in rig.begun.values()) and began == sorted(began)
    assert all(b - a > FETCHES_S * 1000 for a, b in zip(began, began[1:])), "the next one only after a heartbeat"
    assert rig.begin() == [False] * 20, "they have it"


@pytest.mark.parametrize(("end", "why"), [
    ("back", "went back by itself"), ("silent", "silent since"), ("nothing", "nothing came of it"),
    (codes.WHY_TORN, "did not arrive whole"), (codes.WHY_SEAL, "not sealed with the badge's key"),
    (codes.WHY_AWAY, "did not give it the files"), (codes.WHY_CABLE, "needs the cable"), (200, "nothing came of it"),
])
def test_one_badge_of_twenty_that_fails_stops_the_others_and_says_so(tmp_path, capsys, end, why):
    rig = Fleet(tmp_path / "kald.sqlite", 20, {"badge 3": end})
    rig.begin()
    rig.live(900 if end not in ("silent", "nothing") else 4600)
    facts = rig.facts_of()
    assert [fact["state"] for fact in facts.values()] == ["done"] * 2 + ["failed"] + ["stopped"] * 17
    assert why in page.update(facts["badge 3"], "en")
    assert "the others are stopped" in page.html(list(facts.values()), "en")
    assert set(rig.begun) == {"badge 1", "badge 2", "badge 3"}
    standing = {fact["fault"]: fact["name"] for fact in rig.facts() if fact["until_ms"] is None}
    assert standing[updates.FAULT] == "badge 3"
    assert command.main(["--data", str(tmp_path)]) == 1 and "FAILED" in capsys.readouterr().out
    if end == codes.WHY_TORN:  # what was wrong is mended, and it is begun anew
        rig.ends.clear()
        assert rig.begin().count(True) == 18
        rig.live(18 * 300)
        assert {fact["state"] for fact in rig.facts_of().values()} == {"done"}
        assert not [fact for fact in rig.facts() if fact["fault"] == updates.FAULT and fact["until_ms"] is None]
        assert command.main(["--data", str(tmp_path)]) == 0


def test_what_failed_is_over_when_the_badge_runs_something_else_by_cable(tmp_path):
    rig = Fleet(tmp_path / "kald.sqlite", 1, {"badge 1": "back"})
    rig.begin()
    rig.live(300)

    def stands():
        return [fact["fault"] for fact in rig.facts() if fact["until_ms"] is None]

    assert updates.FAULT in stands()
    rig["badge 1"].send(frame.able, codes.VERSION, ABLE | OLD << codes.ABLE_TREE)
    assert updates.FAULT in stands()
    rig["badge 1"].send(frame.able, codes.VERSION, ABLE | 0x3C4 << codes.ABLE_TREE)
    assert updates.FAULT not in stands()


@pytest.mark.parametrize(("relied", "at_work", "ordered"), [
    ({}, 0, True), ({"mode": codes.MODE_OFF}, 0, True), ({"mode": codes.MODE_READY}, 0, False),
    ({"mode": codes.MODE_READY}, 1, True), ({"colour": codes.RED}, 1, False), ({"state": codes.WARNED}, 1, False),
    ({"on": False}, 1, False), ({"route": ("bridge", 3)}, 1, False),
])
def test_none_is_ordered_whom_somebody_relies_on(tmp_path, relied, at_work, ordered):
    rig = Fleet(tmp_path / "kald.sqlite", 2)
    fake = rig["badge 1"]
    for name, value in relied.items():
        setattr(fake, name, value)
    rig.beat()
    if not fake.on:
        rig.run(300)
    rig.begin(at_work=at_work)
    rig.live(100)
    assert ("badge 1" in rig.begun) == ordered
    assert "badge 2" in rig.begun or ordered, "who is ready need not wait for who is not"
    values = [fields for fields in fake.got(frame.ORDER) if fields[0] == codes.ORDER_UPDATE]
    assert values == ([(codes.ORDER_UPDATE, NEW | at_work * codes.AT_WORK)] if ordered else [])


def test_an_open_alarm_of_its_wearer_puts_it_off(tmp_path):
    rig = Fleet(tmp_path / "kald.sqlite", 1)
    rig["badge 1"].alarm(codes.KIND_ASSIST)
    rig.begin()
    rig.live(100)
    assert not rig.begun
    rig["badge 1"].refreshing = None
    rig.act("close", rig.alarm()["id"])
    rig.live(300)
    assert rig.facts_of()["badge 1"]["state"] == "done"


@pytest.mark.parametrize("why", [codes.WHY_NOT_NOW, codes.WHY_CHARGE])
def test_not_now_is_asked_again_and_lets_the_others_go_first(tmp_path, why):
    rig = Fleet(tmp_path / "kald.sqlite", 3, {"badge 1": [why]})
    rig.begin()
    rig.live(200)
    assert rig.facts_of()["badge 1"]["state"] == "waiting" and "badge 2" in rig.begun
    rig.live(900)
    assert {fact["state"] for fact in rig.facts_of().values()} == {"done"} and len(rig.begun["badge 1"]) == 2


def test_an_older_badge_needs_the_cable_and_an_empty_one_a_charge(tmp_path):
    rig = Fleet(tmp_path / "kald.sqlite", 3)
    rig["badge 1"].send(frame.able, 3, codes.ABLE_REFUSES)
    low = frame.heartbeat, codes.MODE_CHARGING << 3, 20, 0
    rig["badge 2"].send(*low)
    facts = rig.facts_of()
    assert [fact["needs"] for fact in facts.values()] == ["cable", "charge", "nothing"]
    assert facts["badge 1"]["version"] is None and facts["badge 2"]["battery"] == 20
    assert rig.begin() == [False, True, True]
    rig["badge 2"].on = False
    rig.live(20)
    assert set(rig.begun) == {"badge 3"}


def test_who_waits_may_keep_what_it_has_and_a_gateway_that_starts_again_goes_on(tmp_path):
    rig = Fleet(tmp_path / "kald.sqlite", 3)
    rig.begin()
    rig.live(60)
    assert rig.act("keep", 3, by="Kim") and not rig.act("keep", 1, by="Kim"), "the first is ordered already"
    rig.restart(5)
    rig.live(700)
    states = [fact["state"] for fact in rig.facts_of().values()]
    assert states == ["done", "done", "stopped"]


def test_the_table_is_for_machines_and_in_both_languages(tmp_path, capsys):
    rig = Fleet(tmp_path / "kald.sqlite", 2)
    rig.begin()
    assert command.main(["--data", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == list(rig.facts_of().values()) and said[0]["version"] == "111" and said[1]["tests_missed"] == 0
    assert command.main(["2", "--data", str(tmp_path)][1:] + ["--lang", "da"]) == 0
    said = capsys.readouterr().out
    assert "venter på sin tur" in said and "ROMFS" not in said
    rig["badge 1"].send(frame.able, 3, codes.ABLE_REFUSES)
    assert command.main(["--data", str(tmp_path)]) == 0, "what takes no update by Wi-Fi, and why, in a sentence"
    assert "whose firmware lies in a ROMFS" in capsys.readouterr().out
    assert set(page.WORDS_OF["da"]) == set(page.WORDS_OF["en"])
    assert command.main(["show", "9", "--data", str(tmp_path)]) == 2


def test_the_gateway_listens_for_badges_only_while_one_is_to_be_updated(tmp_path):
    rig = Fleet(tmp_path / "kald.sqlite", 1)
    assert not rig.radio.updating()
    rig.begin()
    assert rig.radio.updating()
    rig.live(400)
    assert not rig.radio.updating() and rig.facts_of()["badge 1"]["state"] == "done"
