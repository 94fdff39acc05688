"""Does a badge that cannot start end in its lifeboat, and can a technician always get in, whatever is broken?"""

import json
import shutil
import subprocess

import pytest

from firmware.codes import FAULT_LIFEBOAT, FAULT_PART_SILENT
from house import ROOT, house  # noqa: F401
from tools.flash import packages
from tools.flash.cable import mpremote
from tools.flash.copy import build
from tools.flash.slots import flash
from tools.flash.sources import sources
from tools.sim.virtual import VirtualBadge
from waits import HANGS_S, until

PAIRING = {"device": 7, "up": "00" * 16, "down": "ff" * 16, "ssid": "house", "password": "", "gateway": "127.0.0.1",
           "port": 9}
BROKEN = "raise RuntimeError('broken')\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    build(ROOT, folder)
    return folder


def paired(folder, built):
    """Return a badge that is flashed and paired, and has not started."""
    badge = VirtualBadge(folder, "anna")
    shutil.copytree(built, badge.flash, dirs_exist_ok=True)
    nvs = badge.folder / "nvs" / "kald"
    nvs.mkdir(parents=True)
    (nvs / "pairing").write_bytes(b"b" + json.dumps(PAIRING).encode())
    (nvs / "counter").write_bytes(b"i0")
    return badge


def life(badge, begin, *words):
    """Begin a life, and return what runs then, once it has brought its own watchdog."""
    at = len(badge.console)
    badge._watchdog_ms = 0
    begin(*words)
    until(lambda: badge._watchdog_ms == 8000)
    return "lifeboat" if "kald: lifeboat" in badge.console[at:] else "app"


def breaks(badge, name, broken=BROKEN):
    """Put a module that cannot be imported in the place of firmware/`name`."""
    path = badge.flash / "firmware" / name
    path.with_suffix(".mpy").unlink()
    path.with_suffix(".py").write_text(broken)


def test_a_boot_loop_ends_in_the_lifeboat_and_a_press_still_calls(house):
    house = house("anna")
    badge = house.badges[0]
    breaks(badge, "app")
    before = badge.boots
    badge.reset()
    until(lambda: "kald: lifeboat" in badge.console)
    assert badge.boots - before == 5, "four that failed, and the fifth"
    until(lambda: house.facts()["badges"][0]["faults"] & FAULT_LIFEBOAT)
    badge.press(1000)
    until(lambda: "received" in house.steps())


def test_a_badge_paired_as_a_board_that_its_firmware_does_not_know_tells_the_house_so(house):
    house = house("anna")
    badge = house.badges[0]
    house.ready()
    pairing = badge.folder / "nvs" / "kald" / "pairing"
    pairing.write_bytes(b"b" + json.dumps({**json.loads(pairing.read_bytes()[1:]), "board": "nobody_s"}).encode())
    badge.reset()
    until(lambda: house.facts()["badges"][0]["faults"] & FAULT_LIFEBOAT)
    assert house.facts()["badges"][0]["faults"] & FAULT_PART_SILENT and "no board called nobody_s" in badge.console


def test_settings_that_no_heap_holds_leave_the_lifeboat_its_keys(tmp_path, built):
    badge = paired(tmp_path, built)
    (badge.flash / "settings.json").write_text('{"hold_ms": 500' + " " * 3_000_000 + "}")
    with badge:
        until(lambda: "kald: lifeboat" in badge.console)
        assert "settings.json is not JSON" in badge.console
        until(lambda: (badge.folder / "nvs" / "kald" / "counter").read_bytes() != b"i0")  # it sends


def test_a_driver_of_the_radio_that_is_cut_short_or_altered_is_put_aside_before_it_is_imported(tmp_path, micropython):
    (tmp_path / "mip" / "lora").mkdir(parents=True)
    for name in ("__init__", "modem", "sx126x"):
        (tmp_path / "mip" / "lora" / f"{name}.mpy").write_bytes(name.encode() * 100)

    def run(text):
        script = tmp_path / "script.py"
        for folder in ("/lib", "/mip", "/boat"):
            text = text.replace(f'"{folder}', f'"{tmp_path}{folder}')
        script.write_text(text)
        run = subprocess.run([*micropython, str(script)], capture_output=True, text=True, timeout=HANGS_S)
        assert run.returncode == 0, run.stderr
        return sorted(path.name for path in (tmp_path / "lib" / "lora").iterdir())

    whole = ["__init__.mpy", "modem.mpy", "sums", "sx126x.mpy"]
    assert run(f"MOVE = True\n{packages._SCRIPT}") == whole
    start = (ROOT / "boot.py").read_text().split("\ntry:\n    import machine\n\n    machine.WDT(timeout=30000)")[0]
    calm = f'{start}\nbegin(b"\\x4f\\0")\n'
    assert run(calm) == whole == run(f'{start}\nbegin(b"\\x4f\\1")\n')
    package = tmp_path / "lib" / "lora"
    (package / "modem.mpy").write_bytes(b"modem" * 50)
    (package / "sx126x.mpy").write_bytes(b"sx126y" * 100)
    assert run(calm) == ["__init__.mpy", "modem.mpy.bad", "sums", "sx126x.mpy"]
    assert run(f'{start}\nbegin(b"\\x4f\\1")\n') == ["__init__.mpy", "modem.mpy.bad", "sums", "sx126x.mpy.bad"]


