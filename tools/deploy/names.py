"""How are names made short on the badge? Names that only our own code uses become one or two letters.

MicroPython keeps every name as a string for ever: 20 bytes of heap on average, some 900 names. Made short are

    functions, methods, attributes   names that cannot meet share a short one (tools/deploy/spaces.py)
    a function's arguments           a, b, c, ... by their place, unless some call names them

A name stays as it is when anybody else may know it: MicroPython (tools/deploy/offered.py), a text in the sources, a
script that runs on the chip, a part of a module's name, or a file whose classes build on those of another package.
Names of classes stay too: a badge says them when something went wrong.
"""

import ast
import keyword
import string

from tools.deploy import scopes
from tools.deploy.offered import offered
from tools.deploy.spaces import shared, spaces_of


class Names:
    """Short names for `trees`, {file's module: ast.Module}. kept: more names that must stay as they are.

    short: {name: short one}. package: the one that the trees are themselves, so that its names are theirs.
    """

    def __init__(self, trees, kept=(), package=None):
        kept = set(kept) | set(keyword.kwlist)
        for owner, names in offered().items():
            if owner != package:
                kept |= names | set(owner.split("."))
        used, calls = set(), {}
        for module, tree in trees.items():
            kept |= set(module.split(".")) | texts(tree)
            if _builds_on_others(tree, trees):
                kept |= mentioned(tree)
            used |= mentioned(tree)
            calls |= {node.arg: None for node in scopes.nodes(tree) if isinstance(node, ast.keyword) and node.arg}
        self._named = kept | set(calls)
        times = {}
        for tree in trees.values():
            for name in _uses(tree):
                times[name] = times.get(name, 0) + 1
        ours = {name for tree in trees.values() for name in _defined(tree)} - kept
        ours = {name for name in ours if len(name) > 2 and not name.startswith("__")}
        order = sorted(ours, key=lambda name: (-times.get(name, 0), name))
        self.short = shared(order, spaces_of(trees), self._named | used)

    def shortened(self, tree):
        """Return `tree` with short names."""
        numbers = {self.short.get(name, name) for name in _constants(tree)}
        return _Short(self.short, self._named, numbers).of(tree)


def _defined(tree):
    """Return the names that a file gives to functions, globals, and attributes."""
    found = scopes.bound(tree.body, imports=False) - _folded(tree)
    classes = {node.name for node in scopes.nodes(tree) if isinstance(node, ast.ClassDef)}
    for node in scopes.nodes(tree):
        if isinstance(node, ast.ClassDef):
            found |= scopes.bound(node.body)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found - classes


def _constants(tree):
    """Return the names that the compiler puts numbers for, wherever they stand: NAME = const(...)."""
    constants = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
                 and ast.unparse(node.value.func) == "const"]  # fmt: skip
    return {node.targets[0].id for node in constants}


def _folded(tree):
    """Return those of them that are no globals besides."""
    return {name for name in _constants(tree) if name.startswith("_")}


def _uses(tree):
    for node in scopes.nodes(tree):
        for field in ("id", "attr", "name"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield name


def mentioned(tree):
    """Return every name in `tree`, whatever it names."""
    found = set()
    for node in scopes.nodes(tree):
        for field in ("id", "attr", "name", "arg", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                found.update(name.split("."))
    return found


def texts(tree):
    """Return every text in `tree`."""
    return {node.value for node in scopes.nodes(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _builds_on_others(tree, trees):
    """Return whether a class's base comes from a package that is not ours."""
    foreign = set()
    for node in scopes.nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.module not in trees:
            foreign |= {alias.asname or alias.name for alias in node.names}
    bases = [base for node in scopes.nodes(tree) if isinstance(node, ast.ClassDef) for base in node.bases]
    return any(isinstance(base, ast.Name) and base.id in foreign for base in bases)


class _Short(scopes.Scoped):
    """numbers: the constants of the file, by their new names. An argument of that name would be a number inside."""

    def __init__(self, short, named, numbers):
        super().__init__()
        self._numbers = numbers
        self._short = short
        self._named = named
        self._args = []  # of functions around: ({argument: its short name}, all names of the function)

    def global_name(self, name):
        return self._short.get(name, name)

    class_name = global_name

    def local_name(self, name):
        for args, own in reversed(self._args):
            if name in own:
                return args.get(name, name)
        return name

    def entered(self, node):
        inside = self._numbers | {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        inside |= {self._short.get(each, each) for each in inside}
        inside |= {name for around in self._args for name in around[0].values()}
        free = (each for each in string.ascii_letters if each not in inside)
        args = {arg.arg: next(free) for arg in scopes.arguments(node)
                if arg.arg not in self._named and arg.arg != "self" and len(arg.arg) > 1}  # fmt: skip
        self._args.append((args, self._inner[-1][1]))

    def left(self, node):
        self._args.pop()

    def visit_Attribute(self, node):
        self.generic_visit(node)
        node.attr = self._short.get(node.attr, node.attr)
        return node

    def visit_ImportFrom(self, node):
        for alias in node.names:
            known = self._become(alias.asname or alias.name)
            alias.name = self._short.get(alias.name, alias.name)
            alias.asname = known if known != alias.name else None
        return node
