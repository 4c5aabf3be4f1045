"""Presets: the destinations that each agent class may and may not reach, as data.

Defines the format of `presets/<class>.yaml` (one agent class per file) and of `presets/harnesses.yaml` (the core sets of each harness).
A new class needs one more file and no Python. `containment.config.spec` combines a preset with a stack's configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from containment.catalog.catalog import CatalogSet, DestinationKind
from containment.credential_gateway.api import CredentialApi
from containment.fixes.nearest_word import make_proposal
from containment.fixes.unfit_value import UnfitError
from containment.reviewed_data import ReviewedModel, check_source
from containment.sandbox.section import SandboxSection
from containment.tool_scopes.scope import ToolLibrary
from containment.tool_scopes.tasks import ToolSection


class Harness(StrEnum):
    """The agent software a host is prepared for (Aviatrix blueprint, `install_mode`)."""

    NONE = "none"
    OPENCLAW = "openclaw"
    NEMOCLAW = "nemoclaw"
    HERMES = "hermes"


class Core(StrEnum):
    """The harness services that a class permits: all of them, or only those without which it cannot run."""

    FULL = "full"
    MINIMAL = "minimal"


class Uploads(StrEnum):
    """Whether a class may reach hosts where third parties can store data."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class Sanctions(StrEnum):
    """Whether a stack of a class may sanction model providers of the deny set (`sanctionedModelProviders`)."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class Switch(StrEnum):
    """Configuration keys of the protections that are on by default and that a class can require."""

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


class QuestionKey(StrEnum):
    """Configuration keys that name a company's own destinations."""

    SAAS_APIS = "approvedSaasApiDomains"
    MCP_GATEWAYS = "approvedMcpGatewayDomains"
    IDENTITY_AND_TELEMETRY = "identityAndTelemetryDomains"
    INTERNAL_APIS = "approvedInternalApis"
    MODEL_GATEWAYS = "approvedModelGatewayDomains"
    MODEL_GATEWAY_CIDRS = "approvedModelGatewayCidrs"


class OpenQuestion(ReviewedModel):
    """A destination of the class that only the company can name.

    `question` is the request to the user, `permits` the entries of the class's `permits` that it covers, `keys` the configuration keys
    that answer it. It is open while none of the keys is set.
    """

    question: Annotated[str, Field(min_length=1)]
    permits: Annotated[tuple[str, ...], Field(min_length=1)]
    keys: Annotated[tuple[QuestionKey, ...], Field(min_length=1)]


class Preset(ReviewedModel):
    """One agent class. `permit_sets` and `deny_sets` name catalog sets; the harness's core sets are added to them.

    `stance`, `permits` and `denies` quote the tables of the Aviatrix blueprint, for readers; rules are made from the sets alone.
    `may_reach` names kinds of destination, whose hosts are refused to every other class; `keeps_on` the protections that no stack of
    the class may switch off; `find_open_questions` the destinations that a company names.
    `sandbox` is what processes on the host may do, `tools` the MCP servers and tasks of its agents; without them, nothing.
    A preset that `extends` another inherits its keys, except those that it sets.
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
    open_questions: tuple[OpenQuestion, ...] = ()
    sandbox: SandboxSection = SandboxSection()
    tools: ToolSection = ToolSection()

    @model_validator(mode="after")
    def _check_questions(self) -> Self:
        for place, one in enumerate(self.open_questions):
            for words in one.permits:
                if words not in self.permits:
                    what = f"openQuestions.{place}.permits names {words!r}, which is not in permits"
                    raise UnfitError(what, make_proposal(words, self.permits, "name words of permits", most=len(self.permits)))
        return self


class Maturity(StrEnum):
    """Whether the vendor of a harness calls it ready for production; UNSTATED is not a yes."""

    PRODUCTION = "production"
    PREVIEW = "preview"
    UNSTATED = "unstated"


class HarnessMaturity(ReviewedModel):
    """The maturity of one harness, with the statement that it follows from."""

    level: Maturity
    statement: Annotated[str, Field(min_length=1)]
    source: Annotated[str, AfterValidator(check_source)]
    reviewed: date


class HarnessSets(ReviewedModel):
    """`presets/harnesses.yaml`: for each harness its catalog sets, processes and maturity.

    `core_sets` and `minimal_sets` fill wg-openclaw-core. A harness without `maturity` counts as `unstated`.
    """

    core_sets: dict[Harness, tuple[str, ...]]
    minimal_sets: dict[Harness, tuple[str, ...]]
    sandboxes: dict[Harness, SandboxSection] = {}
    maturity: dict[Harness, HarnessMaturity] = {}


@dataclass(frozen=True)
class Library:
    """All data of `presets/`, validated and cross-checked (`containment.loaders.presets` reads it)."""

    sets: Mapping[str, CatalogSet]
    presets: Mapping[str, Preset]
    harness_sets: Mapping[Harness, tuple[str, ...]]
    minimal_sets: Mapping[Harness, tuple[str, ...]]
    sandboxes: Mapping[Harness, SandboxSection] = field(default_factory=dict)
    maturity: Mapping[Harness, HarnessMaturity] = field(default_factory=dict)
    credential_apis: Mapping[str, CredentialApi] = field(default_factory=dict)
    tools: ToolLibrary = field(default_factory=ToolLibrary)

    def get_core_sets(self, preset: Preset, harness: Harness) -> tuple[str, ...]:
        """Return the names of the core sets that a harness adds to a class."""
        return (self.harness_sets if preset.core is Core.FULL else self.minimal_sets)[harness]

    def get_permitted_sets(self, preset: Preset, harness: Harness) -> tuple[str, ...]:
        """Return the names of the sets that a class permits with a harness, without repeats."""
        return tuple(dict.fromkeys((*preset.permit_sets, *self.get_core_sets(preset, harness))))

    def get_sandbox(self, preset: Preset, harness: Harness) -> SandboxSection:
        """Return what processes of a class may do with a harness; nothing where the class has no section."""
        return preset.sandbox if preset.sandbox.is_empty else preset.sandbox.merge(self.sandboxes.get(harness, SandboxSection()))
