"""Strict YAML: the only reader of YAML files, which refuses text that two parsers could read differently.

Rules kept here:
- a key is set once in its mapping, and is text; keys are compared after quotes are removed (`a` and `"a"` are one key);
- no merge key (`<<`), which sets keys out of sight; no explicit tag; one document per file; no alias that repeats without end;
- no infinity and no NaN, which JSON does not have;
- plain scalars are resolved as gopkg.in/yaml.v3 does, the parser of the Pulumi engine: `yes`, `on` and `12:30` are text,
  `012` is octal, `1_000` a number, `2027-03-31` a date.

`load_as_cloud_init` is the exception: it reads the text of a resource as the software on the host does.

Values are str, int, float, bool, None, `date` (a date without a time), `datetime` (with a time zone), list and dict.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import yaml

from containment.errors import InputError, Problem
from containment.files.input_files import explain_encoding, explain_os_error

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it: several times faster, and as safe."""

_PLAIN: Final = "plain"
_STRING: Final = "tag:yaml.org,2002:str"
_COLLECTIONS: Final = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_MERGE: Final = "<<"
_MOST_LEVELS: Final = 200
"""The deepest nesting of a document. libyaml's composer recurses in C and overflows the stack at some 20,000 levels."""
_MOST_REPEATS: Final = 10
"""The factor by which aliases may increase the size of a document."""

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
    """Text that is refused: what is wrong, with line and column where they are known, and the fix."""

    def __init__(self, what: str, fix: str = "correct the text there") -> None:
        super().__init__(f"{what}; {fix}")
        self.what, self.fix = what, fix


_FIXES: Final = (
    (", a tab", "replace the tab by spaces"),
    ("mapping values are not allowed", "put the value in quotes, or write the second key on a separate line"),
    ("could not find expected ':'", "write `key: value`, with a colon and a space after it"),
    ("expected ',' or ']'", "close the list with `]`"),
    ("expected ',' or '}'", "close the mapping with `}`"),
    ("unexpected end of stream", "close the quote"),
    ("undefined alias", "put the text in quotes, or write the value out"),
    ("unknown escape character", "write the text in single quotes"),
    ("cannot start any token", "put the text in quotes"),
    ("characters are not allowed", "remove the control character"),
    ("expected a single document", "remove `---` and the second document"),
    ("did not find expected key", "indent the line as those around it"),
    ("expected <block end>", "indent the line as those around it"),
    ("did not find expected '-' indicator", "start each item of the list with `- `, indented alike"),
)
"""Parts of the messages of libyaml and PyYAML, each with its fix."""
_MOST_QUOTED: Final = 60


def explain_error(error: OSError | ValueError) -> tuple[str, str]:
    """Return why a file cannot be read, and the fix; `error` is raised by `read` or by a use of the data."""
    if isinstance(error, StrictYamlError):
        return error.what, error.fix
    if isinstance(error, UnicodeDecodeError):
        return explain_encoding(error)
    if isinstance(error, OSError):
        what, fix = explain_os_error(error)
        return what, fix or ("put the file in its place" if isinstance(error, IsADirectoryError) else "restore the file")
    what, _, fix = str(error).partition("; ")
    return what, fix or "correct the file"


class _Loader(_SafeLoader):  # type: ignore[misc]
    """Leaves plain scalars unresolved, so that `_plain` resolves them."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node; `implicit` is (plain, quoted) for a scalar."""
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else _STRING
        return super().resolve(kind, value, implicit)


def read(path: Path) -> Any:
    """Parse a file; raises OSError, and StrictYamlError (a ValueError, as UnicodeDecodeError is)."""
    return load(path.read_text(encoding="utf-8"))


def read_if_exists(path: Path, why: str) -> Any:
    """Return the document of a file, None if it does not exist; raise InputError, with `why` it is needed, if it cannot be read."""
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        what, fix = explain_error(error)
        raise InputError(f"{path.name} cannot be used", [Problem(str(path), what, why, fix)]) from None


def load(text: str) -> Any:
    """Parse one document, None for an empty one; raises StrictYamlError."""
    try:
        _check_depth(text)
        loader = _Loader(text.removeprefix("\ufeff"))
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        return None if node is None else _DocumentConverter(node).convert(node)
    except yaml.YAMLError as error:
        raise _convert_error(error, text) from None
    except RecursionError:
        raise StrictYamlError("is nested too deeply", "write the values out with fewer levels") from None


def compose(text: str) -> yaml.Node | None:
    """Return the nodes of a text that `load` accepts, with their positions; None for an empty document."""
    node: yaml.Node | None = yaml.compose(text, Loader=_SafeLoader)
    return node


def load_as_cloud_init(text: str) -> Any:
    """Parse a cloud-config document as cloud-init does: YAML 1.1, the last value of a repeated key.

    Raises ValueError for text that cloud-init does not read.
    """
    try:
        _check_depth(text)
        return yaml.load(text, Loader=_SafeLoader)  # noqa: S506 - both are safe loaders
    except StrictYamlError as error:
        raise ValueError(error.what) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"is not YAML: {error}") from None


