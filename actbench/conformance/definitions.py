"""The definitions that a piece of code reaches, found in its source text.

A definition is a function, class, method or assignment of a module. It reaches the
definitions whose names it uses. A use of an attribute reaches all members with this name of
the classes that are reached, and a text counts as the use of an attribute of that name. So a
search may find too many definitions. It finds too few only if code makes names at run time.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple


class Definition(NamedTuple):
    """The name of a definition: a module, and a name or "Class.member" in it."""

    module: str
    name: str


SourceOf = Callable[[str], str | None]
"""Name of a module ↦ its source text; None for a module that is not part of the code."""


class _Module:
    """The definitions and imports of a module, by name."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.imports: dict[str, Definition | str] = {}
        self.nodes: dict[str, ast.stmt] = {}
        tree = ast.parse(text)
        for node in ast.walk(tree):
            self._add_import(node)
        for statement in _statements(tree.body):
            self.nodes.update(dict.fromkeys(_names_defined(statement), statement))

    def _add_import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.imports[alias.asname or alias.name.partition(".")[0]] = alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                self.imports[alias.asname or alias.name] = Definition(node.module, alias.name)


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body, and those in its branches."""
    for node in body:
        if isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))
        else:
            yield node


def _names_defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [part.id for target in targets for part in _names(target)]
        case ast.AnnAssign(target=target):
            return [part.id for part in _names(target)]
    return []


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (part for part in ast.walk(node) if isinstance(part, ast.Name))


class _Facts(NamedTuple):
    """The text of a definition without annotations and docstrings, and the names it uses."""

    text: str
    references: tuple[Definition, ...]
    attributes: frozenset[str]


@dataclass
class _Search:
    """The state of a search: what is reached, and what is still to be followed.

    Args:
        lineage: the classes among the roots, each followed by its bases.
        key: the key of the entries that are reached in tables.
        texts: the definitions that are reached, with their texts.
        classes: the classes that are reached.
        relatives: the members of the family that the members of a root use.
        attributes: the names of attributes that are used.
        waiting: the definitions that are still to be followed.
    """

    lineage: list[Definition]
    key: str | None
    texts: dict[Definition, str] = field(default_factory=dict)
    classes: list[Definition] = field(default_factory=list)
    relatives: set[Definition] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    waiting: list[Definition] = field(default_factory=list)


class Code:
    """The source text of modules, parsed when it is needed.

    Args:
        source_of: returns the text of a module.
        family: a class whose subclasses are reached only if they are among the roots, a base
            of a root, or used by a member of a root; None for no such class.
        keys: names of the members of the family. A dictionary with these keys is a table: of
            it only one entry is reached.
    """

    def __init__(
        self,
        source_of: SourceOf,
        *,
        family: Definition | None = None,
        keys: frozenset[str] = frozenset(),
    ) -> None:
        self._source_of = source_of
        self._family = family
        self._keys = keys
        self._modules: dict[str, _Module | None] = {}
        self._facts: dict[tuple[Definition, str | None], _Facts] = {}
        self._members: dict[Definition, dict[str, ast.AST]] = {}

    def reached(
        self, roots: Iterable[Definition], *, key: str | None = None
    ) -> dict[Definition, str]:
        """Return the definitions that the roots reach, each with its normal text.

        The text has no comments, docstrings and annotations.

        Args:
            roots: functions and classes. A member of a class is reached if it is used.
            key: the key of the entries that are reached in tables.
        """
        roots, texts = list(roots), dict[Definition, str]()
        # A root may compute with other members of the family. Each has a search of its own,
        # because members that the root overrides are reached if a relative uses them.
        pending, followed = [roots], set[Definition]()
        while pending:
            chosen = pending.pop()
            lineage = [base for root in chosen for base in self._bases(root)]
            search = _Search(lineage, key, waiting=chosen)
            while search.waiting:
                self._reach(search.waiting.pop(), search)
            texts |= search.texts
            new = search.relatives - followed
            followed |= new
            pending += [[each] for each in sorted(new)]
        return texts

    def _module(self, name: str) -> _Module | None:
        if name not in self._modules:
            text = self._source_of(name)
            self._modules[name] = None if text is None else _Module(name, text)
        return self._modules[name]

    def _resolve(self, module: _Module, name: str) -> Definition | None:
        """Return the definition that a global name of a module means."""
        seen = set[Definition]()
        while name not in module.nodes:
            target = module.imports.get(name)
            if not isinstance(target, Definition) or target in seen:
                return None
            seen.add(target)
            known = self._module(target.module)
            if known is None:
                return None
            module, name = known, target.name
        return Definition(module.name, name)

    def _node(self, definition: Definition) -> ast.AST | None:
        """Return the statement of a definition, or a member of a class."""
        module = self._module(definition.module)
        owner, _, member = definition.name.partition(".")
        if module is None or not member:
            return None if module is None else module.nodes.get(owner)
        return self._members_of(definition._replace(name=owner)).get(member)

    def _members_of(self, definition: Definition) -> dict[str, ast.AST]:
        """Return the members of a class; none for anything else."""
        if definition not in self._members:
            node = self._node(definition)
            found = _members(node) if isinstance(node, ast.ClassDef) else {}
            self._members[definition] = found
        return self._members[definition]

    def _bases(self, definition: Definition) -> list[Definition]:
        """Return a class and its bases in the order of look-ups; [] for anything else."""
        module, node = self._module(definition.module), self._node(definition)
        if module is None or not isinstance(node, ast.ClassDef):
            return []
        resolved = [
            self._resolve(module, base.id) for base in node.bases if isinstance(base, ast.Name)
        ]
        return [definition, *(each for base in resolved if base for each in self._bases(base))]

    def _reach(self, definition: Definition, search: _Search) -> None:
        node = self._node(definition)
        if node is None or definition in search.texts:
            return
        if isinstance(node, ast.ClassDef):
            if definition not in search.lineage and self._family in self._bases(definition):
                return
            search.classes.append(definition)
            self._reach_members(definition, search.attributes, search)
        facts = self._facts_of(definition, node, search.key)
        search.texts[definition] = facts.text
        search.waiting += facts.references
        owner = definition._replace(name=definition.name.partition(".")[0])
        if owner in search.lineage and owner != self._family:
            search.relatives |= {
                each
                for each in facts.references
                if each not in search.lineage and self._family in self._bases(each)
            }
        new = facts.attributes - search.attributes
        search.attributes |= new
        for known in search.classes:
            self._reach_members(known, new, search)

    def _facts_of(self, definition: Definition, node: ast.AST, key: str | None) -> _Facts:
        is_table = self._is_table(node)
        place = definition, key if is_table else None
        if place not in self._facts:
            shown = _without_members(node) if isinstance(node, ast.ClassDef) else node
            tree = ast.parse(ast.unparse(ast.fix_missing_locations(shown)))
            _Normaliser().visit(tree)
            ast.fix_missing_locations(tree)
            if is_table and key is not None:
                _keep_entry(tree, key)
            module = self._module(definition.module)
            if module is not None:
                self._facts[place] = self._facts_in(tree, module)
        return self._facts[place]

    def _facts_in(self, tree: ast.AST, module: _Module) -> _Facts:
        references: dict[Definition | None, None] = {}
        attributes = set[str]()
        for part in ast.walk(tree):
            match part:
                case ast.Name(id=name):
                    references[self._resolve(module, name)] = None
                case ast.Attribute(value=value, attr=name):
                    attributes.add(name)
                    references[self._of_module(module, value, name)] = None
                case ast.Constant(value=str(text)) if text.isidentifier():
                    attributes.add(text)
        known = tuple(each for each in references if each is not None)
        return _Facts(ast.unparse(tree), known, frozenset(attributes))

    def _is_table(self, node: ast.AST) -> bool:
        value = getattr(node, "value", None)
        return (
            isinstance(node, ast.Assign | ast.AnnAssign)
            and isinstance(value, ast.Dict)
            and all(
                isinstance(name, ast.Constant) and name.value in self._keys
                for name in value.keys
            )
        )

    def _of_module(self, module: _Module, value: ast.expr, name: str) -> Definition | None:
        """Return the definition that an attribute means, if its object is a module."""
        target = module.imports.get(value.id) if isinstance(value, ast.Name) else None
        if target is None:
            return None
        known = self._module(target if isinstance(target, str) else ".".join(target))
        return None if known is None else self._resolve(known, name)

    def _reach_members(
        self, definition: Definition, attributes: AbstractSet[str], search: _Search
    ) -> None:
        """Add the members of a class with these names; special methods are always used."""
        for name in self._members_of(definition):
            is_used = name in attributes or (name.startswith("__") and name != "__repr__")
            if is_used and not self._is_overridden(definition, name, search.lineage):
                search.waiting.append(definition._replace(name=f"{definition.name}.{name}"))

    def _is_overridden(
        self, definition: Definition, name: str, lineage: list[Definition]
    ) -> bool:
        """Return whether a root or a nearer base of it has its own member of this name."""
        if definition not in lineage:
            return False
        nearer = [self._members_of(each) for each in lineage[: lineage.index(definition)]]
        own = [members[name] for members in nearer if name in members]
        return any(all(part.id != "super" for part in _names(each)) for each in own)


def _members(node: ast.ClassDef) -> dict[str, ast.AST]:
    """Return the methods and assigned attributes of a class, without dataclass fields."""
    found: dict[str, list[ast.stmt]] = {}
    for part in _statements(node.body):
        if isinstance(part, ast.FunctionDef | ast.Assign) or _is_class_variable(part):
            for name in _names_defined(part):
                # A property and its setter, or overloads, have one name.
                found.setdefault(name, []).append(part)
    return {
        name: parts[0] if len(parts) == 1 else ast.Module(body=parts, type_ignores=[])
        for name, parts in found.items()
    }


def _is_class_variable(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and "ClassVar" in ast.unparse(node.annotation)


def _without_members(node: ast.ClassDef) -> ast.ClassDef:
    """Return the head of a class with its dataclass fields, which are always used."""
    fields: list[ast.stmt] = [
        part
        for part in node.body
        if isinstance(part, ast.AnnAssign) and not _is_class_variable(part)
    ]
    return ast.ClassDef(
        name=node.name,
        bases=node.bases,
        keywords=node.keywords,
        body=[*fields, ast.Pass()],
        decorator_list=node.decorator_list,
    )


def _keep_entry(tree: ast.AST, key: str) -> None:
    """Remove all entries of the first dictionary in a tree but that of a key."""
    table = next(part for part in ast.walk(tree) if isinstance(part, ast.Dict))
    entries = [
        (name, value)
        for name, value in zip(table.keys, table.values, strict=True)
        if isinstance(name, ast.Constant) and name.value == key
    ]
    table.keys, table.values = [name for name, _ in entries], [value for _, value in entries]


class _Normaliser(ast.NodeTransformer):
    """Removes docstrings and annotations, and the quotes of formatted texts.

    Versions of Python write formatted texts with different quotes.
    """

    def visit(self, node: ast.AST) -> ast.AST:
        """Return a node without these parts."""
        self.generic_visit(node)
        match node:
            case ast.Module() | ast.FunctionDef() | ast.ClassDef():
                node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
                if isinstance(node, ast.FunctionDef):
                    node.returns = None
            case ast.arg():
                node.annotation = None
            case ast.AnnAssign(target=target, value=None):
                return ast.Expr(value=target)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return ast.Assign(targets=[target], value=value)
            case ast.FormattedValue(value=value):
                return value
            case ast.JoinedStr(values=values):
                return ast.Tuple(elts=values, ctx=ast.Load())
        return node


def _is_text(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def normal_text(source: str) -> str:
    """Return the text of a module without comments, docstrings and annotations."""
    tree = ast.parse(source)
    _Normaliser().visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree))
