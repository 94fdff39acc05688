"""Does the energy figure follow from what was counted, by costs as they are measured? Whole days: test_week.py."""

import re
from pathlib import Path

import pytest

from tools.bench import energy
from tools.sim import wire
from tools.sim.energy import currents, model
from tools.sim.energy.model import day, hours

ROOT = Path(__file__).resolve().parent.parent
COUNTS = {"ms": 3_600_000, "samples": 0}


def test_each_part_by_hand():
    quiet = day(COUNTS, "lora", "heltec_v3")
    chip = {name: current.value for name, current in currents.CHIPS["esp32s3"].items()}
    assert quiet["chip awake"] == pytest.approx(chip["idle_ma"]) and quiet["chip computing"] == 0
    assert quiet["motor"] == 0 and quiet["Wi-Fi"] == 0
    doze = 0.009192 * 4.6 + 0.990808 * 0.0012
    assert quiet["LoRa"] == pytest.approx(doze, rel=0.001) and 0.043 <= doze <= 0.050  # docs/background.md, Air
    assert day({**COUNTS, "motor_ms": 3_600_000}, "lora", "heltec_v3")["motor"] == currents.MOTOR_MA.value
    told = day({**COUNTS, "sent_1": 1000}, "lora", "heltec_v3")["LoRa"] - quiet["LoRa"]
    on_air = wire.airtime_ms_sf7(wire.frame_bytes()["alarm"])
    by_hand = 1000 * (on_air * 90 + 150 * 4.6 - (on_air + 150) * doze) / 3_600_000
    assert told == pytest.approx(by_hand, rel=0.001)
    heard = day({**COUNTS, "received": 100}, "lora", "heltec_v3")["LoRa"] - quiet["LoRa"]
    assert heard == pytest.approx(100 * 3000 * (4.6 - doze) / 3_600_000, rel=0.001)
    asleep = day({**COUNTS, "slept_ms": 3_600_000}, "lora", "heltec_v3")
    assert asleep["chip asleep"] == pytest.approx(0.78) and asleep["chip awake"] == 0
    naps = day({**COUNTS, "slept_ms": 3_600_000, "sleeps": 7200, "wakes": 7200}, "lora", "heltec_v3")
    awake_ms = 7200 * (model.NAP_CPU_MS + 8.63)
    assert naps["chip awake"] == pytest.approx(32.3 * awake_ms / 3_600_000)
    assert naps["chip computing"] == pytest.approx(12.3 * 7200 * model.NAP_CPU_MS / 3_600_000)
    kept = {**COUNTS, "slept_ms": 3_600_000, "sleeps": 1, "wakes": 1}
    tested = day({**kept, "self_tests": 100, "looks": 60}, "lora", "heltec_v3")["chip awake"]
    more_ms = 100 * model.SELF_TEST_MS + 10 * model.COLLECT_CPU_MS
    assert tested - day(kept, "lora", "heltec_v3")["chip awake"] == pytest.approx(32.3 * more_ms / 3_600_000)
    calm = day({**COUNTS, "calm_ms": 3_600_000, "slept_ms": 3_600_000}, "wifi", "heltec_v3")
    assert calm["chip asleep"] == 0 and calm["chip awake"] == pytest.approx(chip["awake_ma"])
    assert calm["chip computing"] == pytest.approx(2 * model.TURN_CPU_MS / 20 * 6.4)  # twice as long at 80 MHz
    assert day(COUNTS, "wifi", "heltec_v3")["chip computing"] == pytest.approx(2 * calm["chip computing"])
    assert hours({"all": 24.0}) == pytest.approx(500)


def test_both_radios_beat_over_wifi_and_alarm_over_both():
    counts = {**COUNTS, "sent_2": 1000}
    assert day(counts, "both", "heltec_v3")["LoRa"] == pytest.approx(day(COUNTS, "both", "heltec_v3")["LoRa"])
    assert day({**counts, "sent_1": 9}, "both", "heltec_v3")["LoRa"] > day(counts, "both", "heltec_v3")["LoRa"]


@pytest.mark.parametrize("radio, beacons, uah", [
    ("wifi", False, 2200 * (91 - 33.1) + 1 * (340 - 33.1) + 70 * (91 - 33.1)),
    ("wifi", True, 2200 * (91 - 33.1) + 1000 * (91 - 33.1) + 1 * (340 - 33.1) + 70 * (91 - 33.1)),
    ("lora", True, 1000 * (91 - 32.3) + 61.696 * 90), ("lora", False, 0),
])
def test_an_alarm_is_looked_around_in_every_ten_seconds_and_a_test_once(radio, beacons, uah):
    counts = {**COUNTS, "open_ms": 170_000, "tests": 1}
    assert model.looks(counts) == 18
    spent = day(counts, radio, "heltec_v3", beacons=beacons)["looking"]
    assert spent == pytest.approx(18 * uah / 3_600_000, rel=0.001)
    assert not day(COUNTS, radio, "heltec_v3", beacons=beacons)["looking"], "without them it costs nothing"


def test_the_loop_of_the_model_is_that_of_the_app():
    source = (ROOT / "firmware" / "app.py").read_text()
    assert f"_TURN_MS = const({model.TURN_MS})" in source and f"_CALM_MS = const({model.CALM_MS})" in source
    assert f"_LINGER_MS = const({model.LINGER_MS:.0f})" in source
    board = ROOT / "firmware" / "board"
    assert f"_LISTEN_MS = const({model.LISTEN_MS:.0f})" in (board / "scan.py").read_text()
    every, window = (int(re.search(rf"_{name}_US = const\((\d+)\)", (board / "beacons.py").read_text())[1])
                     for name in ("EVERY", "WINDOW"))
    assert window / every == model.LISTEN_SHARE


def test_what_the_model_takes_by_what_is_measured(monkeypatch):
    monkeypatch.setattr(energy, "micropython", lambda: "a MicroPython")
    monkeypatch.setattr(energy, "run", lambda *_: {"nap_us": 38, "awake_us": 25, "turn_us": 0.02})
    found = energy.off({"sample_us": 1.36, "turn_us": 0.04})
    assert found == {"sample": pytest.approx(2, rel=0.01), "wake": 1, "turn": 0.98}
    assert energy.off(None) == dict.fromkeys(found)


def test_every_board_and_current_has_its_source():
    boards = {path.stem for path in (ROOT / "firmware" / "board" / "boards").glob("*.py")} - {"__init__"}
    assert boards == set(currents.BOARDS)
    for table in (*currents.CHIPS.values(), currents.LORA, currents.SENSORS, currents.BOARDS):
        assert all(current.value > 0 and len(current.source) > 20 for current in table.values())
