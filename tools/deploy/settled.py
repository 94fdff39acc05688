"""Which questions of somebody else's package have only one answer here? They are answered before it is compiled.

The firmware gives a package few of the settings and arguments that it would take. So it is known what these are:

    "key" in lora_cfg      for a key that no text of the firmware names: False; and .get() gives what it was told to
    an argument            that nobody gives: its default
    an attribute of self   that only one statement sets, to a number, a bool or None: that
    _NAME = const(...)     of a module: the number

What follows from them is worked out, and a branch that is never taken goes. So do the texts of exceptions, and the
package's own kinds of them, which become Python's: the firmware tells OSError and RuntimeError from the rest, and
prints none.
"""

import ast

from tools.deploy.names import mentioned, texts

SETTINGS = "lora_cfg"  # the package's dictionary of settings, everywhere called so
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def settled(trees, using):
    """Return `trees`, {module: ast.Module} of a package, without the questions that the users settle.

    using: the trees of all files that use it.
    """
    given = set().union(*(texts(tree) for tree in using))
    known = given.union(*(mentioned(tree) for tree in using))
    while True:
        calls = _Calls(trees, using)
        facts = {**_constants(trees), **calls.unset(known)}
        answers = _Answers(given, facts, _fixed(trees, known), calls.bases)
        answered = {module: _again(answers.visit(tree)) for module, tree in trees.items()}
        if all(ast.dump(answered[module]) == ast.dump(tree) for module, tree in trees.items()):
            return answered
        trees = answered


def _again(tree):
    return ast.parse(ast.unparse(ast.fix_missing_locations(tree)))


def _constants(trees):
    """Return {name: value} of all `_NAME = const(plain)`; a name with two values is left out."""
    found = {}
    for tree in trees.values():
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _is_const(node.value):
                found.setdefault(node.targets[0].id, set()).add(node.value.args[0].value)
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def _is_const(call):
    # numbers are the compiler's; a bool is a question
    return ast.unparse(call.func) == "const" and isinstance(call.args[0], ast.Constant) and \
        isinstance(call.args[0].value, bool)  # fmt: skip


def _fixed(trees, known):
    """Return {attribute: value} of those that one statement sets, and nobody outside knows."""
    stores, values = {}, {}
    for node in _all(trees):
        if isinstance(node, ast.Attribute) and _stored(node):
            stores[node.attr] = stores.get(node.attr, 0) + 1
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            stores[node.name] = 2
        elif isinstance(node, ast.Name) and _stored(node):
            stores[node.id] = 2  # a class's own, perhaps
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            for each in node.body:
                if isinstance(each, ast.Assign) and _of_self(each.targets[0]) and isinstance(each.value, ast.Constant):
                    values[each.targets[0].attr] = each.value.value
    return {name: value for name, value in values.items() if stores[name] == 1 and name not in known}


def _all(trees):
    return [node for tree in trees.values() for node in ast.walk(tree)]


def _stored(node):
    return not isinstance(node.ctx, ast.Load)


def _of_self(node):
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


class _Calls:
    """Who gives which argument to whom? bases: {class: [those it builds on]}."""

    def __init__(self, trees, using):
        self.bases = {}
        self._functions = {}  # name: [(class or None, arguments without self, {argument: default})]
        self._given = {node.id for node in _all(trees) if isinstance(node, ast.Name) and _stored(node)}
        for node in (*_all(trees), *(node for tree in using for node in ast.walk(tree))):
            if isinstance(node, ast.ClassDef):
                self.bases[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
        for node in _all(trees):
            for each in getattr(node, "body", ()) if isinstance(node, (ast.ClassDef, ast.Module)) else ():
                self._function(each, getattr(node, "name", None))
        for tree in (*trees.values(), *using):
            self._look(tree, None)

    def _function(self, node, owner):
        if isinstance(node, _FUNCTIONS):
            names = [arg.arg for arg in node.args.args]
            defaults = dict(zip(reversed(names), reversed(node.args.defaults)))
            defaults |= {arg.arg: each for arg, each in zip(node.args.kwonlyargs, node.args.kw_defaults) if each}
            names = names[1:] if owner else names
            self._functions.setdefault(node.name, []).append((owner, names, defaults))

    def _look(self, node, owner):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                self._call(child, owner)
            self._look(child, child.name if isinstance(child, ast.ClassDef) else owner)

    def _call(self, node, owner):
        self._given |= {each.arg for each in node.keywords if each.arg}
        target = node.func
        name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", None)
        above = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Call) and \
            ast.unparse(target.value) == "super()"  # fmt: skip
        wanted = self._above(owner, name) if above else None
        if name in self.bases:
            wanted, name = self._nearest(name, "__init__"), "__init__"
        for where, names, _ in self._functions.get(name, ()):
            if wanted is None or where == wanted:
                for given, argument in zip(node.args, names):
                    if not (isinstance(given, ast.Name) and given.id == argument):
                        self._given.add(argument)  # handed on under its own name it is still what nobody gives

    def _nearest(self, owner, name):
        """Return the class that has function `name` for `owner`; "" if that is somebody else's."""
        if any(where == owner for where, _, _ in self._functions.get(name, ())):
            return owner
        return self._above(owner, name)

    def _above(self, owner, name):
        found = (self._nearest(base, name) for base in self.bases.get(owner, ()))
        return next((each for each in found if each), "")

    def unset(self, known):
        """Return {argument: its default} of those that nobody gives; `known`: names and texts of the users."""
        defaults = {}
        for _, _, found in (each for functions in self._functions.values() for each in functions):
            for name, value in found.items():
                defaults.setdefault(name, []).append(value)
        return {name: values[0].value for name, values in defaults.items()
                if name not in self._given | known and all(isinstance(each, ast.Constant) for each in values)
                and len({ast.dump(each) for each in values}) == 1}  # fmt: skip


