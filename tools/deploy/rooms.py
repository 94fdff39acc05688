"""Which modules are one file on the badge? A module that only one file needs moves into that file.

On the badge each module costs some 300 bytes of heap beside its code: an object, a dictionary, three long names, and an
entry for everything that it imports or that is imported from it. So here a module that is imported by one file alone,
and at its head, becomes a part of that file; what several files import, what is imported inside a function (only who
has the part pays for it), and what scripts on the chip import, stays a file. Two things of one name in one file are
told apart by their module's name behind it. And what every board loads anyway may share a file, too (`together`).

Works on syntax trees: comments and lines are gone afterwards.
"""

import ast

from tools.deploy import scopes


class Rooms:
    """Modules {dotted name: ast.Module} by file: `files[root]` lists the modules of one file, what is needed first.

    doors: modules that must stay importable by their own name. passing: modules that are forgotten once they have run,
    so that nothing that stays may move into them. together: {module: the file that it is a part of}.
    """

    def __init__(self, trees, doors=(), passing=(), together=()):
        self.trees = trees
        self.heads = {name: imported(tree.body, trees) for name, tree in trees.items()}
        self.doors = set(doors)
        self.passing = set(passing)
        for tree in trees.values():
            self.doors |= _whole(tree, trees)
            for node in scopes.nodes(tree):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self.doors |= set(imported(ast.walk(node), trees))
        self.of = {name: name for name in trees}
        for name, root in dict(together).items():
            if name not in doors:
                self.of[name] = root
        while self._moved():
            pass
        self.files = {root: [] for root in sorted(set(self.of.values()))}
        for root in self.files:
            seen = set()
            for name in [*sorted(name for name in trees if self.of[name] == root and name != root), root]:
                self._order(root, name, seen)

    def _moved(self):
        for name in sorted(self.trees):
            if self.of[name] != name or name in self.doors:
                continue
            homes = {self.of[other] for other, needed in self.heads.items() if name in needed} - {name}
            if len(homes) == 1 and not homes & self.passing:
                home = homes.pop()
                self.of = {each: home if at == name else at for each, at in self.of.items()}
                return True
        return False

    def _order(self, root, name, seen):
        if name in seen:
            return
        seen.add(name)
        for needed in self.heads[name]:
            if self.of[needed] == root:
                self._order(root, needed, seen)
        self.files[root].append(name)

    def file(self, root):
        """Return the tree of one file: all its modules in one."""
        names = self.files[root]
        trees = {name: _Moved(self, root, self.trees[name]).made for name in names}
        if names == [root]:
            return trees[root]
        flat = self.flat(root)
        body, outside = [], {}
        for name in names:
            tree, namespaces, plain = trees[name], {}, dict(flat[name])
            for node in tree.body:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    self._import(root, node, flat, (body, outside, plain, namespaces))
            rest = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
            body += _Resolved(plain, namespaces).of(ast.Module(rest, [])).body
        return ast.fix_missing_locations(ast.Module(body, []))

    def flat(self, root):
        """Return {module: {its name: its name in the file `root`}}, without two things of one name."""
        taken = {"const"}
        flat = {}
        for name in reversed(self.files[root]):  # the file's own module keeps its names
            flat[name] = {}
            for own in sorted(scopes.bound(self.trees[name].body, imports=False)):
                flat[name][own] = own if own not in taken else f"{own}_{name.rsplit('.', 1)[-1]}"
                if flat[name][own] in taken:
                    raise ValueError(f"{name}: {own} has two meanings in {root}, however it is called")
                taken.add(flat[name][own])
        return flat

    def _import(self, root, node, flat, into):
        body, outside, plain, namespaces = into
        for alias in node.names:
            known = alias.asname or alias.name
            source = getattr(node, "module", None)
            whole = f"{source}.{alias.name}"
            if self.of.get(whole) == root:
                namespaces[known] = flat[whole]
            elif self.of.get(source) == root:
                if alias.name not in flat[source]:
                    raise ValueError(f"{source} has no {alias.name} of its own")
                plain[known] = flat[source][alias.name]
            else:
                one = ast.unparse(type(node)(names=[ast.alias(alias.name)], module=source, level=0)
                                  if source else ast.Import([ast.alias(alias.name)]))  # fmt: skip
                if one not in outside:
                    owners = {at for each in flat.values() for at in each.values()} | set(outside.values())
                    outside[one] = known if known not in owners else f"{known}_from_outside"
                    alias = ast.alias(alias.name, outside[one] if outside[one] != alias.name else None)
                    made = ast.ImportFrom(source, [alias], 0) if source else ast.Import([alias])
                    body.append(made)
                plain[known] = outside[one]


class _Moved(ast.NodeTransformer):
    """Names, in one file, what has become a part of another by that file and its name there."""

    def __init__(self, rooms, root, tree):
        self._rooms = rooms
        self._root = root
        self._used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self.made = self.visit(tree)

    def visit_ImportFrom(self, node):
        for alias in list(node.names):
            if self._home(f"{node.module}.{alias.name}") != self._root and self._moved(f"{node.module}.{alias.name}"):
                if (alias.asname or alias.name) in self._used:
                    raise ValueError(f"{self._root} looks into {node.module}.{alias.name}, a part of another file")
                node.names.remove(alias)  # only its constants were wanted, which are numbers by now
        if not node.names or not self._moved(node.module):
            return node if node.names else None
        home, names = self._home(node.module), self._rooms.flat(self._home(node.module))[node.module]
        if home != self._root:
            moved = [_known_as(names[each.name], each.asname or each.name) for each in node.names]
            return ast.ImportFrom(home, moved, 0)
        if node.col_offset and any(names[each.name] != (each.asname or each.name) for each in node.names):
            raise ValueError(f"{self._root}: a function calls something of {node.module} by another name")
        return ast.Pass() if node.col_offset else node  # a function finds it beside itself

    def _home(self, module):
        return self._rooms.of.get(module, module)

    def _moved(self, module):
        return self._home(module) != module


def _known_as(name, known):
    return ast.alias(name, known if known != name else None)


class _Resolved(scopes.Scoped):
    """Names of one module as they are called in the file."""

    def __init__(self, plain, namespaces):
        super().__init__()
        self._plain = plain
        self._namespaces = namespaces

    def global_name(self, name):
        if name in self._namespaces:
            raise ValueError(f"{name} is a module that is handed on whole")
        return self._plain.get(name, name)

    def visit_Attribute(self, node):
        base = node.value
        if isinstance(base, ast.Name) and base.id in self._namespaces and self.is_global(base.id):
            if node.attr not in self._namespaces[base.id]:
                raise ValueError(f"{base.id} has no {node.attr}")
            return ast.copy_location(ast.Name(self._namespaces[base.id][node.attr], node.ctx), node)
        return self.generic_visit(node)


def _whole(tree, trees):
    """Return the modules that `tree` hands on as a value, and does not merely look into."""
    inside = {id(node.value) for node in scopes.nodes(tree) if isinstance(node, ast.Attribute)}
    values = {node.id for node in scopes.nodes(tree) if isinstance(node, ast.Name) and id(node) not in inside}
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names if (alias.asname or alias.name) in values}
    return found & set(trees)


def imported(nodes, trees):
    """Return the modules of `trees` that the import statements among `nodes` name, in their order."""
    found = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return [name for name in dict.fromkeys(found) if name in trees]
