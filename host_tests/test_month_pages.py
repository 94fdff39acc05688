"""Are the figures of a month and a year what happened, in the house's own time, and can everybody read them?"""

import csv
import io
import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from firmware import codes
from gateway_rig import BEGAN_MS, on_file
from page_rig import looking, people
from axe_rig import axe, in_each_look
from test_sign_in import each_role, house, quick
from tools.cli import report as report_command
from tools.gateway import house_zone, permissions, plans, report, retention
from tools.gateway.pages import figures
from tools.gateway.pages.words import WORDS
from tools.gateway.tables import ALARMS, SIGHTINGS

__all__ = ["axe", "people", "quick"]
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


rig = on_file("anna", "bo")


def month(rig, text="2027-01", zone=COPENHAGEN):
    with rig.store.engine.connect() as db:
        return report.month(db, text, zone)


@pytest.mark.parametrize("ends, hours", [("back", 2.0), ("home", 2.0), ("silent", 2.0), ("still", 4.0)])
def test_hours_alone_run_from_the_last_colleagues_leaving_until_one_is_back_or_nobody_is_there(rig, ends, hours):
    rig.run(180)
    rig["bo"].mode = codes.MODE_OFF
    rig["bo"].beat()
    rig.run(7200)
    if ends == "back":
        rig["bo"].mode = codes.MODE_READY
        rig["bo"].beat()
    elif ends == "home":
        rig["anna"].mode = codes.MODE_OFF
        rig["anna"].beat()
    elif ends == "silent":
        rig["anna"].on = False
    rig.run(7200)
    assert month(rig)["alone_h"] == pytest.approx(hours, abs=0.15)
    assert month(rig, "2027-02")["alone_h"] == 0


def test_who_is_alone_over_midnight_of_a_month_is_so_in_both(rig):
    rig.run(180)
    rig.now += int(datetime(2027, 1, 31, 23, tzinfo=COPENHAGEN).timestamp() * 1000) - rig.now_ms
    rig.beat()
    rig.run(120)
    rig["bo"].mode = codes.MODE_OFF
    rig["bo"].beat()
    rig.run(7200)
    assert [month(rig, text)["alone_h"] for text in ("2027-01", "2027-02")] == pytest.approx([1.0, 1.0], abs=0.1)


@pytest.mark.parametrize("days, kept", [(None, True), (20, False), (60, True)])
def test_what_retention_has_deleted_is_no_figure_since_none_is_another_thing_than_unknown(rig, capsys, days, kept):
    rig["anna"].alarm(codes.KIND_TEST, passed=codes.PASSED_ALL)
    rig["bo"].mode = codes.MODE_OFF
    rig["bo"].beat()
    rig.run(3600)
    rig.now += 45 * retention.DAY_MS
    rig["bo"].mode = codes.MODE_READY
    rig["bo"].beat()
    with rig.store.engine.begin() as db:
        retention.put(db, retention.Policy(details=days))
    rig.radio.prepare()
    retention.run(retention.Policy(details=days), rig.radio.prune, rig.now_ms)
    told = month(rig)
    assert told["tests"] == ({"done": 1, "partial": 0, "missed": 0} if kept else dict.fromkeys(told["tests"]))
    assert told["alone_h"] > 0 if kept else told["alone_h"] is None
    year = {"year": "2027", "months": [told]}
    assert figures.month(told, "en") and figures.year(year, "da")
    line = next(csv.reader(io.StringIO(figures.year_csv(year, "en").split("\n", 1)[1]), delimiter=";"))
    assert line[4:6] == (["1", "0"] if kept else ["", ""]) and bool(line[9]) == kept
    assert report_command.main(["--month", "2027-01", "--lang", "en", "--data", str(rig.path.parent)]) == 0
    assert ("1 done, 0 not" in capsys.readouterr().out) == kept


def test_times_to_there_and_calls_that_came_late_are_counted_with_their_place(rig):
    anna = rig["anna"]
    for n, age_s in enumerate((0, 10, 11, 300)):
        anna.alarm(codes.KIND_EMERGENCY, alarm_id=60 + n, age_s=age_s, refresh=False)
        rig.run(20 + n)
        rig.act("arrived", n + 1, by="bo")
        rig.act("close", n + 1, outcome="real")
    with rig.store.engine.begin() as db:
        db.execute(SIGHTINGS.insert().values(pairing=1, alarm=4, source="measured", at_ms=BEGAN_MS, heard="[]",
                                             finding=json.dumps({"level": "room", "rooms": ["Cellar <b>"]})))
    found = month(rig)
    assert found["to_there_s"] == {"median": 21.0, "p95": 23.0}
    assert [(place["where"], place["count"]) for place in found["late"]] == [
        ({"level": "unknown"}, 1), ({"level": "room", "rooms": ["Cellar <b>"]}, 1)]
    page = figures.month(found, "da")
    assert "Cellar &lt;b&gt;" in page and "<b>" not in page and "Sted ukendt" in page and "21,0 s" in page


