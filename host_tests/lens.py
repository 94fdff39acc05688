"""Would this arithmetic fit the ESP32's small ints? Loads the hot modules with every operator's result looked at.

A 32-bit MicroPython keeps ints from -2^30 to 2^30 - 1 in a word and allocates the rest, which a locked heap refuses and
CPython never shows. Here each BinOp, AugAssign and UnaryOp of the modules below, each int literal, and each call of the
builtins that count, is wrapped: a result that is no int, or lies outside, raises Overflow with file and line.
"""

import ast
import importlib
import importlib.abc
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What runs behind the badge's doors; settings.py and the hallways count nothing in the hot path.
HOT = ("firmware.detect", "firmware.alarm", "firmware.link", "firmware.feedback", "firmware.badge", "firmware.ticks",
       "firmware.crc", "firmware.trace")
LEAST = -(2**30)
MOST = 2**30 - 1
COUNTING = ("abs", "sum", "int", "pow", "round")
FRESH = ("firmware", "tools.sim.rig")  # loaded anew with every lens
_NAME = "__lens__"


class Overflow(AssertionError):
    """A number that the ESP32 would have to allocate."""


class Lens(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A set of modules of their own. `sites`: {(module, line, expression): its number}.

    changed: {module: function from its source to another}, for proving that a fault would be found.
    """

    def __init__(self, changed=None):
        self.sites = {}
        self._reached = []  # by a site's number
        self._changed = changed or {}
        self._own = {}

    def take(self, name):
        """Import the module `name` under the lens and return it; nothing is left in sys.modules."""
        before = {key: sys.modules.pop(key) for key in list(sys.modules) if key.startswith(FRESH)}
        sys.modules.update(self._own)
        sys.meta_path.insert(0, self)
        try:
            return importlib.import_module(name)
        finally:
            sys.meta_path.remove(self)
            for key in list(sys.modules):
                if key.startswith(FRESH):
                    self._own[key] = sys.modules.pop(key)
            sys.modules.update(before)

    def missed(self):
        """Return the sites that were never evaluated, sorted."""
        return sorted(site for site, number in self.sites.items() if not self._reached[number])

    def find_spec(self, name, path=None, target=None):
        """Answer the import of a hot module; packages too, so that their files are read once."""
        if not name.startswith(HOT) and name not in self._changed:
            return None
        place = ROOT / Path(*name.split("."))
        folder = place.is_dir()
        file = place / "__init__.py" if folder else place.with_suffix(".py")
        return importlib.util.spec_from_file_location(
            name, file, loader=self, submodule_search_locations=[str(place)] if folder else None
        )

    def create_module(self, spec):
        """Leave the making of the module to Python."""
        return None

    def exec_module(self, module):
        """Compile the module's source with its operators wrapped, and run it."""
        name = module.__name__
        source = Path(module.__spec__.origin).read_text(encoding="utf-8")
        if name in self._changed:
            source = self._changed[name](source)
        self.run(name, source, module.__dict__)

    def run(self, name, source, space):
        """Run `source` as module `name` in the dict `space`."""
        tree = _Wrap(name, self.sites).visit(ast.parse(source))
        self._reached += [False] * (len(self.sites) - len(self._reached))
        space[_NAME] = self._looking()
        exec(compile(ast.fix_missing_locations(tree), name, "exec"), space)

    def _looking(self):
        def look(value, number, reached=self._reached, least=LEAST, most=MOST):  # called a hundred million times
            reached[number] = True
            if (type(value) is int or type(value) is bool) and least <= value <= most:
                return value
            name, line, text = list(self.sites)[number]
            if type(value) is not int and type(value) is not bool:
                raise Overflow(f"{name}:{line}: {text} gives {value!r}, which is no int")
            raise Overflow(f"{name}:{line}: {text} gives {value}: more than thirty bits and a sign")

        return look


class _Wrap(ast.NodeTransformer):
    def __init__(self, name, sites):
        self._name = name
        self._sites = sites

    def _wrapped(self, node, text, value):
        number = self._sites.setdefault((self._name, node.lineno, text), len(self._sites))
        call = ast.Call(ast.Name(_NAME, ast.Load()), [value, ast.Constant(number)], [])
        return ast.copy_location(call, node)

    def visit_Constant(self, node):
        if type(node.value) is int and not LEAST <= node.value <= MOST:
            raise Overflow(f"{self._name}:{node.lineno}: the literal {node.value} has more than thirty bits and a sign")
        if type(node.value) in (float, complex):
            raise Overflow(f"{self._name}:{node.lineno}: the literal {node.value} is no int")
        return node

    def visit_BinOp(self, node):
        return self._wrapped(node, ast.unparse(node), self.generic_visit(node))

    def visit_UnaryOp(self, node):
        text = ast.unparse(node)
        done = self.generic_visit(node)
        # -_NAME of a constant is a number before the badge runs; its literal is looked at where it is defined
        folded = isinstance(node.operand, ast.Name) and node.operand.id.startswith("_") and node.operand.id.isupper()
        return done if isinstance(node.op, ast.Not) or folded else self._wrapped(node, text, done)

    def visit_AugAssign(self, node):
        # `a op= b` becomes `a = look(a op b)`: the same for ints, if naming the place twice does nothing by itself.
        if any(isinstance(part, ast.Call) for part in ast.walk(node.target)):
            raise Overflow(f"{self._name}:{node.lineno}: the place is found by a call, so name it first")
        text = ast.unparse(node)
        again = ast.parse(ast.unparse(node.target), mode="eval").body
        for part in ast.walk(again):
            ast.copy_location(part, node)
        both = ast.copy_location(ast.BinOp(again, node.op, self.visit(node.value)), node)
        return ast.copy_location(ast.Assign([self.visit(node.target)], self._wrapped(node, text, both)), node)

    def visit_Call(self, node):
        text = ast.unparse(node)
        done = self.generic_visit(node)
        return self._wrapped(node, text, done) if getattr(node.func, "id", "") in COUNTING else done
