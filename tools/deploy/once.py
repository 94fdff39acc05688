"""Which functions has a badge no use for once it is up? What firmware/start.py then frees is looked up here.

A function or method has work to do only while the badge comes up if everything that names it has, too: it is named
nowhere but in other such functions, and in files that are forgotten. A constructor is named by whoever names its class,
or one that builds on it. A method's name is a name behind a dot, whosever it is, so that too much stays rather than too
little; what is named in a text, in a class or a module itself (which may keep it) or in a function within a function
(which may live on) stays, and so do classes that build on another package's, which may call them.

A bridge and a lifeboat are other lives, which free nothing, and so are the scripts that a technician runs.
"""

import ast

from tools.deploy import scopes
from tools.deploy.names import texts

START = "firmware.start"
_LIST = "ONCE"  # there
_OTHER_LIVES = ("firmware.bridge", "firmware.lifeboat", "firmware.board.serial")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INIT = "__init__"


def once(trees, passing, scripts):
    """Return {module: [(class or "", function)]} of what is needed only once in `trees`, {module: ast.Module}.

    passing: modules that are forgotten. scripts: trees of what runs beside them all the time.
    """
    stay = {name: tree for name, tree in trees.items() if name not in passing and name not in _OTHER_LIVES}
    bases = {node.name: [ast.unparse(base) for base in node.bases] for tree in stay.values() for node in tree.body
             if isinstance(node, ast.ClassDef)}  # fmt: skip
    found = [(module, owner, name) for module, tree in stay.items() for owner, name in _functions(tree, bases)]
    mentions = {}  # (name, whether behind a dot): functions that name it; None: something else does
    for module, tree in (*stay.items(), *((None, tree) for tree in scripts), (None, _handed_on(trees[START]))):
        _Look(module, tree, mentions)
    for text in set().union(*(texts(tree) for tree in stay.values())):
        mentions.setdefault((text, True), set()).add(None)
        mentions.setdefault((text, False), set()).add(None)
    gone = set(found)
    while True:
        steady = {each for each in gone if not all(by in gone for by in _askers(each, mentions, bases))}
        if not steady:
            break
        gone -= steady
    made = {}
    for module, owner, name in found:
        if (module, owner, name) in gone:
            made.setdefault(module, []).append((owner, name))
            for other, tree in stay.items():
                if not owner and other != module and _imports(tree, module, name):
                    made.setdefault(other, []).append(("", name))
    return made


def _functions(tree, bases):
    """Yield (class or "", name) of what could go."""
    for node in tree.body:
        if isinstance(node, _FUNCTIONS):
            yield "", node.name
        elif isinstance(node, ast.ClassDef) and all(base in bases for base in bases[node.name]):
            for each in node.body:
                if isinstance(each, _FUNCTIONS) and (each.name == _INIT or not each.name.startswith("__")):
                    yield node.name, each.name


def _handed_on(tree):
    """Return what the functions of `tree` return: it is used when they are gone."""
    return ast.Module([node for node in ast.walk(tree) if isinstance(node, ast.Return)], [])


class _Look:
    """Notes in `mentions` who names what in a module, None for one that has no functions that could go."""

    def __init__(self, module, tree, mentions):
        self._mentions = mentions
        self._modules = {alias.asname or alias.name for node in ast.walk(tree) for alias in getattr(node, "names", ())
                         if isinstance(alias, ast.alias)}  # fmt: skip
        self._look(tree, (module, "", "") if module else None, set())

    def _look(self, node, at, own):
        """Look below `node`. at: (module, class, function), None inside what may live on. own: names of functions."""
        for child in node.body if isinstance(node, ast.ClassDef) else ast.iter_child_nodes(node):
            inside, names = at, own
            if isinstance(child, ast.ClassDef):
                inside = (at[0], child.name, "") if at and not any(at[1:]) else None
            elif isinstance(child, (*_FUNCTIONS, ast.Lambda)):
                inside = (*at[:2], child.name) if at and not at[2] and isinstance(child, _FUNCTIONS) else None
                names = own | {arg.arg for arg in scopes.arguments(child)}
                names |= scopes.bound(child.body, imports=False) if isinstance(child, _FUNCTIONS) else set()
            elif isinstance(child, (ast.Import, ast.ImportFrom)):
                continue
            self._note(child, at if at and at[2] else None, at and at[1] and not at[2], own)
            self._look(child, inside, names)

    def _note(self, node, by, in_class, own):
        if isinstance(node, ast.Attribute):
            self._mentions.setdefault((node.attr, True), set()).add(by)
            if isinstance(node.value, ast.Name) and node.value.id in self._modules:
                self._mentions.setdefault((node.attr, False), set()).add(by)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            self._mentions.setdefault((node.id, False), set()).add(by)
            if in_class:  # which gives a method another name
                self._mentions.setdefault((node.id, True), set()).add(by)


def _askers(function, mentions, bases):
    """Return who names `function`, or makes its class if it is a constructor."""
    _, owner, name = function
    if name != _INIT:
        return mentions.get((name, bool(owner)), set())
    family = {owner}
    while grown := {each for each, above in bases.items() if family & set(above)} - family:
        family |= grown
    return set().union(*(mentions.get((each, False), set()) for each in family))


def listed(trees, gone, short):
    """Write `gone`, as `once` returns it, into the tree of firmware/start.py; short: {name: its short one}."""
    lines = [" ".join([module, *(f"{owner}." * bool(owner) + short.get(name, name) for owner, name in names)])
             for module, names in sorted(gone.items())]  # fmt: skip
    for node in trees[START].body:
        if isinstance(node, ast.Assign) and node.targets[0].id == _LIST:
            node.value = ast.Constant(";".join(lines))


def _imports(tree, module, name):
    return any(isinstance(node, ast.ImportFrom) and node.module == module and
               any((alias.asname or alias.name) == name for alias in node.names) for node in tree.body)  # fmt: skip
