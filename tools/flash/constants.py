"""How do named numbers cost the badge nothing? Before compiling, every `NAME = const(number)` becomes its number.

mpy-cross does so within one file, for names that begin with an underscore. Names that files share would each keep a
string, an entry in the module that defines them and one in each that imports them (8.5 KB of heap), and cost
a look at a dictionary at every use. Here the definition goes, uses become numbers, and lines stay where they were, so
that what mpy-cross says about a line is true of the source. Only firmware/ defines such names, and nothing looks them
up by text.
"""

import ast
import io
import threading
import tokenize
from pathlib import Path
from typing import Any

_PARSING = threading.Lock()  # ast.parse in two threads at once may fail in CPython 3.11 (its issue 106905)
Numbers = dict[str, str]  # name: a number's text
Place = tuple[int, int]  # line, column
Edit = tuple[ast.stmt, str]  # a statement, and the text instead of it


def parsed(source: str) -> ast.Module:
    """Return the tree of `source`, also where several badges are flashed at once. Raises SyntaxError."""
    with _PARSING:
        return ast.parse(source)


def literal(text: str) -> Any:
    """Return the value that `text` is, as a badge has written it. Raises ValueError and SyntaxError."""
    with _PARSING:
        return ast.literal_eval(text)


class Shared:
    """The constants of the firmware in folder `root`: `names[module][NAME]` is a number's text."""

    def __init__(self, root: str | Path) -> None:
        self.names: dict[str, Numbers] = {}
        for path in sorted((Path(root) / "firmware").rglob("*.py")):
            module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            self.names[module] = _defined(path.read_text(encoding="utf-8"))

    def inline(self, source: str, module: str = "") -> str:
        """Return `source`, the text of `module` (or of a script), with all shared constants as numbers."""
        tree = parsed(source)
        plain = dict(self.names.get(module, {}))
        dotted: dict[str, Numbers] = {}
        # a driver of lib/ keeps its own names
        edits: list[Edit] = [(node, "") for node in tree.body if (found := _constant(node)) and found[0].id in plain]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and not node.level:
                edits += self._imported(node, plain, dotted)
        _check(tree, plain, dotted, module)
        return _rewritten(source, edits, plain, dotted)

    def _imported(self, node: ast.ImportFrom, plain: Numbers, dotted: dict[str, Numbers]) -> list[Edit]:
        kept = []
        known = self.names.get(node.module or "", {})
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name in known:
                plain[name] = known[alias.name]
                continue
            kept.append(alias)
            if f"{node.module}.{alias.name}" in self.names:
                dotted[name] = self.names[f"{node.module}.{alias.name}"]
        if len(kept) == len(node.names):
            return []
        return [(node, ast.unparse(ast.ImportFrom(node.module, kept, 0)) if kept else "pass")]


def _constant(node: ast.stmt) -> tuple[ast.Name, ast.expr] | None:
    """Return name and number of NAME = const(a plain number), with a name that others may use; None for all else."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.targets) == 1):
        return None
    name, call = node.targets[0], node.value
    if not isinstance(name, ast.Name) or name.id.startswith("_") or ast.unparse(call.func) != "const":
        return None
    number = call.args[0].operand if isinstance(call.args[0], ast.UnaryOp) else call.args[0]
    return (name, call.args[0]) if isinstance(number, ast.Constant) and isinstance(number.value, int) else None


def _defined(source: str) -> dict[str, str]:
    found = [_constant(node) for node in parsed(source).body]
    return {each[0].id: f"({ast.unparse(each[1])})" for each in found if each}


def _check(tree: ast.Module, plain: Numbers, dotted: dict[str, Numbers], module: str) -> None:
    """Raise ValueError where a name that is a constant means something else as well, or a module is handed on whole."""
    defined = [found[0] for each in tree.body if (found := _constant(each))]
    owners = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in dotted and id(node) not in owners and dotted[node.id]:
            raise ValueError(f"{module or 'this script'}: {node.id} is handed on whole, but its constants are gone")
        name = None
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id in plain:
            name = node.id if not any(each is node for each in defined) else None
        elif isinstance(node, (ast.keyword, ast.arg)) and node.arg in plain:
            name = node.arg
        if name:
            raise ValueError(f"{module or 'this script'}: {name} is a constant and something else as well")


def _rewritten(source: str, edits: list[Edit], plain: Numbers, dotted: dict[str, Numbers]) -> str:
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    changes: list[tuple[Place, Place, str]] = []  # start, end, text
    gone: list[tuple[Place, Place]] = []
    for node, text in edits:
        start, end = (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)
        changes.append((start, end, text + "\n" * (end[0] - start[0])))
        gone.append((start, end))
    for i, token in enumerate(tokens):
        if token.type != tokenize.NAME or any(start <= token.start < end for start, end in gone):
            continue
        after = [each.string for each in tokens[i + 1 : i + 3]]
        attribute = i and tokens[i - 1].string == "."
        if token.string in dotted and not attribute and after[0] == "." and after[1] in dotted[token.string]:
            changes.append((token.start, tokens[i + 2].end, dotted[token.string][after[1]]))
        elif token.string in plain and not attribute:
            changes.append((token.start, token.end, plain[token.string]))
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for (row, column), (end_row, end_column), text in sorted(changes, reverse=True):
        first, last = starts[row - 1] + column, starts[end_row - 1] + end_column
        source = source[:first] + text + source[last:]
    return source
