"""Do badges of today keep their promises with the gateway of an earlier landing, and badges of that with today's?

Houses update the one before the other, and for days have both. Lives of both pairs are told, each half with its own
code and its own idea of the wire.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from landed_rig import unpacked

from firmware import codes
from waits import HANGS_S

ROOT = Path(__file__).resolve().parent.parent
LANDED = ("db61d6370b5be03458a375fb81ecf8bcbe1d883b",)
CAUSES = ("hold", "assist_grows", "fall_denied", "colleague", "called_again", "practice", "check_in", "panics")


@pytest.fixture(scope="module", params=LANDED, ids=lambda commit: commit[:7])
def landed(request, tmp_path_factory):
    """Return the folder of a tree that has landed."""
    return unpacked(request.param, tmp_path_factory.mktemp("landed"))


@pytest.mark.parametrize("older", ["gateway", "badges"])
def test_one_half_of_an_earlier_landing_keeps_the_promises_with_the_other_of_today(landed, older):
    trees = [ROOT, landed] if older == "gateway" else [landed, ROOT]
    lives = subprocess.run([sys.executable, ROOT / "host_tests/pair_life.py", *trees, "1", *CAUSES], cwd=landed,
                           capture_output=True, text=True, timeout=HANGS_S)
    assert not lives.returncode, lives.stderr
    told = [json.loads(line) for line in lives.stdout.splitlines()]
    assert [life["cause"] for life in told] == list(CAUSES) and all(life["seen"] for life in told)
    assert not [life for life in told if life["broken"]]


UPDATE = """
from firmware.alarm.shift import Shift
shift = Shift()
shift.order({order}, {value}, False, 0)
print(shift.why({order}) if callable(shift.why) else shift.why)
"""


def test_a_badge_of_an_earlier_landing_does_not_know_an_update_over_the_air(landed):
    asked = UPDATE.format(order=codes.ORDER_UPDATE, value=codes.AT_WORK | 0x1A3)
    path = os.pathsep.join(str(landed / part) for part in (".", "tools/host"))
    said = subprocess.run([sys.executable, "-P", "-c", asked], cwd=landed, capture_output=True, text=True,
                          timeout=HANGS_S, env={**os.environ, "PYTHONPATH": path})
    assert said.stdout.strip() == str(codes.WHY_UNKNOWN), said.stderr
