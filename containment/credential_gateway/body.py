"""JSON bodies: read once, strictly, and judged by permitted lists.

A body is forwarded as it was sent, so a body that two parsers could read differently is refused: repeated keys, text that is no UTF-8,
a byte order mark, numbers that JSON does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from containment import strict_json
from containment.credential_gateway.api import MODEL, CredentialApi, Operation
from containment.credential_gateway.decision import DenyRule, RefusedError

_INLINE: Final = "data:"
_BESIDE_DATA: Final = frozenset({"detail", "format", "media_type"})
"""Keys that an object with a `data:` URL may have apart from it."""


def read_names(body: bytes, operation: Operation, api: CredentialApi) -> Mapping[str, str]:
    """Judge a JSON body, and return the values of its named fields.

    Args:
        body: the whole body.
        operation: the operation, with its lists.
        api: the API, with its references.

    Raises:
        RefusedError: the body is refused.
    """
    document = _read_object(body)
    if unknown := document.keys() - {*operation.fields, *operation.named_fields}:
        count = f"{len(unknown)} field{'' if len(unknown) == 1 else 's'}"
        reason = f"the body has {count} that {operation.name} does not permit; permitted: "
        raise RefusedError(DenyRule.BODY_FIELD, reason + ", ".join(sorted({*operation.fields, *operation.named_fields})))
    for key, values in operation.field_values.items():
        if key in document and not any(document[key] == value and type(document[key]) is type(value) for value in values):
            raise RefusedError(DenyRule.BODY_FIELD, f"{key} is not one of: {', '.join(map(_show, values))}")
    _check_tools(document, operation)
    if any(_find_references(document, frozenset(map(str.casefold, api.references)), frozenset(api.opaque))):
        reason = "the body names a file or address that the provider would load; send the content inline, as text or a data: URL"
        raise RefusedError(DenyRule.BODY_REFERENCE, reason)
    names = {}
    for key, name in operation.named_fields.items():
        if not isinstance(value := document.get(key), str):
            rule = DenyRule.MODEL_NOT_PERMITTED if name == MODEL else DenyRule.NAME_NOT_PERMITTED
            raise RefusedError(rule, f"the body has no {key}, or one that is not text")
        names[name] = value
    return names


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        document = strict_json.load(body.decode())
    except UnicodeDecodeError:
        raise RefusedError(DenyRule.BODY_NOT_READABLE, "the body is not UTF-8") from None
    except ValueError as error:
        if isinstance(error, strict_json.NotANumberError):
            raise RefusedError(DenyRule.BODY_NOT_READABLE, "the body has a number that JSON does not have") from None
        twice = "twice in one object" in str(error)
        reason = "the body sets a key twice in one object" if twice else "the body is not JSON, or is nested too deeply"
        raise RefusedError(DenyRule.BODY_NOT_READABLE, reason) from None
    if not isinstance(document, dict):
        raise RefusedError(DenyRule.BODY_NOT_READABLE, "the body is not a JSON object")
    if any(isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))) for value in _iterate(document)):
        raise RefusedError(DenyRule.BODY_NOT_READABLE, "the body has a number that JSON does not have")
    return document


def _iterate(value: Any) -> Iterator[Any]:
    """Yield every value inside a document, without recursion: the document's depth is the client's choice."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _check_tools(document: Mapping[str, Any], operation: Operation) -> None:
    rules = operation.tools
    if rules is None or rules.field not in document:
        return
    tools = document[rules.field]
    for tool in tools if isinstance(tools, list) else [tools]:
        fits = isinstance(tool, dict) and not tool.keys() - {*rules.keys}
        if fits and "type" in tool:
            fits = tool["type"] in rules.types
        if not fits:
            kinds = ", ".join(rules.types) or ", ".join(rules.keys)
            raise RefusedError(
                DenyRule.TOOL_NOT_PERMITTED, f"{rules.field} has a tool that the provider would run itself; permitted: {kinds}"
            )


def _find_references(document: Any, keys: frozenset[str], opaque: frozenset[str]) -> Iterator[str]:
    """Yield the reference keys of a document, in any case, whose value is not inline data: some parsers ignore case."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            for key, value in one.items():
                if key.casefold() in keys and not _is_inline(value):
                    yield key
                elif key not in opaque:
                    waiting.append(value)


def _is_inline(value: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get("url"), str) and not value.keys() - {"url", *_BESIDE_DATA} and _is_inline(value["url"])
    return value is None or (isinstance(value, str) and value.startswith(_INLINE))


def _show(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
