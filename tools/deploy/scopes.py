"""Which names in a source are global, which belong to a class, and which are a function's own?"""

import ast
import functools

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@functools.lru_cache(maxsize=256)
def nodes(tree):
    """Return what ast.walk would, without what has no name in it. For a tree that is not changed any more."""
    return [node for node in ast.walk(tree) if not isinstance(node, (ast.expr_context, ast.operator, ast.cmpop))]


def bound(body, imports=True):
    """Return the names that the statements `body` bind in their own scope, import statements included or not."""
    found = set()

    def look(node):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            return
        if isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            return
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and imports:
            found.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, (ast.Global, ast.Nonlocal, ast.NamedExpr)):
            raise ValueError(f"line {node.lineno}: {type(node).__name__} is not understood here")
        for child in ast.iter_child_nodes(node):
            look(child)

    for node in body:
        look(node)
    return found


def arguments(node):
    """Return the ast.arg of a function's arguments, in their order."""
    args = node.args
    return args.posonlyargs + args.args + [arg for arg in (args.vararg, args.kwarg) if arg] + args.kwonlyargs


class Scoped(ast.NodeTransformer):
    """Visits a module and knows each name's scope; subclasses say what global and class names become."""

    def __init__(self):
        self._inner = []  # of scopes around: (is it a class?, names)

    def of(self, tree):
        """Return a changed copy of `tree`, an ast.Module."""
        return ast.fix_missing_locations(self.visit(ast.parse(ast.unparse(tree))))

    def global_name(self, name):
        """Return what a global name becomes."""
        return name

    def class_name(self, name):
        """Return what a name becomes that is bound in a class's body."""
        return name

    def local_name(self, name):
        """Return what a function's own name becomes."""
        return name

    def is_global(self, name):
        """Return whether `name`, read here, is a global one."""
        return self._scope(name) is None

    def _scope(self, name):
        for depth, (is_class, names) in enumerate(reversed(self._inner)):
            if name in names and (not is_class or depth == 0):
                return is_class
        return None

    def _become(self, name):
        scope = self._scope(name)
        return {None: self.global_name, True: self.class_name, False: self.local_name}[scope](name)

    def visit_Name(self, node):
        """Visit a name."""
        node.id = self._become(node.id)
        return node

    def visit_ExceptHandler(self, node):
        """Visit an `except ... as name`."""
        if node.name:
            node.name = self._become(node.name)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        """Visit a function: its defaults and decorators belong to the scope around it."""
        name = self._become(node.name)
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        self._function(node)
        node.name = name
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        """Visit a lambda."""
        self._function(node)
        return node

    def _function(self, node):
        args = node.args
        args.defaults = [self.visit(each) for each in args.defaults]
        args.kw_defaults = [each and self.visit(each) for each in args.kw_defaults]
        body = node.body if isinstance(node.body, list) else [ast.Expr(node.body)]
        names = {arg.arg for arg in arguments(node)} | bound(body)
        self._inner.append((False, names))
        self.entered(node)
        for arg in arguments(node):
            arg.arg = self.local_name(arg.arg)
            arg.annotation = None
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = [self.visit(each) for each in node.body]
            node.returns = None
        self.left(node)
        self._inner.pop()

    def entered(self, node):
        """Note that the inside of a function follows."""

    def left(self, node):
        """Note that the inside of a function is over."""

    def visit_ClassDef(self, node):
        """Visit a class: its bases belong to the scope around it."""
        name = self._become(node.name)
        node.bases = [self.visit(each) for each in node.bases]
        self._inner.append((True, bound(node.body)))
        node.body = [self.visit(each) for each in node.body]
        self._inner.pop()
        node.name = name
        return node

    def _comprehension(self, node):
        targets = {each.id for one in node.generators for each in ast.walk(one.target) if isinstance(each, ast.Name)}
        self._inner.append((False, targets))
        node = self.generic_visit(node)
        self._inner.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension
