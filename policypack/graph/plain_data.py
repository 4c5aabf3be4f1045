"""Property values as plain data, with an explicit UNKNOWN.

CrossGuard silently turns a policy that reads a value unknown in preview into an advisory skip. So rules never get Pulumi's proxies:
they get dicts, lists, strings, numbers, booleans, None, and `UNKNOWN`, which raises if it is used as a truth value. Secrets are
unwrapped. The same function reads the values of a checkpoint or a preview. A bridged provider adds its defaults to the inputs and
lists them; they are left out, because the program does not set them.

The predicates below return a `Ternary`: MAYBE for an unknown value, which never counts as YES.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from containment.ternary import Ternary


class Unknown(Enum):
    """The type of `UNKNOWN`: a value that will be known only after the update."""

    VALUE = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: handle UNKNOWN in the rule")

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.VALUE

# Pulumi's own constants (sdk/go/common/resource: properties.go; pulumi_policy.proxy lists the unknowns by type).
_UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_DEFAULTED: Final = "__defaults"
"""The key under which the Terraform bridge lists the inputs that it added (pulumi-terraform-bridge, `defaultsKey`)."""
_NAME: Final = "name"
"""Automatic names are added too, but are kept, because other resources refer to them."""
_RAW: Final = "__target"  # the key under which pulumi_policy's proxies give their raw value


def make_plain(value: Any) -> Any:
    """Return `value` (a policy proxy, a checkpoint's JSON, or plain data already) as plain data with UNKNOWN."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return _convert_mapping(value if isinstance(value, dict) else value[_RAW])
    if isinstance(value, list | tuple):
        return [make_plain(item) for item in value]
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [make_plain(item) for item in value[_RAW]]  # type: ignore[call-overload]
    return value


def _convert_mapping(values: Mapping[str, Any]) -> Any:
    kind = values.get(_SIGNATURE)
    if kind in (_SECRET, _OUTPUT):
        return make_plain(values["value"]) if "value" in values else UNKNOWN
    filled = set(_get_list(values.get(_DEFAULTED))) - {_NAME}
    return {str(key): make_plain(item) for key, item in values.items() if not str(key).startswith("__") and key not in filled}


def _get_list(value: Any) -> list[Any]:
    found = make_plain(value) if value is not None else []
    return found if isinstance(found, list) else []


def is_true(value: Any) -> Ternary:
    """Return whether a flag is on; flags can also be texts ("true")."""
    if value is UNKNOWN:
        return Ternary.MAYBE
    return Ternary.of(value is True or (isinstance(value, str) and value.strip().lower() in ("true", "1", "enabled")))


def is_false(value: Any) -> Ternary:
    """Return whether a flag is set to off; an unset flag is not."""
    if value is UNKNOWN:
        return Ternary.MAYBE
    return Ternary.of(value is False or (isinstance(value, str) and value.strip().lower() in ("false", "0", "disabled")))


def is_some(value: Any) -> Ternary:
    """Return whether a value is set and neither empty nor zero."""
    if value is UNKNOWN:
        return Ternary.MAYBE
    return Ternary.of(value not in (None, "", 0, [], {}))


def get_items(value: Any) -> list[Any]:
    """Return a list property's items; a single object (a flattened block) is a list of one, UNKNOWN a list of one unknown."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def get_field(value: Any, key: str) -> Any:
    """Return a field of an object; every field of an unknown object is unknown."""
    if value is UNKNOWN:
        return UNKNOWN
    return value.get(key) if isinstance(value, dict) else None


def has_unknown(value: Any) -> bool:
    """Return whether a value, or anything inside it, is unknown."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    return any(has_unknown(item) for item in value) if isinstance(value, list) else value is UNKNOWN


def describe(value: Any) -> str:
    """Return a value in words for a message."""
    return "not known before the update" if value is UNKNOWN else "not set" if value is None else str(value)
