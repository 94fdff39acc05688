"""Does a fresh, empty badge become a working one with flash and pair, through the real mpremote?"""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from tools.cli import flash as flash_command
from tools.cli import pair as pair_command
from tools.cli import unpair as unpair_command
from tools.flash import copy, pairing, slots, sources
from tools.flash.cable import Refusal, check
from tools.sim.gateway_process import GatewayProcess
from tools.sim.virtual import VirtualBadge
from waits import until

_MAIN = """import sys
SLOT = ""
sys.path[:0] = (SLOT, SLOT + "/lib")
from firmware.codes import WORD
print("main says", WORD)
print("kald: started", WORD)
import time
while True:
    time.sleep_ms(5)
"""


def tree(folder, word="first"):
    """Make a tiny firmware in `folder`."""
    (folder / "firmware").mkdir(parents=True, exist_ok=True)
    (folder / "lib").mkdir(exist_ok=True)
    (folder / "boot.py").write_text('print("boot")\n')
    (folder / "main.py").write_text(_MAIN)
    (folder / "firmware" / "__init__.py").write_text("")
    (folder / "firmware" / "codes.py").write_text(f"WORD = {word!r}\n")
    (folder / "lib" / "chip.py").write_text("X = 1\n")
    return folder


def test_flash_runs_main_and_removes_what_is_stale(tmp_path):
    root = tree(tmp_path / "root")
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        assert slots.flash(root, badge.port)[:3] == (4, False, "first")  # a folder is a package without a file
        until(lambda: "main says first" in badge.console)
        assert [path.name for path in (badge.flash / "a" / "lib").iterdir()] == ["chip.mpy"]
        (badge.flash / "firmware").mkdir()  # as an older kald has left them
        (badge.flash / "firmware" / "old.mpy").write_bytes(b"x")
        (badge.flash / "settings.json").write_text("{}")
        (badge.flash / "lib" / "lora").mkdir(parents=True)
        (badge.flash / "lib" / "lora" / "modem.mpy").write_bytes(b"by mip")
        (badge.flash / "lib" / "old_chip.mpy").write_bytes(b"x")
        tree(root, "second")
        slots.flash(root, badge.port)  # main.py runs in a loop now, and is interrupted
        until(lambda: "main says second" in badge.console)
        assert not (badge.flash / "firmware").exists() and (badge.flash / "b" / "firmware").exists()
        assert (badge.flash / "settings.json").exists() and (badge.flash / "lib" / "lora" / "modem.mpy").exists()
        assert not (badge.flash / "lib" / "old_chip.mpy").exists()


def test_a_board_from_the_drawer_becomes_a_badge_whatever_lies_on_it(tmp_path):
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        old = badge.flash / "firmware" / "sub dir"
        old.mkdir(parents=True)
        (badge.flash / "main.py").write_bytes(b"# gammel kode \xe6\xf8\xe5\nprint('hej')\n")  # no UTF-8
        for path in ("Ærø.py", "a'b\"c.mpy", "new\nline.txt", "sub dir/x.mpy"):
            (badge.flash / "firmware" / path).write_bytes(b"\xff\xfe\x00junk")
        (badge.flash / "lib").mkdir(exist_ok=True)
        (badge.flash / "lib" / "chip.py").write_text("raise SystemError('an old driver')")
        badge.reset()
        slots.flash(tree(tmp_path / "root"), badge.port)
        until(lambda: "main says first" in badge.console)
        assert not (badge.flash / "firmware").exists()


def test_flash_changes_nothing_where_there_is_no_room(tmp_path):
    root = tree(tmp_path / "root")
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        slots.flash(root, badge.port)
        until(lambda: "main says first" in badge.console)
        before = {path: path.read_bytes() for path in badge.flash.rglob("*") if path.is_file()}
        with pytest.raises(Refusal, match=r"lacks \d+ KB of room for a second tree"):
            slots.flash(tree(root, "second"), badge.port, slack=1 << 60)
        assert {path: path.read_bytes() for path in badge.flash.rglob("*") if path.is_file()} == before
        until(lambda: badge.console.count("main says first") >= 2)  # it was stopped for the question, and runs on


def test_a_flash_that_fails_on_its_way_leaves_no_badge_at_its_prompt(tmp_path, monkeypatch):
    root = tree(tmp_path / "root")
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        slots.flash(root, badge.port)
        until(lambda: "main says first" in badge.console)
        build = slots.build
        monkeypatch.setattr(slots, "build", lambda *given, **more: {**build(*given, **more), "/main.py": "another"})
        with pytest.raises(Refusal, match="main.py did not arrive whole"):
            slots.flash(root, badge.port)
        until(lambda: badge.console.count("main says first") >= 2)


def test_flash_refuses_what_does_not_compile(tmp_path):
    root = tree(tmp_path / "root")
    (root / "lib" / "chip.py").write_text("def :\n")
    (tmp_path / "out").mkdir()
    with pytest.raises(Refusal, match="lib/chip.py does not compile"):
        copy.build(root, tmp_path / "out")


