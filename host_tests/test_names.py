"""Does the firmware mean the same when its modules are joined and its names are short?"""

import ast
import os
import subprocess
import sys
import textwrap

import pytest
from test_constants import ROOT, unknown

from tools.deploy.copy import build
from tools.deploy.rooms import Rooms
from tools.deploy.sources import Sources
from tools.deploy.spoken import Spoken

MADE = Sources(ROOT)

MAIN = '''
from firmware.door import run
run()
'''
HOUSE = {
    "door": '''
        from firmware.room import desk, drawer as box
        from firmware.room.desk import Desk, size
        from firmware.spare import offer
        import sys

        def run():
            desk_of_anna = Desk(size=3, colour="red")
            print(desk_of_anna.describe(size), desk.size(2), box.size(2), box.Drawer("pen").describe(1))
            print([size(each) for each in range(3)], (lambda size, more=desk.size: more(size))(4))
            print(getattr(desk_of_anna, "by_text"), desk_of_anna.alias(5), offer(), sys.maxsize > 0)
            try:
                desk.fail(7)
            except ValueError as problem:
                print(problem.args[0])
        ''',
    "room.desk": '''
        """A desk."""
        import sys
        from micropython import const
        _HEAD = const(3)
        limit = 10

        class Furniture:
            height = 70

            def __init__(self, colour):
                self._colour = colour
                self.by_text = "text"

            def describe(self, measure):
                return self._colour, measure(self.height + _HEAD)

        class Desk(Furniture):
            def __init__(self, size, colour):
                super().__init__(colour)
                self._drawers = size

            def describe(self, measure):
                def inner(height):
                    return measure(height) + limit
                return super().describe(measure), inner(self._drawers), sys.maxsize > 1

            def times(self, factor):
                return self._drawers * factor

            alias = times

        def size(of):
            limit = 2
            return of * limit

        def fail(why):
            raise ValueError(why)
        ''',
    "room.drawer": '''
        from micropython import const
        from firmware.room.desk import size as wide
        _HEAD = const(4)

        class Drawer:
            def __init__(self, *things):
                self._things = things

            def describe(self, measure):
                return self._things, measure + _HEAD

        def size(of):
            return wide(of) + 1
        ''',
    "spare": '''
        """Two files need it."""

        def offer():
            from firmware.late import LATE
            return LATE
        ''',
    "late": '''
        from firmware.spare import offer
        LATE = offer.__name__ and 5
        ''',
}  # fmt: skip


def house(folder, change=()):
    """Write a small firmware into `folder`."""
    for name, text in {**HOUSE, **dict(change)}.items():
        path = folder / "firmware" / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    (folder / "lib").mkdir()
    (folder / "boot.py").write_text("")
    (folder / "main.py").write_text(MAIN)
    return folder


def said(files, folder):
    """Return what main.py of `files` prints."""
    folder.mkdir()
    (folder / "micropython.py").write_text("def const(x):\n    return x\n")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("from micropython import const\n" + text if "/" in name else text)
    run = subprocess.run([sys.executable, "main.py"], cwd=folder, capture_output=True, text=True, timeout=30)
    assert not run.returncode, run.stderr
    return run.stdout


def test_a_small_house_says_the_same(tmp_path):
    root = house(tmp_path / "root")
    made = Sources(root)
    assert sorted(made.files) == ["boot.py", "firmware/door.py", "firmware/late.py", "firmware/spare.py", "main.py"]
    plain = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.py")}
    before = said(plain, tmp_path / "plain")
    assert before.count("\n") == 4 and "text" in before
    assert said(made.files, tmp_path / "made") == before
    for name in ("describe", "_colour", "_drawers", "measure", "factor", "offer"):
        assert not any(name in ast.unparse(ast.parse(text)) for text in made.files.values()), name
    for name in ("by_text", "colour=", "run", "Desk", "maxsize"):
        assert any(name in text for text in made.files.values()), name


@pytest.mark.parametrize("change, why", [
    ({"room.desk": "x = 1\n"}, "has no"),
    ({"room.drawer": "def size(of):\n    global x\n    x = of\nclass Drawer:\n    pass\n"}, "Global"),
])  # fmt: skip
def test_what_is_not_understood_is_refused(tmp_path, change, why):
    with pytest.raises(ValueError, match=why):
        Sources(house(tmp_path, change))


def test_a_module_that_is_handed_on_whole_stays_a_file():
    trees = {"a": "from r import m\nf(m)\n", "r.m": "x = 1\n", "b": "from r import n\nf(n.x)\n", "r.n": "x = 1\n"}
    rooms = Rooms({name: ast.parse(text) for name, text in trees.items()})
    assert rooms.files == {"a": ["a"], "b": ["r.n", "b"], "r.m": ["r.m"]}


def test_what_is_forgotten_takes_nobody_in():
    trees = {"build": ast.parse("from board import Board\n"), "board": ast.parse("class Board:\n    pass\n")}
    assert list(Rooms(trees).files) == ["build"]
    assert list(Rooms(trees, passing=["build"]).files) == ["board", "build"]


