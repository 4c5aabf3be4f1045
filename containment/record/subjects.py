"""The subjects of decisions about a stack's configuration: one per named destination, catalog entry that was added, and exception.

Values are those of the stack file, or those that the engine passes (JSON text); both give the same subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from containment import strict_json
from containment.record.decision import DecisionKind
from containment.record.shipped import ShippedEntries

Subject = dict[str, str | bool | int | None]

DESTINATION_KEYS: Final = (
    "openclawCoreDomains",
    "approvedModelGatewayDomains",
    "packageRegistryDomains",
    "osUpdateDomains",
    "publicReferenceDomains",
    "approvedModelGatewayCidrs",
    "approvedSaasApiDomains",
    "approvedMcpGatewayDomains",
    "identityAndTelemetryDomains",
    "awsInfraDomains",
    "approvedInternalApis",
    "tlsDecryptionUrls",
    "internalDnsDomains",
)
"""Keys whose entries permit a destination, or lookups of a name: each entry is a promotion."""
WAIVER_KEYS: Final = ("uploadWaivers", "sanctionedModelProviders")
"""Keys whose entries are exceptions: each is a waiver."""
_MIDNIGHT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00Z?")


def build_enforce_subject(stack: str, policy_digest: str, evidence_digest: str) -> Subject:
    """Return the subject of a decision to enforce."""
    return {"stack": stack, "mode": "enforce", "policyDigest": policy_digest, "evidenceDigest": evidence_digest}


def build_waiver_subject(rule: str, resource: str, reason: str, owner: str, until: date) -> Subject:
    """Return the subject of a decision about an entry of policypack/waivers.yaml."""
    return {"rule": rule, "resource": resource, "reason": reason, "owner": owner, "until": until.isoformat()}


def build_entry_subject(file: str, key: str, entry: Any, name: str = "") -> Subject:
    """Return the subject of one entry of a stack's key, a bare name or an object with name, owner, reason and more.

    Args:
        file: the stack's file.
        key: the key.
        entry: the entry.
        name: the entry's key, where the value is an object of entries.
    """
    fields = entry if isinstance(entry, Mapping) else {"name": entry}
    subject: Subject = {"file": file, "key": key, **({"name": name} if name else {})}
    return subject | {str(field): _make_text(value) for field, value in sorted(fields.items()) if value not in (None, "")}


def build_catalog_subject(set_name: str, entry: Mapping[str, Any]) -> Subject:
    """Return the subject of one entry of a catalog set, with every field that its file has."""
    fields = {("name" if field == "pattern" else field): value for field, value in entry.items()}
    subject: Subject = {"file": f"presets/catalog/{set_name}.yaml", "set": set_name}
    return subject | {str(field): _make_text(value) for field, value in sorted(fields.items()) if value not in (None, "")}


def list_catalog_subjects(sets: Mapping[str, Iterable[Mapping[str, Any]]], shipped: ShippedEntries) -> list[tuple[DecisionKind, Subject]]:
    """Return the decisions that the entries of catalog sets need: one promotion per entry that is not one of the release.

    Args:
        sets: the entries of the sets that a stack permits, as their files have them.
        shipped: the entries of the release.
    """
    return [
        (DecisionKind.PROMOTION, build_catalog_subject(name, entry))
        for name, entries in sets.items()
        for entry in entries
        if not shipped.has_entry(name, entry)
    ]


def list_entry_subjects(raw: Mapping[str, Any], stack: str) -> list[tuple[DecisionKind, Subject]]:
    """Return the decisions that the entries of a stack's keys need, in the order of the keys."""
    file = f"Pulumi.{stack}.yaml"
    found = []
    for keys, kind in ((DESTINATION_KEYS, DecisionKind.PROMOTION), (WAIVER_KEYS, DecisionKind.WAIVER)):
        for key in keys:
            found += [(kind, build_entry_subject(file, key, entry, name)) for name, entry in _iterate_entries(raw.get(key))]
    return found


def _iterate_entries(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a key's value, each with its name where the value is an object; text is JSON, or one entry."""
    if isinstance(value, str):
        try:
            value = strict_json.load(value)
        except ValueError:
            value = [value] if value.strip() else []
    if isinstance(value, Mapping):
        yield from ((str(name), entry) for name, entry in value.items())
    elif isinstance(value, list | tuple):
        yield from (("", entry) for entry in value)
    elif value is not None:
        yield "", value


def _make_text(value: Any) -> str | bool | int:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, datetime):
        value = value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Mapping | list | tuple):
        return ", ".join(str(_make_text(one)) for one in value)
    text = str(value)
    return found[1] if (found := _MIDNIGHT.fullmatch(text)) else text
