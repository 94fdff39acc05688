"""Does the firmware mean the same when its shared constants have become numbers?"""

import ast
import builtins
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.flash import slots
from tools.flash.constants import Shared
from tools.flash.sources import listed

ROOT = Path(__file__).resolve().parent.parent
SHARED = Shared(ROOT)
FILES = [ROOT / path for path in listed(ROOT) if not path.startswith("lib/")]


def module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def unknown(tree):
    """Return the names that are read somewhere and bound nowhere."""
    nodes = list(ast.walk(tree))
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.name for node in nodes if isinstance(node, ast.ExceptHandler)}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return read - bound - set(dir(builtins)) - {"__name__"}


def folded(tree, names):
    """Return the tree's text with names and numbers alike: what is left must be equal."""

    class Fold(ast.NodeTransformer):
        def visit_Name(self, node):
            return ast.parse(names[node.id], mode="eval").body if node.id in names else node

        def visit_Attribute(self, node):
            known = SHARED.names.get(of.get(ast.unparse(node.value)), {})
            return ast.parse(known[node.attr], mode="eval").body if node.attr in known else self.generic_visit(node)

    of = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            of.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    kept = []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)):
            continue
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in names:
            continue
        kept.append(node)
    tree.body = kept
    return ast.unparse(Fold().visit(tree))


@pytest.mark.parametrize("path", FILES, ids=module)
def test_every_file_says_the_same_in_as_many_lines(path):
    source = path.read_text()
    made = SHARED.inline(source, module(path))
    assert not unknown(ast.parse(made))
    assert made.count("\n") == source.count("\n")
    names = dict(SHARED.names.get(module(path), {}))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            known = SHARED.names.get(node.module, {})
            names.update({alias.asname or alias.name: known[alias.name] for alias in node.names if alias.name in known})
    if path.name != "start.py":  # which imports inside a function
        assert folded(ast.parse(source), names) == folded(ast.parse(made), {})


def test_no_constant_of_the_words_is_left():
    made = SHARED.inline((ROOT / "firmware" / "badge.py").read_text(), "firmware.badge")
    assert "firmware.codes" not in made and "CALLING" not in made and "feel.PRE_ALARM" not in made


def test_a_module_that_is_handed_on_whole_must_keep_its_numbers():
    with pytest.raises(ValueError, match="patterns is handed on whole"):
        SHARED.inline("from firmware.feedback import patterns\nf(patterns)\n")
    assert SHARED.inline("from firmware.detect import model\nf(model)\n")


@pytest.mark.parametrize("source", [
    "from firmware.codes import SAFE\nSAFE = 3\n", "from firmware.codes import SAFE\nf(SAFE=1)\n",
    "from firmware.codes import SAFE\ndef f(SAFE):\n    return SAFE\n",
])
def test_a_name_with_two_meanings_is_refused(source):
    with pytest.raises(ValueError, match="SAFE is a constant and something else"):
        SHARED.inline(source)


def test_several_badges_that_are_flashed_at_once_parse_one_file_at_a_time(monkeypatch):
    real, inside, most = ast.parse, [], []

    def parse(source, *more, **named):
        inside.append(source)
        time.sleep(0.002)  # where CPython 3.11 may hand over to another thread, and then loses count of its depth
        most.append(len(inside))
        try:
            return real(source, *more, **named)
        finally:
            inside.pop()

    with monkeypatch.context() as patch, ThreadPoolExecutor(6) as pool:
        patch.setattr(ast, "parse", parse)
        assert len({*pool.map(lambda _: slots.scripts(), range(6))}) == 1
    assert max(most) == 1
