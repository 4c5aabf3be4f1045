"""Presets: what each agent class may and may not reach, as data.

Owns the shape of `presets/<class>.yaml` (one agent class a file) and of `presets/harnesses.yaml` (which core sets a
harness needs). A new class is one more file and no Python. Combining a preset with a stack's configuration is `spec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictBool

from containment.model.catalog import CatalogSet, DestinationKind, Reviewed


class Harness(StrEnum):
    """The agent software a host is prepared for (published reference, `install_mode`)."""

    NONE = "none"
    OPENCLAW = "openclaw"
    NEMOCLAW = "nemoclaw"
    HERMES = "hermes"


class Core(StrEnum):
    """How much of a harness's own services a class gets: all, or only what it cannot run without."""

    FULL = "full"
    MINIMAL = "minimal"


class Uploads(StrEnum):
    """Whether a class may reach hosts where strangers can store data."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class Sanctions(StrEnum):
    """Whether a stack of a class may sanction model providers that the deny set has (`sanctionedModelProviders`)."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class Switch(StrEnum):
    """Protections that are on by default and that a class can keep on: their configuration keys."""

    LOG_PERMIT_RULES = "logPermitRules"
    VPC_FLOW_LOGS = "enableVpcFlowLogs"
    DNS_QUERY_LOGS = "enableDnsQueryLogs"
    DNS_FIREWALL = "enableDnsFirewall"
    VERIFY_SNI = "verifySni"
    ENDPOINTS = "createSsmVpcEndpoints"
    ENDPOINT_POLICIES = "enableEndpointPolicies"
    NETWORK_ACLS = "enableNetworkAcls"
    PERMISSIONS_BOUNDARY = "enablePermissionsBoundary"
    GATEWAY_ENCRYPTION = "enableGatewayVolumeEncryption"


class Preset(Reviewed):
    """One agent class. `permit_sets` and `deny_sets` name catalog sets; the harness's core sets come on top.

    `stance` and `denies` quote the seeds' class tables, for people; rules are made of the sets alone. `may_reach` names
    the kinds of destination that are refused to every other class, by host; `keeps_on` what no stack of the class may
    switch off. A preset that `extends` another has its keys, and replaces those that it states itself.
    """

    name: str
    extends: str | None = None
    title: Annotated[str, Field(min_length=1)]
    stance: Annotated[str, Field(min_length=1)]
    permits: Annotated[tuple[str, ...], Field(min_length=1)]
    denies: tuple[str, ...]
    harness: Harness
    core: Core
    permit_sets: Annotated[tuple[str, ...], Field(min_length=1)]
    deny_sets: Annotated[tuple[str, ...], Field(min_length=1)]
    package_installs: StrictBool = False
    public_reference: StrictBool = False
    may_reach: tuple[DestinationKind, ...] = ()
    uploads: Uploads
    sanctioned_providers: Sanctions = Sanctions.REFUSED
    strict_logging: StrictBool = False
    minimum_log_retention_days: Annotated[int, Field(ge=1, strict=True)] = 1
    keeps_on: tuple[Switch, ...] = ()


class HarnessSets(Reviewed):
    """`presets/harnesses.yaml`: the catalog sets that fill wg-openclaw-core for each harness, in both forms."""

    core_sets: dict[Harness, tuple[str, ...]]
    minimal_sets: dict[Harness, tuple[str, ...]]


@dataclass(frozen=True)
class Library:
    """Everything under `presets/`, read and cross-checked (`containment.library` reads it)."""

    sets: Mapping[str, CatalogSet]
    presets: Mapping[str, Preset]
    harness_sets: Mapping[Harness, tuple[str, ...]]
    minimal_sets: Mapping[Harness, tuple[str, ...]]

    def core_of(self, preset: Preset, harness: Harness) -> tuple[str, ...]:
        """Return the names of the core sets that a harness brings to a class."""
        return (self.harness_sets if preset.core is Core.FULL else self.minimal_sets)[harness]

    def permitted_sets(self, preset: Preset, harness: Harness) -> tuple[str, ...]:
        """Return the names of the sets a class permits with a harness, each once."""
        return tuple(dict.fromkeys((*preset.permit_sets, *self.core_of(preset, harness))))
