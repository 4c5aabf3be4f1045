"""Names, ports, priorities and well-known UUIDs: each stands here once, typed, with its source.

Sources: "seed 001" is the technical brief (its first rule table wins over its second, design decision 7);
"provider" is the Aviatrix Terraform provider and its documentation; "ours" are the rules we add.
"""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum
from ipaddress import IPv4Network
from typing import Final

DEFAULT_PREFIX: Final = "vca-openclaw"
"""Prefix of every object's name, so that the first rule is `vca-openclaw-shadow-model-deny` (seed 001)."""

PREFIX_PATTERN: Final = re.compile(r"[a-z][a-z0-9-]{2,29}")
"""What a name prefix may be (published reference, `name_prefix`)."""


class WellKnown(StrEnum):
    """Objects every Controller has, by UUID (provider documentation and DCF blueprints).

    ANYWHERE is 0.0.0.0/0; PUBLIC_INTERNET is every address outside RFC 1918. Published blueprints mix the two up.
    """

    ANYWHERE = "def000ad-0000-0000-0000-000000000000"
    PUBLIC_INTERNET = "def000ad-0000-0000-0000-000000000001"
    ALL_WEB = "def000ad-0000-0000-0000-000000000002"
    DEFAULT_TLS_PROFILE = "def000ad-6000-0000-0000-000000000001"
    LOG_START = "def000ad-7000-0000-0000-000000000001"
    LOG_END = "def000ad-7000-0000-0000-000000000002"
    LOG_START_AND_END = "def000ad-7000-0000-0000-000000000003"
    BEFORE_UI_MANAGED = "defa11a1-3000-4001-0000-000000000000"
    AFTER_UI_MANAGED = "defa11a1-3000-4002-0000-000000000000"


class AttachmentPoint(StrEnum):
    """Where Terraform-managed rulesets hang on a Controller (provider documentation, 8.2 and later)."""

    BEFORE_UI = "TERRAFORM_BEFORE_UI_MANAGED"
    AFTER_UI = "TERRAFORM_AFTER_UI_MANAGED"


class Priority(IntEnum):
    """A rule's place; the lowest number is evaluated first (seed 001; 11, 12, 29, 42-49, 200 and 210 are ours)."""

    SHADOW_MODEL_DENY = 10
    DOH_DENY = 11
    PASTE_DENY = 12
    VPC_DNS_UDP = 18
    VPC_DNS_TCP = 19
    DNS_EXFIL_UDP = 20
    DNS_EXFIL_TCP = 21
    DECRYPTED_URLS = 29
    AWS_INFRA = 30
    OS_UPDATES = 31
    MODEL_GATEWAYS = 40
    MODEL_GATEWAY_CIDRS = 41
    INTERNAL_APIS_FIRST = 42
    INTERNAL_APIS_LAST = 49
    CORE = 50
    PACKAGES = 60
    SAAS_APIS = 70
    MCP_GATEWAYS = 80
    IDENTITY_TELEMETRY = 90
    PUBLIC_REFERENCE = 95
    EAST_WEST_DENY = 100
    DEFAULT_DENY = 200
    MONITOR_PERMIT = 210


class RuleId(StrEnum):
    """A rule's name without its prefix (seed 001, first rule table; DOH_DENY, PASTE_DENY, DECRYPTED_URLS and the last two are ours).

    An internal API's rule is called by the API's own name: `internal_api_rule`.
    """

    SHADOW_MODEL_DENY = "shadow-model-deny"
    DOH_DENY = "deny-doh-resolvers"
    PASTE_DENY = "deny-paste-and-webhooks"
    VPC_DNS_UDP = "allow-vpc-dns-udp"
    VPC_DNS_TCP = "allow-vpc-dns-tcp"
    DNS_EXFIL_UDP = "deny-dns-exfil-udp"
    DNS_EXFIL_TCP = "deny-dns-exfil-tcp"
    DECRYPTED_URLS = "allow-decrypted-urls"
    AWS_INFRA = "allow-aws-infra"
    OS_UPDATES = "allow-os-updates-https"
    MODEL_GATEWAYS = "allow-model-gateways"
    MODEL_GATEWAY_CIDRS = "allow-model-gateway-cidrs"
    CORE = "allow-core"
    PACKAGES = "allow-packages"
    SAAS_APIS = "allow-saas-apis"
    MCP_GATEWAYS = "allow-mcp-gateways"
    IDENTITY_TELEMETRY = "allow-identity-telemetry"
    PUBLIC_REFERENCE = "allow-public-reference"
    EAST_WEST_DENY = "deny-eastwest"
    DEFAULT_DENY = "default-deny"
    MONITOR_PERMIT = "monitor-permit"


