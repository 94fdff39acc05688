"""What does each file on the badge say? The sources with numbers for constants, modules in few files, short names.

Shared constants become numbers (tools/deploy/constants.py), modules that one file alone needs move into it
(tools/deploy/rooms.py), and names that nobody else knows become short (tools/deploy/names.py). What a badge needs only
while it comes up is noted for it (tools/deploy/once.py). None of it changes what the firmware does.
"""

import ast

from tools.deploy.constants import Shared
from tools.deploy.names import Names, mentioned, texts
from tools.deploy.once import START, listed, once
from tools.deploy.rooms import Rooms, imported

TOP = ("boot.py", "main.py")
TREES = ("firmware", "lib")
SCRIPTS = ("tools/onchip/selftest.py",)  # run beside the firmware, and use its names
_BOARDS = "firmware.board.boards."  # found by a name that the pairing gives
# What is loaded together, by every badge or by every one with LoRa, and the file that it is a part of there. boot.py
# wants memory.py alone: it goes first. Files of board/ and others stay apart, since those load where there is no metal.
_TOGETHER = {
    "firmware.board.memory": ("firmware.crc",),
    "firmware.board.store": ("firmware.board.board", "firmware.board.bus", "firmware.board.sensors"),
    "firmware.board.radio": ("firmware.board.modem",),
    "firmware.link.ledger": ("firmware.link.region",),
    "firmware.link.frame": ("firmware.alarm.alarm", "firmware.detect.press", "firmware.ticks"),
}


class Sources:
    """The firmware of folder `root` as the badge gets it. Raises SyntaxError or ValueError where it cannot be made.

    beside: more sources below the root that run beside it and use its names.
    files: {path below the root, .py: text}. spoken: {path: {name in a traceback: what it may be}}.
    """

    def __init__(self, root, beside=()):
        shared = Shared(root)
        self.files, trees, paths, scripts = {}, {}, {}, []
        for name in TOP:
            self.files[name] = shared.inline((root / name).read_text(encoding="utf-8"))
            scripts.append(ast.parse(self.files[name]))
        for name in (*SCRIPTS, *beside):
            if (root / name).is_file():
                scripts.append(ast.parse(shared.inline((root / name).read_text(encoding="utf-8"))))
        for folder in TREES:
            for path in sorted((root / folder).rglob("*.py")):
                inner = path.relative_to(root)
                module = module_of(inner)
                tree = _read(shared, path, inner, module)
                if tree.body or inner.name != "__init__.py":  # an empty one is not needed: a folder is a package
                    trees[module] = tree
                    paths[module] = inner.as_posix()
        doors = {name for script in scripts for name in imported(ast.walk(script), trees)}
        doors |= {name for name in trees if name.startswith(_BOARDS)}
        # modules are forgotten by their names
        passing = texts(trees[START]) & set(trees) if START in trees else set()
        together = {name: home for home, names in _TOGETHER.items() for name in names if name in trees}
        rooms = Rooms(trees, doors, passing, together)
        made = {name: rooms.file(name) for name in rooms.files}
        names = Names(made, {each for script in scripts for each in mentioned(script) | texts(script)})
        if START in made:
            listed(made, once(made, passing, scripts[: len(TOP)]), names.short)
        self.spoken = {}
        for root, tree in made.items():
            self.files[paths[root]] = ast.unparse(names.shortened(tree)) + "\n"
            origins = {at: paths[module] for module, owns in rooms.flat(root).items() for at in owns.values()}
            spoken = self.spoken[paths[root]] = {}
            for origin, owner, name in _functions(tree, origins):
                spoken.setdefault(names.short.get(name, name), []).append(f"{owner}{name} in {origin}")


def module_of(inner):
    """Return the dotted name by which file `inner`, a path below the root, is imported."""
    parts = inner.with_suffix("").parts[inner.parts[0] == "lib" :]
    return ".".join(parts).removesuffix(".__init__")


def _functions(tree, origins):
    """Return (path of its source, "Class." or "", name) of each function in a file's `tree`."""
    for owner in tree.body:
        inside = f"{owner.name}." if isinstance(owner, ast.ClassDef) else ""
        for node in ast.walk(owner):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield origins[owner.name], inside, node.name


def _read(shared, path, inner, module):
    try:
        tree = ast.parse(shared.inline(path.read_text(encoding="utf-8"), module))
    except SyntaxError as error:
        raise SyntaxError(f"{inner} does not compile: {error.msg} in line {error.lineno}") from error
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [each for each in node.body if not _says_nothing(each)] or [ast.Pass()]
    tree.body = [each for each in tree.body if not isinstance(each, ast.Pass)]
    return tree


def _says_nothing(node):
    # texts; and `const`, which the compiler knows without importing it
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.ImportFrom) and node.module == "micropython" and \
        [alias.name for alias in node.names] == ["const"]  # fmt: skip
