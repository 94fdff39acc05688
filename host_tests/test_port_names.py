"""Does the firmware ask MicroPython 1.24 on an ESP32 for anything that it lacks?

Held against tools/flash/micropython_names.txt: every module and name imported, every attribute of a module or of one
of its classes, every builtin, and every other attribute, which must be ours or some type's.
"""

import ast

import pytest
from test_constants import ROOT

from tools.flash.port_names import offered
from tools.flash.sources import MANIFEST, module_of

OFFERED = offered()
ALONE = ROOT / "tools" / "flash" / "onchip"  # but for slots.py, before which a file of the firmware goes
FILES = [ROOT / "boot.py", ROOT / "main.py", *sorted({*ALONE.glob("*.py")} - {ALONE / "slots.py"}),
         *sorted((ROOT / "firmware").rglob("*.py")), *sorted((ROOT / "lib").rglob("*.py"))]
FILES.remove(ROOT / MANIFEST)  # no badge has it
OURS = {module_of(path.relative_to(ROOT)) for path in FILES}
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
ATTRIBUTES = set().union(*OFFERED.values())


def ours(trees):
    """Return every name that our sources give to something."""
    found = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, (ast.Attribute, ast.Name)) and not isinstance(node.ctx, ast.Load):
                found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return found


def lacking(tree, known):
    """Return [what MicroPython lacks] of what `tree` asks for; known: attributes of ours."""
    found, owners = [], {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in OFFERED and alias.name not in OURS:
                    found.append(f"module {alias.name}")
                owners[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom) and node.module not in OURS:
            for alias in node.names:
                if f"{node.module}.{alias.name}" not in OURS and alias.name not in OFFERED.get(node.module, ()):
                    found.append(f"{node.module}.{alias.name}")
                owners[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} | known
    names |= {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
              for alias in node.names}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = owners.get(node.value.id) if isinstance(node.value, ast.Name) else None
            if owner in OFFERED and OFFERED[owner]:
                if node.attr not in OFFERED[owner]:
                    found.append(f"{owner}.{node.attr}")
            elif node.attr not in known and node.attr not in ATTRIBUTES and node.attr not in _parts():
                found.append(f".{node.attr}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id not in names and node.id not in OFFERED["builtins"] | {"__name__", "const"}:
                found.append(f"builtin {node.id}")
    return found


def _parts():
    return {part for name in OURS for part in name.split(".")}


def test_nothing_is_asked_that_1_24_lacks():
    known = ours(TREES.values())
    found = {path.relative_to(ROOT).as_posix(): lacking(tree, known) for path, tree in TREES.items()}
    assert {path: what for path, what in found.items() if what} == {}


def test_what_a_script_on_the_chip_takes_of_the_firmware_is_made_there():
    """Where a name is only passed on, the badge has a number in its place, or frees it (firmware/badge_start.py)."""
    made = {module_of(path.relative_to(ROOT)): ours([tree]) for path, tree in TREES.items()}
    missing = [f"{path.name}: {node.module}.{alias.name}" for path, tree in TREES.items() if path.parent == ALONE
               for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in made
               for alias in node.names
               if alias.name not in made[node.module] and f"{node.module}.{alias.name}" not in OURS]
    assert missing == []


@pytest.mark.parametrize("source, what", [
    ("import dataclasses\n", "module dataclasses"), ("from machine import Counter\n", "machine.Counter"),
    ("import micropython\nmicropython.heap_locked()\n", "micropython.heap_locked"),
    ("from machine import Pin\nPin.PULL_HOLD\n", "machine.Pin.PULL_HOLD"),
    ("import time\ntime.monotonic()\n", "time.monotonic"),
    ("def f(x):\n    return x.isidentifier()\n", ".isidentifier"),
    ("def f(x):\n    return aiter(x)\n", "builtin aiter"), ("import network as n\nn.WLANS\n", "network.WLANS"),
])
def test_what_it_lacks_is_found(source, what):
    assert lacking(ast.parse(source), set()) == [what]


def test_the_list_knows_what_a_port_of_1_24_has():
    assert {"readfrom_mem_into", "writeto_mem"} <= OFFERED["machine.I2C"]
    assert "WDT" in OFFERED["machine"] and "wake_on_ext1" in OFFERED["esp32"] and "ipoll" in OFFERED["select.poll"]
    assert "mem_total" not in OFFERED["gc"] and "CAN" not in OFFERED["machine"]