class SmartGroupId(StrEnum):
    """Source and destination groups of one stack (seed 001, object table; VPC_ENDPOINTS is ours).

    Each internal API has one more, called by its own name: `internal_api_group`.
    """

    AGENT_WORKLOAD = "sg-agent-workload"
    VPC_DNS_RESOLVER = "sg-vpc-dns-resolver"
    EAST_WEST_DENY = "sg-east-west-deny"
    MODEL_GATEWAY_CIDRS = "sg-approved-model-gateway-cidrs"
    VPC_ENDPOINTS = "sg-vpc-endpoints"


class WebGroupId(StrEnum):
    """Sets of FQDNs of one stack (seed 001, object table; the last three are ours). DECRYPTED_URLS holds URLs."""

    AWS_INFRA = "wg-aws-infra"
    CORE = "wg-openclaw-core"
    MODEL_GATEWAYS = "wg-approved-model-gateways"
    PACKAGES = "wg-package-registries"
    OS_UPDATES = "wg-os-updates"
    SAAS_APIS = "wg-approved-saas-apis"
    MCP_GATEWAYS = "wg-approved-mcp-gateways"
    IDENTITY_TELEMETRY = "wg-identity-telemetry"
    PUBLIC_REFERENCE = "wg-public-reference"
    UNAPPROVED_MODELS = "wg-unapproved-model-providers"
    DOH_RESOLVERS = "wg-doh-resolvers"
    PASTE_AND_WEBHOOKS = "wg-paste-and-webhooks"
    DECRYPTED_URLS = "wg-decrypted-urls"


DENY_GROUPS: Final = frozenset({WebGroupId.UNAPPROVED_MODELS, WebGroupId.DOH_RESOLVERS, WebGroupId.PASTE_AND_WEBHOOKS})
"""WebGroups that only ever stand in a deny."""


class HostTag(StrEnum):
    """Tags an agent host carries: `Role` is configurable (seed 001), the others are ours (design decision 7)."""

    ROLE = "Role"
    AGENT_CLASS = "AgentClass"
    AGENT_STACK = "AgentStack"
    POLICY_MODE = "PolicyMode"


DEFAULT_ROLE: Final = "openclaw-agent-harness"
"""Value of the `Role` tag that makes a VM an agent (seed 001, sg-agent-workload)."""


class PolicyMode(StrEnum):
    """Whether denies are only watched or really applied; a permit is the same in both."""

    MONITOR = "monitor"
    ENFORCE = "enforce"


class Action(StrEnum):
    """What a rule does, in the Controller's words; both PERMIT forms let a flow through."""

    PERMIT = "PERMIT"
    INSPECT_PERMIT = "INTRUSION_DETECTION_PERMIT"
    DEEP_INSPECT_PERMIT = "DEEP_PACKET_INSPECTION_PERMIT"
    DENY = "DENY"

    @property
    def permits(self) -> bool:
        """Tell whether a flow this action applies to is let through."""
        return self is not Action.DENY


class Protocol(StrEnum):
    """Protocols a DCF rule can name (provider: `protocol`)."""

    TCP = "TCP"
    UDP = "UDP"
    ICMP = "ICMP"
    ANY = "ANY"


DNS_PORT: Final = 53
HTTPS_PORT: Final = 443

RFC1918: Final[tuple[IPv4Network, ...]] = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
)
"""Private address space (RFC 1918), the default of `eastWestDenyCidrs` and what PUBLIC_INTERNET leaves out."""


class ControllerVersion(StrEnum):
    """Controller lines we deploy to, as MAJOR.MINOR, with the provider release that matches (design decision 2)."""

    V8_1 = "8.1"
    V8_2 = "8.2"
    V9_0 = "9.0"
    V10_0 = "10.0"

    @property
    def provider_release(self) -> str:
        """The Terraform provider release for this Controller: the provider refuses another MAJOR.MINOR."""
        return {"8.1": "8.1.30", "8.2": "8.2.20", "9.0": "9.0.10", "10.0": "10.0.1"}[self.value]

    @property
    def has_rulesets(self) -> bool:
        """Whether `dcf_ruleset`, `dcf_policy_group` and TLS profiles exist (provider 8.2.0 and later)."""
        return self is not ControllerVersion.V8_1

    @property
    def has_scoped_decryption(self) -> bool:
        """Whether decryption can be limited to rules that ask for it (seed 001, prerequisites: 9.0 and later)."""
        return self in (ControllerVersion.V9_0, ControllerVersion.V10_0)


def attachment_point_for(stack: str) -> str:
    """Return the name of an agent stack's own attachment point; names are unique on a Controller."""
    return f"agents-{stack}"


def internal_api_rule(api: str) -> str:
    """Return the name, without prefix, of the rule that permits an internal API."""
    return f"allow-api-{api}"


def internal_api_group(api: str) -> str:
    """Return the key of the SmartGroup that holds an internal API's networks."""
    return f"sg-api-{api}"
