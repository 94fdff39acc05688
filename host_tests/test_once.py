"""Does a badge that is up give back what has only brought it up, and nothing that it may still want?"""

import ast
import subprocess

import pytest
from test_constants import ROOT

from tools.deploy.copy import build
from tools.deploy.once import once
from tools.deploy.sources import Sources

START = "from firmware.app import App\n\ndef start(board):\n    app = App(board)\n    return app.run\n"
APP = """
from firmware.metal import helper
from firmware.far import Base

class Part:
    def __init__(self):
        self.loaded = helper(3)

    def load(self):
        return first(1)

    def used(self):
        return 1

    other = used

class Late:
    def __init__(self):
        pass

class Later(Late):
    def again(self):
        return 2

class Foreign(Base):
    def called_by_base(self):
        return 3

class App:
    def __init__(self, board):
        self.part = Part()
        self.part.load()
        self.kept = self.callback
        self.make = lambda: second(1)

    def callback(self):
        return 4

    def run(self):
        return Later(), getattr(self, "by_text")

    def by_text(self):
        return 5

    @property
    def nobody_asks(self):
        return 6

def first(load):
    return load

def second(number):
    return number

def third(run):
    first = run
    return first
"""
METAL = "def helper(number):\n    return number\n"
GONE = {
    "firmware.app": [("Part", "__init__"), ("Part", "load"), ("Later", "again"), ("App", "__init__"),
                     ("App", "callback"), ("App", "nobody_asks"), ("", "first"), ("", "third"), ("", "helper")],
    "firmware.metal": [("", "helper")],
}  # fmt: skip


def gone(app=APP, main="", **more):
    texts = {"start": START, "app": app, "metal": METAL, **more}
    trees = {f"firmware.{name}": ast.parse(text) for name, text in texts.items()}
    return once(trees, {"firmware.start"}, [ast.parse(main)])


def test_what_only_constructors_name_goes_and_all_that_may_live_on_stays():
    assert {module: sorted(names) for module, names in gone().items()} == {
        module: sorted(names) for module, names in GONE.items()}  # fmt: skip


@pytest.mark.parametrize("more, stays", [
    ({"main": "from firmware.app import Part\nPart()\n"}, ("Part", "__init__")),
    ({"app": APP.replace("return 4", "return self.part.load()"), "main": "x.callback()"}, ("Part", "load")),
    ({"app": APP.replace("return 1", "return first(2)")}, ("", "first")),
    ({"app": APP + "TABLE = (first,)\n"}, ("", "first")),
    ({"app": APP + "NAME = 'load'\n"}, ("Part", "load")),
    ({"app": APP + "class Inside(Part):\n    pass\n\ndef go():\n    return Inside()\n", "main": "go()"},
     ("Part", "__init__")),
    ({"other": "from firmware import metal\ndef go():\n    return metal.helper(1)\n", "main": "go()"}, ("", "helper")),
])  # fmt: skip
def test_what_somebody_may_ask_for_stays(more, stays):
    assert stays not in [name for names in gone(**more).values() for name in names]


def test_other_lives_keep_nothing_alive():
    assert gone(bridge="from firmware.app import Part\n\ndef go():\n    Part().load()\n") == gone()


def listed():
    """Return {module: names} of the list on the badge."""
    tree = ast.parse(Sources(ROOT).files["firmware/start.py"])
    lists = [node.value.value for node in tree.body if isinstance(node, ast.Assign)]
    return {words[0]: words[1:] for words in (line.split() for line in lists[0].split(";"))}


def test_every_name_of_the_list_is_there(tmp_path, micropython32):
    """Loads what can be loaded without somebody else's package, and looks."""
    build(ROOT, tmp_path)
    names = {module: words for module, words in listed().items() if not module.endswith(("sx1262", "sx1276"))}
    assert "App.__init__" in names["firmware.app"] and "Radio.__init__" in names["firmware.board.radio"]
    code = ("import sys\nsys.path[:] = ['.frozen', sys.argv[1], sys.argv[1] + '/lib', sys.argv[2]]\nimport metal\n"
            "metal.Module.SPI = metal.Part\n"
            "for name in ('machine', 'network', 'esp32', 'socket', 'select'):\n    sys.modules[name] = metal.Module()\n"
            f"for module, words in {names!r}.items():\n    __import__(module)\n    for word in words:\n"
            "        at = sys.modules[module]\n        for part in word.split('.'):\n"
            "            at = getattr(at, part)\n        print(word)\n")  # fmt: skip
    (tmp_path / "look.py").write_text(code)
    words = [*micropython32, str(tmp_path / "look.py"), str(tmp_path), str(ROOT / "tools" / "bench" / "badge")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert sorted(done.stdout.split()) == sorted(word for words in names.values() for word in words), done.stderr
