"""Paths of hops in `docs/find-your-way.md`: check that every hop exists and is connected with the previous one.

A section is a path; each item of its numbered list is a hop: `path` · `symbol` and an explanation. A symbol is a top-level name of a
Python module, `Class.method`, or a key of a YAML file. Two hops are connected if the source of one contains the symbol of the other.
For a hop that is connected by data, "via `name`" gives a name that the source of both hops has to contain.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE: Final = "docs/find-your-way.md"
_SECTION: Final = re.compile(r"(?m)^## (?P<title>.+)$")
_ITEM: Final = re.compile(r"(?m)^\d+\. (?P<text>.*(?:\n {2,}\S.*)*)")
_HOP: Final = re.compile(r"`(?P<path>[^`]+)` · `(?P<symbol>[^`]+)`(?: via `(?P<via>[^`]+)`)?")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop; `via` is the name that both this hop and the previous one contain, or "" if the symbol itself is."""

    path: str
    symbol: str
    via: str

    def __str__(self) -> str:
        return f"{self.path}:{self.symbol}"


def parse_paths(page: str) -> dict[str, list[Hop]]:
    """Return the hops of each section with a numbered list, by the section's title.

    Raises:
        ValueError: an item of a numbered list does not start with a hop.
    """
    parts = _SECTION.split(page)
    out = {}
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        hops = []
        for item in _ITEM.finditer(body):
            found = _HOP.match(item["text"])
            if found is None:
                raise ValueError(f"{PAGE}: {title}: an item is not a hop (`path` · `symbol`): {item['text']}")
            hops.append(Hop(found["path"], found["symbol"], found["via"] or ""))
        if hops:
            out[title] = hops
    return out


def find_broken_hops(page: str, root: Path) -> Iterator[str]:
    """Yield a message for each hop that does not exist or is not connected with the previous one."""
    for title, hops in parse_paths(page).items():
        before: tuple[Hop, set[str]] | None = None
        for number, hop in enumerate(hops, 1):
            where = f"{PAGE}: {title}: hop {number}: {hop}"
            names = _read_names(root / hop.path, hop.symbol)
            if names is None:
                yield f"{where} does not exist; write its new path and symbol"
                before = None
                continue
            if before is not None and not _is_connected(before[0], before[1], hop, names):
                by = f"{hop.via!r} is not in the source of both" if hop.via else "neither names the other's symbol"
                yield f"{where} is not connected with {before[0]}: {by}"
            before = hop, names


def _is_connected(first: Hop, in_first: set[str], second: Hop, in_second: set[str]) -> bool:
    if second.via:
        return second.via in in_first and second.via in in_second
    return bool(_get_last_names(second) & in_first or _get_last_names(first) & in_second)


def _get_last_names(hop: Hop) -> set[str]:
    """Return the name by which other code refers to a hop; for a method, its bare name."""
    return {hop.symbol.rpartition(".")[2]}


def _read_names(path: Path, symbol: str) -> set[str] | None:
    """Return the identifiers and words in a symbol's source; None if the file or the symbol does not exist."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        found = re.search(rf"(?m)^{re.escape(symbol)}:", text)
        return None if found is None else {*_WORD.findall(text), symbol}
    node = _find(ast.parse(text), symbol.split("."))
    return None if node is None else set(_find_identifiers(node))


def _find(node: ast.AST, parts: list[str]) -> ast.AST | None:
    """Return the definition of a dotted name below a node."""
    for child in getattr(node, "body", []):
        if parts[0] in _get_defined_names(child):
            return child if len(parts) == 1 else _find(child, parts[1:])
    return None


def _get_defined_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _find_identifiers(node: ast.AST) -> Iterator[str]:
    """Yield every name in a definition, and the words of its strings, except docstrings."""
    docstrings = {
        id(inner.body[0].value)
        for inner in ast.walk(node)
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and inner.body and isinstance(inner.body[0], ast.Expr)
    }
    for inner in ast.walk(node):
        for name in ("id", "attr", "arg", "name"):
            if isinstance(found := getattr(inner, name, None), str):
                yield found
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and id(inner) not in docstrings:
            yield from _WORD.findall(inner.value)
