"""Nested objects between our camelCase and AWS's PascalCase, where the two differ in nothing else."""

from __future__ import annotations

from typing import Any

from containment.lab.providers.aws.resource import pascal, tag_list, tag_map

_BOOLS = {"true": True, "false": False, "": None}
_BOOLEAN_KEYS = {"AssociatePublicIpAddress", "AssociateCarrierIpAddress", "DeleteOnTermination", "Encrypted", "EbsOptimized", "PrimaryIpv6"}


def to_aws(value: Any) -> Any:
    """Return a nested value as AWS takes it: PascalCase keys, tag lists, text that stands for a boolean as one, nothing absent."""
    if isinstance(value, list):
        return [to_aws(item) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for key, item in value.items():
        name = pascal(key)
        if name == "Tags" and isinstance(item, dict):
            out[name] = tag_list(item)
            continue
        converted = _BOOLS.get(item, item) if name in _BOOLEAN_KEYS and isinstance(item, str) else to_aws(item)
        if converted is not None:
            out[name] = converted
    return out


def from_aws(value: Any) -> Any:
    """Return what AWS answers in our words."""
    if isinstance(value, list):
        return [from_aws(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key[:1].lower() + key[1:]: tag_map(item) if key == "Tags" and isinstance(item, list) else from_aws(item)
        for key, item in value.items()
    }


def within(asked: Any, live: Any) -> bool:
    """Tell whether everything in `asked` stands in `live` (AWS form), which may hold more."""
    if isinstance(asked, dict):
        return isinstance(live, dict) and all(within(item, live.get(key)) for key, item in asked.items() if item not in (None, "", [], {}))
    if isinstance(asked, list):
        return isinstance(live, list) and len(asked) == len(live) and all(map(within, asked, live))
    return str(asked) == str(live)
