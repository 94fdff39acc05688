"""Can somebody who never heard of Kald use lib/? The package that mip installs is whole, and its examples run."""

import json
import re

import pytest
from lived import ROOT, alike

from tools.flash.cable import mpremote
from tools.flash.sources import sources
from tools.sim.virtual import VirtualBadge

LIB = ROOT / "lib"
DRIVERS = sorted(path.name for path in LIB.glob("*.py"))
EXAMPLES = sorted((LIB / "examples").glob("*.py"))
SAYS = {  # a sentence that each prints when it has found its part
    "read_": "self-test: passed", "shake_": "a motor is there: True", "feed_": "the power key is down",
    "free_": "the bus is free: True",
}


def test_the_package_lists_every_driver_and_nothing_else():
    package = json.loads((LIB / "package.json").read_text())
    assert sorted(package) == ["deps", "urls", "version"]  # what mip reads
    assert sorted(place for place, _ in package["urls"]) == DRIVERS
    assert all(place == source for place, source in package["urls"]), "sources lie beside the package.json"
    project = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.M)[1]
    assert package["version"] == project and package["deps"] == []


def test_the_package_needs_nothing_that_it_does_not_bring():
    ours = {name.removesuffix(".py") for name in DRIVERS}
    for name in DRIVERS:
        found = re.findall(r"^(?:from|import) (\w+)", (LIB / name).read_text(), re.M)
        assert set(found) <= ours | {"micropython", "array", "struct", "errno"}, name


def test_every_driver_has_an_example_and_no_badge_carries_one():
    taken = {name for path in EXAMPLES for name in re.findall(r"^from (\w+) import", path.read_text(), re.M)}
    assert {name.removesuffix(".py") for name in DRIVERS} - {"accelerometer"} <= taken
    assert not [path for path in sources(ROOT) if "examples" in path]


@pytest.mark.usefixtures("micropython")
def test_mip_lays_all_drivers_onto_a_board(tmp_path):
    with VirtualBadge(tmp_path / "board", "anna") as board:
        mpremote(board.port, "mip", "install", "--target", "/lib", str(LIB / "package.json"))
        assert {path.name: path.read_bytes() for path in (board.flash / "lib").iterdir()} == {
            name: (LIB / name).read_bytes() for name in DRIVERS}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_alike_on_both_pythons(path, micropython):
    there, here = alike(micropython, "example_life.py", path, ROOT, LIB)
    assert there == here
    said = next(sentence for begin, sentence in SAYS.items() if path.name.startswith(begin))
    assert said in here, here
