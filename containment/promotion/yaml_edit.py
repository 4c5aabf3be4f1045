"""Edit of one list in a YAML file by position, so that comments, order and every other byte are kept.

A file is parsed only to find positions. After an edit it is parsed again, and must have exactly the expected content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import yaml

from containment.loaders import strict_yaml

_PLAIN: Final = re.compile(r"[A-Za-z0-9](?:[\w .,/()'-]*[\w.)/])?", re.ASCII)
_BYTE_ORDER_MARK: Final = "\ufeff"
_STEP: Final = 2
"""Columns of indentation in a file that has none to copy."""

Item = Mapping[str, Any]
Matches = Callable[[Any], bool]


class CannotEditError(ValueError):
    """A file whose form this editor does not change; the text is a phrase that follows the file's name."""


def set_list_item(text: str, path: Sequence[str], item: Item, matches: Matches, spellings: Mapping[str, str] | None = None) -> str:
    """Return the text with an item added to a list, or in place of the one that matches.

    Args:
        text: the YAML text.
        path: the keys that lead to the list; missing ones are added.
        item: the new item.
        matches: returns whether an existing item, as data, is the one to replace.
        spellings: other spellings of the last key that a file may have, by the spelling of `path`.

    Raises:
        CannotEditError: the text has a form in which the position of the list is not clear.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    break_ = "\r\n" if "\r\n" in text else "\n"
    plain = text.removeprefix(_BYTE_ORDER_MARK).replace("\r\n", "\n")
    if "\r" in plain or (break_ == "\r\n" and text.count("\r\n") != text.count("\n")):
        raise CannotEditError("has several kinds of line breaks; write all lines with the same one")
    keys = _spell(plain, path, spellings or {})
    before = strict_yaml.load(plain)
    wanted = _set_in_data(before, keys, item, matches)
    if repr(wanted) == repr(before):  # 1, true and 1.0 are equal, and are not the same in a file
        return text
    unclear = f"has {keys[-1]} in a form that cannot be edited by position (an anchor or alias); write the entry by hand"
    try:
        edited = _edit(plain, keys, item, matches)
    except (yaml.YAMLError, strict_yaml.StrictYamlError):  # a part of the file that cannot be read without the rest of it
        raise CannotEditError(unclear) from None
    if _load_or_none(edited) != wanted:
        raise CannotEditError(unclear)
    return mark + edited.replace("\n", break_)


def _load_or_none(text: str) -> Any:
    try:
        return strict_yaml.load(text)
    except strict_yaml.StrictYamlError:
        return None  # never the wanted content, which has an item


def _spell(text: str, path: Sequence[str], spellings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the path with its last key as the file spells it."""
    parent: Any = strict_yaml.load(text)
    for key in path[:-1]:
        parent = parent.get(key) if isinstance(parent, dict) else None
    other = spellings.get(path[-1])
    return (*path[:-1], other) if other is not None and isinstance(parent, dict) and other in parent else tuple(path)


def _set_in_data(document: Any, path: Sequence[str], item: Item, matches: Matches) -> Any:
    """Return the content that the file is to have."""
    if path:
        if document is not None and not isinstance(document, dict):
            raise CannotEditError("is not a mapping of keys to values")
        known = document or {}
        return {**known, path[0]: _set_in_data(known.get(path[0]), path[1:], item, matches)}
    if document is None or document == []:
        return [dict(item)]
    if not isinstance(document, list):
        raise CannotEditError("has no YAML list there; write the value as a list, without quotes around it")
    places = [place for place, one in enumerate(document) if matches(one)]
    return [dict(item) if place in places[:1] else one for place, one in enumerate(document)] if places else [*document, dict(item)]


def _edit(text: str, path: Sequence[str], item: Item, matches: Matches) -> str:
    node: Any = strict_yaml.compose(text)
    if node is None:
        return text + ("" if not text or text.endswith("\n") else "\n") + _format_block_keys(path, item, 0)
    if _is_nothing(node):
        raise CannotEditError("has an explicit empty value in place of its keys; remove that value")
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            raise CannotEditError("is not a mapping of keys to values")
        pairs = [(name, value) for name, value in node.value if name.value == key]
        if not pairs:
            return _add_key(text, node, path[depth:], item)
        name, value = pairs[0]
        if _is_nothing(value):
            return _fill_key(text, name, value, path[depth + 1 :], item, flow=bool(node.flow_style))
        node = value
    return _change_list(text, node, item, matches)


