"""Messages of Envoy's external authorization (envoy.service.auth.v3), as far as the service reads and writes them.

Envoy's own Python messages are not on PyPI as one package that is kept; field numbers are those of its API, which never change within v3.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

from google.protobuf import descriptor_pb2, message_factory, struct_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

SERVICE, METHOD = "envoy.service.auth.v3.Authorization", "Check"
OK, PERMISSION_DENIED = 0, 7
"""Codes of google.rpc.Status."""
_PACKAGE: Final = "containment.authorization"
_WIRE: Final = descriptor_pb2.FieldDescriptorProto


class _Field(NamedTuple):
    number: int
    kind: str
    repeated: bool = False


_MESSAGES: Final[dict[str, dict[str, _Field]]] = {
    "HeaderValue": {"key": _Field(1, "string"), "value": _Field(2, "string"), "raw_value": _Field(3, "bytes")},
    "HeaderMap": {"headers": _Field(1, "HeaderValue", repeated=True)},
    "HttpRequest": {
        "method": _Field(2, "string"),
        "path": _Field(4, "string"),
        "raw_body": _Field(12, "bytes"),
        "header_map": _Field(13, "HeaderMap"),
    },
    "Request": {"http": _Field(2, "HttpRequest")},
    "Entry": {"key": _Field(1, "string"), "value": _Field(2, "string")},
    "AttributeContext": {"request": _Field(4, "Request"), "context_extensions": _Field(10, "Entry", repeated=True)},
    "CheckRequest": {"attributes": _Field(1, "AttributeContext")},
    "Status": {"code": _Field(1, "int32")},
    "HttpStatus": {"code": _Field(1, "int32")},
    "BoolValue": {"value": _Field(1, "bool")},
    "HeaderValueOption": {"header": _Field(1, "HeaderValue"), "append": _Field(2, "BoolValue"), "append_action": _Field(3, "int32")},
    "DeniedHttpResponse": {
        "status": _Field(1, "HttpStatus"),
        "headers": _Field(2, "HeaderValueOption", repeated=True),
        "body": _Field(3, "string"),
    },
    "OkHttpResponse": {
        "headers": _Field(2, "HeaderValueOption", repeated=True),
        "headers_to_remove": _Field(5, "string", repeated=True),
    },
    "CheckResponse": {
        "status": _Field(1, "Status"),
        "denied_response": _Field(2, "DeniedHttpResponse"),
        "ok_response": _Field(3, "OkHttpResponse"),
        "dynamic_metadata": _Field(4, "bytes"),
    },
}
"""On the wire a map is a list of entries, and any message is bytes."""
_SCALARS: Final = {"string": _WIRE.TYPE_STRING, "bytes": _WIRE.TYPE_BYTES, "int32": _WIRE.TYPE_INT32, "bool": _WIRE.TYPE_BOOL}
_OVERWRITE: Final = 2


def parse_check(data: bytes) -> Any:
    """Return the CheckRequest in binary form as a message."""
    made = _make_classes()["CheckRequest"]()
    made.ParseFromString(data)
    return made


def build_permit(headers: dict[str, str], remove: tuple[str, ...], facts: dict[str, Any]) -> bytes:
    """Return a CheckResponse that permits a request.

    Args:
        headers: headers to set, in place of those of the same name.
        remove: names of headers to remove.
        facts: what the proxy may log.
    """
    response = _make_response(OK, facts)
    response.ok_response.headers_to_remove.extend(remove)
    _add_headers(response.ok_response, headers)
    return bytes(response.SerializeToString())


def build_denial(status: int, body: str, facts: dict[str, Any]) -> bytes:
    """Return a CheckResponse that refuses a request with a JSON answer.

    Args:
        status: the HTTP status.
        body: the answer.
        facts: what the proxy may log.
    """
    response = _make_response(PERMISSION_DENIED, facts)
    response.denied_response.status.code = status
    response.denied_response.body = body
    _add_headers(response.denied_response, {"content-type": "application/json"})
    return bytes(response.SerializeToString())


def _add_headers(response: Any, headers: dict[str, str]) -> None:
    for name, value in headers.items():
        option = response.headers.add()
        option.header.key, option.header.value = name, value
        option.append.value = False
        option.append_action = _OVERWRITE


def _make_response(code: int, facts: dict[str, Any]) -> Any:
    response: Any = _make_classes()["CheckResponse"]()
    response.status.code = code
    logged = struct_pb2.Struct()
    logged.update(facts)
    response.dynamic_metadata = logged.SerializeToString()
    return response


@cache
def _make_classes() -> dict[str, type[Message]]:
    """Return protobuf's class of every message of the table."""
    # proto2 also writes a field that is set to its default, such as `append: false`.
    file = descriptor_pb2.FileDescriptorProto(name="authorization.proto", package=_PACKAGE, syntax="proto2")
    for message, fields in _MESSAGES.items():
        made = file.message_type.add(name=message)
        for name, field in fields.items():
            label = _WIRE.LABEL_REPEATED if field.repeated else _WIRE.LABEL_OPTIONAL
            each = made.field.add(name=name, number=field.number, label=label)
            if field.kind in _SCALARS:
                each.type = _SCALARS[field.kind]
            else:
                each.type, each.type_name = _WIRE.TYPE_MESSAGE, f".{_PACKAGE}.{field.kind}"
    pool = DescriptorPool()
    pool.Add(file)
    return {message: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{message}")) for message in _MESSAGES}
