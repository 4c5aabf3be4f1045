"""Property values in Pulumi's wire format: unknowns, secrets and output values inside protobuf structs.

Shared by the engine and the simulated providers. Signatures are Pulumi's own constants (sdk/python/lib/pulumi/runtime/rpc.py).
"""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The string that represents an unknown value in previews."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key whose value is the kind of special object that a struct represents."""

SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"


def convert_to_plain(message: Any) -> Any:
    """Return a protobuf Struct, ListValue or Value as plain Python; whole numbers become int."""
    if isinstance(message, struct_pb2.Struct):
        return {key: convert_to_plain(value) for key, value in message.fields.items()}
    if isinstance(message, struct_pb2.ListValue):
        return [convert_to_plain(value) for value in message.values]
    kind = message.WhichOneof("kind")
    if kind == "number_value":
        number: float = message.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        return convert_to_plain(message.struct_value)
    if kind == "list_value":
        return convert_to_plain(message.list_value)
    return None if kind in (None, "null_value") else getattr(message, kind)


def convert_to_struct(values: dict[str, Any]) -> struct_pb2.Struct:
    """Return plain Python as a protobuf Struct."""
    out = struct_pb2.Struct()
    out.update(values)
    return out


def wrap_secret(value: Any) -> dict[str, Any]:
    """Wrap `value` as a secret."""
    return {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Return whether `value` is a wrapped secret."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def unwrap_values(value: Any) -> Any:
    """Replace secrets and output values by the values in them, UNKNOWN where there is none."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return unwrap_values(value["value"])
        if value.get(SIGNATURE) == OUTPUT:
            return unwrap_values(value["value"]) if "value" in value else UNKNOWN
        return {key: unwrap_values(item) for key, item in value.items()}
    return [unwrap_values(item) for item in value] if isinstance(value, list) else value


def has_unknown(value: Any) -> bool:
    """Return whether `value` contains an unknown."""
    if isinstance(value, dict):
        return (value.get(SIGNATURE) == OUTPUT and "value" not in value) or any(has_unknown(item) for item in value.values())
    return any(has_unknown(item) for item in value) if isinstance(value, list) else value == UNKNOWN
