"""Does an update over the air leave a badge that calls, wherever air or power fail, and refuse what is not for it?

The real firmware/board/update.py over a file system and an air that fail, and the real answers of the gateway.
"""

import collections
import json
import shutil
import time

import pytest

from firmware import codes
from house import house  # noqa: F401
from landed_rig import by_air  # noqa: F401
from slots_rig import (  # noqa: F401
    KEYS, ROOT, Air, Chip, Cut, Wearer, chance, copied, current, cuts, landed, lives, roots, shelf, updated,
)
from tools.cli import close, fleet
from tools.flash import slots, tree
from tools.flash.sources import identity
from tools.gateway.fleet import read
from waits import until


@pytest.fixture(scope="module")
def given(tmp_path_factory, roots):
    """Give {name: (what a gateway answers, version)} of trees on offer."""
    return {name: shelf(tmp_path_factory.mktemp("gateway"), roots[name]) for name in ("newer", "broken")}


def fetched(flash, offer, air=None, wearer=None, cut=-1, each=lambda turn: None, root=ROOT, **chip):
    """Have a badge, whose firmware is that of `root`, fetch what is on offer; return (what came, its chip, its air)."""
    made, air = Chip(flash, cut, **chip), air or Air(offer[0].answer)
    update = made.firmware(air, root)
    try:
        came = (wearer or Wearer()).fetch(update, offer[1], each=each)
    except Cut as cut:
        came = cut
    return came, made, air


def test_a_badge_in_a_slot_fetches_the_tree_and_starts_it_on_trial(tmp_path, landed, given, micropython):
    flash = copied(landed["slot"], tmp_path / "flash")
    wearer = Wearer()
    came, chip, air = fetched(flash, given["newer"], wearer=wearer)
    assert came == "reset" and current(flash) == "b" and (flash / "trial").read_text() == "a 0"
    assert wearer.memory.failed == 0 and not air.open and air.asked[0] == "/7/b/list"
    assert (flash / "b" / "list").read_text().split()[1] == tree.shown(given["newer"][1])
    assert lives(micropython, flash) == "app 1"


def test_what_is_whole_already_is_not_fetched_again_and_what_is_not_wanted_goes(tmp_path, landed, given):
    flash = copied(landed["slot"], tmp_path / "flash")
    came, _, air = fetched(flash, given["newer"], Air(given["newer"][0].answer, cut=300, gone=10 ** 9))
    assert came == codes.WHY_AWAY and current(flash) == "a" and not air.open
    (flash / "b" / "firmware" / "of_before.mpy").write_bytes(b"x")
    came, _, again = fetched(flash, given["newer"])
    assert came == "reset" and not (flash / "b" / "firmware" / "of_before.mpy").exists()
    assert len(set(air.asked)) > 10 and len(set(again.asked[1:]) & set(air.asked[1:])) <= 1, "but for the one cut"


