"""Which names may never be called the same? Those that can meet: in one class, in one file, in one traceback.

A space is whatever holds names: the classes of one family, a file's globals, a file's functions. Two names may share
a short one if they share no space. Attributes are looked up by name alone, so one name has one short name everywhere.
"""

import ast
import itertools
import string

from tools.deploy import scopes

_MORE = string.ascii_letters + string.digits


def spaces_of(trees):
    """Return {name: its spaces} of all functions, globals and attributes that `trees`, {file: tree}, define.

    None among the spaces: it may be anywhere.
    """
    found = {}
    family = _families(trees)
    for file, tree in sorted(trees.items()):
        for name in scopes.bound(tree.body):
            found.setdefault(name, set()).add(("file", file))
        for node in scopes.nodes(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.setdefault(node.name, set()).add(("traceback", file))
            elif isinstance(node, ast.ClassDef):
                for name in scopes.bound(node.body) | _of_self(node):
                    found.setdefault(name, set()).add(("class", family[node.name]))
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and not _is_self(node.value):
                found.setdefault(node.attr, set()).add(None)  # nobody says which class's
    return found


def shared(names, spaces, taken):
    """Return {name: short name} for `names`, the first of them the shortest; none of `taken` is given."""
    given, held, everywhere = {}, {}, set()
    for name in names:
        mine = spaces[name]
        for short in _all():
            if short in taken or short in everywhere:
                continue
            there = held.setdefault(short, set())
            if None in mine and there or mine & there:
                continue
            there |= mine
            given[name] = short
            if None in mine:
                everywhere.add(short)
            break
    return given


def _all():
    yield from string.ascii_letters
    for first, second in itertools.product(string.ascii_letters, _MORE):
        yield first + second


def _is_self(node):
    return isinstance(node, ast.Name) and node.id == "self"


def _of_self(node):
    return {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and _is_self(each.value)}


def _families(trees):
    """Return {class: its family}: classes of one name, and those that build on one another, are one family."""
    family = {}
    links = []
    for tree in trees.values():
        for node in scopes.nodes(tree):
            if isinstance(node, ast.ClassDef):
                family[node.name] = node.name
                links += [(node.name, base.id) for base in node.bases if isinstance(base, ast.Name)]
    for name, base in links * len(links):
        if base in family:
            both = family[name], family[base]
            family = {each: min(both) if at in both else at for each, at in family.items()}
    return family
