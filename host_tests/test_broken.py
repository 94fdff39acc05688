"""Does a badge of which any one file is missing or broken call all the same, or is it at least missed?

Every file that `kald flash` copies, missing, cut at its half, and with one bit turned, in one MicroPython, over the
least metal (broken_life.py). What is cut would hang its import for ever: then this test comes to no end.
"""

import pytest
from lived import ROOT, lived

from tools.flash.copy import TOP, build

WAYS = ("missing", "cut", "flipped")  # what is empty has been cut before its first byte
# Without these nothing of ours is begun: the prompt comes, and such a badge is missed by the gateway after three
# heartbeats (test_gateway_clock.py). A boot.py that is not there at all only looks at nothing.
MISSED = set(TOP)


@pytest.fixture(scope="module")
def walked(micropython, tmp_path_factory):
    tree = tmp_path_factory.mktemp("tree")
    build(ROOT, tree)
    words = tree, ROOT / "tools" / "sim" / "scripts", *WAYS
    lines = lived([*micropython, "-X", "heapsize=8m"], "broken_life.py", *words).splitlines()
    files = sum(path.is_file() for path in tree.rglob("*"))
    assert "nothing broken: app 1" in lines and lines[-1] == f"walked {files}"
    said = [line.split(": ") for line in lines if line.split(": ")[0].split()[-1:] and ": " in line]
    found = {tuple(what.split()): how for what, how, *_ in said if what.split()[-1] in WAYS}
    assert len(found) == len(WAYS) * files
    return found


def test_whatever_file_is_broken_app_or_lifeboat_calls_or_the_badge_is_missed(walked):
    assert len(walked) > 100 * len(WAYS)
    assert {path for (path, _), how in walked.items() if how[:4] not in ("app ", "life", "put ")} == MISSED
    assert all(how != "put aside" for (_, way), how in walked.items() if way == "missing")


def test_what_is_broken_is_put_aside_before_anything_asks_for_it(walked):
    kept = {path for (path, way), how in walked.items() if way != "missing" and how != "put aside"}
    assert kept == MISSED | {"sums"}


def test_the_lifeboat_comes_after_four_starts_that_failed_and_not_later(walked):
    calls = [how for how in walked.values() if how[:4] in ("app ", "life")]
    assert set(calls) == {"app 1", "lifeboat 5"} and calls.count("lifeboat 5") >= 40


def test_a_list_that_is_broken_itself_is_not_believed(walked):
    assert {walked["sums", way] for way in WAYS} == {"app 1"}
