"""Conversion of nested objects between Pulumi's camelCase and AWS's PascalCase, where only the case differs."""

from __future__ import annotations

from typing import Any

from containment_lab.providers.aws.resource import convert_to_pascal, decode_tags, encode_tags

_BOOLS = {"true": True, "false": False, "": None}
_BOOLEAN_KEYS = {"AssociatePublicIpAddress", "AssociateCarrierIpAddress", "DeleteOnTermination", "Encrypted", "EbsOptimized", "PrimaryIpv6"}


def convert_to_aws(value: Any) -> Any:
    """Return a nested value in AWS's form: PascalCase keys, tag lists, texts of booleans as booleans, absent fields left out."""
    if isinstance(value, list):
        return [convert_to_aws(item) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for key, item in value.items():
        name = convert_to_pascal(key)
        if name == "Tags" and isinstance(item, dict):
            out[name] = encode_tags(item)
            continue
        converted = _BOOLS.get(item, item) if name in _BOOLEAN_KEYS and isinstance(item, str) else convert_to_aws(item)
        if converted is not None:
            out[name] = converted
    return out


def convert_from_aws(value: Any) -> Any:
    """Return AWS's value with Pulumi's names."""
    if isinstance(value, list):
        return [convert_from_aws(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key[:1].lower() + key[1:]: decode_tags(item) if key == "Tags" and isinstance(item, list) else convert_from_aws(item)
        for key, item in value.items()
    }


def is_within(asked: Any, live: Any) -> bool:
    """Return whether `live` (AWS form) contains everything in `asked`; it may have more."""
    if isinstance(asked, dict):
        return isinstance(live, dict) and all(
            is_within(item, live.get(key)) for key, item in asked.items() if item not in (None, "", [], {})
        )
    if isinstance(asked, list):
        return isinstance(live, list) and len(asked) == len(live) and all(map(is_within, asked, live))
    return str(asked) == str(live)