def _check_depth(text: str) -> None:
    """Raise StrictYamlError for text that is nested too deeply; raise yaml.YAMLError for text that is not YAML.

    A level needs a bracket or a column, so that most files need no look at their events.
    """
    brackets, longest = text.count("[") + text.count("{"), max(map(len, text.split("\n")))
    if brackets + 2 * longest < _MOST_LEVELS:
        return
    depth = 0
    for event in yaml.parse(text.removeprefix("\ufeff"), Loader=_SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_LEVELS:
            where = f"line {event.start_mark.line + 1}: " if event.start_mark else ""
            raise StrictYamlError(f"{where}is nested more than {_MOST_LEVELS} levels deep", "write the values out with fewer levels")


def _convert_error(error: yaml.YAMLError, text: str) -> StrictYamlError:
    """Convert PyYAML's error: line, column, the text there and the fix."""
    said = " ".join(str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).split())
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        line, column = mark.line, mark.column
    else:
        before = text[: getattr(error, "position", 0) or 0]
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    lines = text.splitlines()
    start = lines[line][: column + 1] if line < len(lines) else ""
    said = f"{said}, a tab" if "\t" in start and not start.strip() else said
    fix = next((fix for words, fix in _FIXES if words in f"{context} {said}"), "correct the text there")
    opened = getattr(error, "context_mark", None)
    if opened is not None and fix.startswith("close") and opened.line != line:
        fix += f" that is opened at line {opened.line + 1}"
    quoted = next((one.strip() for one in reversed(lines[: line + 1]) if one.strip()), "")
    there = f" (the text there: {quoted[:_MOST_QUOTED]!r})" if quoted else ""
    return StrictYamlError(f"line {line + 1}, column {column + 1}: is not YAML: {said}{there}", fix)


class _DocumentConverter:
    """Conversion of one parsed document to data."""

    def __init__(self, root: Any) -> None:
        self._left = _MOST_REPEATS * len(set(map(id, _iterate_nodes(root, set())))) + 1000
        self._open: set[int] = set()

    def convert(self, node: Any) -> Any:
        """Return the data of a node."""
        self._left -= 1
        if self._left < 0:
            raise _make_error(node, "aliases repeat too much of the document; write the values out")
        if isinstance(node, yaml.ScalarNode):
            return self._convert_scalar(node)
        if id(node) in self._open:
            raise _make_error(node, "an alias is inside what it repeats; write the values out")
        if node.tag not in _COLLECTIONS:
            raise _make_error(node, f"has the tag {_shorten_tag(node.tag)}; write the value without a tag")
        self._open.add(id(node))
        found = self._convert_mapping(node) if isinstance(node, yaml.MappingNode) else [self.convert(item) for item in node.value]
        self._open.discard(id(node))
        return found

    def _convert_scalar(self, node: Any) -> Any:
        if node.tag == _STRING:
            return node.value
        if node.tag == _PLAIN:
            value = resolve_plain(node.value)
            if isinstance(value, float) and not math.isfinite(value):
                raise _make_error(node, f"{node.value} is not a finite number; write a number, or put the text in quotes")
            return value
        raise _make_error(node, f"has the tag {_shorten_tag(node.tag)}; write the value without a tag")

    def _convert_mapping(self, node: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._convert_key(key_node)
            line = key_node.start_mark.line + 1
            if key in found:
                which = "one of the two" if line == lines[key] else f"line {line} or line {lines[key]}"
                raise _make_error(key_node, f"the key {key!r} is already set at line {lines[key]}; remove {which}")
            found[key], lines[key] = self.convert(value_node), line
        return found

    def _convert_key(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _make_error(node, "a key is a list or a mapping; write a text")
        if node.tag == _PLAIN and node.value == _MERGE:
            raise _make_error(node, "'<<' merges keys out of sight; write each key where it counts")
        key = self.convert(node)
        if not isinstance(key, str):
            raise _make_error(node, f'the key {node.value} is not a text; write it in quotes: "{node.value}"')
        return key


def resolve_plain(text: str) -> Any:
    """Return the value of a scalar without quotes, as gopkg.in/yaml.v3 resolves it."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if (found := _parse_time(text)) is not None:
        return found
    plain = text.replace("_", "")
    if (whole := _INTEGER.fullmatch(plain)) and (number := _parse_integer(whole)) in _INT64:
        return number
    if _FLOAT.fullmatch(plain) and abs(fraction := float(plain)) != float("inf"):
        return fraction
    return text


def _parse_integer(found: re.Match[str]) -> int:
    sign, *digits = found.groups()
    number = next(int(text, base) for text, base in zip(digits, (16, 8, 2, 10), strict=True) if text is not None)
    return -number if sign == "-" else number


def _parse_time(text: str) -> date | datetime | None:
    """Parse a timestamp, None for any other text; yaml.v3 reads a time without a zone as UTC."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, *clock = found.groups()
    try:
        if clock[0] is None and clock[4] is None:
            return date(int(year), int(month), int(day))
        hour, minute, second, fraction = clock[:4] if clock[0] is not None else clock[4:8]
        micro = int((fraction or "0")[:6].ljust(6, "0"))
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micro, _parse_zone(clock[8]))
    except ValueError:
        return None


def _parse_zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)


def _iterate_nodes(node: Any, seen: set[int]) -> Iterator[Any]:
    """Yield every node of a document once, also a node that aliases repeat."""
    if id(node) in seen:
        return
    seen.add(id(node))
    yield node
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for item in pair:
                yield from _iterate_nodes(item, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _iterate_nodes(item, seen)


def _make_error(node: Any, text: str) -> StrictYamlError:
    what, _, fix = text.partition("; ")
    return StrictYamlError(f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}: {what}", fix or "correct the text there")


def _shorten_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
