"""Is a simulated week told and drawn as it was, and is each broken bound said in plain words? On made-up hours."""

import ast
import dataclasses
import json
import xml.etree.ElementTree as xml

import pytest

from firmware.app import WATCHDOG_MS
from tools.bench import week, week_days, week_drawn, week_table
from tools.cli import week as command
from tools.docs.rooms import imports
from tools.sim.energy import currents, wear
from tools.sim.scripts import fake_memory

HOUR_MS = 3_600_000


def hour(n, **other):
    """Return the line that days.py prints after hour `n` of quiet days on Wi-Fi."""
    counts = {
        "hour": n, "ms": n * HOUR_MS, "taken": 58000 + 10 * min(n, 5), "free": 34000, "largest": 19000, "fed": 5600 * n,
        "gap_ms": 670, "samples": 180_000 * n, "sent_1": n, "sent_2": 60 * n, "sent_4": n // 2, "sent_5": n // 24,
        "received": 61 * n, "alarms": n // 12, "tests": n // 24, "calm_ms": n * HOUR_MS, "motor_ms": 500 * n,
        "entries": 100 + 12 * n, "erases": (100 + 12 * n) // 100, "cause_11": (n + 12) // 24,
    }
    return " ".join(f"{name} {number}" for name, number in {**counts, **other}.items())


def quiet(days=2, radio="wifi", bits=32, end="lost 0\nstate 0\nended_end 1\n", **other):
    """Return days as Lived; other: what the last hour's line says instead."""
    lines = [hour(n) for n in range(24 * days)] + [hour(24 * days, **other)]
    return week.Lived(radio, days, bits, 120, 60.0, *week.parsed("\n".join(lines) + "\n" + end))


