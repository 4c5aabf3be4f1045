"""The names a stack permits and denies, WebGroup by WebGroup: the class's sets, its harness's, and what the stack says.

A list of the stack's either replaces a set's names (`OVERRIDES`) or adds to them (`ADDITIONS`). The deny set of model
providers always contains the minimum set: no list of a class or a stack shortens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from containment.model.config import StackConfig
from containment.model.fqdn import DomainPattern
from containment.model.names import WebGroupId
from containment.model.parse import alias_of
from containment.model.permitted.providers import MINIMUM
from containment.model.preset import Harness, Library, Preset

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


def destinations_of(config: StackConfig, library: Library, preset: Preset, harness: Harness) -> dict[WebGroupId, Destinations]:
    """Return the patterns of every WebGroup that is not empty."""
    names = [*library.permitted_sets(preset, harness), *preset.deny_sets]
    switched_on = switches(config, preset)
    for group, on in switched_on.items():
        if on and not any(library.sets[name].web_group is group for name in names):
            names += [name for name, found in library.sets.items() if found.web_group is group]
    out: dict[WebGroupId, Destinations] = {}
    for group in WebGroupId:
        members = [library.sets[name] for name in names if library.sets[name].web_group is group]
        patterns = {pattern for member in members for pattern in member.patterns(config.aws_region)}
        origins = [f"presets/catalog/{member.name}.yaml" for member in members]
        if group in OVERRIDES and (replaced := getattr(config, OVERRIDES[group])):
            patterns, origins = {DomainPattern.parse(domain) for domain in replaced}, [alias_of(OVERRIDES[group])]
        if group in ADDITIONS and (added := getattr(config, ADDITIONS[group])):
            patterns |= {DomainPattern.parse(domain) for domain in added}
            origins.append(alias_of(ADDITIONS[group]))
        if group is WebGroupId.UNAPPROVED_MODELS and not patterns >= _MINIMUM:
            patterns |= _MINIMUM
            origins.append("the minimum set of model providers")
        if patterns and switched_on.get(group, True):
            out[group] = Destinations(tuple(sorted(patterns)), ", ".join(origins))
    return out


def switches(config: StackConfig, preset: Preset) -> dict[WebGroupId, bool]:
    """Return the WebGroups with a switch, and whether it is on: by the stack's word, else by the class's.

    On permits the sets the class names for the group, or all of them when it names none; off permits none.
    """
    packages, reference = config.enable_package_installs, config.enable_public_reference
    return {
        WebGroupId.PACKAGES: preset.package_installs if packages is None else packages,
        WebGroupId.PUBLIC_REFERENCE: preset.public_reference if reference is None else reference,
    }


def key_of(group: WebGroupId) -> str | None:
    """Return the configuration key that can change a WebGroup's names, None where only the catalog can."""
    field = {**OVERRIDES, **ADDITIONS}.get(group)
    return None if field is None else alias_of(field)
