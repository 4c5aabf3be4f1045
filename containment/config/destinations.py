"""Names that a stack permits and denies, per WebGroup: the sets of class and harness, and the stack's lists.

A stack's list either replaces a set's names (`OVERRIDES`) or adds to them (`ADDITIONS`). The deny set of model providers always contains
the minimum set: no list of a class or a stack shortens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from containment.catalog.preset import Harness, Library, Preset
from containment.config.destination_entry import get_names
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.providers import MINIMUM

OVERRIDES: Mapping[WebGroupId, str] = {
    WebGroupId.CORE: "openclaw_core_domains",
    WebGroupId.MODEL_GATEWAYS: "approved_model_gateway_domains",
    WebGroupId.PACKAGES: "package_registry_domains",
    WebGroupId.OS_UPDATES: "os_update_domains",
    WebGroupId.PUBLIC_REFERENCE: "public_reference_domains",
}
ADDITIONS: Mapping[WebGroupId, str] = {
    WebGroupId.AWS_INFRA: "aws_infra_domains",
    WebGroupId.SAAS_APIS: "approved_saas_api_domains",
    WebGroupId.MCP_GATEWAYS: "approved_mcp_gateway_domains",
    WebGroupId.IDENTITY_TELEMETRY: "identity_and_telemetry_domains",
    WebGroupId.UNAPPROVED_MODELS: "unapproved_model_provider_domains",
}

_MINIMUM = frozenset(map(DomainPattern, MINIMUM))


@dataclass(frozen=True, slots=True)
class Destinations:
    """The patterns of one WebGroup and where they come from (a catalog set, or a configuration key)."""

    patterns: tuple[DomainPattern, ...]
    origin: str


def resolve_destinations(config: StackConfig, library: Library, preset: Preset, harness: Harness) -> dict[WebGroupId, Destinations]:
    """Return the patterns of every WebGroup that is not empty."""
    names = _resolve_set_names(config, library, preset, harness)
    switched_on = resolve_switches(config, preset)
    out: dict[WebGroupId, Destinations] = {}
    for group in WebGroupId:
        members = [library.sets[name] for name in names if library.sets[name].web_group is group]
        patterns = {pattern for member in members for pattern in member.make_patterns(config.aws_region)}
        origins = [f"presets/catalog/{member.name}.yaml" for member in members]
        if group in OVERRIDES and (replaced := getattr(config, OVERRIDES[group])):
            patterns, origins = {DomainPattern.parse(domain) for domain in get_names(replaced)}, [get_alias(OVERRIDES[group])]
        if group in ADDITIONS and (added := getattr(config, ADDITIONS[group])):
            patterns |= {DomainPattern.parse(domain) for domain in get_names(added)}
            origins.append(get_alias(ADDITIONS[group]))
        if group is WebGroupId.UNAPPROVED_MODELS and not patterns >= _MINIMUM:
            patterns |= _MINIMUM
            origins.append("the minimum set of model providers")
        if patterns and switched_on.get(group, True):
            out[group] = Destinations(tuple(sorted(patterns)), ", ".join(origins))
    return out


def _resolve_set_names(config: StackConfig, library: Library, preset: Preset, harness: Harness) -> list[str]:
    names = [*library.get_permitted_sets(preset, harness), *preset.deny_sets]
    for group, on in resolve_switches(config, preset).items():
        if on and not any(library.sets[name].web_group is group for name in names):
            names += [name for name, found in library.sets.items() if found.web_group is group]
    return names


def find_used_sets(config: StackConfig, library: Library, preset: Preset, harness: Harness) -> tuple[str, ...]:
    """Return the catalog sets whose names a stack uses: without those that its lists replace or its switches turn off."""
    switches = resolve_switches(config, preset)
    names = dict.fromkeys(_resolve_set_names(config, library, preset, harness))
    groups = {name: library.sets[name].web_group for name in names}
    replaced = {group for group, field in OVERRIDES.items() if getattr(config, field)}
    return tuple(name for name, group in groups.items() if group not in replaced and switches.get(group, True))


def find_usable_harnesses(config: StackConfig, library: Library, preset: Preset, harness: Harness) -> frozenset[Harness]:
    """Return the harnesses whose core services a stack permits; where the stack lists the services itself, only its own is certain."""
    if config.openclaw_core_domains:
        return frozenset({harness, Harness.NONE})
    permitted = set(library.get_permitted_sets(preset, harness))
    return frozenset(one for one in Harness if permitted.issuperset(library.get_core_sets(preset, one)))


def list_permitted_entries(config: StackConfig, library: Library, preset: Preset, harness: Harness) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of the catalog sets that a stack permits, by set, as the sets' files have them."""
    used = (library.sets[name] for name in find_used_sets(config, library, preset, harness))
    return {
        found.name: [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in found.entries]
        for found in used
        if found.web_group not in DENY_GROUPS
    }


def resolve_switches(config: StackConfig, preset: Preset) -> dict[WebGroupId, bool]:
    """Return the WebGroups that have a switch, and whether it is on: the stack's setting, else the class's.

    On permits the sets that the class names for the group, or all sets of the group when it names none; off permits none.
    """
    packages, reference = config.enable_package_installs, config.enable_public_reference
    return {
        WebGroupId.PACKAGES: preset.package_installs if packages is None else packages,
        WebGroupId.PUBLIC_REFERENCE: preset.public_reference if reference is None else reference,
    }


def find_key(group: WebGroupId) -> str | None:
    """Return the configuration key that changes a WebGroup's names, None where only the catalog does."""
    field = {**OVERRIDES, **ADDITIONS}.get(group)
    return None if field is None else get_alias(field)