def test_a_stray_ctrl_c_before_there_is_a_board_leaves_nobody_at_the_prompt(tmp_path, built):
    badge = VirtualBadge(tmp_path, "anna")
    shutil.copytree(built, badge.flash, dirs_exist_ok=True)
    breaks(badge, "board/rtc_memory", "raise KeyboardInterrupt\n")
    with badge:
        until(lambda: "KeyboardInterrupt" in badge.console)
        assert badge._watchdog_ms == 600000


def test_keys_and_a_technician_s_sessions_lead_to_no_lifeboat_but_panics_do_and_flash_leads_out(tmp_path, built):
    badge = paired(tmp_path, built)
    with badge:
        assert [life(badge, badge.reset) for _ in range(5)] == ["app"] * 5
        for _ in range(2):
            assert "42" in mpremote(badge.port, "exec", "print(6 * 7)")
            assert life(badge, mpremote, badge.port, "resume", "reset") == "app"
        assert [life(badge, badge.panic) for _ in range(4)] == ["app", "app", "app", "lifeboat"]
        assert life(badge, badge.panic) == "app", "they take turns"
        assert life(badge, badge.panic) == "lifeboat"
        assert life(badge, flash, ROOT, badge.port) == "app" == life(badge, badge.panic)


def test_an_update_that_was_broken_off_runs_the_lifeboat_from_what_is_whole_until_it_is_done_again(tmp_path, built):
    badge = paired(tmp_path, built)
    root = tmp_path / "newer"
    for path in sources(ROOT):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, root / path)
    for name in ("firmware/app.py", "firmware/lifeboat.py", "firmware/link/frame.py", "firmware/alarm/calls.py"):
        with (root / name).open("a") as file:
            file.write("\nVERSION = 2\n")
    newer = tmp_path / "made"
    newer.mkdir()
    build(root, newer)
    (badge.flash / "sums").rename(badge.flash / "sums.old")
    for name in ("sums", "firmware/lifeboat.mpy", "firmware/link/frame.mpy"):
        shutil.copy(newer / name, badge.flash / name)
    whole = (newer / "firmware" / "app.mpy").read_bytes()
    (badge.flash / "firmware" / "app.mpy").write_bytes(whole[: len(whole) // 2])  # here the cable went
    with badge:
        until(lambda: badge._watchdog_ms == 8000)
        assert "kald: lifeboat" in badge.console and badge.console.count("kald: broken:") == 1
        assert [path.name for path in (badge.flash / "firmware").glob("app.*")] == ["app.mpy.bad"]
        assert life(badge, badge.power_cut) == "lifeboat", "a mixture is no app, however often it starts"
        assert life(badge, flash, root, badge.port) == "app"
        assert (badge.flash / "trial").read_text().split() == ["old", "1"], "until a gateway has answered it"


@pytest.mark.parametrize(("what", "broken", "settings"), [
    ("the app runs", (), None), ("the lifeboat runs", (), "{"), ("it resets for ever", ("app", "lifeboat"), None),
    ("no board can be built", ("board/build",), None), ("flash cannot be read", ("board/nvs",), None),
    ("nothing can be counted", ("board/rtc_memory",), None),
])
def test_mpremote_gets_in(tmp_path, built, what, broken, settings):
    badge = paired(tmp_path, built)
    nvs = badge.folder / "nvs" / "kald"
    for name in broken:
        breaks(badge, name)
    if settings is not None:
        (badge.flash / "settings.json").write_text(settings)
    with badge:
        if broken:
            until(lambda: badge.boots >= 5)
        else:
            until(lambda: (nvs / "counter").read_bytes() != b"i0")  # it runs: it has reserved what it seals with
            assert ("kald: lifeboat" in badge.console) == (what == "the lifeboat runs")
        assert mpremote(badge.port, "exec", "print(6 * 7)").strip() == "42", what
        assert "broken" in badge.console or not broken
        assert badge._watchdog_ms == 600000  # long enough for an upload; then it starts anew