def test_a_month_is_the_houses_own_and_not_the_machines(rig):
    rig["anna"].alarm(codes.KIND_FALL, refresh=False)
    at_ms = int(datetime(2027, 1, 31, 23, 30, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)
    with rig.store.engine.begin() as db:
        db.execute(ALARMS.update().values(since_ms=at_ms, received_ms=at_ms))
        house_zone.put(db, "Europe/Copenhagen")
        zone = house_zone.read(db)
    assert zone == COPENHAGEN and month(rig, "2027-02", zone)["alarms"] == 1
    assert month(rig, "2027-01", ZoneInfo("UTC"))["alarms"] == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "Nowhere/City", "Europe", "x" * 61, 7, None, [],
                                  "é", "Europe/Copenhagen\0", "UTC\n"])
def test_what_is_no_zone_is_refused_and_the_old_one_stays(rig, name):
    with rig.store.engine.begin() as db:
        house_zone.put(db, "Europe/Copenhagen")
        with pytest.raises(house_zone.Wrong):
            house_zone.put(db, name)
        assert house_zone.read(db) == COPENHAGEN
        house_zone.put(db, "")
        assert house_zone.read(db) is None


@pytest.mark.parametrize("lang, comma", [("da", "3,0"), ("en", "3.0")])
def test_a_spreadsheet_has_semicolons_the_readers_comma_and_nothing_that_runs(rig, lang, comma):
    rig["anna"].alarm(codes.KIND_FALL, refresh=False)
    rig.run(3)
    rig.act("take", 1, by="=bo")
    rig.act("arrived", 1, by="=bo")
    found = month(rig)
    found["practised"] = ["=HYPERLINK(1)"]
    rows = list(csv.reader(io.StringIO(figures.month_csv(found, lang)), delimiter=";"))
    assert {len(row) for row in rows} == {3} and [row for row in rows if row[2] == comma]
    assert rows[-1][2] == "'=HYPERLINK(1)"
    with rig.store.engine.connect() as db:
        year = report.year(db, "2027", COPENHAGEN)
    rows = list(csv.reader(io.StringIO(figures.year_csv(year, lang)), delimiter=";"))
    assert len(rows) == 13 and rows[1][:2] == ["2027-01", "1"] and rows[1][7] == comma and rows[2][1] == "0"


@pytest.mark.parametrize("lang", WORDS)
@pytest.mark.parametrize("count", range(1, 10))
def test_no_name_beneath_a_chart_lies_over_another(lang, count):
    kinds = [WORDS[lang][f"kind_{kind}"] for kind in plans.KINDS]
    drawn = figures.chart("", [(name, [1]) for name in kinds[-count:]], ["x"])
    high = int(re.search(r'viewBox="0 0 560 (\d+)"', drawn)[1])
    ends = {}
    for x, y, name in re.findall(r'<text x="([\d.]+)" y="(\d+)">(.+?)</text>', drawn):
        half = len(name) * 3.9  # what 13 px take at most, as a font of wide letters has it
        assert float(x) - half >= ends.get(y, -60) and int(y) < high - 3, name
        ends[y] = float(x) + half


def test_a_chart_says_aloud_what_it_shows_and_hides_no_text():
    drawn = figures.chart("<b>", [("a&b", [1, 2]), ("c", [0, 0])], ["x", "y"])
    assert "&lt;b&gt;. a&amp;b: x 1, y 2; c: x 0, y 0" in drawn and "<b>" not in drawn and " style=" not in drawn
    assert drawn.count("<rect") == 4 + 2


async def test_only_who_runs_the_house_gets_figures_and_each_door_gives_what_it_says(tmp_path):
    store, _ = house(tmp_path)
    doors = ("/month/2026-11", "/month/2026-11.csv", "/month/2026-11-alarms.csv", "/year/2026", "/year/2026.csv")
    async for role, one in each_role(store):
        runs = role in permissions.MONTHS
        for door in doors:
            status, text, headers = await one.get(f"{door}?lang=da")
            assert status == (200 if runs else 403), (role, door)
            if runs and door.endswith("csv"):
                assert text.startswith("\ufeff") and "attachment" in headers["Content-Disposition"]
        told = await one.post("/api/house/0/zone", {"zone": "Europe/Copenhagen"})
        assert told[0] == (200 if runs else 403), role
        if runs:
            wrong = await one.post("/api/house/0/zone?lang=da", {"zone": "Nowhere"})
            assert wrong[:2] == (400, WORDS["da"]["no_zone"])
            for door in ("/month/2026-13", "/month/2026-00.csv", "/month/2026-11-alarms", "/year/0001",
                         "/year/9999", "/month/2026-13-alarms.csv"):
                assert (await one.get(door))[0] == 404, door
    with store.engine.connect() as db:
        assert house_zone.read(db) == COPENHAGEN
    store.close()


@pytest.mark.long
async def test_month_year_and_fleet_have_no_finding_of_any_grade(people, axe, tmp_path):
    home = people("Anna", "Bo")
    home["Anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    home["Bo"].alarm(codes.KIND_FALL, refresh=False)
    async with looking(tmp_path) as page:
        await page.do("Page.setBypassCSP", enabled=True)
        base, now = f"http://127.0.0.1:{home.web}", datetime.now()
        chart = "document.querySelector('svg.chart') !== null"
        await in_each_look(page, axe, [(f"{base}/month/{now:%Y-%m}", chart), (f"{base}/year/{now:%Y}", chart),
                                        (f"{base}/fleet", "document.querySelector('h1') !== null")])
