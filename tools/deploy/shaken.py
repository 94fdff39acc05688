"""What of somebody else's package does the firmware need? Its sources in, one file without the rest out.

A function, a method or a class stays if something that stays names it, and the firmware's files that use the package
are what stays first. A name is a name here, whosever it is, so that too much stays rather than too little. Coroutines
go in any case: the firmware polls its radio. So does what is answered already (tools/deploy/settled.py), and a part
that is not there and is not missed. What is left becomes one file (tools/deploy/rooms.py) and gets short names as the
firmware does (tools/deploy/names.py), but those that the firmware itself knows.
"""

import ast

from tools.deploy.names import Names, mentioned, texts
from tools.deploy.rooms import Rooms
from tools.deploy.settled import settled

_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def shaken(package, root, sources, users):
    """Return the text of module `root` of `package`, with what is needed of its others in it.

    sources: {module: text}. users: texts of the files that use it. Raises SyntaxError, or ValueError where a user
    awaits something, or where the sources are not understood.
    """
    trees = {module: _Here(set(sources)).visit(ast.parse(text)) for module, text in sources.items()}
    using = [ast.parse(text) for text in users]
    if any(isinstance(node, ast.Await) for tree in using for node in ast.walk(tree)):
        raise ValueError("the radio is awaited, and coroutines are what is left out of its package")
    asked = set().union(*(_asked(tree) | texts(tree) for tree in using))
    while True:
        before = {module: ast.dump(tree) for module, tree in trees.items()}
        trees = settled(trees, using)
        needed = _needed(trees, asked)
        trees = {module: ast.parse(ast.unparse(_Shake(needed).visit(tree))) for module, tree in trees.items()}
        if before == {module: ast.dump(tree) for module, tree in trees.items()}:
            break
    whole = {root: Rooms(trees, {root}).file(root)}
    known = set().union(*(mentioned(tree) | texts(tree) for tree in using))
    return ast.unparse(Names(whole, known, package).shortened(whole[root])) + "\n"


def _asked(tree):
    """Return the names by which a user can mean something in the package: not those of its own variables."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
    return found


def _needed(trees, asked):
    needed = set(asked)
    while True:
        grown = needed.union(*(_named(tree, needed) for tree in trees.values()))
        if grown == needed:
            return needed
        needed = grown


def _stays(node, needed):
    special = node.name.startswith("__") and node.name.endswith("__")
    return not isinstance(node, ast.AsyncFunctionDef) and (special or node.name in needed)


def _named(node, needed):
    """Return the names that are used in `node` by what stays."""
    found = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _DEFINED) and not _stays(child, needed) or isinstance(child, (ast.Import, ast.ImportFrom)):
            continue
        for field in ("id", "attr"):
            if isinstance(getattr(child, field, None), str):
                found.add(getattr(child, field))
        found |= _named(child, needed)
    return found


class _Here(ast.NodeTransformer):
    """Names the package's other files plainly, and leaves out what tries to import a file that is not there."""

    def __init__(self, modules):
        self._modules = modules

    def visit_ImportFrom(self, node):
        if node.level == 1 and node.module in self._modules:
            node.level = 0
        return node

    def visit_Try(self, node):
        first = node.body[0]
        if isinstance(first, ast.ImportFrom) and first.level == 1 and first.module not in self._modules:
            return node.handlers[0].body
        return self.generic_visit(node)


class _Shake(ast.NodeTransformer):
    def __init__(self, needed):
        self._needed = needed

    def _definition(self, node):
        if not _stays(node, self._needed):
            return None
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition

    def visit_ImportFrom(self, node):
        node.names = [alias for alias in node.names if alias.name == "const" or alias.name in self._needed]
        return node if node.names else None

    def visit_Import(self, node):
        node.names = [alias for alias in node.names if alias.name in self._needed]
        return node if node.names else None

    def visit_Expr(self, node):
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)
