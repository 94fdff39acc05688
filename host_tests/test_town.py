"""Is a whole town called without an ack that waits for it, and does each badge of it cost as much as one in a house?"""

import pytest
from gateway_rig import Rig, badges, plan
from test_gateway_work import work

from firmware import codes
from firmware.link import frame
from tools.gateway import server as server_room
from tools.gateway.core import rows, transaction
from tools.gateway.core.memory import Table
from tools.gateway.radio import Radio
from tools.gateway.store import open_store
from waits import comes


def test_a_portion_of_calls_follows_the_one_before_at_once_though_nobody_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(transaction, "CALLS_MOST", 3)
    monkeypatch.setattr(server_room, "TURN_S", 1000)  # who waits for the next look at the time waits for ever
    rig = Rig(tmp_path / "kald.sqlite", *[f"b{i}" for i in range(20)], plan=plan(badges(0)))
    monkeypatch.setattr(server_room, "now_ms", lambda: rig.now_ms)

    async def story(server):
        called = set()
        rig.deliver = lambda out: called.update(data[1:3] for data, _ in out if data[0] == frame.CALL)
        rig["b4"].alarm(codes.KIND_EMERGENCY, refresh=False)
        await comes(lambda: len(called) == 19)

    work(rig, story)


def deaf_town(tmp_path, monkeypatch, count, portion):
    """Return a rig in which b0 raises an alarm that nobody hears, and what sends the next portion of frames."""
    monkeypatch.setattr(transaction, "CALLS_MOST", portion)
    rig = Rig(tmp_path / "kald.sqlite", *[f"b{i}" for i in range(count)], plan=plan(badges(0)))
    batch = []
    rig.carry = batch.extend
    rig["b0"].alarm(codes.KIND_EMERGENCY, refresh=False)
    rig.radio.hear(batch, rig.now_ms)

    def send():
        rig.radio.prepare()
        return [(data[0], frame.get16(data, 1)) for data, _ in rig.radio.tick(rig.now_ms)]

    return rig, send


def test_a_turn_sends_a_portion_news_before_repeats_and_what_waits_longest_first(tmp_path, monkeypatch):
    rig, send = deaf_town(tmp_path, monkeypatch, 9, 3)
    called = [device for _ in range(4) for _, device in send()]
    assert called == [rig[f"b{i}"].device for i in range(1, 9)]
    rig.now += 1000  # all are due once more
    assert [device for _, device in send()] == called[:3]
    rig.radio.act("take", 1, {"by": "office"}, rig.now_ms)
    (first, device), *rest = send()
    assert (first, device) == (frame.STEP, rig["b0"].device) and [device for _, device in rest] == called[3:5]
    rig.now += 1000  # the first wait again, behind whom nobody has repeated it to
    assert [device for _, device in send()] == [rig["b0"].device, *called[5:7]]
    assert rig.radio.busy


def test_to_call_the_last_of_a_town_looks_at_no_more_rows_than_to_call_the_first(tmp_path, monkeypatch):
    rig, send = deaf_town(tmp_path, monkeypatch, 41, 4)
    looked, by = [0], Table.by

    def counted(table, *given):
        found = by(table, *given)
        looked[0] += len(found) if table.kind is not rows.NotificationJob else 0  # one for each portion of calls
        return found

    monkeypatch.setattr(Table, "by", counted)
    costs = []
    for _ in range(10):
        before = looked[0]
        assert len(send()) == 4
        costs.append(looked[0] - before)
    assert max(costs) == costs[0]


class Counted:
    """The database, and how often it was asked or told something."""

    def __init__(self, true):
        self.true, self.said = true, 0

    def __getattr__(self, name):
        self.said += name.startswith("execute")
        return getattr(self.true, name)


def test_an_alarm_that_calls_forty_takes_no_more_statements_than_one_that_calls_four(tmp_path):
    counts = []
    for many in (5, 41):
        rig = Rig(tmp_path / f"{many}.sqlite", *[f"b{i}" for i in range(many)], plan=plan(badges(0)))
        rig.radio.tick(rig.now_ms)
        batch = []
        rig.carry = batch.extend
        rig["b0"].alarm(codes.KIND_EMERGENCY)
        counted = rig.radio._disk._db = Counted(rig.radio._disk._db)
        assert len(rig.radio.hear(batch, rig.now_ms)) == 1
        rig.radio.prepare()
        assert len(rig.radio.tick(rig.now_ms)) == many - 1
        assert sum(step == "called" for step in rig.steps()) == many - 1
        counts.append(counted.said)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("dies", [False, True])
def test_a_whole_town_is_called_in_portions_each_badge_once_and_the_ack_waits_for_none(tmp_path, monkeypatch, dies):
    monkeypatch.setattr(transaction, "CALLS_MOST", 3)
    names = [f"b{i}" for i in range(10)]
    rig = Rig(tmp_path / "kald.sqlite", *names, plan=plan(badges(0), badges(30)))
    carry, batch = rig.carry, []
    rig.carry = batch.extend
    rig["b4"].alarm(codes.KIND_EMERGENCY, refresh=False)
    rig.radio.prepare()
    [(ack, _)] = rig.radio.hear(batch, rig.now_ms)
    assert ack[0] == frame.ACK and "called" not in rig.steps()
    sent = []
    for _ in range(4):
        if dies:
            rig.store.close()
            rig.store = open_store(rig.path)
            rig.radio = Radio(rig.store)
        rig.radio.prepare()
        out = [data for data, _ in rig.radio.tick(rig.now_ms) if data[0] == frame.CALL]
        sent.append(len(out))
        assert rig.radio.busy == bool(out)
        rig.deliver([(data, ("127.0.0.1", frame.get16(data, 1))) for data in out])
        batch.clear()
    assert sent == [3, 3, 3, 0]
    assert [len(rig[name].got(frame.CALL)) for name in names] == [0 if name == "b4" else 1 for name in names]
    assert sum(step == "called" for step in rig.steps()) == 9
    rig.carry = carry
    assert rig.store.alarms()[0]["plan"][0]["state"] == "done"