def test_port_refusals_are_plain(tmp_path, capsys, monkeypatch):
    assert flash_command.main([str(tmp_path / "none")]) == 2
    assert "is the cable plugged in?" in capsys.readouterr().err
    monkeypatch.setattr("tools.flash.cable.list_ports.comports", list)
    assert flash_command.main([]) == 2
    assert "no badge found" in capsys.readouterr().err


def test_a_busy_port_is_named(tmp_path):
    import serial

    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        with serial.Serial(badge.port, exclusive=True):
            with pytest.raises(Refusal, match="in use by another program"):
                check(badge.port)
        check(badge.port)


def test_an_empty_badge_is_flashed_paired_and_heard(tmp_path, capsys):
    data = tmp_path / "data"
    gateway = GatewayProcess(data)
    try:
        with VirtualBadge(tmp_path / "badge", "anna") as badge:
            assert flash_command.main([badge.port]) == 0
            until(lambda: "kald: lifeboat" in badge.console)
            assert "not paired" in badge.console and "kald: pairing" not in badge.console, "none is not a wrong one"
            words = [badge.port, "--name", "Anna", "--gateway", "127.0.0.1", "--port", str(gateway.udp), "--ssid",
                     "house", "--open", "--group", "east", "--data", str(data)]
            assert pair_command.main(words) == 0, capsys.readouterr().err + badge.console[-1500:]
            said = capsys.readouterr()
            assert "Anna is badge 1, in the group east" in said.out
            assert "Anna is heard" in said.out and "warning" in said.err
            key = (badge.folder / "nvs" / "kald" / "pairing").read_bytes().split(b'"up": "')[1][:32].decode()
            assert key not in said.out + said.err + badge.console
            assert pairing.erase(badge.port, 2)[0] == 1, "whose pairing stays, for it is another's"
            assert unpair_command.main([badge.port, "--data", str(data)]) == 0
            assert "badge 1 has no keys any more" in capsys.readouterr().out
            assert not (badge.folder / "nvs" / "kald" / "pairing").exists()
    finally:
        gateway.end()


@pytest.mark.parametrize("given, says", [
    (("--settings", "settings.json"), "hold_ms must be a whole number from 400 to 1900"),
    *((("--gateway", name), "this pairing is wrong: gateway must") for name in ("10.0.0.300", "a..b")),
    (("--bssid", "24:a1"), "this pairing is wrong: bssid must"),
    (("--address", "10.0.0.7,255.255.255.0,10.0.0.1,router"), "this pairing is wrong: address must"),
    *((("--group", name), "a group has a name") for name in ("", "all", "own", "All", " OWN ", "x" * 61, "a\nb")),
])
def test_pair_refuses_what_is_wrong_before_keys_are_made(tmp_path, capsys, monkeypatch, given, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.json").write_text('{"hold_ms": 5}')
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        words = [badge.port, "--name", "anna", "--gateway", "127.0.0.1", "--port", "5570", "--ssid", "house", "--open"]
        assert pair_command.main([*words, "--data", str(tmp_path), *given]) == 2
    assert says in capsys.readouterr().err and not (tmp_path / "kald.sqlite").exists()


@pytest.mark.parametrize("ask, times", [
    (lambda: pairing.write("port", {}), 2), (lambda: pairing.trouble("port"), 1),
    (lambda: pairing.lora_trouble("port", {"board": "devkit", "lora": {"khz": 868100, "sf": 7}}), 1),
])
def test_a_badge_that_falls_silent_while_it_is_paired_is_waited_for_and_asked_again_at_first(ask, times, monkeypatch):
    waited = []

    def silent(command, timeout, **more):
        waited.append(timeout)
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr("tools.flash.cable.subprocess.run", silent)
    with pytest.raises(Refusal, match="stopped answering: press its reset key"):
        ask()
    assert waited == [30] * times


def test_pair_writes_the_badge_s_own_address_and_the_access_point_to_try_first(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_command, "trouble", lambda port: "nobody listens here")  # asked through two more resets
    monkeypatch.setattr(pair_command, "erase", lambda *words: None)
    own = ["10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1"]
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        words = [badge.port, "--name", "anna", "--gateway", "kald.local", "--port", "5570", "--ssid", "house", "--open"]
        words += ["--data", str(tmp_path), "--wait", "0", "--address", ",".join(own), "--bssid", "24a1b2c3d4e5"]
        assert pair_command.main(words) == 2
        blob = (badge.folder / "nvs" / "kald" / "pairing").read_bytes()
    kept = json.loads(blob[blob.index(b"{") :])
    assert kept["address"] == own and kept["bssid"] == "24a1b2c3d4e5" and kept["gateway"] == "kald.local"


def test_a_badge_that_nobody_hears_says_how_far_it_came_with_its_wifi(tmp_path):
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        until(lambda: badge.console.endswith(">>> "))
        assert pairing.trouble(badge.port) == "it has not begun to join the Wi-Fi"


def test_several_badges_are_flashed_side_by_side_from_one_checkout(tmp_path):
    for kept in (sources._made, copy._mpy):
        kept.cache_clear()
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda n: copy.build(flash_command.ROOT, tmp_path / str(n)), range(3)))
    assert all(each == made[0] for each in made)
