"""Every bug that one small change of one expression makes in the analyser, and the import of a module with one in it.

Left out, because they are no bugs: flags of decorators, annotations, what only checkers of types read, and `strict=` of
`zip`, which no answer of a right analyser hangs on.
"""

from __future__ import annotations

import ast
import importlib.util
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import containment

FOLDER = Path(containment.__file__).parent
PACKAGE = "containment"
FILES = (
    "analysis.classes.table",
    "analysis.classes.view",
    "analysis.questions",
    "analysis.difference",
    "analysis.classes.dimension",
    "analysis.classes.addresses",
    "analysis.classes.l7_matches",
    "analysis.classes.server_names",
    "patterns.glob",
    "analysis.classes.sources",
    "analysis.classes.transports",
    "addresses.address_ranges",
    "analysis.classes.box",
    "analysis.incremental_analysis",
    "analysis.proofs",
)
"""The modules of the analyser and of what only it is made of, below `containment`."""

_COMPARE: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_BINARY: dict[type, type] = {
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


@dataclass(frozen=True, slots=True)
class Bug:
    """One change: the module, the place in the walk of its tree, and what becomes of what, in which function."""

    module: str
    place: int
    line: int
    key: str


def changed(node: ast.AST) -> ast.expr | ast.AugAssign | None:
    """Return the node with a bug in it, None where none of the kinds fits."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARE:
        return ast.Compare(node.left, [_COMPARE[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return ast.BinOp(node.left, _BINARY[type(node.op)](), node.right)
    if isinstance(node, ast.AugAssign) and type(node.op) in _BINARY:
        return ast.AugAssign(node.target, _BINARY[type(node.op)](), node.value)
    if isinstance(node, ast.BoolOp):
        return ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        return node.operand
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ast.Constant(node.value + 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        return ast.Constant(not node.value)
    return None


def _source(module: str) -> str:
    return (FOLDER / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


def bugs() -> Iterator[Bug]:
    """Yield every bug there is."""
    for name in FILES:
        tree = ast.parse(_source(name))
        left_out = {id(node) for top in ast.walk(tree) for part in _not_code(top) for node in ast.walk(part)}
        where = dict(_functions(tree, ""))
        told = Counter[str]()
        for place, node in enumerate(ast.walk(tree)):
            if id(node) in left_out or (made := changed(node)) is None:
                continue
            shown = ast.unparse(ast.fix_missing_locations(made))
            key = f"{name}.{where.get(id(node), '')}: {ast.unparse(node)} => {shown}"
            told[key] += 1
            yield Bug(name, place, getattr(node, "lineno", 0), key if told[key] == 1 else f"{key} ({told[key]})")


def _not_code(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node that are annotations, subscripts of types, decorators or the flag of a `zip`."""
    if isinstance(node, ast.FunctionDef):
        arguments = [one.annotation for one in node.args.args + node.args.kwonlyargs]
        return [part for part in (node.returns, *arguments, *node.decorator_list) if part is not None]
    if isinstance(node, ast.AnnAssign):
        return [node.annotation]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list]
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return [node.value]
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and isinstance(node.value.value, ast.Name):
        return [node.value]
    return []


def _functions(node: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    for child in ast.iter_child_nodes(node):
        inner = name
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{name}.{child.name}" if name else child.name
        yield id(child), inner
        yield from _functions(child, inner)


class _At(ast.NodeTransformer):
    """Replaces one node."""

    def __init__(self, target: ast.AST) -> None:
        self._target = target

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._target:
            made = changed(node)
            assert made is not None
            return ast.copy_location(made, node)
        return self.generic_visit(node)


class Finder:
    """Imports one module of the analyser with a bug in it."""

    def __init__(self, bug: Bug) -> None:
        self._bug, self._name = bug, f"{PACKAGE}.{bug.module}"

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where to import a module from, None for all others."""
        return importlib.util.spec_from_loader(name, self) if name == self._name else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of the module to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed source."""
        tree = ast.parse(_source(self._bug.module))
        target = next(node for place, node in enumerate(ast.walk(tree)) if place == self._bug.place)
        exec(compile(ast.fix_missing_locations(_At(target).visit(tree)), self._name, "exec"), module.__dict__)
