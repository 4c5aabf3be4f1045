"""Parse configuration files of other programs as leniently as those programs: JSON, JSON with comments, TOML and YAML.

Errors name a line, never the text there, which may be a secret.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, Final

import yaml

from containment.discovery.known_data import ConfigFormat
from containment.loaders.strict_yaml import load_as_cloud_init

_LINE: Final = re.compile(r"\(at line \d+, column \d+\)|line \d+, column \d+|\(at end of document\)")
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|//[^\n]*|/\*(?:.*?\*/|.*)|[^"/]+|.', re.DOTALL)
_MOST_SLOW: Final = 1 << 18
"""Bytes of the largest YAML or TOML file, whose parsers are slow: a planted file must not keep a discovery from ending."""
_MOST_COMMENTED: Final = 1 << 20
"""Bytes of the largest JSON file with comments."""
_MOST_LEVELS: Final = 100
_MOST_PARTS: Final = 500
"""Dots in a line of TOML, whose parser takes the square of a key's parts."""
_TRAILING_COMMA: Final = re.compile(r'("(?:[^"\\]++|\\.)*+"?)|,(?=\s*[}\]])', re.DOTALL)
_YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FormatError(ValueError):
    """Content that cannot be parsed; the text has no part of it."""


def parse(content: bytes, format_: ConfigFormat) -> Any:
    """Return the data of a configuration file, None for an empty one.

    Raises:
        FormatError: the content is not in that format.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError("is not UTF-8 text") from None
    if not text.strip():
        return None
    if format_ in (ConfigFormat.TOML, ConfigFormat.YAML) and len(content) > _MOST_SLOW:
        raise FormatError(f"has {len(content)} bytes, more than the {_MOST_SLOW} of {format_.value} that are read")
    try:
        match format_:
            case ConfigFormat.TOML:
                if any(line.count(".") > _MOST_PARTS for line in text.splitlines()):
                    raise FormatError(f"has a line with more than {_MOST_PARTS} dots, which takes too long to parse")
                return tomllib.loads(text.replace("\r\n", "\n"))
            case ConfigFormat.YAML:
                _check_depth(text)
                return load_as_cloud_init(text)
            case ConfigFormat.JSON | ConfigFormat.JSONC:
                return _parse_json(text)
    except FormatError:
        raise
    except json.JSONDecodeError as error:
        raise FormatError(f"is not {format_.value} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise FormatError("is nested too deeply") from None
    except (ValueError, yaml.YAMLError) as error:
        place = _LINE.search(str(error))
        shown = f" ({place.group().strip('()')})" if place else ""
        raise FormatError(f"is not {format_.value}{shown}") from None


def _check_depth(text: str) -> None:
    """Raise FormatError for YAML that is nested too deeply to be composed, which its parser does by recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=_YamlLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_LEVELS:
            raise FormatError("is nested too deeply")


def _parse_json(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        if len(text) > _MOST_COMMENTED:
            raise
        return _DECODER.decode(strip_comments(text))


def strip_comments(text: str) -> str:
    """Return JSON without comments and trailing commas; line numbers are unchanged."""
    kept = "".join(_replace_token(one.group()) for one in _TOKEN.finditer(text))
    return _TRAILING_COMMA.sub(lambda found: found.group(1) or " ", kept)


def _replace_token(token: str) -> str:
    return "\n" * token.count("\n") or " " if token.startswith(("//", "/*")) else token


def _merge_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of a key that is set twice, both objects count, because parsers differ in which one they take."""
    found = dict[str, Any]()
    for key, value in pairs:
        before = found.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            value = {
                **before,
                **value,
                **{f"{name} (set again)": before[name] for name in before if name in value and before[name] != value[name]},
            }
        found[key] = value
    return found


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_merge_repeated, strict=False)
