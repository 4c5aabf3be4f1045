"""Strict YAML: the one reader of every YAML file, which refuses text that two readers could understand differently.

Rules kept here:
- a key is set once in its mapping, and is text; keys are compared after quotes are removed (`a` and `"a"` are one key);
- no merge key (`<<`), which sets keys out of sight; no explicit tag; one document per file; no alias that repeats without end;
- plain scalars are resolved as gopkg.in/yaml.v3 does, the parser of the Pulumi engine: `yes`, `on` and `12:30` are text,
  `012` is octal, `1_000` a number, `2027-03-31` a date.

Values are str, int, float, bool, None, `date` (a date without a time), `datetime` (with a time zone), list and dict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import yaml

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it: several times faster, and as safe."""

_PLAIN: Final = "plain"
_STRING: Final = "tag:yaml.org,2002:str"
_COLLECTIONS: Final = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_MERGE: Final = "<<"
_MOST_REPEATS: Final = 10
"""How many times its own size a document may grow through aliases."""

_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER: Final = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9][0-9]*))")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CLOCK: Final = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?"
_TIME: Final = re.compile(rf"([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})(?: {_CLOCK}|[Tt]{_CLOCK}(Z|[-+][0-9]{{2}}:[0-9]{{2}}))?")
_INT64: Final = range(-(2**63), 2**64)


class StrictYamlError(ValueError):
    """Text that is not read: what is wrong with it, with line and column where they are known."""


class _Loader(_SafeLoader):  # type: ignore[misc]
    """Leaves plain scalars unresolved, so that `_plain` resolves them."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node; `implicit` is (plain, quoted) for a scalar."""
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else _STRING
        return super().resolve(kind, value, implicit)


def read(path: Path) -> Any:
    """Return the data of a file; raises OSError, and StrictYamlError (a ValueError, as UnicodeDecodeError is)."""
    return load(path.read_text(encoding="utf-8"))


def load(text: str) -> Any:
    """Return the data of one document, None for an empty one; raises StrictYamlError."""
    try:
        loader = _Loader(text.removeprefix("\ufeff"))
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        return None if node is None else _Reading(node).data(node)
    except yaml.YAMLError as error:
        raise StrictYamlError(f"is not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise StrictYamlError("is nested too deeply") from None


class _Reading:
    """One document while it is turned into data."""

    def __init__(self, root: Any) -> None:
        self._left = _MOST_REPEATS * len(set(map(id, _nodes(root, set())))) + 1000
        self._open: set[int] = set()

    def data(self, node: Any) -> Any:
        """Return the data of a node."""
        self._left -= 1
        if self._left < 0:
            raise _error(node, "aliases repeat too much of the document; write the values out")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            raise _error(node, "an alias is inside what it repeats; write the values out")
        if node.tag not in _COLLECTIONS:
            raise _error(node, f"has the tag {_short(node.tag)}; write the value without a tag")
        self._open.add(id(node))
        found = self._mapping(node) if isinstance(node, yaml.MappingNode) else [self.data(item) for item in node.value]
        self._open.discard(id(node))
        return found

    def _scalar(self, node: Any) -> Any:
        if node.tag == _STRING:
            return node.value
        if node.tag == _PLAIN:
            return resolve_plain(node.value)
        raise _error(node, f"has the tag {_short(node.tag)}; write the value without a tag")

    def _mapping(self, node: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            line = key_node.start_mark.line + 1
            if key in found:
                raise _error(key_node, f"the key {key!r} is already set at line {lines[key]}; keep one of the two")
            found[key], lines[key] = self.data(value_node), line
        return found

    def _key(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _error(node, "a key is a list or a mapping; write a text")
        if node.tag == _PLAIN and node.value == _MERGE:
            raise _error(node, "'<<' merges keys out of sight; write each key where it counts")
        key = self.data(node)
        if not isinstance(key, str):
            raise _error(node, f'the key {node.value} is not a text; write it in quotes: "{node.value}"')
        return key


def resolve_plain(text: str) -> Any:
    """Return the value of a scalar without quotes, as gopkg.in/yaml.v3 resolves it."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if (found := _time(text)) is not None:
        return found
    plain = text.replace("_", "")
    if (whole := _INTEGER.fullmatch(plain)) and (number := _integer(whole)) in _INT64:
        return number
    if _FLOAT.fullmatch(plain) and abs(fraction := float(plain)) != float("inf"):
        return fraction
    return text


def _integer(found: re.Match[str]) -> int:
    sign, *digits = found.groups()
    number = next(int(text, base) for text, base in zip(digits, (16, 8, 2, 10), strict=True) if text is not None)
    return -number if sign == "-" else number


def _time(text: str) -> date | datetime | None:
    """Return a timestamp, None where a text is none; yaml.v3 takes a time without a zone for UTC."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, *clock = found.groups()
    try:
        if clock[0] is None and clock[4] is None:
            return date(int(year), int(month), int(day))
        hour, minute, second, fraction = clock[:4] if clock[0] is not None else clock[4:8]
        micro = int((fraction or "0")[:6].ljust(6, "0"))
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micro, _zone(clock[8]))
    except ValueError:
        return None


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)


def _nodes(node: Any, seen: set[int]) -> Iterator[Any]:
    """Yield every node of a document, one that aliases repeat once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    yield node
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for item in pair:
                yield from _nodes(item, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _nodes(item, seen)


def _error(node: Any, what: str) -> StrictYamlError:
    return StrictYamlError(f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}: {what}")


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
