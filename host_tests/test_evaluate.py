"""Does `evaluate` count what happened, over made recordings whose answer is known?"""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools.cli import evaluate
from tools.sim.body import Body
from tools.train import recordings, score, sensor, stir

ROOT = Path(__file__).resolve().parent.parent
KEYS = ("start", "fs", "label", "activity", "subject", "position", "name", "impact", "peak")


def lived(seed, activity, hz, seconds=12):
    body, out, rows = Body(seed), [0, 0, 0], []
    body.play(activity, 5000)
    for i in range(seconds * hz):
        body.milli_g(1000 * i // hz, out)
        rows.append(tuple(out))
    return np.array(rows, dtype=np.int16)


def write(path, parts, position="waist"):
    """Write a file of recordings: parts are (activity code, label, fs, samples)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    start = np.cumsum([0] + [len(part[3]) for part in parts])
    peaks = [int(np.argmax((part[3].astype(int) ** 2).sum(axis=1))) for part in parts]
    count = len(parts)
    np.savez(path, accel=np.concatenate([part[3] for part in parts]), start=start.astype(np.int64),
             fs=np.array([part[2] for part in parts], dtype=np.float32), label=np.array([part[1] for part in parts]),
             activity=np.array([part[0] for part in parts]), subject=np.array([path.stem] * count),
             position=np.array([position] * count), name=np.array([f"{path.stem}#{i}" for i in range(count)]),
             impact=np.full(count, -1, dtype=np.int32), peak=np.array(peaks, dtype=np.int32))


class Says:
    """A detector that says "fell" when a sample reaches 3 g, `late` samples later, naming a time `off_ms` from it."""

    def __init__(self, late=10, off_ms=0):
        self.impact_at = 0
        self._late, self._off_ms, self._left = late, off_ms, 0

    def sample(self, x, y, z, now):
        if not self._left and x * x + y * y + z * z > 9000000:
            self.impact_at = (now + self._off_ms) & score.MASK
            self._left = self._late
            return False
        self._left = max(0, self._left - 1)
        return self._left == 1


def folder(tmp_path):
    """One set of two people: three falls, and four of daily life of which the jumps reach 3 g."""
    falls = [("F01", "fall", 200.0, lived(seed, "fall", 200)) for seed in (1, 2, 3)]
    life = [("D01", "adl", 128.0, lived(1, "walking", 128)), ("D02", "adl", 52.0, lived(2, "sitting", 52))]
    jumps = [("D19", "adl", 100.0, lived(seed, "jump", 100)) for seed in (1, 2)]
    write(tmp_path / "made" / "SA01.npz", falls + life)
    write(tmp_path / "made" / "SE02.npz", jumps)
    return recordings.files(tmp_path)


def tally(paths, **how):
    total = score.Tally()
    for path in paths:
        for recording in recordings.read(path):
            total.add(recording, score.wear(Says(**how), recording))
    return total.tables()["made"]["waist"]


def test_falls_and_false_alarms_are_counted(tmp_path):
    counts = tally(folder(tmp_path))
    assert (counts["falls"], counts["detected"], counts["adl"]) == (3, 3, 4)
    jumped = counts["by_activity"]["D19"][0]
    assert counts["false"] == jumped >= 1 and counts["by_activity"]["F01"] == [3, 3]
    assert counts["by_activity"]["D01"] == counts["by_activity"]["D02"] == [0, 1]
    assert counts["by_group"]["SE"]["falls"] == 0 and counts["by_group"]["SE"]["sensitivity"] is None
    assert counts["by_group"]["SA"]["specificity"] == 100.0
    assert math.isclose(counts["adl_hours"], 4 * 12 / 3600, abs_tol=0.001)
    # Says answers 9 samples after 3 g, the reference is the peak some samples later
    assert 0 <= counts["delay_ms"]["median"] <= 200


@pytest.mark.parametrize("off_ms, found", [(2300, 3), (-2300, 3), (2900, 0), (-2900, 0)])
def test_an_event_must_name_the_impact_within_two_and_a_half_seconds(tmp_path, off_ms, found):
    assert tally(folder(tmp_path), off_ms=off_ms)["detected"] == found


def test_a_late_event_still_finds_and_its_delay_is_told(tmp_path):
    counts = tally(folder(tmp_path), late=300)
    assert counts["detected"] == 3 and 5500 < counts["delay_ms"]["median"] <= counts["delay_ms"]["worst"] < 6500


def test_what_the_sensor_measures_is_at_50_hz_in_steps_and_clamped():
    line = np.stack([np.linspace(-30000, 30000, 2000)] * 3, axis=1)
    samples, times = sensor.measure(line, 200.0)
    assert len(samples) == 500 and np.allclose(np.diff(times), 0.02)
    kept = np.abs(samples) < 18000
    assert (samples[kept] % sensor.STEP_MG == 0).all() and np.abs(samples[kept]).max() <= sensor.MOST_MG
    wanted = line.reshape(500, 4, 3).mean(axis=1)
    assert np.abs(samples - wanted)[kept].max() <= sensor.STEP_MG / 2
    assert (samples[~kept] == np.sign(wanted[~kept]) * 18000).all()  # what is cut off is the most that there is


@pytest.mark.parametrize("way", stir.WAYS)
def test_who_moves_on_does_so_from_then_on_by_as_much_and_in_no_direction(way):
    still = np.tile([0.0, 0.0, 1000.0], (50 * 400, 1))
    moved = stir.stirred(still, 50, 1000, 200, way, np.random.default_rng(5))
    assert (moved[:1000] == still[:1000]).all() and np.abs(moved - still).max() > 200
    change = moved[1000:] - still[1000:]
    # lines between pushes have two thirds of their variance, bursts fill half of the time
    least, most = {"pushes": (155, 170), "steady": (190, 210), "bursts": (120, 165), "rolling": (195, 400)}[way]
    assert least <= change.std() <= most
    assert np.abs(change[:, :2].mean(axis=0)).max() < 25
    again = stir.stirred(still, 50, 1000, 200, way, np.random.default_rng(5))
    assert (again == moved).all() and stir.stirred(still, 50, len(still), 200, way, None) is still


def test_only_who_falls_is_stirred_and_only_when_asked(tmp_path):
    fall, life = recordings.read(folder(tmp_path)[0])[2:4]

    def stirs(recording, mg):
        return evaluate.wearing("", np.random.default_rng(1), recording, mg).stir_s
    assert abs(stirs(fall, 250) - fall.impact_s - 1) < 1e-9 and stirs(life, 250) == stirs(fall, 0) == 0


def test_wearings_change_what_they_say(tmp_path):
    accel = lived(1, "fall", 200).astype(float)
    random = np.random.default_rng(3)
    plain, _ = sensor.measure(accel, 200.0)
    turned, _ = sensor.measure(accel, 200.0, sensor.Wearing(turn=sensor.random_turn(random)))
    assert np.abs(np.linalg.norm(plain, axis=1) - np.linalg.norm(turned, axis=1)).max() <= 2 * sensor.STEP_MG
    assert np.abs(plain - turned).max() > 500
    dropped, times = sensor.measure(accel, 200.0, sensor.Wearing(dropped=0.01), random)
    assert 570 < len(dropped) < 600 and len(times) == len(dropped) and np.diff(times).max() > 0.03
    slow, _ = sensor.measure(accel, 200.0, sensor.Wearing(rate_hz=48))
    assert abs(len(slow) - 576) <= 1
    narrow, _ = sensor.measure(accel, 200.0, sensor.Wearing(bandwidth_hz=5.6))
    assert np.linalg.norm(narrow, axis=1).max() < 0.9 * np.linalg.norm(plain, axis=1).max()
    weak, _ = sensor.measure(accel, 200.0, sensor.Wearing(strength=0.5))
    assert np.abs(weak[-100:].mean(axis=0) - plain[-100:].mean(axis=0)).max() < 15


def test_the_waits_around_a_recording_repeat_its_ends():
    samples = np.arange(600).reshape(200, 3)
    padded, head = sensor.pad(samples)
    assert head == 1500 and len(padded) == 1500 + 200 + 750
    assert (padded[:50] == samples[:50]).all() and (padded[1450:1500] == samples[:50]).all()
    assert (padded[-50:] == samples[-50:]).all() and (padded[1700:1750] == samples[-50:]).all()


def test_one_answer_for_one_or_two_processes_and_every_seed_its_own(tmp_path):
    paths = folder(tmp_path)
    one = evaluate.evaluate(paths, evaluate.rule("chip"), "turned", 1, 1, stir_mg=50)[0].tables()
    assert one == evaluate.evaluate(paths, evaluate.rule("chip"), "turned", 1, 2, stir_mg=50)[0].tables()
    assert one["made"]["waist"]["detected"] == 3


def test_the_command_answers_with_one_json_object(tmp_path):
    folder(tmp_path)
    run = subprocess.run([sys.executable, "tools/kald.py", "evaluate", "--data", tmp_path, "--json", "--compare"],
                         cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert sorted(answer["sets"]["made"]["waist"]["by_activity"]) == ["D01", "D02", "D19", "F01"]
    assert set(answer["compared"]) == {"chip", "classic", "c8"} and "of 2 files" in run.stderr
    assert answer["compared"]["chip"]["sets"]["made"]["waist"]["detected"] == 3


@pytest.mark.parametrize("make", [evaluate.held_out, evaluate.new_set])
def test_the_threshold_of_a_held_out_forest_can_be_another(tmp_path, make):
    write(tmp_path / "sisfall" / "SA01.npz", [("F01", "fall", 200.0, lived(1, "fall", 200))])
    (recording,) = recordings.read(tmp_path / "sisfall" / "SA01.npz")
    found = [len(score.wear(make(recording, points=points), recording)) for points in (-9999, None, 9999)]
    assert found[0] >= found[1] >= found[2] == 0 < found[0]


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_what_holds_no_recordings_is_refused(tmp_path, content, capsys):
    if content is not None:
        (tmp_path / "a.npz").write_bytes(content)
    assert evaluate.main(["--data", str(tmp_path)]) == 2
    assert "npz" in capsys.readouterr().err


def test_the_first_minute_of_the_chest_set_is_left_out(tmp_path):
    write(tmp_path / "casale_chest" / "P01.npz", [("desk", "adl", 52.0, lived(1, "walking", 52, 100))], "chest")
    (recording,) = recordings.read(tmp_path / "casale_chest" / "P01.npz")
    assert recording.position == "chest" and abs(len(recording.accel) / 52 - 40) < 0.1
