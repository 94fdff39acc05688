"""Does the on-chip self-test tell a technician the truth, through the real mpremote, on badges sound and broken?"""

import json
import re
import threading
import time

import pytest
from house import allowing, felt, house  # noqa: F401  house is a fixture

from firmware.limits import COUNTER_BLOCK
from tools.cli import selftest as command
from tools.flash.selftest import SCRIPT, selftest
from tools.sim.chips.lis3dh import SimLIS3DH
from tools.sim.energy.currents import CHIPS
from tools.sim.virtual import VirtualBadge
from waits import until

pytestmark = pytest.mark.usefixtures("micropython")


@pytest.fixture(autouse=True)
def busy(tmp_path_factory, monkeypatch):
    """Judge no test by how busy this machine is."""
    allowing(tmp_path_factory.mktemp("script"), 60_000, monkeypatch)


def run(badge, hands=False):
    lines = []
    found = selftest(badge.port, hands, lines.append)
    return found, "\n".join(lines)


def counter(badge):
    return int((badge.folder / "nvs" / "kald" / "counter").read_bytes()[1:])


def test_a_sound_badge_is_well_and_answers_the_hands(house):
    badge = house("anna").badges[0]
    before, said = counter(badge), []

    def hear(line):
        said.append(line)
        if line.startswith("Press"):
            threading.Thread(target=lambda: (time.sleep(0.3), badge.press(150))).start()

    found = selftest(badge.port, True, hear)
    text = "\n".join(said)
    assert found == {"ok": True, "failed": [], "skipped": ["Wi-Fi memory"]}, text
    for part in ("identity 0x33", "noise of x, y, z", "samples a second", "read back", "bytes free",
                 "rounds, the longest", "-55 dBm", "ack came back", "motor: felt"):
        assert part in text
    moved = [int(mg) for mg in re.search(r"moves it by (\d+), (\d+), (\d+) mg", text).groups()]
    assert all(abs(mg - chip) < 20 for mg, chip in zip(moved, SimLIS3DH.pull_mg))
    rate = float(text.split("FIFO: ")[1].split()[0])
    assert 45 <= rate <= 57  # as the script itself allows
    assert counter(badge) >= before + COUNTER_BLOCK  # a block of its own: no counter is used twice
    assert not (badge.folder / "nvs" / "kaldtest" / "try").exists()
    assert "watchdog" not in badge.console.replace("the watchdog waits", "")


def test_afterwards_the_badge_watches_again_and_twice_is_not_a_boot_loop(house):
    home = house("anna")
    badge = home.badges[0]
    for _ in range(2):  # each is two boots, and four without a sound life between them end in the lifeboat
        assert run(badge)[0]["ok"]
    until(lambda: badge._watchdog_ms == 8000)  # the app runs: a hand on a badge that starts is another test's business
    badge.press(1000)
    until(lambda: home.steps())
    assert "kald: lifeboat" not in badge.console


@pytest.mark.parametrize("failure, sentence", [
    ("nack", "does not answer: check its supply and the wires SDA (GPIO 21) and SCL (GPIO 22)"),
    ("wrong_id", "is no LIS3DH: is this the right board file?"),
    ("frozen", "keep it still and try again, or replace it"),
])
def test_a_broken_sensor_is_not_ok_and_says_what_to_do(house, capsys, failure, sentence):
    badge = house("anna").badges[0]
    badge.sensor(failure)
    assert command.main([badge.port, "--no-hands"]) == 1
    said = capsys.readouterr().out
    assert sentence in said and "not ok accelerometer" in said and "ok Wifi" in said


def test_without_a_gateway_the_loop_back_is_not_ok(house, capsys):
    home = house("anna")
    home.gateway.process.kill()
    assert command.main([home.badges[0].port, "--no-hands", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["failed"] == ["Wifi"] and any("is `kald gateway` running" in line for line in found["lines"])


def test_an_open_alarm_is_left_alone_and_goes_on(house):
    home = house("anna")
    badge = home.badges[0]
    badge.press(1000)
    until(lambda: home.steps())
    until(lambda: list((badge.folder / "nvs" / "kald").glob("alarm_*")))  # flash has it, too
    spent = counter(badge)
    home.alarms_ms.clear()
    found, said = run(badge)
    assert found["failed"] == ["alarm"] and "close it at the board first" in said
    assert "flash" not in said and counter(badge) - spent in (0, COUNTER_BLOCK)  # the app's own, after the reset
    until(lambda: home.alarms_ms)  # it is told again
    until(lambda: felt(badge))


def test_without_pairing_and_without_firmware_it_says_so(tmp_path, monkeypatch):
    from tools.flash.copy import build

    with VirtualBadge(tmp_path / "empty", "bo") as badge:
        found, said = run(badge)
        assert found["failed"] == ["firmware"] and "run: kald flash" in said
    badge = VirtualBadge(tmp_path / "unpaired", "bo")
    build(command_root(), badge.flash)
    with badge:
        with monkeypatch.context() as strict:
            allowing(tmp_path, -1, strict)
            found, said = run(badge)
        assert found["failed"] == ["loop"] and "a press may be seen late" in said
        found, said = run(badge)
        assert found["ok"] and "radio" in found["skipped"] and "nothing can be sealed; run: kald pair" in said
        until(lambda: "this badge is not paired; run: kald pair" in badge.console)
        (badge.flash / "paired").write_text("7")  # and its NVS is empty: the port has erased it
        assert "nothing can be sealed; its keys are gone, it was badge 7; run: kald pair --replace" in run(badge)[1]
        until(lambda: "this badge is not paired; its keys are gone, it was badge 7" in badge.console)


def command_root():
    return SCRIPT.parents[3]


def test_the_current_it_names_is_that_of_the_energy_table():
    source = SCRIPT.read_text()
    named = source.split("AWAKE_MA = {")[1].split("}")[0]
    for chip, currents in CHIPS.items():
        assert f'"{chip}": {round(currents["awake_ma"].value)}' in named
