"""Does the record hold everything on one time line, on paper and as CSV, and are the month's figures the true ones?"""

import csv
import io
import json
import sys
from datetime import timedelta, timezone
from html.parser import HTMLParser

import pytest
from sqlalchemy import func, select

from firmware import codes
from firmware.link import frame
from gateway_rig import BEGAN_MS, Rig, on_file
from tools.cli import export, group, plan, report
from tools.gateway import records
from tools.gateway import report as figures
from tools.gateway.acts import Wrong
from tools.gateway.pages import figures as figures_page
from tools.gateway.pages import paper
from tools.gateway.tables import META

CET = timezone(timedelta(hours=1))
EVIL = "<img src=x onerror=alert(1)>\"'&"


rig = on_file("anna", "bo")


def record(rig, number=1):
    with rig.store.engine.connect() as db:
        return records.read(db, number)


def story(rig):
    """An assist that grows, is taken, lost and closed."""
    anna, bo = rig["anna"], rig["bo"]
    anna.alarm(codes.KIND_ASSIST)
    rig.run(2)
    anna.alarm(codes.KIND_EMERGENCY, revision=1)
    rig.run(8)
    bo.answer(anna)
    rig.run(30)
    rig.act("arrived", 1, by="bo")
    rig.act("close", 1, by="bo", outcome="real")
    anna.refreshing = None


def test_everything_stands_on_one_time_line(rig):
    story(rig)
    rig.run(60)
    pasted = "\ufeffTalked\u00a0with\ther.\r\nShe\u200d is w\u00adell."  # as Word and phones have it
    rig.act("note", 1, by="leader", text=pasted)
    rig.act("outcome", 1, by="leader", outcome="false")
    whole = record(rig)
    steps = [line["step"] for line in whole["events"]]
    for step in ("frame", "received", "called", "sent_to_badge", "arrived_at_badge", "answered", "taken", "arrived",
                 "closed", "judged"):
        assert step in steps, step
    assert steps.count("frame") == 2, "raised twice"
    assert [line["detail"] for line in whole["events"] if line["step"] == "repeated"] == ["2"], "refreshed twice"
    assert steps.count("received") == 2 and whole["kind_name"] == "emergency" and whole["outcome"] == "false"
    assert [line["at_ms"] for line in whole["events"]] == sorted(line["at_ms"] for line in whole["events"])
    assert [(note["who"], note["text"]) for note in whole["notes"]] == [("leader", "Talked with her.\nShe is well.")]
    assert len(json.loads(json.dumps(whole))["events"]) == len(steps) and "steps" not in str(whole.get("plan", ""))


def test_the_follow_up_is_the_houses_list_and_is_ticked_by_name(rig):
    from tools.gateway.plans import DEFAULT

    rig.plan({**DEFAULT, "checklist": ["Ring home", "Write it down"]})
    rig["anna"].alarm(codes.KIND_FALL)
    assert record(rig)["checks"] == [] and not rig.act("outcome", 1, outcome="real")
    rig.act("close", 1)
    rig.plan(DEFAULT)
    ring, write = record(rig)["checks"]
    assert (ring["item"], write["item"]) == ("Ring home", "Write it down")
    assert rig.act("check", 1, by="leader", item=ring["id"], done=1)
    assert record(rig)["checks"][0]["done_by"] == "leader" and record(rig)["checks"][1]["done_by"] is None
    assert rig.act("check", 1, item=ring["id"], done=0) and record(rig)["checks"][0]["done_ms"] is None
    assert not rig.act("check", 1, item=999, done=1)
    rig["anna"].alarm(codes.KIND_FALL, alarm_id=51)
    rig.act("close", 2)
    assert not rig.act("check", 2, item=ring["id"], done=1), "an item of another alarm"


@pytest.mark.parametrize("verb, given", [
    ("note", {}), ("note", {"text": ""}), ("note", {"text": "x" * 701}), ("note", {"text": "\x1b[2J"}),
    ("note", {"text": 7}), ("check", {"item": "1", "done": 1}), ("check", {"item": 1, "done": 2}),
    ("check", {"item": True, "done": 1}), ("outcome", {"outcome": "x"}), ("outcome", {"outcome": ["real"]}),
    ("close", {"outcome": None}), ("withdraw", {"who": {}}), ("take", {"by": 1}), ("take", {"by": "\ud800"}),
])
def test_what_is_not_right_is_refused_in_words_and_changes_nothing(rig, verb, given):
    rig["anna"].alarm(codes.KIND_FALL)
    before = record(rig)
    with pytest.raises(Wrong):
        rig.act(verb, 1, **given)
    assert record(rig) == before