def _is_nothing(node: Any) -> bool:
    """Return whether a value is null, [] or {}."""
    return (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null") or (
        isinstance(node, yaml.CollectionNode) and not node.value
    )


def _add_key(text: str, mapping: Any, path: Sequence[str], item: Item) -> str:
    end = _find_end(text, mapping.value[-1][1])
    if mapping.flow_style:
        return f"{text[:end]}, {_format_flow_keys(path, item)}{text[end:]}"
    return _insert_lines(text, end, _format_block_keys(path, item, mapping.value[0][0].start_mark.column))


def _fill_key(text: str, name: Any, value: Any, rest: Sequence[str], item: Item, *, flow: bool) -> str:
    """Return the text with the list in place of a key's empty value."""
    start = text.find(":", name.end_mark.index, value.start_mark.index + 1) + 1
    if not start:
        raise CannotEditError("is a key without a colon; write one after it")
    written = value.start_mark.index != value.end_mark.index
    end = value.end_mark.index if written else start
    if flow:
        inner = "[" + _format_flow(item) + "]"
        return f"{text[:start]} {'{' + _format_flow_keys(rest, item) + '}' if rest else inner}{text[end:]}"
    column = name.start_mark.column + _STEP
    block = _format_block_keys(rest, item, column) if rest else _format_block(item, column)
    kept = text[start : value.start_mark.index] if written else ""
    line_end = _find_line_end(text, end)
    return f"{text[:start]}{kept.rstrip(' ')}{text[end:line_end].rstrip()}\n{block}{text[line_end + 1 :]}"


def _change_list(text: str, node: Any, item: Item, matches: Matches) -> str:
    if not isinstance(node, yaml.SequenceNode):
        raise CannotEditError("has no YAML list there; write the value as a list, without quotes around it")
    data = strict_yaml.load(text[node.start_mark.index : node.end_mark.index]) if node.flow_style else None
    for place, child in enumerate(node.value):
        value = data[place] if data is not None else _read_node(text, child)
        if matches(value):
            start, end = child.start_mark.index, _find_end(text, child)
            column = child.start_mark.column
            new = _format_flow(item) if node.flow_style else _format_block(item, column - 2)[column:].rstrip("\n")
            return f"{text[:start]}{new}{text[end:]}"
    end = _find_end(text, node.value[-1])
    if node.flow_style:
        return f"{text[:end]}, {_format_flow(item)}{text[end:]}"
    return _insert_lines(text, end, _format_block(item, node.start_mark.column))


def _read_node(text: str, node: Any) -> Any:
    """Return a node's content as data."""
    start = node.start_mark
    return strict_yaml.load(" " * start.column + text[start.index : _find_end(text, node)])


def _find_end(text: str, node: Any) -> int:
    """Return the index after a node's last character; PyYAML's end of a block is after the lines and comments that follow."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _find_end(text, last[1] if isinstance(last, tuple) else last)
    index: int = node.end_mark.index
    return len(text[:index].rstrip()) if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") else index


def _find_line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _insert_lines(text: str, index: int, lines: str) -> str:
    """Return the text with whole lines after the line of an index."""
    end = _find_line_end(text, index)
    return f"{text[:end]}\n{lines}{text[end + 1 :]}"


def _format_block_keys(path: Sequence[str], item: Item, column: int) -> str:
    lines = "".join(f"{' ' * (column + _STEP * depth)}{key}:\n" for depth, key in enumerate(path))
    return lines + _format_block(item, column + _STEP * len(path))


def _format_block(item: Item, column: int) -> str:
    lines = [f"{key}: {_format_value(value)}" for key, value in item.items()]
    return "".join(f"{' ' * column}{'  ' if place else '- '}{line}\n" for place, line in enumerate(lines))


def _format_flow_keys(path: Sequence[str], item: Item) -> str:
    text = "[" + _format_flow(item) + "]"
    for place, key in enumerate(reversed(path)):
        text = f"{json.dumps(key)}: {text if not place else '{' + text + '}'}"
    return text


def _format_flow(item: Item) -> str:
    return "{" + ", ".join(f"{key}: {_format_value(value, flow=True)}" for key, value in item.items()) + "}"


def _format_value(value: Any, *, flow: bool = False) -> str:
    """Return a scalar: a plain text where every reader sees that text, else in double quotes."""
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    plain = not flow and _PLAIN.fullmatch(value) and isinstance(strict_yaml.resolve_plain(value), str) and not value[0].isdigit()
    return value if plain else json.dumps(value, ensure_ascii=False)
