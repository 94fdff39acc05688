"""Does a recorded fall, worn by a virtual badge, end in the gateway's database, and a recorded day's work not?

usage: recordings.py FALLDATA     (the folder with sisfall/*.npz; recordings are read there and never copied here)

Nine badges wear nine recordings at once, in real time: F05 (forwards, tripped while jogging), D11
(trying to get up, and collapsing into the chair), D19 (jump). Exit code 0 only if every F05 is an alarm and no other is
even a question.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy

from tools.cli import flash, pair, plan
from tools.sim.demo.house import House
from tools.sim.recording import write_recording

PEOPLE = ("SA02", "SA05", "SA08")
CODES = (("F05", True), ("D11", False), ("D19", False))
LEAD_S = 8  # of the first second, repeated: gravity is learned by wearing
PRE_ALARM_MS = 5000
AFTER_S = 15  # detector, pre-alarm, and something to spare


def first(folder, person, code):
    """Return (rate, samples) of the first recording of `code` by `person`, with the lead."""
    with numpy.load(folder / "sisfall" / f"{person}.npz") as data:
        r = int(numpy.flatnonzero(data["activity"] == code)[0])
        samples = data["accel"][data["start"][r] : data["start"][r + 1]]
        rate = int(data["fs"][r])
    return rate, numpy.concatenate([samples[:rate]] * LEAD_S + [samples])


def main(falldata):
    """Wear all recordings; return the exit code."""
    wanted, longest_s = {}, 0
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        house = House(Path(folder), lambda *_: None, lambda *_: None, flash.main, pair.main, plan.main,
                      settings={"pre_alarm_ms": PRE_ALARM_MS})
        try:
            files = {}
            for code, fell in CODES:
                for person in PEOPLE:
                    rate, samples = first(falldata, person, code)
                    name = f"{code}-{person}"
                    files[name] = Path(folder) / f"{name}.krec"
                    write_recording(files[name], rate, samples.tolist())
                    wanted[name] = fell
                    longest_s = max(longest_s, len(samples) / rate)
            house.move_in(wanted)
            for name, file in files.items():
                house.badges[name].play_recording(file)
            time.sleep(longest_s + AFTER_S)
            alarms = {alarm["name"]: alarm for alarm in house.facts()["alarms"]}
        finally:
            house.close()
    wrong = 0
    for name, fell in wanted.items():
        steps = [event["step"] for event in alarms[name]["events"]] if name in alarms else []
        right = ("received" in steps) if fell else not steps
        wrong += not right
        print(f"{name}: {' '.join(steps) or 'nothing'}{'' if right else '   WRONG'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