def test_all_that_the_week_loads_of_tools_is_compiled_for_it():
    for path in week.DOUBLES:
        tree = ast.parse((week.ROOT / path).read_text(encoding="utf-8"))
        tree.body = [node for node in tree.body  # what is only there for mypy is never loaded
                     if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")]
        names = imports(ast.unparse(tree))
        taken = {f"{name.replace('.', '/')}.py" for name in names if name.startswith("tools.")}
        assert taken <= set(week.DOUBLES), f"{path} loads what is not there"


def test_a_quiet_week_has_no_troubles():
    assert week_days.troubles(quiet()) == []
    assert week_days.troubles(quiet(cause_2=2)) == []  # each day's cut of the link may be said


@pytest.mark.parametrize("other, said", [
    ({"taken": 58050 + 65}, "the heap grew by 65 bytes from the first evening to the last, 64 are allowed"),
    ({"largest": 4000}, "no more than 4000 bytes were free in one piece, 4096 are needed"),
    ({"gap_ms": 4100}, f"waited 4100 ms for a meal in hour 48: 4000 are allowed, and at {WATCHDOG_MS} it resets"),
    ({"entries": 200_000}, "the flash bears 1.4 years of this, 20 are wanted"),
    ({"cause_7": 3}, "an allocation failed, or the heap ran low, 3 times"),
    ({"cause_4": 1}, "the badge reported 1 times: storage"),
    ({"cause_2": 3}, "the badge reported 3 times: no gateway"),
    ({"cause_15": 1}, "the badge reported 1 times: fault 15"),
    ({"crashes": 2}, "a task crashed 2 times"),
    ({"end": "lost 4\nstate 0\n"}, "4 messages were dropped from a full queue"),
    ({"end": "lost 0\nstate 3\n"}, "an alarm was still open at the end"),
])
def test_each_broken_bound_is_said(other, said):
    lived = quiet(**other)
    assert len(week_days.troubles(lived)) == 1 and said in week_days.troubles(lived)[0]
    assert f"WRONG: {week_days.troubles(lived)[0]}" in week_table.table(lived)
    assert week_days.troubles(lived)[0][1:] in week_drawn.draw(lived)


def test_a_first_day_that_grows_is_said_and_longer_words_may_grow_more():
    assert "grew by 257 bytes on the first day" in week_days.troubles(quiet(1, taken=58257))[0]
    assert week_days.troubles(quiet(1, taken=58512, bits=64)) == []
    assert len(week_days.troubles(quiet(1, taken=58513, bits=64))) == 1


def test_a_day_has_its_own_share():
    first, second = week_days.rows(quiet())
    assert second["frames"] == {"alarms": 24, "beats": 1440, "told": 12, "other": 1}
    assert second["entries"] == 288 and second["erases"] in (2, 3) and second["feeds"] == 24 * 5600
    assert second["alarms"] == 2 and second["tests"] == 1 and second["causes"] == {"not worn": 1}
    assert first["taken"] == 58050 and first["gap_ms"] == 670
    assert second["mah"]["motor"] == pytest.approx(24 * 500 * currents.MOTOR_MA.value / HOUR_MS)
    assert second["mah"] == pytest.approx(first["mah"])
    lora = week_days.row(quiet(radio="both", air_1=7, air_2=2), 2)
    assert lora["frames"]["over LoRa"] == 9 and lora["mah"]["LoRa"] > 0


def test_the_table_has_a_row_a_day_and_as_many_columns():
    lines = week_table.table(quiet(3)).split("\n")
    assert [line.split()[0] for line in lines[1:5]] == ["day", "1", "2", "3"]
    assert len({len(line.rstrip()) for line in lines[2:5]}) == 1
    assert "motor" in lines[1] and "LoRa" not in lines[1] and lines[-1] == "all within bounds"
    assert lines[4].endswith("not worn") and "72 hours" not in lines[1]


def test_the_picture_shows_every_hour_and_every_panel():
    lived = quiet(3)
    tree = xml.fromstring(week_drawn.draw(lived))
    shapes = {kind: [node for node in tree.iter() if node.tag.endswith("}" + kind)] for kind in
              ("polyline", "polygon", "rect", "text")}
    told = [node.text for node in shapes["text"]]
    assert [line for line in told if line.startswith(("Heap", "Flash", "Charge", "Watchdog"))] == [
        "Heap after a collection, KB", "Heap taken, bytes more than two seconds after the start",
        "Flash written, NVS entries of 32 bytes; a stroke for each page erased",
        f"Charge taken from the cell, mAh by part ({week_days.BOARD})",
        "Watchdog, the longest wait for a meal in each hour, ms",
    ]
    assert {"shift 1", "shift 3", "taken, 56.7", "50 bytes", "964 entries", "9 erases", "670 ms at most"} <= set(told)
    assert sum(len(node.attrib["points"].split()) == 73 for node in shapes["polyline"]) == 5
    alarms = [node for node in shapes["polygon"] if len(node.attrib["points"].split()) == 3]
    assert len(alarms) == 6 + 1  # and the one that is explained
    layers = [node for node in shapes["polygon"] if len(node.attrib["points"].split()) == 2 * 73]
    assert len(layers) >= 3
    for node in shapes["polyline"] + shapes["polygon"]:
        for point in node.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= week_drawn.WIDTH and 0 <= y <= float(tree.attrib["height"])


def test_names_give_way_and_steps_are_round():
    assert week_drawn.apart([10, 12, 80], 14) == [4, 18, 80]
    assert week_drawn.apart([10, 10, 10, 30], 14) == [-6.0, 8.0, 22.0, 36.0]
    assert [week_drawn.nice(step) for step in (0.07, 1, 3, 13, 250)] == [0.1, 1, 5, 20, 500]


def test_the_flash_that_is_counted_is_the_one_that_is_reckoned_with():
    assert fake_memory.ROOM_ENTRIES == wear.PAGE_ENTRIES - wear.LIVING_ENTRIES // wear.PAGES
    fake_memory.count.clear()
    flash = fake_memory.Flash(type("Board", (), {"load": None, "reserve": lambda self: 0})())
    for _ in range(30):
        flash.save(None, 60)
        flash.ahead()
    flash.reserve()
    flash.pledge(55)
    counted = dict(fake_memory.count)
    fake_memory.count.clear()
    assert (counted["nvs_alarm"], counted["nvs_counter"], counted["nvs_pledge"]) == (30, 1, 1)
    plain = 30 * wear.blob_entries(64) + 1 + wear.blob_entries(59)
    assert plain < counted["entries"] <= 1.3 * plain + 100  # what fills a page up says nothing
    assert counted["erases"] == counted["entries"] // 100 or counted["erases"] == counted["entries"] // 100 + 1


def test_the_command_says_how_it_went(tmp_path, capsys, monkeypatch):
    out = tmp_path / "week.svg"
    asked = []

    def measure(*words, **more):
        asked.append((words, more))
        return lived

    monkeypatch.setattr(command.week, "measure", measure)
    lived = quiet()
    assert command.main(["--days", "2", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(" " * 5 + "heap") and "<svg" in out.read_text()
    assert asked == [((2, "wifi"), {"samples": "all"})]
    lived = dataclasses.replace(lived, end={"lost": 1, "state": 0})
    assert command.main(["--days", "2", "--json", "--thin", "--out", str(out)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["troubles"] == ["1 messages were dropped from a full queue"] and len(found["hours"]) == 49
    assert found["badge_hours_per_minute"] == 48 and asked[1][1] == {"samples": "thin"}
    assert command.main(["--out", str(tmp_path)]) == 1  # a folder is no picture
    assert "kald week: " in capsys.readouterr().err
    lived = None
    assert command.main(["--out", str(out)]) == 2
    for words in (["--days", "0"], ["--days", "11"], ["--radio", "none"], ["--out", str(out / "nowhere" / "a.svg")]):
        with pytest.raises(SystemExit):
            command.main(words)
