"""Is a dead address known before an alarm needs it?"""

import datetime
import json
import threading
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from far_ends import phone
from firmware import codes
from gateway_rig import BEGAN_MS, Rig, plan
from test_jobs import SIREN, Said, notify, work
from tools.cli import notify as command
from tools.gateway import house_zone
from tools.gateway.jobs import desk, trials
from tools.gateway.jobs.workers import Ways
from waits import comes

DAY_S = 86_400
HOOK = {"do": "webhook", "after_s": 0, "url": "http://a/hook"}


def rig_of(tmp_path, *steps):
    return Rig(tmp_path / "kald.sqlite", "anna", plan=plan(*steps))


def due(rig):
    with rig.radio.moment(rig.now_ms) as at:
        return trials.due(at)


def tried(rig, why="", only=None):
    """Try what is due, in pretence; return [(does, target)]. only: the one target that fails for the reason `why`."""
    found = []
    for one in due(rig):
        target = json.loads(one.target)
        found.append((one.does, target))
        with rig.radio.moment(rig.now_ms) as at:
            trials.done(at, one.key, why if only in (None, target) else "")
    return found


def faults(rig):
    return {fact["fault"]: fact["detail"] for fact in rig.facts() if fact["until_ms"] is None}


def test_each_step_is_tried_when_it_is_new_and_then_each_week_in_working_hours(tmp_path):
    rig = rig_of(tmp_path, notify("json://a/", "json://b/"), SIREN, HOOK, notify("json://a/"))
    everything = [("notify", "json://a/"), ("notify", "json://b/"), ("siren", SIREN["topic"]), ("webhook", HOOK["url"])]
    assert tried(rig) == everything and tried(rig) == []
    hours = []
    for _ in range(30 * 24):
        rig.now += 3_600_000
        if found := tried(rig):
            assert found == everything
            hours.append(datetime.datetime.fromtimestamp(rig.now_ms / 1000))
    assert len(hours) == 4 and all(when.weekday() < 5 and 9 <= when.hour <= 15 for when in hours)
    rig.plan(plan(notify("json://c/")))
    assert tried(rig) == [("notify", "json://c/")], "a new one is not left for a week"


def test_what_fails_twice_is_on_the_board_until_it_is_reached_and_says_where_and_no_address(tmp_path):
    rig = rig_of(tmp_path, notify("json://a/secret-token", "json://b/"), SIREN)
    assert len(tried(rig, "it refuses the login", "json://a/secret-token")) == 3 and faults(rig) == {}
    rig.now += 60_000
    assert tried(rig, "it refuses the login") == [("notify", "json://a/secret-token")]
    assert faults(rig) == {"step_unreachable": "all, 1. notify 1/2: it refuses the login"}
    rig.now += 3_600_000
    assert len(tried(rig)) == 1 and faults(rig) == {}


def test_a_step_that_is_taken_out_of_the_plan_is_no_trouble_any_more(tmp_path):
    rig = rig_of(tmp_path, notify("json://a/"))
    for _ in range(2):
        tried(rig, "it is gone")
        rig.now += 60_000
    assert faults(rig)
    rig.plan(plan(notify("json://b/")))
    tried(rig)
    assert faults(rig) == {}


def test_while_an_alarm_is_open_nothing_is_tried_and_what_it_could_not_reach_is_on_the_board(tmp_path):
    rig = rig_of(tmp_path, notify("json://a/"))
    tried(rig)
    rig["anna"].alarm(codes.KIND_FALL)
    rig.now += 30 * DAY_S * 1000
    rig["anna"].beat()
    assert tried(rig) == []
    for _ in range(120):
        rig.do_jobs(why="it is gone")
        rig.run(1)
        if faults(rig).get("step_unreachable"):
            break
    assert faults(rig)["step_unreachable"] == "all, 1. notify: it is gone"
    rig.act("close", 1)
    rig.now += 3_600_000
    assert tried(rig) == [("notify", "json://a/")] and "step_unreachable" not in faults(rig)


ZONES = (None, *map(ZoneInfo, ("Europe/Copenhagen", "Pacific/Auckland", "America/Anchorage")))


