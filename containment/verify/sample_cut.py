"""A sample program cut into before and after: the lines that break a rule, and the same lines repaired.

A sample says `REPAIRED` where it goes wrong (`x if place.REPAIRED else y`, `if place.REPAIRED: ...`). Before takes the
branches of a sample that is not repaired, after those of its twin; imports, the docstring and the switch itself are left
out. The text is cut, not rewritten, so that people read what was tried.
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
class Cut:
    """One sample: its lines before and after, and for each marked place the resource, the reason and whether ids must be known."""

    before: str
    after: str
    marks: tuple[tuple[str, str, bool], ...]


def cut(source: str) -> Cut:
    """Return a sample's own lines, broken and repaired."""
    marks = tuple((found["where"], found["why"].strip(), bool(found["later"])) for found in _MARK.finditer(source))
    before, after = (_tidy(_Side(source, is_repaired).text()) for is_repaired in (False, True))
    return Cut(before, after, marks)


class _Side:
    """The text of one side of a sample."""

    def __init__(self, source: str, is_repaired: bool) -> None:
        self._source, self._is_repaired = source, is_repaired
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line.encode()))

    def text(self) -> str:
        """Return the whole side without what every sample begins with."""
        tree = ast.parse(self._source)
        found = [node for node in tree.body if not _is_opening(node)]
        return self._between(self._start(found[0]), len(self._source.encode()), found) if found else ""

    def _between(self, start: int, end: int, nodes: list[ast.stmt]) -> str:
        """Return the bytes from `start` to `end`, with every choice below `nodes` taken."""
        raw, out, at = self._source.encode(), [], start
        for node, text in sorted(self._choices(nodes), key=lambda one: self._start(one[0])):
            if self._start(node) >= at:
                out += [raw[at : self._start(node)].decode(), text]
                at = self._end(node)
        return "".join([*out, raw[at:end].decode()])

    def _choices(self, nodes: list[ast.stmt]) -> Iterator[tuple[_Placed, str]]:
        """Yield the outermost nodes that are a choice, each with what is taken."""
        for root in nodes:
            waiting: list[ast.AST] = [root]
            while waiting:
                node = waiting.pop()
                taken = self._taken(node) if isinstance(node, ast.stmt | ast.expr) else None
                if taken is None or not isinstance(node, ast.stmt | ast.expr):
                    waiting.extend(ast.iter_child_nodes(node))
                else:
                    yield node, taken

    def _taken(self, node: _Placed) -> str | None:
        if isinstance(node, ast.IfExp | ast.If) and (asked := _asks(node.test)) is not None:
            chosen = node.body if asked is self._is_repaired else node.orelse
            if isinstance(node, ast.If):
                return self._block(node, chosen is node.body)
            assert isinstance(chosen, ast.expr)
            return self._between(self._start(chosen), self._end(chosen), [ast.Expr(chosen)])
        if isinstance(node, ast.UnaryOp | ast.Attribute | ast.Name) and (asked := _asks(node)) is not None:
            return str(asked is self._is_repaired)
        return None

    def _block(self, holder: ast.If, is_first: bool) -> str:
        """Return the statements of a branch, moved out to where the branch stood, with the comments above them."""
        body = holder.body if is_first else holder.orelse
        if not body:
            return ""
        before = self._end(holder.test if is_first else holder.body[-1])
        opening = self._source.encode()[before : self._start(body[0])].decode()
        comments = opening.partition("\n")[2] if is_first else opening.partition("else:")[2].partition("\n")[2]
        text = comments + self._between(self._start(body[0]), self._end(body[-1]), body)
        indent = " " * (body[0].col_offset - holder.col_offset)
        return "\n".join(line.removeprefix(indent) for line in text.splitlines())

    def _start(self, node: _Placed) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: _Placed) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset


def _asks(node: ast.AST) -> bool | None:
    """Return whether an expression is the switch (True) or its negation (False); None when it is neither."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        asked = _asks(node.operand)
        return None if asked is None else not asked
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return True if name == _SWITCH else None


def _is_opening(node: ast.stmt) -> bool:
    """Tell whether a statement is one that every sample begins with: docstring, imports, the path of `base`, the switch."""
    if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == _SWITCH for target in node.targets):
        return True
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("sys.path.insert(")


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in _MARKED.sub("", textwrap.dedent(text)).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
