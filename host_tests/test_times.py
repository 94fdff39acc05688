"""Is every alarm raised in time, from the deciding edge or event on, and is a late one found out?"""

import json

import pytest

from firmware import codes
from firmware.codes import RED
from tools.cli import times as command
from tools.sim.checks import scenes, times
from tools.sim.checks.wearer import longest_gap

# where each kind of the wire is timed
KINDS = {
    "KIND_ASSIST": "assist, two presses", "KIND_FALL": "fall", "KIND_EMERGENCY": "emergency, hold",
    "KIND_MOTIONLESS": "motionless", "KIND_POSITION": "position", "KIND_CHECK_IN": "check-in missed, red",
    "KIND_TORN": "torn off", "KIND_STRUGGLE": "struggle, where set",
}
NO_ALARM = {"KIND_NONE", "KIND_TEST"}


@pytest.fixture(scope="module")
def table():
    measured = times.measure()
    print(times.text(measured))
    return {row["kind"]: row for row in measured}


@pytest.mark.parametrize("kind", [row[0] for row in times.ROWS])
def test_in_time(table, kind):
    row = table[kind]
    assert row["ms"] is not None and row["ok"], row
    assert row["ms"] < scenes.LONG_MS, "nothing has come: it was waited for as long as can be"
    assert row["promise_ms"] or row["limit_ms"]


def test_every_kind_of_alarm_is_timed(table):
    named = {name for name in vars(codes) if name.startswith("KIND_")}
    assert named == set(KINDS) | NO_ALARM and set(KINDS.values()) <= set(table)


def test_an_automatic_alarm_takes_as_long_as_it_must_and_no_gesture_more_than_its_hold(table):
    assert table["check-in missed, green"]["ms"] >= times.PRE_ALARM_MOST_MS
    assert table["fall"]["ms"] > 30000 and table["torn off"]["ms"] > 2000
    assert 800 <= table["emergency, hold"]["ms"] <= 840 and table["emergency, three presses"]["ms"] <= 40


def test_an_interval_longer_than_the_standard_s_is_said_to_be_the_house_s_choice(table):
    for kind, row in table.items():
        assert ("the house's choice" in row["note"]) == (kind == "check-in missed, green")
    assert [s for s in scenes.INTERVALS_S.values() if s * 1000 > times.TIME_MS] == [1800]


LATE = {
    "torn off": lambda: scenes.torn(torn_ms=12000),
    "check-in missed, red": lambda: scenes.check_in(RED)(check_in_ask_ms=47000),
    "pre-alarm, the longest": lambda: scenes.asked(check_in_ask_ms=47000),
}  # no house can choose as long


def late(kind):
    """Return the row of `kind` for a badge that is slow."""
    begins, _, promise_ms, limit_ms = next(row[1:] for row in times.ROWS if row[0] == kind)
    return (kind, begins, LATE[kind], promise_ms, limit_ms)


def test_a_badge_that_is_late_is_found_out(monkeypatch, capsys):
    assert [times._measured(*late(kind))["ok"] for kind in LATE] == [False, False, False]
    quick = [row for row in times.ROWS if row[0] == "assist, two presses"]
    monkeypatch.setattr(times, "ROWS", [*quick, late("torn off")])
    assert command.main([]) == 1
    assert capsys.readouterr().out.count("OUTSIDE") == 1


def test_a_badge_that_never_calls_is_outside():
    begins, _, promise_ms, limit_ms = next(row[1:] for row in times.ROWS if row[0] == "torn off")
    never = times._measured("torn off", begins, lambda: scenes.torn(torn_ms=2**29 - 1), promise_ms, limit_ms)
    assert never["ms"] is None and not never["ok"] and "OUTSIDE" in times.text([never])


def test_the_command_prints_the_rows_as_json(monkeypatch, capsys):
    monkeypatch.setattr(times, "ROWS", times.ROWS[:2])
    assert command.main(["--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["kind"] for row in rows] == [row[0] for row in times.ROWS]
    assert set(rows[0]) == {"kind", "begins", "ms", "promise_ms", "limit_ms", "ok", "note"}


@pytest.mark.parametrize("moments, now, gap", [
    ([], 50, None), ([10], 50, None), ([10, 20], 25, 10), ([10, 20], 90, 70), ([2**30 - 5, 5, 8], 10, 10),
])
def test_the_longest_gap(moments, now, gap):
    assert longest_gap(moments, now) == gap
