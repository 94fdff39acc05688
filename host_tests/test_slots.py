"""Does an update that is cut short, at any moment and in any way, leave a badge that calls?

The real session of `kald flash` (tools/flash/slots.py and its script for the badge), over a file system that fails at
any write, rename or removal, as when the power goes, or between any two words, as when the cable does. What is left
then is started in MicroPython over the least metal (broken_life.py), with a hand on the button.
"""

import ast
import collections
import contextlib
import hashlib
import io
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from firmware import codes
from firmware.board import trial
from house import house  # noqa: F401
from landed_rig import landings  # noqa: F401
from slots_rig import (  # noqa: F401
    FULL, KEYS, Chip, Cut, Line, built, chance, copied, current, cuts, landed, lives, roots, updated,
)
from tools.flash import slots, tree
from tools.flash.cable import Refusal
from waits import until


def walk(tmp_path, roots, landed, micropython, count):
    rnd = chance(17)
    for name, old in landed.items():
        whole = Chip(copied(old, tmp_path / f"whole {name.replace('/', ' ')}"))
        line, came = updated(roots["newer"], whole)
        assert came.trial and lives(micropython, whole.flash) == "app 1"
        ends = [("power", n) for n in rnd.sample(range(1, whole.writes + 1), count // 2 - 8)]
        ends += [("power", n) for n in range(whole.writes - 7, whole.writes + 1)]  # the switch itself
        ends += [("cable", n) for n in rnd.sample(range(1, line.words + 1), count // 2)]
        for how, n in ends:
            flash = copied(old, tmp_path / "cut")
            chip = Chip(flash, n if how == "power" else -1)
            _, came = updated(roots["newer"], chip, n if how == "cable" else -1)
            yield name, how, n, came, flash
            shutil.rmtree(flash)


@pytest.mark.long
def test_wherever_an_update_is_cut_the_badge_runs_a_whole_tree_and_calls(tmp_path, roots, landed, micropython):
    seen = set()
    for name, how, n, came, flash in walk(tmp_path, roots, landed, micropython, cuts(18)):
        assert isinstance(came, (Cut, Refusal)), (name, how, n)
        assert lives(micropython, flash) == "app 1", (name, how, n)
        seen.add((name, current(flash)))
        if n % 7 == 0:  # and it can be flashed again
            assert updated(roots["newer"], Chip(flash))[1].trial and lives(micropython, flash) == "app 1"
    assert {("top", ""), ("slot", "a")} <= seen and (("top", "a") in seen or ("slot", "b") in seen)


@pytest.mark.long
def test_wherever_the_cable_s_update_of_a_landed_firmware_is_cut_the_badge_calls(
    tmp_path, roots, landings, micropython
):
    seen = collections.Counter()
    flashes = {name: flash for name, (flash, _) in landings.items()}
    for name, how, n, came, flash in walk(tmp_path, roots, flashes, micropython, cuts(18)):
        assert isinstance(came, (Cut, Refusal)), (name, how, n)
        assert lives(micropython, flash) == "app 1", (name, how, n)
        seen[name, how, current(flash) != current(flashes[name])] += 1
    print("cuts by landing, kind, and whether the new tree runs:", dict(seen))
    assert all(seen[name, "power", new] for name in landings for new in (False, True))


@pytest.mark.parametrize("name", ["top", "slot"])
def test_a_tree_that_breaks_gives_way_to_the_one_before(tmp_path, roots, landed, micropython, name):
    flash = copied(landed[name], tmp_path / "flash")
    assert updated(roots["broken"], Chip(flash))[1].trial
    assert lives(micropython, flash) == "app 5", "three that failed, the one that counts them, and the tree before"
    assert current(flash) == current(landed[name]) and lives(micropython, flash) == "app 1"
    assert not (flash / "trial").exists()
    assert updated(roots["newer"], Chip(flash))[1].trial and lives(micropython, flash) == "app 1"


@pytest.mark.parametrize(("means", "chip", "keys"), [
    ("", {}, KEYS), ("", {}, None), ("is not sealed with this badge's key", {}, KEYS[::-1]),
    ("mpy 6, and this MicroPython reads mpy 5", {"mpy": 5}, KEYS),
    ("for ESP32, and this is an RP2040", {"machine_is": "Raspberry Pi Pico with RP2040"}, KEYS),
    ("KB of room for a second tree", {"room": FULL}, KEYS),
])
def test_a_list_that_is_not_for_this_badge_changes_nothing_that_runs(tmp_path, roots, landed, means, chip, keys):
    flash = copied(landed["top"], tmp_path / "flash")
    before = {name: (flash / name).read_bytes() for name in ("main.py", "boot.py", "sums", "firmware/app.mpy")}
    _, came = updated(roots["newer"], Chip(flash, **chip), keys=keys)
    if means:
        assert means in str(came)
        assert before == {name: (flash / name).read_bytes() for name in before} and not (flash / "trial").exists()
    else:
        assert came.trial and current(flash) == "a"


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("knows", [True, False])
def test_a_badge_that_is_paired_believes_on_the_cable_what_its_gateway_has_sealed(
    tmp_path, roots, landed, paired, knows
):
    asked = []

    def keys_of(device, mark):
        asked.append((device, mark))
        return KEYS

    flash = copied(landed["slot"], tmp_path / "flash")
    chip = Chip(flash, paired=paired)
    _, came = updated(roots["newer"], chip, keys_of=keys_of if knows else None)
    seal = (flash / "b" / "list").read_text().splitlines()[-1]
    assert current(flash) == "b" and came.vouched == (knows or not paired)
    assert asked == ([(7, hashlib.sha256(KEYS[0]).hexdigest()[:8])] if knows and paired else [])
    assert (seal == "-" * 64) == (not asked), "before it is paired there is no key, and the cable vouches"
    adopt = Line(chip)
    adopt.run(slots.scripts())
    said = [adopt.run(f"adopt('b', {sealed})").strip() for sealed in (False, True)]
    assert said[0] == "for good" and said[1] == ("for good" if asked else f"refused: {codes.WHY_SEAL}")


def test_a_badge_of_another_house_is_not_touched(tmp_path, roots, landed):
    def keys_of(device, mark):
        raise Refusal("another house's")

    flash = copied(landed["slot"], tmp_path / "flash")
    before = {path: path.read_bytes() for path in flash.rglob("*") if path.is_file()}
    assert str(updated(roots["newer"], Chip(flash), keys_of=keys_of)[1]) == "another house's"
    assert before == {path: path.read_bytes() for path in flash.rglob("*") if path.is_file()}


def resealed(data, keys, change=lambda lines: lines):
    """Return a list with other lines, sealed with other keys."""
    return tree.sealed(change(data.rsplit(b"\n", 2)[0]), keys)


def of_minute(lines, minute):
    first, rest = lines.split(b"\n", 1)
    words = first.split()
    return b" ".join((*words[:2], b"%d" % minute, *words[3:])) + b"\n" + rest


LISTS = {  # what is done to a list that was good, and what is said of it
    "good": (lambda data: data, ""),
    "made in the same minute": (lambda data: resealed(data, KEYS, lambda lines: of_minute(lines, 30_000_000)), ""),
    "tampered": (lambda data: data.replace(b"/firmware/badge.mpy ", b"/firmware/badge.mpy 1", 1),
                 "list did not arrive whole"),
    "tampered, its digest made anew": (lambda data: resealed(data, KEYS, lambda lines: lines + b"\n/x 1 0")[:-64]
                                       + data[-64:], "not sealed with this badge's key"),
    "cut short": (lambda data: data[: len(data) // 2], "list did not arrive whole"),
    "cut to nothing": (lambda data: b"", "list did not arrive whole"),
    "another key": (lambda data: resealed(data, KEYS[::-1]), "not sealed with this badge's key"),
    "older": (lambda data: resealed(data, KEYS, lambda lines: of_minute(lines, 29_999_999)), "made before what runs"),
    "another chip": (lambda data: resealed(data, KEYS, lambda lines: lines.replace(b" ESP32\n", b" RP2040\n", 1)),
                     "for RP2040, and this is an ESP32S3"),
    "another form": (lambda data: resealed(data, KEYS, lambda lines: lines.replace(b" mpy 6 ", b" mpy 7 ", 1)),
                     "mpy 7, and this MicroPython reads mpy 6"),
}


@pytest.mark.parametrize("what", LISTS)
@pytest.mark.parametrize("air", [False, True])
def test_of_a_sealed_list_good_tampered_cut_older_and_foreign_are_told_apart(tmp_path, roots, landed, what, air):
    flash = copied(landed["slot"], tmp_path / "flash")
    chip = Chip(flash)
    assert updated(roots["newer"], chip, keys=KEYS)[1].trial and current(flash) == "b"
    (flash / "trial").unlink()
    shutil.copytree(flash / "b", flash / "a", dirs_exist_ok=True)
    made = resealed((flash / "b" / "list").read_bytes(), KEYS, lambda lines: of_minute(lines, 30_000_000))
    (flash / "b" / "list").write_bytes(made)
    harm, means = LISTS[what]
    (flash / "a" / "list").write_bytes(harm(made))
    why, more = ast.literal_eval(Line(chip).run(f"print(whole(wrong('a', {air})))"))
    assert means in slots.WHYS[why].format(more=more) if means else not why


@pytest.mark.parametrize("air", [False, True])
def test_what_nobody_has_sealed_comes_by_cable_alone(tmp_path, landed, air):
    flash = copied(landed["slot"], tmp_path / "flash")
    why, _ = ast.literal_eval(Line(Chip(flash)).run(f"{slots.scripts()}\nprint(whole(wrong('a', {air})))"))
    assert why == (codes.WHY_SEAL if air else 0)


@pytest.mark.parametrize("harm", ["one bit", "cut", "missing", "another list"])
def test_a_tree_that_is_not_what_its_list_says_never_runs(tmp_path, roots, landed, harm):
    flash = copied(landed["top"], tmp_path / "flash")
    chip = Chip(flash)
    line = Line(chip)
    run = line.run

    def harmed(script):
        path = flash / "a" / "firmware" / "badge.mpy"
        if script.startswith("adopt("):
            data = path.read_bytes()
            if harm == "missing":
                path.unlink()
            elif harm == "another list":
                path = flash / "a" / "list"
                path.write_bytes(path.read_bytes().replace(b"/firmware/badge.mpy ", b"/firmware/badge.mpy 1", 1))
            else:
                path.write_bytes(data[:-9] if harm == "cut" else bytes([data[0] ^ 1]) + data[1:])
        return run(script)

    line.run = harmed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "opened", lambda port: contextlib.nullcontext(line))
        patch.setattr(slots, "build", lambda root, out, spare, slot: built(root, out, spare, slot))
        means = "/a/list did not arrive whole" if harm == "another list" else "badge.mpy did not arrive whole"
        with pytest.raises(Refusal, match=means):
            slots.flash(roots["newer"], "port", keys_of=lambda device, mark: KEYS)
    assert current(flash) == "" and not (flash / "trial").exists()


def test_what_has_arrived_is_not_copied_again(tmp_path, roots, landed):
    flash = copied(landed["top"], tmp_path / "flash")
    whole, _ = updated(roots["newer"], Chip(flash))
    flash = copied(landed["top"], tmp_path / "again")
    updated(roots["newer"], Chip(flash), whole.words * 3 // 4)
    again, came = updated(roots["newer"], Chip(flash))
    assert came.trial and again.words < whole.words // 3


class Bench:
    """A board, its clock, and the one file that a trial is."""

    def __init__(self):
        self.t, self.fed, self.resets, self.ordered_ends = 0, 0, 0, 0
        self.memory = SimpleNamespace(ordered=lambda: setattr(self, "ordered_ends", self.ordered_ends + 1))
        self.files = {"/trial": "a 1"}

    def now(self):
        return self.t

    def feed(self):
        self.fed += 1

    def reset(self):
        self.resets += 1


@pytest.mark.parametrize(("proven_ms", "calm", "ends"), [
    (900, True, "proven"), (599_000, True, "proven"), (None, True, "back"), (900, False, "goes on"),
    (None, False, "goes on"),
])
def test_a_trial_ends_by_an_answer_or_after_ten_minutes_and_never_within_a_gesture(monkeypatch, proven_ms, calm, ends):
    board = Bench()
    kept = {}

    class Kept(io.StringIO):
        def close(self):
            kept["/new"] = self.getvalue()
            super().close()

    monkeypatch.setattr(trial, "open", lambda path, mode="r": Kept() if mode == "w" else io.StringIO(
        board.files[path]), raising=False)
    monkeypatch.setattr(trial, "os", SimpleNamespace(
        remove=board.files.pop, rename=lambda old, new: board.files.update({new: kept.pop(old)})))
    trial.Trial(board, lambda lasts: proven_ms is not None and lasts >= proven_ms, lambda: calm)
    for turn in range(700):
        board.t = turn * 1000
        board.feed()
        if board.resets or "/trial" not in board.files:
            break
    assert board.fed == turn + 1
    assert ("/trial" in board.files) == (ends != "proven")
    assert board.resets == board.ordered_ends == (ends == "back")
    if ends == "back":
        assert turn == 600 and board.files["/trial"] == "a 99", "which boot.py takes for one start too many"


@pytest.mark.parametrize("kept", [b"\xff 1", b"a \xc3", b"a many", b"a 1\0"])
def test_a_trial_that_nobody_can_read_ends_no_hallway_and_keeps_no_start_from_looking_at_its_tree(monkeypatch, kept):
    def reading(path, mode="r"):
        assert path == "/trial", "of such a one nothing is written"
        return io.TextIOWrapper(io.BytesIO(kept), "utf-8")

    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(reset_cause=lambda: 1, SOFT_RESET=5))
    boot = ast.parse((Path(__file__).parent.parent / "boot.py").read_text())
    [counts] = [node for node in boot.body if getattr(node, "name", "") == "trial"]
    known = {"open": reading, "put": None, "slot": None}
    exec(compile(ast.Module([counts], []), "boot.py", "exec"), known)
    known["trial"](b"")
    if max(kept) > 0x7F:
        board = Bench()
        monkeypatch.setattr(trial, "open", reading, raising=False)
        trial.Trial(board, lambda lasts: False, lambda: True)
        for board.t in range(0, 1_300_000, 1000):
            board.feed()
        assert board.resets == 0 and board.fed == 1300


@pytest.mark.long
def test_a_badge_in_service_is_updated_and_proven_by_its_gateway(house, roots):
    house = house("anna")
    badge = house.badges[0]
    assert slots.flash(roots["newer"], badge.port).trial
    until(lambda: "kald: proven" in badge.console)
    assert not (badge.flash / "trial").exists() and current(badge.flash) == "a"
    badge.press(1000)
    until(lambda: "received" in house.steps())
    with pytest.raises(Refusal, match="an alarm is open on this badge, and nothing was changed"):
        slots.flash(roots["now"], badge.port)
    assert current(badge.flash) == "a"
    assert slots.flash(roots["now"], badge.port, in_alarm=True).trial
    until(lambda: badge.console.count("kald: proven") == 2)
    assert current(badge.flash) == "b" and not (badge.flash / "firmware").exists()


@pytest.mark.parametrize("harmed", [["app"], ["app", "lifeboat"], ["start", "lifeboat_start", "board/build"]])
@pytest.mark.parametrize("cut", [False, True])
def test_a_proven_tree_that_breaks_in_its_slot_calls_from_the_lifeboat_s_own_copies(
    tmp_path, landed, micropython, harmed, cut
):
    flash = copied(landed["slot"], tmp_path / "flash")
    for name in harmed:
        path = flash / "a" / "firmware" / f"{name}.mpy"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2]) if cut else path.unlink()
    assert lives(micropython, flash) == "lifeboat 5"
    assert len(list(flash.rglob("*.bad"))) == (len(harmed) if cut else 0)