@given(st.integers(0, 10**10), st.sampled_from(ZONES))
def test_the_next_trial_is_within_ten_days_in_working_hours(now_s, zone):
    when = datetime.datetime.fromtimestamp(trials._next_week(now_s * 1000, zone) / 1000, zone)
    assert when.weekday() < 5 and when.hour in trials.HOURS
    assert 7 * DAY_S <= when.timestamp() - now_s <= 11 * DAY_S


def test_working_hours_are_those_of_the_house_whatever_the_machine_believes(tmp_path):
    rig = rig_of(tmp_path, notify("json://a/"))
    assert tried(rig)
    for zone in ZONES[1:]:
        with rig.store.engine.begin() as db:
            house_zone.put(db, zone.key)
        with rig.radio.moment(rig.now_ms) as at:
            (row,) = at.job_trials
            at.job_trials.put(row.key, due_ms=rig.now_ms)
        assert tried(rig)
        with rig.radio.moment(rig.now_ms) as at:
            when = datetime.datetime.fromtimestamp(at.job_trials.get(row.key).due_ms / 1000, zone)
        assert when.weekday() < 5 and when.hour in trials.HOURS, zone


def test_a_clock_that_was_a_year_ahead_does_not_put_trials_off(tmp_path):
    rig = rig_of(tmp_path, notify("json://a/"))
    rig.now += 365 * DAY_S * 1000
    tried(rig)
    rig.now -= 365 * DAY_S * 1000
    due(rig)
    assert tried(rig) == [("notify", "json://a/")]


@pytest.mark.parametrize("status, code, says", [(200, 0, "reached"), (500, 1, "failed by itself")])
def test_kald_notify_test_lets_the_gateway_try_and_prints_it(tmp_path, monkeypatch, capsys, status, code, says):
    with phone(status) as (at, heard):
        rig = rig_of(tmp_path, notify(f"json://{at}/secret-token"), SIREN)
        tried(rig)
        monkeypatch.setattr(command.time, "time_ns", lambda: rig.now_ms * 1_000_000)
        rig.now += 1000
        broker, ended = Said(), []

        async def story(_server):
            asking = threading.Thread(target=lambda: ended.append(command.main(["test", "--data", str(tmp_path)])))
            asking.start()
            await comes(lambda: ended)
            asking.join()

        work(rig, monkeypatch, story, Ways(broker))
        assert ended == [code] and len(heard) == 1 and "no alarm" in heard[0][2]["message"]
        assert broker.heard[0] == ("kald/siren", {"on": False})
    out = capsys.readouterr().out
    assert f"all, 1. notify: {'it ' if code else ''}{says}" in out and "all, 2. siren: reached" in out
    assert "secret" not in out and rig.now_ms > BEGAN_MS


def test_kald_notify_test_says_when_nobody_tries(tmp_path, capsys):
    rig = rig_of(tmp_path, notify("json://a/"))
    assert command.main(["test", "--data", str(tmp_path), "--wait", "0"]) == 2
    rig.plan(plan(notify()))
    assert command.main(["test", "--data", str(tmp_path)]) == 2
    assert command.main(["test", "--data", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.count("kald: ") == 3


def test_a_gateway_whose_plan_notifies_is_ready_to_before_an_alarm_wants_it(tmp_path, monkeypatch):
    rig = rig_of(tmp_path, notify("json://a/"))
    tried(rig)
    ways = Ways()

    async def story(_server):
        await comes(lambda: ways._post._process is not None)

    work(rig, monkeypatch, story, ways)


def test_a_broker_that_stays_away_is_on_the_board_until_it_is_back(tmp_path, monkeypatch):
    rig = rig_of(tmp_path, SIREN)
    broker, away = Said(), [59]
    broker.gone_s = lambda: away[0]
    monkeypatch.setattr(desk, "TRIALS_S", 0)

    async def story(server):
        for seconds, there in ((59, False), (61, True), (0, False)):
            away[0] = seconds
            server.wake()
            await comes(lambda: ("broker_gone" in faults(rig)) is there)

    work(rig, monkeypatch, story, Ways(broker))
