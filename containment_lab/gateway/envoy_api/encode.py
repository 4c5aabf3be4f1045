"""Encoding of Envoy's configuration, as JSON objects describe it, in protobuf's binary form.

Strict: a field, type or enum value that the table (`schema`) does not list is an error, never left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, duration_pb2, json_format, message_factory, struct_pb2, wrappers_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

from containment.errors import ContainmentError
from containment_lab.gateway.envoy_api.schema import MESSAGES, Field

_PACKAGE = "lab.envoy"
_WIRE = descriptor_pb2.FieldDescriptorProto
_SCALARS = {"string": _WIRE.TYPE_STRING, "bool": _WIRE.TYPE_BOOL, "uint32": _WIRE.TYPE_UINT32, "bytes": _WIRE.TYPE_BYTES}
_WELL_KNOWN: dict[str, type[Message]] = {
    "duration": duration_pb2.Duration,
    "struct": struct_pb2.Struct,
    "uint32value": wrappers_pb2.UInt32Value,
}
"""Types that protobuf defines, with a special JSON form. On the wire any message is bytes."""


class SchemaError(ContainmentError):
    """A configuration uses a message, field or value that the table does not list; the text names it."""


def encode(message: str, values: Mapping[str, Any]) -> bytes:
    """Return a message of the table in binary form.

    Args:
        message: The message, by the last word of its name.
        values: Its fields as in JSON; an `any` has its type under `@type`.

    Raises:
        SchemaError: The table lists no such message, field or enum value.
    """
    if message not in MESSAGES:
        raise SchemaError(f"Envoy message {message!r} is not in the table {__package__}.schema")
    made = _make_message_classes()[message]()
    _fill(made, message, values)
    return made.SerializeToString()


def _fill(made: Message, message: str, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name == "@type":
            continue
        field = MESSAGES[message].get(name)
        if field is None:
            raise SchemaError(f"field {name!r} of Envoy message {message!r} is not in the table {__package__}.schema")
        if field.kind in MESSAGES:
            for each in value if field.repeated else [value]:
                _fill(getattr(made, name).add() if field.repeated else _get_present_message(made, name), field.kind, each)
        elif field.repeated:
            getattr(made, name).extend(value if field.kind in _SCALARS else [_encode_scalar(field, name, each) for each in value])
        else:
            setattr(made, name, _encode_scalar(field, name, value))


def _get_present_message(made: Message, name: str) -> Message:
    """Return a nested message, marked as set even if it is empty."""
    inner: Message = getattr(made, name)
    inner.SetInParent()
    return inner


def _encode_scalar(field: Field, name: str, value: Any) -> Any:
    if field.kind in _SCALARS:
        return value
    if field.kind == "any":
        return encode("Any", {"type_url": value["@type"], "value": encode(value["@type"].rpartition(".")[2], value)})
    if field.kind in _WELL_KNOWN:
        made = _WELL_KNOWN[field.kind]()
        return json_format.Parse(json.dumps(value), made).SerializeToString()
    options = field.kind.split("|")
    if value not in options:
        raise SchemaError(f"value {value!r} of Envoy field {name!r} is not in the table {__package__}.schema")
    return options.index(value)


@cache
def _make_message_classes() -> dict[str, type[Message]]:
    """Return protobuf's class of every message of the table."""
    # proto2 also writes a field that is set to zero, which a `oneof` requires.
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto2")
    for message, fields in MESSAGES.items():
        made = file.message_type.add(name=message)
        for name, field in fields.items():
            label = _WIRE.LABEL_REPEATED if field.repeated else _WIRE.LABEL_OPTIONAL
            each = made.field.add(name=name, number=field.number, label=label)
            if field.kind in MESSAGES:
                each.type, each.type_name = _WIRE.TYPE_MESSAGE, f".{_PACKAGE}.{field.kind}"
            else:
                each.type = _SCALARS.get(field.kind, _WIRE.TYPE_INT32 if "|" in field.kind else _WIRE.TYPE_BYTES)
    pool = DescriptorPool()
    pool.Add(file)
    return {message: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{message}")) for message in MESSAGES}