class Texts(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.attributes = [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("lang", ["da", "en"])
def test_a_record_on_paper_shows_any_text_as_text(tmp_path, lang):
    from tools.gateway.plans import DEFAULT

    rig = Rig(tmp_path / "kald.sqlite", (EVIL, EVIL), "bo", plan={**DEFAULT, "checklist": [EVIL]})
    rig[EVIL].alarm(codes.KIND_EMERGENCY)
    rig.act("take", 1, by=f"{EVIL}2")
    rig.act("note", 1, by=EVIL, text=EVIL)
    rig.act("close", 1, by=EVIL)
    rig.act("check", 1, by=EVIL, item=record(rig)["checks"][0]["id"], done=1)
    page = Texts(paper.record(record(rig), lang, CET))
    assert "img" not in page.tags and "onerror" not in page.attributes and page.text.count(EVIL) >= 6
    assert "style" not in page.attributes and not {name for name in page.attributes if name.startswith("on")}
    with rig.store.engine.connect() as db:
        Texts(figures_page.month(figures.month(db, "2027-01"), lang))


def test_a_danish_record_is_danish(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig["bo"].answer(rig["anna"])
    rig.run(30)
    rig.act("close", 1, outcome="real")
    rig.act("check", 1, item=record(rig)["checks"][0]["id"], done=1)
    text = Texts(paper.record(record(rig), "da", CET)).text
    assert "intet besøg" in text and "OVERFALDSALARM, modtaget, udgave 0, 0 s gammel" in text and "afblæst" in text
    assert text.count("Talt med bæreren samme dag") == 2 and text.count("2027-01-15") == 4  # a day is written once
    for english in ("revision", "received", "stand_down", "call", "Talked", "Colleagues", "Ingen alarmer"):
        assert english not in text, english


def test_csv_is_read_back_whole_and_no_spreadsheet_runs_it(rig):
    story(rig)
    for text in ("=HYPERLINK(1)", "+1", "-1", "@x", 'say "no", twice;\nthen go'):
        rig.act("note", 1, by="=leader", text=text)
    rows = list(csv.reader(io.StringIO(records.as_csv([record(rig)], CET))))
    whole = record(rig)
    assert rows[0] == list(records.COLUMNS) and len(rows) == 1 + len(whole["events"]) + len(whole["notes"])
    assert rows[1][5] == records.local(BEGAN_MS, CET) and rows[1][5].endswith("+01:00")
    assert [row[5] for row in rows[1:]] == sorted(row[5] for row in rows[1:])
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert rows[-1][8] == 'say "no", twice;\nthen go' and rows[-5][8] == "'=HYPERLINK(1)"


def test_the_months_figures_are_those_counted_by_hand(rig):
    anna = rig["anna"]
    for n, (kind, wait_s, outcome) in enumerate([
        (codes.KIND_FALL, 3, "real"), (codes.KIND_FALL, 5, "false"), (codes.KIND_EMERGENCY, 10, "real"),
        (codes.KIND_TORN, 20, "test"), (codes.KIND_ASSIST, None, "not said"),
    ]):
        anna.alarm(kind, alarm_id=60 + n, refresh=False)
        rig.run(wait_s or 1)
        if wait_s:
            rig["bo"].answer(anna, 60 + n)
        rig.act("close", n + 1, outcome=outcome)
    anna.alarm(codes.KIND_FALL, alarm_id=70, what=codes.WHAT_PRE_ALARM, refresh=False)
    anna.alarm(codes.KIND_FALL, alarm_id=70, what=codes.WHAT_CANCELLED, revision=1, refresh=False)
    rig["bo"].alarm(codes.KIND_FALL, what=codes.WHAT_PRACTICE, refresh=False)
    for n, passed in enumerate((codes.PASSED_ALL, codes.PASSED_ALL, codes.PASSED_SENSOR)):
        anna.alarm(codes.KIND_TEST, alarm_id=80 + n, passed=passed)
    rig["bo"].mode = codes.MODE_NOT_READY
    rig["bo"].beat()
    rig.run(1801)
    with rig.store.engine.connect() as db:
        month = figures.month(db, "2027-01", CET)
        empty = figures.month(db, "2027-02", CET)
    kinds = {"assist": 1, "fall": 2, "emergency": 1, "motionless": 0, "position": 0, "check_in": 0, "torn": 1,
             "struggle": 0}
    assert month == {
        "month": "2027-01", "alarms": 5, "by_kind": kinds, "cancelled_questions": 1, "verified": 2, "false": 1,
        "tests_said": 1, "not_said": 1, "to_taken_s": {"median": 5.0, "p95": 20.0}, "untaken": 1,
        "to_there_s": {"median": None, "p95": None},
        "tests": {"done": 2, "partial": 1, "missed": 1}, "practised": ["bo"], "late": [], "alone_h": 0.0,
    }
    assert empty["alarms"] == 0 and empty["to_taken_s"] == {"median": None, "p95": None} and empty["practised"] == []


def test_a_month_is_the_calendars_own_and_anything_else_is_refused():
    from_ms, to_ms = figures.span("2026-12", CET)
    assert (to_ms - from_ms) == 31 * 86_400_000 and from_ms % 86_400_000 == 23 * 3_600_000
    for text in ("", "2026", "2026-13", "2026-00", "0000-01", "9999-12", "2026-1", "2026-11 ", "٢٠٢٦-١١"):
        with pytest.raises(figures.Wrong):
            figures.span(text)


def test_percentiles_are_nearest_rank():
    assert [figures.rank(list(range(1, 101)), p) for p in (50, 95)] == [50, 95]
    assert [figures.rank([7], p) for p in (50, 95)] == [7, 7] and figures.rank([], 50) is None
    assert figures.rank([3, 1, 2], 50) == 2 and figures.rank([3, 1, 2, 4], 95) == 4


def test_what_a_danish_excel_opens_comes_out_whole_whatever_letters_the_terminal_has(rig, tmp_path, monkeypatch):
    story(rig)
    rig.act("note", 1, by="Søren", text="løb → ud")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    assert export.main(["1", "--lang", "da", "--data", str(tmp_path)]) == 0
    sys.stdout.flush()
    text = sys.stdout.buffer.getvalue().decode("utf-8-sig")
    assert text.count("\r\n") == text.count("\n") and text.encode("utf-8-sig") == sys.stdout.buffer.getvalue()
    assert ["note", "Søren", "løb → ud"] in [row[6:] for row in csv.reader(io.StringIO(text), delimiter=";")]


def test_the_commands_print_and_refuse_in_one_sentence(rig, tmp_path, capsys):
    story(rig)
    here, out = ["--data", str(tmp_path)], tmp_path / "a.csv"
    assert report.main(["--month", "2027-01", "--json", *here]) == 0
    assert json.loads(capsys.readouterr().out)["alarms"] == 1
    assert report.main(["--month", "2027-01", *here]) == 0 and "emergency           1" in capsys.readouterr().out
    assert export.main(["1", "--out", str(out), *here]) == 0 and out.stat().st_mode & 0o077 == 0
    assert export.main(["--month", "2027-01", *here]) == 0
    assert capsys.readouterr().out.encode() == out.read_bytes()
    assert group.main(["east", "2", *here]) == 0 and "east" in capsys.readouterr().out
    assert plan.main(["show", *here]) == 0
    shown = json.loads(capsys.readouterr().out)
    shown["plans"][0]["steps"][2]["to"] = ["nosuch://secret"]
    (tmp_path / "wrong.json").write_text(json.dumps(shown))
    (tmp_path / "right.json").write_text(json.dumps({**shown, "plans": shown["plans"][1:]}))
    assert plan.main(["set", str(tmp_path / "right.json"), *here]) == 0
    capsys.readouterr()
    nowhere = ["--data", str(tmp_path / "nowhere")]
    for refused in (
        lambda: report.main(["--month", "x", *here]), lambda: report.main(["--month", "2027-01", *nowhere]),
        lambda: export.main(["99", *here]), lambda: export.main(["1", "--out", str(out), *here]),
        lambda: plan.main(["set", str(tmp_path / "wrong.json"), *here]), lambda: plan.main(["set", "x.json", *here]),
        lambda: group.main(["east", "9", *here]), lambda: group.main(["all", "1", *here]),
    ):
        assert refused() == 2
        error = capsys.readouterr().err
        assert error.startswith("kald: ") and error.count("\n") == 1 and "secret" not in error
    assert not (tmp_path / "nowhere").exists()


def test_twenty_minutes_of_an_open_alarm_add_few_rows(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", *[f"colleague {n}" for n in range(12)])
    rig["anna"].alarm(codes.KIND_EMERGENCY)

    def counts():
        with rig.store.engine.connect() as db:
            tables = META.sorted_tables
            return {table.name: db.execute(select(func.count()).select_from(table)).scalar() for table in tables}

    rig.run(120)
    before = counts()
    rig.run(1200)
    after = counts()
    added = {name: after[name] - count for name, count in before.items() if after[name] != count}
    assert sum(added.values()) <= 40 and set(added) <= {"events"}, added
    whole = record(rig)
    assert sum(line["step"] == "called_again" for line in whole["events"]) > 10, "each round is on the record"
    assert all(len(rig[f"colleague {n}"].got(frame.CALL)) > 10 for n in range(12)), "and each calls"
    assert [int(line["detail"]) for line in whole["events"] if line["step"] == "repeated"] == [66]
