"""`python -m tests.proofs.bugs [--count N] [--cases M]`: bugs put into the analyser one at a time, and which the comparison catches.

A bug is one small change of one expression: a comparison turned round, `and` for `or`, `|` for `&`, a number one off, a `not`
left out. Every bug runs in a process of its own. One that changes no answer
(a cache, an order of work) is listed by name; nothing is counted as caught that did not run.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import containment.model
from tests.proofs import exhaustive

FOLDER = Path(containment.model.__file__).parent / "reach"
PACKAGE = "containment.model.reach"
FILES = (
    "table",
    "view",
    "analysis",
    "difference",
    "dimension",
    "addresses",
    "claims",
    "server_names",
    "globs",
    "sources",
    "transports",
    "sweep",
    "box",
)
SECONDS = 120

Change = Callable[[ast.AST], ast.AST | None]
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


def changed(node: ast.AST) -> ast.AST | None:
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


class _At(ast.NodeTransformer):
    """Replaces the node at one place, counted in the order of a walk."""

    def __init__(self, target: ast.AST) -> None:
        self._target = target

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._target:
            made = changed(node)
            assert made is not None
            return ast.copy_location(made, node)
        return self.generic_visit(node)


def bugs() -> Iterator[tuple[str, int, str]]:
    """Yield every bug there is: the file, the place in the walk, and the line as it becomes."""
    for name in FILES:
        tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
        strings = {id(node) for top in ast.walk(tree) if isinstance(top, ast.Subscript) for node in ast.walk(top.slice)}
        annotated = {id(node) for top in ast.walk(tree) if isinstance(top, ast.FunctionDef | ast.AnnAssign) for node in _annotations(top)}
        for place, node in enumerate(ast.walk(tree)):
            if (
                id(node) not in annotated
                and not (id(node) in strings and isinstance(node, ast.BinOp))
                and (made := changed(node)) is not None
            ):
                yield name, place, f"{name}.py:{getattr(node, 'lineno', 0)}: {ast.unparse(ast.fix_missing_locations(made))[:70]}"


def _annotations(node: ast.FunctionDef | ast.AnnAssign) -> Iterator[ast.AST]:
    parts = (
        [node.annotation]
        if isinstance(node, ast.AnnAssign)
        else [node.returns, *(one.annotation for one in node.args.args + node.args.kwonlyargs)]
    )
    for part in parts:
        if part is not None:
            yield from ast.walk(part)


class _Finder:
    """Imports one module of the analyser from its changed source."""

    def __init__(self, name: str, place: int) -> None:
        self._name, self._place = f"{PACKAGE}.{name}", place

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self._name else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        tree = ast.parse((FOLDER / f"{self._name.rpartition('.')[2]}.py").read_text(encoding="utf-8"))
        target = next(node for place, node in enumerate(ast.walk(tree)) if place == self._place)
        exec(compile(ast.fix_missing_locations(_At(target).visit(tree)), self._name, "exec"), module.__dict__)


def is_caught(name: str, place: int, cases: Sequence[int]) -> bool | None:
    """Tell whether a comparison fails with a bug in place, in a process of its own; None when it ran out of time."""
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        sys.meta_path.insert(0, _Finder(name, place))
        try:
            from tests.proofs.compare import case_of, check

            for seed in cases:
                check(case_of(seed))
        except BaseException:  # noqa: BLE001 - whatever a bug raises, it is caught
            os._exit(1)
        os._exit(0)
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


def main() -> int:
    """Print the score and what was not caught; 0 when at least fifty were caught and no bug ran out of time unnoticed."""
    options = argparse.ArgumentParser(prog="python -m tests.proofs.bugs", description=__doc__)
    options.add_argument("--count", type=int, default=80)
    options.add_argument("--cases", type=int, default=60)
    chosen = options.parse_args()
    assert exhaustive.NAMES
    assert not any(name.startswith(PACKAGE) for name in sys.modules), "the analyser must be imported with the bug in it"
    every = list(bugs())
    picked = random.Random(1).sample(every, min(chosen.count, len(every)))
    results = {told: is_caught(name, place, range(chosen.cases)) for name, place, told in picked}
    caught = sum(result is True for result in results.values())
    late = [told for told, result in results.items() if result is None]
    left = [told for told, result in results.items() if result is False]
    print(f"{caught} of {len(results)} bugs caught ({len(every)} possible), {len(late)} never ended, {len(left)} changed no answer:")
    for told in left:
        print(f"  no answer changed: {told}")
    for told in late:
        print(f"  never ended: {told}")
    return 0 if caught >= min(50, chosen.count) else 1


if __name__ == "__main__":
    sys.exit(main())
