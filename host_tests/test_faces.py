"""Has everything that stands in for the metal the metal's whole face? Reads the sources; runs nothing.

tools/sim/faces.py says what a hallway may call. A class has a member if it, or a class that it is made from, defines a
function of that name, or sets it; a function must take as many arguments as the face gives it.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FACES = "tools/sim/faces.py"

# face: (file, class) of each that has it, and what it is made from
HAVE = {
    "Board": [
        ("firmware/board/board.py", "Board"), ("tools/sim/scripts/fake_board.py", "Board"),
        ("tools/sim/story/board.py", "Board"),
    ],
    "Route": [
        ("firmware/board/wifi.py", "Wifi"), ("firmware/board/radio.py", "Radio", "firmware/board/lora.py", "Lora"),
        *[(path, name, "tools/sim/route.py", "Route") for path, name in (
            ("tools/sim/scripts/fake_board.py", "Board"), ("tools/sim/scripts/duty_limited.py", "Air"),
            ("tools/sim/story/board.py", "Way"))],
    ],
    "Button": [
        ("firmware/board/parts.py", "Button"), ("tools/sim/scripts/fake_board.py", "Board"),
        ("tools/sim/story/board.py", "Button"),
    ],
    "Motor": [
        ("firmware/board/parts.py", "Motor"), ("firmware/board/haptics.py", "Haptics"),
        ("tools/sim/scripts/fake_board.py", "Motor"), ("tools/sim/story/board.py", "Board"),
    ],
    "Accel": [
        ("firmware/board/sensors.py", "Accel"), ("tools/sim/scripts/fake_board.py", "Board"),
        ("tools/sim/story/board.py", "Board"),
    ],
    "Sleep": [
        ("firmware/board/sleep.py", "Sleep"), ("tools/sim/scripts/fake_board.py", "Naps"),
        ("tools/sim/story/board.py", "Board"),
    ],
    "Nearby": [("firmware/nearby.py", "Nearby")],
    "Battery": [
        ("firmware/board/parts.py", "Battery"), ("tools/sim/scripts/fake_board.py", "Board"),
        ("tools/sim/story/board.py", "Board"),
    ],
}
ANY = 99  # arguments


def members(source, name):
    """Return {member: (arguments wanted, arguments taken), or None for what is no function} of a class in `source`."""
    made = next(node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name)
    found = {}
    for node in ast.walk(made):
        if isinstance(node, ast.FunctionDef) and node in made.body:
            args = node.args
            taken = len(args.posonlyargs + args.args) - 1
            found[node.name] = (taken - len(args.defaults), ANY if args.vararg else taken)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self" or node in made.body:
                        found.setdefault(each.attr if isinstance(each, ast.Attribute) else ast.unparse(each), None)
    return found


def lacks(face, has):
    """Return the sentences that say what `has` lacks of `face`, both as `members` gives them."""
    found = []
    for name, wanted in face.items():
        there = has.get(name, "nothing")
        if there == "nothing":
            found.append(f"{name} is missing")
        elif wanted and there and not (there[0] <= wanted[0] and wanted[1] <= there[1]):
            found.append(f"{name} takes {there[0]} to {there[1]} arguments, and is given {wanted[0]} to {wanted[1]}")
    return found


@pytest.mark.parametrize("face, who", [(face, who) for face, all in HAVE.items() for who in all],
                         ids=lambda value: value if isinstance(value, str) else f"{value[0]}:{value[1]}")
def test_who_stands_for_a_part_has_its_whole_face(face, who):
    has = {}
    for path, name in zip(who[::2], who[1::2]):
        has = members((ROOT / path).read_text(encoding="utf-8"), name) | has
    assert lacks(members((ROOT / FACES).read_text(encoding="utf-8"), face), has) == []


def test_a_member_that_is_missing_or_takes_less_is_found():
    face = members("class Face:\n    way: int\n    def go(self, n, at=0): ...\n    def stop(self): ...\n", "Face")
    has = members("class Double:\n    def __init__(self):\n        self.way = 1\n    def go(self, n): ...\n", "Double")
    assert lacks(face, has) == ["go takes 1 to 1 arguments, and is given 1 to 2", "stop is missing"]
    assert lacks(face, members("class Whole:\n    way = stop = 1\n    def go(self, *all): ...\n", "Whole")) == []
