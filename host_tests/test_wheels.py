"""Do the packages that a house runs install from wheels on every usual machine? Reads a table; asks nobody.

Stale? `.venv/bin/python .ci/wheels.py` asks the package index and writes host_tests/wheels.json anew.
"""

import pytest
import wheels
from packaging.requirements import Requirement

TABLE = wheels.read()
AIOHTTP = next(item for item in TABLE["files"].items() if item[0].startswith("aiohttp="))  # has one for each target


def test_the_table_is_of_the_pins_that_stand_now():
    assert TABLE["pins"] == wheels.pins(), ".venv/bin/python .ci/wheels.py writes the table anew"
    assert set(TABLE["files"]) == set(TABLE["needs"])


def test_every_package_has_a_wheel_for_every_system_and_python():
    assert len(wheels.TARGETS) == 20
    assert wheels.troubles(TABLE) == []


@pytest.mark.parametrize("target", wheels.TARGETS, ids=" ".join)
def test_of_two_pins_of_a_package_each_machine_has_one(target):
    found = wheels.wanted(TABLE["needs"], target, TABLE["pins"])
    names = [text.split("=")[0] for text in found if "==" in text]  # others may want a package that is pinned, too
    pinned = [Requirement(pin).name for pin in TABLE["pins"]]
    assert {name: names.count(name) for name in pinned} == dict.fromkeys(pinned, 1)


@pytest.mark.parametrize("package", TABLE["files"])
def test_a_package_that_is_not_there_is_missed(package):
    assert wheels.troubles({**TABLE, "files": {**TABLE["files"], package: []}})


@pytest.mark.parametrize("file", AIOHTTP[1])
def test_a_wheel_that_is_not_there_is_missed_on_its_machine_alone(file):
    files = [one for one in AIOHTTP[1] if one != file]
    said = wheels.troubles({**TABLE, "files": {**TABLE["files"], AIOHTTP[0]: files}})
    assert len(said) == 1 and "aiohttp" in said[0]


def test_what_one_system_wants_alone_is_asked_of_it_alone():
    table = {**TABLE, "needs": {one: needed for one, needed in TABLE["needs"].items() if not one.startswith("tzdata")}}
    said = wheels.troubles(table)
    assert len(said) == 4 and all(line.startswith("windows-amd64") and "tzdata" in line for line in said)


def test_what_an_extra_brings_along_is_asked_for_where_it_is_wanted_alone():
    needs = {"a==1": ["c", "d; extra == 'b'", "e; extra == 'f'"], "c==1": [], "d==1": [], "e==1": []}
    assert set(wheels.wanted(needs, wheels.TARGETS[0], ["a[b]==1"])) == {"a[b]==1", "c", "d"}
    assert set(wheels.wanted(needs, wheels.TARGETS[0], ["a==1"])) == {"a==1", "c"}


@pytest.mark.parametrize("name", wheels.SOURCES)
def test_what_is_published_as_source_alone_makes_one_wheel_for_every_machine(name):
    files = [file for package, files in TABLE["files"].items() if package.startswith(f"{name}=") for file in files]
    assert len(files) == 1 and files[0].endswith("-py3-none-any.whl")
