"""What of somebody else's package does the firmware need? Its sources in, the same files without the rest out.

A function, a method or a class stays if something that stays names it, and the firmware's files that use the package
are what stays first. A name is a name here, whosever it is, so that too much stays rather than too little. Coroutines
go in any case: the firmware polls its radio. What is left gets short names as the firmware does
(tools/deploy/names.py), but those that the firmware itself knows.
"""

import ast

from tools.deploy.names import Names, mentioned, texts

_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def shaken(sources, users):
    """Return {module: text} of what is needed of `sources`, {module: text}; users: texts of the files that use it.

    Raises SyntaxError, or ValueError where a user awaits something.
    """
    trees = {module: ast.parse(text) for module, text in sources.items()}
    using = [ast.parse(text) for text in users]
    if any(isinstance(node, ast.Await) for tree in using for node in ast.walk(tree)):
        raise ValueError("the radio is awaited, and coroutines are what is left out of its package")
    needed = set().union(*(mentioned(tree) | texts(tree) for tree in using))
    known = set(needed)
    while True:
        grown = needed.union(*(_named(tree, needed) for tree in trees.values()))
        if grown == needed:
            break
        needed = grown
    trees = {module: ast.parse(ast.unparse(_Shake(needed).visit(tree))) for module, tree in trees.items()}
    names = Names(trees, known)
    return {module: ast.unparse(names.shortened(tree)) + "\n" for module, tree in trees.items()}


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
        if node.level:  # from a file of the package, which may have less now
            node.names = [alias for alias in node.names if alias.name == "*" or alias.name in self._needed]
        return node if node.names else None

    def visit_Try(self, node):
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node