class _Answers(ast.NodeTransformer):
    def __init__(self, given, facts, fixed, bases):
        self._given = given
        self._facts = facts
        self._fixed = fixed
        self._bases = bases

    def visit_Name(self, node):
        if not _stored(node) and node.id in self._facts:
            return ast.Constant(self._facts[node.id])
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and node.attr in self._fixed and _of_self(node):
            return ast.Constant(self._fixed[node.attr])
        return node

    def visit_Assign(self, node):
        target = node.targets[0]
        if isinstance(target, ast.Attribute) and target.attr in self._fixed:
            return None
        return self.generic_visit(node)

    def visit_Call(self, node):
        self.generic_visit(node)
        if ast.unparse(node.func) == f"{SETTINGS}.get" and self._absent(node.args[0]):
            return node.args[1]
        if ast.unparse(node.func) == "any" and isinstance(node.args[0], ast.GeneratorExp):
            return self._any(node, node.args[0].elt, node.args[0].generators)
        return node

    def _any(self, node, asked, loops):
        """Return any("key" in lora_cfg for "key" in (...)) as the one or two questions that it still is."""
        keys = loops[0].iter
        if ast.unparse(asked) != f"{ast.unparse(loops[0].target)} in {SETTINGS}" or not isinstance(keys, ast.Tuple):
            return node
        left = [ast.Compare(key, asked.ops, asked.comparators) for key in keys.elts if not self._absent(key)]
        return ast.BoolOp(ast.Or(), left) if len(left) > 1 else left[0] if left else ast.Constant(False)

    def visit_Compare(self, node):
        self.generic_visit(node)
        if isinstance(node.ops[0], ast.In) and ast.unparse(node.comparators[0]) == SETTINGS and self._absent(node.left):
            return ast.Constant(False)
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and _plain(node.left) and _plain(node.comparators[0]):
            same = node.left.value is node.comparators[0].value
            return ast.Constant(same == isinstance(node.ops[0], ast.Is))
        return node

    def _absent(self, key):
        return isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value not in self._given

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and _plain(node.operand):
            return ast.Constant(not node.operand.value)
        return node

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        ends = isinstance(node.op, ast.Or)  # the truth that ends it
        kept = []
        for value in node.values:
            if _plain(value) and bool(value.value) != ends and value is not node.values[-1]:
                continue
            kept.append(value)
            if _plain(value) and bool(value.value) == ends:
                break
        node.values = kept
        return node if len(kept) > 1 else kept[0]

    def visit_IfExp(self, node):
        self.generic_visit(node)
        if _plain(node.test):
            return node.body if node.test.value else node.orelse
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        if _plain(node.test):
            return (node.body if node.test.value else node.orelse) or None
        node.body = node.body or [ast.Pass()]
        return node

    def visit_Subscript(self, node):
        self.generic_visit(node)
        if isinstance(node.value, ast.Dict) and _plain(key := _text(node.slice)):
            for each, value in zip(node.value.keys, node.value.values):
                if _plain(each) and each.value == key.value:
                    return value
        return node

    def visit_Raise(self, node):
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        while getattr(node.exc, "id", None) in self._bases:
            node.exc = ast.Name(self._bases[node.exc.id][0], ast.Load())
        return node

    def _statements(self, node):
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    visit_FunctionDef = visit_For = visit_While = visit_With = _statements


def _plain(node):
    return isinstance(node, ast.Constant)


def _text(node):
    """Return str(5) as the text that it is."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "str" and _plain(node.args[0]):
        return ast.Constant(str(node.args[0].value))
    return node
