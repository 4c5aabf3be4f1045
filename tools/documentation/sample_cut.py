"""Cut a sample program into before and after: the lines that violate a rule, and the same lines repaired.

A sample marks the difference with `REPAIRED` (`x if place.REPAIRED else y`, `if place.REPAIRED: ...`). Before has the branches of the
violating program, after those of the repaired one; imports, the docstring and the switch itself are left out. The text is cut, not
rewritten, so that readers see the tested code.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

_SWITCH = "REPAIRED"
_MARK = re.compile(r"# NOT OK(?P<later> once ids are known)?: (?P<where>[\w-]+): (?P<why>[^\n]*)")
_MARKED = re.compile(r"(?m)^[ ]*# NOT OK[^\n]*\n|[ ]*# NOT OK[^\n]*")


_Placed = ast.stmt | ast.expr


@dataclass(frozen=True, slots=True)
class SampleCut:
    """One sample: its code before and after, and for each marked line the resource, the reason and whether ids must be known."""

    before: str
    after: str
    marks: tuple[tuple[str, str, bool], ...]


def split_sample(source: str) -> SampleCut:
    """Return the code of a sample, broken and repaired."""
    marks = tuple((found["where"], found["why"].strip(), bool(found["later"])) for found in _MARK.finditer(source))
    before, after = (_tidy(_Side(source, is_repaired).get_text()) for is_repaired in (False, True))
    return SampleCut(before, after, marks)


class _Side:
    """One side of a sample, before or after."""

    def __init__(self, source: str, is_repaired: bool) -> None:
        self._source, self._is_repaired = source, is_repaired
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line.encode()))

    def get_text(self) -> str:
        """Return the text of this side without the opening lines that all samples share."""
        tree = ast.parse(self._source)
        found = [node for node in tree.body if not _is_opening(node)]
        return self._extract(self._find_start(found[0]), len(self._source.encode()), found) if found else ""

    def _extract(self, start: int, end: int, nodes: list[ast.stmt]) -> str:
        """Return the bytes from `start` to `end`, with every conditional below `nodes` replaced by the chosen branch."""
        raw, out, at = self._source.encode(), [], start
        for node, text in sorted(self._find_choices(nodes), key=lambda one: self._find_start(one[0])):
            if self._find_start(node) >= at:
                out += [raw[at : self._find_start(node)].decode(), text]
                at = self._find_end(node)
        return "".join([*out, raw[at:end].decode()])

    def _find_choices(self, nodes: list[ast.stmt]) -> Iterator[tuple[_Placed, str]]:
        """Yield the outermost conditionals, each with the text of the chosen branch."""
        for root in nodes:
            waiting: list[ast.AST] = [root]
            while waiting:
                node = waiting.pop()
                taken = self._choose_text(node) if isinstance(node, ast.stmt | ast.expr) else None
                if taken is None or not isinstance(node, ast.stmt | ast.expr):
                    waiting.extend(ast.iter_child_nodes(node))
                else:
                    yield node, taken

    def _choose_text(self, node: _Placed) -> str | None:
        if isinstance(node, ast.IfExp | ast.If) and (asked := _parse_switch(node.test)) is not None:
            chosen = node.body if asked is self._is_repaired else node.orelse
            if isinstance(node, ast.If):
                return self._extract_block(node, chosen is node.body)
            assert isinstance(chosen, ast.expr)
            return self._extract(self._find_start(chosen), self._find_end(chosen), [ast.Expr(chosen)])
        if isinstance(node, ast.UnaryOp | ast.Attribute | ast.Name) and (asked := _parse_switch(node)) is not None:
            return str(asked is self._is_repaired)
        return None

    def _extract_block(self, holder: ast.If, is_first: bool) -> str:
        """Return the statements of a branch at the indentation of its `if`, with the comments above them."""
        body = holder.body if is_first else holder.orelse
        if not body:
            return ""
        before = self._find_end(holder.test if is_first else holder.body[-1])
        opening = self._source.encode()[before : self._find_start(body[0])].decode()
        comments = opening.partition("\n")[2] if is_first else opening.partition("else:")[2].partition("\n")[2]
        text = comments + self._extract(self._find_start(body[0]), self._find_end(body[-1]), body)
        indent = " " * (body[0].col_offset - holder.col_offset)
        return "\n".join(line.removeprefix(indent) for line in text.splitlines())

    def _find_start(self, node: _Placed) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _find_end(self, node: _Placed) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset


def _parse_switch(node: ast.AST) -> bool | None:
    """Return True if an expression is the switch, False if it is its negation, None if it is neither."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        asked = _parse_switch(node.operand)
        return None if asked is None else not asked
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return True if name == _SWITCH else None


def _is_opening(node: ast.stmt) -> bool:
    """Return whether a statement belongs to the opening of every sample: docstring, imports, the path of `base`, the switch."""
    if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == _SWITCH for target in node.targets):
        return True
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("sys.path.insert(")


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in _MARKED.sub("", textwrap.dedent(text)).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
