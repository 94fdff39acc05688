"""Does `replay` draw what the detector decided, and does `train` refuse what it cannot use?"""

import sys
import xml.etree.ElementTree as xml

import numpy as np
import pytest
from test_evaluate import lived, write

from tools.cli import replay, train
from tools.sim.recording import write_recording
from tools.train import gather, grow, picture, sensor, synth
from tools.train.named import NAMES
from tools.train.recordings import Recording


def made(activity, is_fall):
    accel = lived(3, activity, 100, 14)
    peak_s = int(np.argmax((accel.astype(int) ** 2).sum(axis=1))) / 100
    return Recording("made", "SA01", "waist", activity, f"{activity}.txt", is_fall, 100.0, peak_s, accel.astype(int))


def test_the_picture_names_each_decision_and_the_verdict():
    recording = made("fall", True)
    decisions, samples = picture.replay(recording)
    assert len(samples) == 699 and sum(fell for *_, fell in decisions) == 1
    impact_s = next(impact_s for impact_s, *_, fell in decisions if fell)
    assert abs(impact_s - recording.impact_s) < 0.1
    tree = xml.fromstring(picture.draw(recording))
    words = [node.text for node in tree.iter() if node.tag.endswith("text")]
    assert "FELL" in words and f"{impact_s:.2f}" in words and {"before", "around", "after"} <= set(words)
    curves = [node for node in tree.iter() if node.tag.endswith("polyline")]
    assert [len(node.attrib["points"].split()) for node in curves] == [699, 699]


def test_daily_life_is_drawn_without_a_verdict():
    words = picture.draw(made("jump", False))
    assert "FELL" not in words and "0 taken for falls" in words


def test_the_command_reads_both_kinds_of_file(tmp_path, capsys):
    jump, fall = ("D19", "adl", 100.0, lived(3, "jump", 100)), ("F01", "fall", 200.0, lived(3, "fall", 200))
    write(tmp_path / "SA01.npz", [jump, fall])
    write_recording(str(tmp_path / "one.krec"), 200, lived(3, "fall", 200).tolist())
    for words, fell in (([str(tmp_path / "SA01.npz"), "--which", "#1"], True), ([str(tmp_path / "SA01.npz")], False),
                        ([str(tmp_path / "one.krec")], True)):
        out = tmp_path / "out.svg"
        assert replay.main([*words, "--out", str(out)]) == 0
        assert ("FELL" in capsys.readouterr().out) == fell == ("FELL" in out.read_text())


def test_what_is_not_there_is_refused(tmp_path, capsys):
    write(tmp_path / "SA01.npz", [("D19", "adl", 100.0, lived(3, "jump", 100))])
    (tmp_path / "bad.krec").write_bytes(b"nonsense")
    for words in (["nowhere.npz"], [str(tmp_path / "SA01.npz"), "--which", "7"], [str(tmp_path / "bad.krec")]):
        assert replay.main(words) == 2
        assert "kald replay:" in capsys.readouterr().err


def test_training_says_what_it_wants(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train.importlib.util, "find_spec", lambda name: None)
    assert train.main(["--data", str(tmp_path)]) == 2
    assert "scikit-learn" in capsys.readouterr().err
    monkeypatch.undo()
    if "sklearn" in sys.modules or train.importlib.util.find_spec("sklearn"):
        write(tmp_path / "other" / "A.npz", [("D19", "adl", 100.0, lived(3, "jump", 100))])
        assert train.main(["--data", str(tmp_path)]) == 2
        assert "sisfall" in capsys.readouterr().err


def test_of_several_impacts_of_a_fall_one_has_to_be_seen():
    # tools/sim's bodies fall as smoothly as a thing flies: those are not weighed
    rows = gather.rows(synth.make("down_stairs", 3), sensor.IDEAL, None)
    assert sum(fell for _, fell, *_ in rows) == 1
    assert not any(fell for _, fell, *_ in gather.rows(made("jump", False), sensor.IDEAL, None))


def test_every_variant_can_be_worn():
    for variant in gather.VARIANTS:
        random = np.random.default_rng(5)
        recording = made("fall", True)
        worn = gather.wearing(variant, recording, random)
        samples, times = sensor.measure(recording.accel, recording.fs, worn, random)
        assert 500 < len(samples) == len(times) and np.abs(samples).max() > 1600
        peak_s = times[np.argmax((samples.astype(float) ** 2).sum(axis=1))]
        assert abs(peak_s - recording.impact_s) < 0.5, variant


def test_a_forest_grows_the_same_twice_and_counts_in_whole_numbers(monkeypatch):
    pytest.importorskip("sklearn", reason="not run: scikit-learn is wanted for training only")
    monkeypatch.setattr(grow, "LEAF", 30)
    random = np.random.default_rng(3)
    features = random.integers(-1000, 5000, (600, len(NAMES)))
    fell = features[:, 0] + random.normal(0, 300, 600) > 3000
    names = [np.array([name] * 600) for name in ("SA01", "F01", "sisfall")]
    weighed = gather.Weighed(features, fell, np.ones(600), *names)
    model = grow.grow(weighed, 12, 3, 0.2, threshold=-5)
    assert model == grow.grow(weighed, 12, 3, 0.2, threshold=-5)
    assert ((grow.vote(model, features) > 0) == fell).mean() > 0.85


def test_people_and_sets_are_kept_apart_whole():
    sets = ["sisfall"] * 40 + ["fallalld_waist"] * 8 + ["fallalld_neck"] * 8 + ["made"] * 5
    people = [f"SA{n:02}" for n in range(40)] + [f"S{n:02}" for n in range(8)] * 2 + [f"seed{n}" for n in range(5)]
    blank = np.zeros(len(sets))
    weighed = gather.Weighed(blank, blank, blank, np.array(people), blank, np.array(sets))
    kept = dict(train.apart_from(weighed))
    names = ("fallalld", *(f"people {n}" for n in range(5)), "sisfall")
    assert sorted(kept) == [f"without {name}" for name in names]
    assert all(keep[-5:].all() for keep in kept.values())  # what is made is nobody's
    assert (kept["without sisfall"] == np.array([name != "sisfall" for name in sets])).all()
    for n in range(5):
        left_out = ~kept[f"without people {n}"]
        assert (left_out[40:48] == left_out[48:56]).all() and 0 < left_out[:40].sum() < 20
    assert sum(~keep[:40] for name, keep in kept.items() if "people" in name).tolist() == [1] * 40