def test_what_is_loaded_together_shares_a_file_and_is_found_there():
    texts = {
        "p.a": "from p.b import go\nfrom p import c\nfrom p.c import step\ndef one():\n    from p.c import turn as t\n"
               "    return go(), step, t\n",
        "p.b": "def go():\n    from p.c import step\n    return step()\n",
        "p.c": "def step():\n    return 2\ndef turn():\n    return 3\n",
        "p.d": "from p.c import step\ndef go():\n    return step()\n", "p.e": "from p.c import turn\n",
    }  # fmt: skip
    rooms = Rooms({name: ast.parse(text) for name, text in texts.items()}, ["p.a", "p.d", "p.b"], (), {"p.c": "p.b"})
    assert rooms.files["p.b"] == ["p.c", "p.b"] and "p.c" not in rooms.files
    made = {name: ast.unparse(rooms.file(name)) for name in rooms.files}
    assert "p.c" not in "".join(made.values()) and "from p.b import turn as t" in made["p.a"]
    assert made["p.d"].startswith("from p.b import step") and made["p.b"].count("def ") == 3
    assert "import" not in made["p.b"]  # a function of the file finds it there
    texts["p.b"] = "def go():\n    from p.c import step as walk\n    return walk()\n"
    rooms = Rooms({name: ast.parse(text) for name, text in texts.items()}, ["p.b"], (), {"p.c": "p.b"})
    with pytest.raises(ValueError, match="by another name"):
        rooms.file("p.b")
    texts["p.d"] = "from p import c\ndef go():\n    return c.step()\n"
    rooms = Rooms({name: ast.parse(text) for name, text in texts.items()}, ["p.d", "p.b"], (), {"p.c": "p.b"})
    with pytest.raises(ValueError, match="looks into p.c"):
        rooms.file("p.d")
    rooms = Rooms({name: ast.parse(text) for name, text in texts.items()}, ["p.b", "p.c"], (), {"p.c": "p.b"})
    assert "p.c" in rooms.files  # whoever must be found under its own name is


@pytest.mark.parametrize("path", sorted(MADE.files))
def test_every_name_of_the_firmware_is_known_where_it_is_used(path):
    left = unknown(ast.parse(MADE.files[path])) - {"const"}
    assert not left


def constants(tree):
    return {node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "const"}  # fmt: skip


def own(function):
    """Return the names that a function has of its own: arguments, and what is stored in it."""
    found = {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    return found | {name.id for name in names if isinstance(name.ctx, ast.Store)}


# MicroPython's compiler puts the number of a const(...) wherever its name stands in the file, in a function that has
# an argument of that name too.
@pytest.mark.parametrize("path", sorted(MADE.files))
def test_nothing_in_a_function_has_the_name_of_a_constant(path):
    tree = ast.parse(MADE.files[path])
    numbers = constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            taken = numbers & own(node)
            assert not taken, f"{getattr(node, 'name', 'lambda')}: {taken}"


def test_classes_keep_as_many_things_as_they_had():
    """Counts what each class defines, and what its methods use of it, in the source and in what is made of it."""
    before, after = {}, {}
    paths = [path for tree in ("firmware", "lib") for path in sorted((ROOT / tree).rglob("*.py"))]
    for texts, counts in (([path.read_text() for path in paths], before), (MADE.files.values(), after)):
        for text in texts:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ClassDef):
                    own = {each.name for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}
                    own |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)
                            and ast.unparse(each.value) == "self"}  # fmt: skip
                    counts.setdefault(node.name, []).append(len(own))
    assert before.pop("Badge") and after.pop("Badge")
    assert len(before) > 40 and {name: sorted(each) for name, each in after.items()} == {
        name: sorted(each) for name, each in before.items()}  # fmt: skip


def test_a_traceback_names_one_function_unless_the_source_has_two_of_one_name():
    for path, names in MADE.spoken.items():
        for short, known in names.items():
            assert len({each.split(" in ")[0].split(".")[-1] for each in known}) == 1, (path, short, known)
    spoken = Spoken(ROOT)
    short = next(short for short, known in MADE.spoken["firmware/app.py"].items() if known[0].startswith("App._guard"))
    line = f'File "firmware/app.mpy", line 1, in {short}'
    assert spoken.line(line) == f"{line}   = App._guard in firmware/app.py"
    for line in ('File "asyncio/core.py", line 1, in run', 'File "firmware/app.mpy", line 1, in nobody', "hello"):
        assert spoken.line(line) == line
    assert Spoken(ROOT / "nowhere").line('File "firmware/app.mpy", line 1, in a').endswith("in a")


def test_the_same_sources_make_the_same_bytes(tmp_path):
    digests = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        out.mkdir()
        code = ("import sys; from pathlib import Path; from tools.deploy.copy import build; "
                "print(sorted(build(Path(sys.argv[1]), Path(sys.argv[2])).items()))")  # fmt: skip
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tools" / "host")])
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths}
        digests.append(subprocess.run([sys.executable, "-c", code, str(ROOT), str(out)], env=env, capture_output=True,
                                      text=True, check=True).stdout)  # fmt: skip
    assert digests[0] == digests[1] and digests[0].count(".mpy") > 30


def test_every_compiled_file_is_loaded_by_a_micropython(tmp_path, micropython32):
    """Runs the head of every file but those that want a package of others."""
    build(ROOT, tmp_path)
    names = [path.removesuffix(".py") for path in MADE.files if "/" in path and "/sx12" not in path]
    modules = [name.removeprefix("lib/").replace("/", ".") for name in names]
    code = ("import sys\nsys.path[:] = ['.frozen', sys.argv[1], sys.argv[1] + '/lib', sys.argv[2]]\nimport metal\n"
            "metal.Module.SPI = metal.Part\n"
            "for name in ('machine', 'network', 'esp32', 'socket', 'select'):\n    sys.modules[name] = metal.Module()\n"
            f"for name in {modules!r}:\n    __import__(name)\nprint('all')\n")  # fmt: skip
    (tmp_path / "load.py").write_text(code)
    words = [*micropython32, str(tmp_path / "load.py"), str(tmp_path), str(ROOT / "tools" / "bench" / "badge")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.stdout == "all\n", done.stderr
