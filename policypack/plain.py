"""Property values as plain data, with an explicit UNKNOWN.

A CrossGuard policy that touches a value unknown in preview is silently turned into an advisory skip. So rules never see
Pulumi's proxies: they see dicts, lists, strings, numbers, booleans, None, and `UNKNOWN`, which refuses to be used as a
truth value. Secrets are unwrapped. The same function reads what a checkpoint or a preview holds. A bridged provider fills in
its own defaults and notes which they are: those are not what a program states, and are left out.

The questions below answer with `Match`: MAYBE is what an unknown answers, and is never a yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from containment.model.fqdn import Match


class Unknown(Enum):
    """The type of `UNKNOWN`: a value that will be known only after the update."""

    VALUE = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: say what it means for the rule")

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
"""Where the Terraform bridge lists the inputs it filled in itself (pulumi-terraform-bridge, `defaultsKey`)."""
_NAME: Final = "name"
"""An automatic name is filled in too, and is what other resources refer to."""
_RAW: Final = "__target"  # the key under which pulumi_policy's proxies give their raw value


def plain(value: Any) -> Any:
    """Return `value` (a policy proxy, a checkpoint's JSON, or plain data already) as plain data with UNKNOWN."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return _mapping(value if isinstance(value, dict) else value[_RAW])
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in value[_RAW]]  # type: ignore[call-overload]
    return value


def _mapping(values: Mapping[str, Any]) -> Any:
    kind = values.get(_SIGNATURE)
    if kind in (_SECRET, _OUTPUT):
        return plain(values["value"]) if "value" in values else UNKNOWN
    filled = set(_listed(values.get(_DEFAULTED))) - {_NAME}
    return {str(key): plain(item) for key, item in values.items() if not str(key).startswith("__") and key not in filled}


def _listed(value: Any) -> list[Any]:
    found = plain(value) if value is not None else []
    return found if isinstance(found, list) else []


def is_true(value: Any) -> Match:
    """Tell whether a flag is set; the wire also carries flags as text ("true")."""
    if value is UNKNOWN:
        return Match.MAYBE
    return Match.YES if value is True or (isinstance(value, str) and value.strip().lower() in ("true", "1", "enabled")) else Match.NO


def is_false(value: Any) -> Match:
    """Tell whether a flag is stated and off; a flag not stated is not off."""
    if value is UNKNOWN:
        return Match.MAYBE
    return Match.YES if value is False or (isinstance(value, str) and value.strip().lower() in ("false", "0", "disabled")) else Match.NO


def is_some(value: Any) -> Match:
    """Tell whether a value is stated and not empty or zero."""
    if value is UNKNOWN:
        return Match.MAYBE
    return Match.NO if value in (None, "", 0, [], {}) else Match.YES


def items(value: Any) -> list[Any]:
    """Return a list property's items; one object stands for a list of one (flattened blocks), UNKNOWN for a list of one unknown."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def field(value: Any, key: str) -> Any:
    """Return a field of an object; of an unknown object every field is unknown."""
    if value is UNKNOWN:
        return UNKNOWN
    return value.get(key) if isinstance(value, dict) else None


def has_unknown(value: Any) -> bool:
    """Return whether a value, or anything inside it, is unknown."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    return any(has_unknown(item) for item in value) if isinstance(value, list) else value is UNKNOWN


def strongest(answers: Iterable[Match]) -> Match:
    """Return YES when one answer is YES, else MAYBE when one is MAYBE, else NO (a disjunction)."""
    found = set(answers)
    return Match.YES if Match.YES in found else Match.MAYBE if Match.MAYBE in found else Match.NO


def weakest(answers: Iterable[Match]) -> Match:
    """Return NO when one answer is NO, else MAYBE when one is MAYBE, else YES (a conjunction; of nothing: NO)."""
    found = set(answers)
    if not found or Match.NO in found:
        return Match.NO
    return Match.MAYBE if Match.MAYBE in found else Match.YES