def walk(tmp_path, start, given, count, root=ROOT):
    rnd = chance(18)
    whole, air = fetched(copied(start, tmp_path / "whole"), given["newer"], root=root)[1:]
    shutil.rmtree(tmp_path / "whole")
    ends = [("power", n) for n in rnd.sample(range(1, whole.writes), count // 2 - 8)]
    ends += [("power", n) for n in range(whole.writes - 7, whole.writes + 1)]  # the switch itself
    ends += [("air", n) for n in rnd.sample(range(1, air.reads), count // 2)]
    for how, n in ends:
        flash = copied(start, tmp_path / "cut")
        air = Air(given["newer"][0].answer, n if how == "air" else -1, rnd.choice((1, 10 ** 9)))
        came = fetched(flash, given["newer"], air, cut=n if how == "power" else -1, root=root)[0]
        if how == "air":
            assert came == ("reset" if air.gone == 1 else codes.WHY_AWAY), (how, n)
        else:
            assert isinstance(came, Cut), (how, n)
        yield how, n, flash
        shutil.rmtree(flash)


@pytest.mark.long
def test_wherever_air_or_power_fail_the_badge_runs_a_whole_tree_and_calls(tmp_path, landed, given, micropython):
    seen = set()
    for how, n, flash in walk(tmp_path, landed["slot"], given, cuts(18)):
        assert lives(micropython, flash) == "app 1", (how, n)
        seen.add((how, current(flash)))
        if n % 7 == 0 and current(flash) == "a":  # and it can be fetched again
            assert fetched(flash, given["newer"])[0] == "reset" and lives(micropython, flash) == "app 1"
    assert {("power", "a"), ("power", "b"), ("air", "a"), ("air", "b")} <= seen


@pytest.mark.long
def test_wherever_the_air_s_update_of_a_landed_firmware_is_cut_the_badge_calls(tmp_path, by_air, given, micropython):
    seen = collections.Counter()
    for name, (start, root) in by_air.items():  # those before take the cable alone: test_slots.py
        for how, n, flash in walk(tmp_path, start, given, cuts(18), root):
            assert lives(micropython, flash) == "app 1", (name, how, n)
            seen[name, how, current(flash)] += 1
    print("cuts by landing, kind, and the slot that runs:", dict(seen))
    assert {(how, slot) for _, how, slot in seen} == {(how, slot) for how in ("power", "air") for slot in "ab"}


def test_a_tree_from_the_air_that_breaks_gives_way_to_the_one_before(tmp_path, landed, given, micropython):
    flash = copied(landed["slot"], tmp_path / "flash")
    assert fetched(flash, given["broken"])[0] == "reset" and current(flash) == "b"
    assert lives(micropython, flash) == "app 5" and current(flash) == "a"


def harmed(path, how):
    def harm(asked, data):
        if not asked.endswith(path):
            return data
        if how == "cut":
            return data[: len(data) // 2]
        half = len(data) // 2
        flipped = data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]
        return flipped if how == "one bit" else b"HTTP/1.0 404 Not Found\r\n\r\n"
    return harm


@pytest.mark.parametrize("path", ["/list", "/firmware/badge.mpy", "/main.py"])
@pytest.mark.parametrize("how", ["one bit", "cut", "missing"])
def test_what_is_tampered_with_or_cut_on_its_way_never_runs(tmp_path, landed, given, path, how):
    flash = copied(landed["slot"], tmp_path / "flash")
    came, _, air = fetched(flash, given["newer"], Air(given["newer"][0].answer, harm=harmed(path, how)))
    means = {"one bit": codes.WHY_TORN, "missing": codes.WHY_AWAY,
             "cut": codes.WHY_TORN if path == "/list" else codes.WHY_AWAY}[how]
    assert came == means and current(flash) == "a" and not (flash / "trial").exists() and not air.open


@pytest.mark.parametrize("path", ["/list", "/firmware/badge.mpy"])
def test_who_answers_without_end_fills_no_flash(tmp_path, landed, given, path):
    flash = copied(landed["slot"], tmp_path / "flash")
    endless = Air(given["newer"][0].answer, harm=lambda asked, data: data + bytes(400_000) * asked.endswith(path))
    assert fetched(flash, given["newer"], endless)[0] == codes.WHY_TORN and current(flash) == "a"
    assert max(at.stat().st_size for at in flash.rglob("*") if at.is_file()) < 64_000


@pytest.mark.parametrize("error", [MemoryError, ValueError])
def test_an_error_ends_the_update_and_not_the_badge_and_the_next_order_begins_anew(tmp_path, landed, given, error):
    def fails(asked, data):
        if asked.endswith("/firmware/badge.mpy") and not failed:
            failed.append(asked)
            raise error
        return data

    flash, failed = copied(landed["slot"], tmp_path / "flash"), []
    chip, air, wearer = Chip(flash, -1), Air(given["newer"][0].answer, harm=fails), Wearer()
    update = chip.firmware(air)
    assert wearer.fetch(update, given["newer"][1]) == codes.WHY_CABLE and failed and not air.open
    assert current(flash) == "a" and not (flash / "trial").exists()
    assert wearer.fetch(update, given["newer"][1]) == "reset" and current(flash) == "b"


@pytest.mark.parametrize(("means", "chip", "wearer", "offer"), [
    (codes.WHY_CHIP, {"mpy": 5}, {}, {}),
    (codes.WHY_CHIP, {"machine_is": "Raspberry Pi Pico with RP2040"}, {}, {}),
    (codes.WHY_SEAL, {}, {}, {"keys": KEYS[::-1]}),
    (codes.WHY_OLDER, {}, {}, {"made_min": 1}),
    (codes.WHY_CABLE, {"room": 1 << 19}, {}, {}),
    (codes.WHY_CABLE, {}, {"wifi": False}, {}),
    (codes.WHY_CHARGE, {}, {"percent": 29}, {}),
])
def test_what_is_not_for_this_badge_is_refused_with_its_reason(
    tmp_path, tmp_path_factory, roots, landed, given, means, chip, wearer, offer
):
    flash = copied(landed["slot"], tmp_path / "flash")
    on = shelf(tmp_path_factory.mktemp("other"), roots["newer"], **offer) if offer else given["newer"]
    came, _, air = fetched(flash, on, wearer=Wearer(**wearer), **chip)
    assert came == means and current(flash) == "a" and not (flash / "trial").exists() and not air.open


def test_another_version_than_the_one_that_was_ordered_is_not_taken(tmp_path, landed, given):
    flash = copied(landed["slot"], tmp_path / "flash")
    assert fetched(flash, (given["newer"][0], given["newer"][1] ^ 1))[0] == codes.WHY_AWAY and current(flash) == "a"


@pytest.mark.parametrize("place", ["top", "slot on trial"])
def test_a_badge_without_slots_wants_the_cable_and_one_on_trial_another_time(tmp_path, landed, given, place):
    flash = copied(landed["top" if place == "top" else "slot"], tmp_path / "flash")
    if place != "top":
        (flash / "trial").write_text("b 1")
    came, _, air = fetched(flash, given["newer"])
    assert came == (codes.WHY_CABLE if place == "top" else codes.WHY_NOT_NOW) and not air.asked


def test_nothing_is_done_within_a_gesture_or_an_alarm_and_it_goes_on_after(tmp_path, landed, given):
    flash = copied(landed["slot"], tmp_path / "flash")
    wearer, chip = Wearer(), Chip(flash)
    air = Air(given["newer"][0].answer)
    update = chip.firmware(air)
    busy = []

    def each(turn):
        wearer.rests = not 200 <= turn < 300
        wearer.may = not 400 <= turn < 600
        busy.append((air.reads, chip.writes, air.open))

    assert wearer.fetch(update, given["newer"][1], each=each) == "reset"
    assert busy[201][:2] == busy[299][:2] and busy[402][:2] == busy[599][:2] and busy[402][2] == 0
    assert wearer.refused == []


def test_an_alarm_that_lasts_ends_the_update(tmp_path, landed, given):
    wearer = Wearer()
    wearer.may = False
    came, _, air = fetched(copied(landed["slot"], tmp_path / "flash"), given["newer"], wearer=wearer)
    assert came == codes.WHY_NOT_NOW and wearer.now == pytest.approx(1_800_000, abs=1000) and not air.asked


def test_a_slice_reads_and_writes_little(tmp_path, landed, given):
    flash = copied(landed["slot"], tmp_path / "flash")
    chip = Chip(flash)
    air, most = Air(given["newer"][0].answer), [0, 0]
    before = [0, 0]

    def each(turn):
        for i, count in enumerate((air.reads, chip.writes)):
            most[i] = max(most[i], count - before[i])
            before[i] = count

    assert Wearer().fetch(chip.firmware(air), given["newer"][1], each=each) == "reset"
    assert most[0] <= 2 and most[1] <= 4, most


def test_what_a_browser_or_a_stranger_asks_for_is_not_given(given):
    files = given["newer"][0]
    for asked in (b"", b"GET / HTTP/1.0\r\n", b"GET /8/a/list HTTP/1.0\r\n", b"GET /a/../about.json HTTP/1.0\r\n",
                  b"GET /a/firmware HTTP/1.0\r\n", b"GET /c/main.py HTTP/1.0\r\n", b"POST /a/main.py HTTP/1.0\r\n",
                  b"GET /a//main.py HTTP/1.0\r\n", b"\xff" * 400):
        assert files.answer(asked).startswith(b"HTTP/1.0 404 "), asked
    assert files.answer(b"GET /a/main.py HTTP/1.0\r\n").startswith(b"HTTP/1.0 200 ")


@pytest.mark.long
def test_a_badge_in_service_fetches_its_update_and_calls_meanwhile(house, roots, tmp_path):
    house = house("anna")
    badge = house.badges[0]
    known = badge.folder / "nvs" / "kald" / "pairing"
    said = json.loads(known.read_bytes()[1:]) | {"port": house.gateway.udp}  # the tap carries datagrams alone
    known.write_bytes(b"b" + json.dumps(said).encode())
    assert slots.flash(roots["newer"], badge.port).trial
    until(lambda: "kald: proven" in badge.console)
    where = ["--data", str(tmp_path), "--web", str(house.web)]

    def fact():
        with house.store.engine.connect() as db:
            return read(db, 0)[0]

    runs = tree.shown(tree.version(identity(roots["newer"])))
    until(lambda: fact()["needs"] == "nothing" and fact()["version"] == runs)
    assert fleet.main(["update", "--by", "Kim", "--at-work", *where]) == 0
    until(lambda: (badge.flash / "b" / "firmware" / "alarm").exists())
    badge.press(1000)
    until(lambda: "received" in house.steps())
    there = len(list((badge.flash / "b").rglob("*.mpy")))
    time.sleep(2)
    assert len(list((badge.flash / "b").rglob("*.mpy"))) - there <= 1, "it waits while an alarm is open"
    alarm = house.facts()["alarms"][0]["id"]
    assert close.main([str(alarm), "--by", "Kim", "--outcome", "test", *where]) == 0
    until(lambda: badge.console.count("kald: proven") == 2)
    assert current(badge.flash) == "b" and badge.console.count("kald: updated") == 1
    until(lambda: fact()["state"] == "done")
    assert fact()["version"] == tree.shown(tree.version(identity(ROOT))) and fleet.main(where) == 0
