"""Names, ports, priorities and well-known UUIDs, each defined once with its source.

Sources: "blueprint" is the Aviatrix blueprint (its first rule table wins over its second); "provider" is the Aviatrix Terraform
provider and its documentation; "added" marks what this package adds.
"""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum
from ipaddress import IPv4Network
from typing import Final

DEFAULT_PREFIX: Final = "vca-openclaw"
"""Default prefix of every object's name, so that the first rule is `vca-openclaw-shadow-model-deny` (blueprint)."""

PREFIX_PATTERN: Final = re.compile(r"[a-z][a-z0-9-]{2,29}")
"""Valid name prefixes (Aviatrix blueprint, `name_prefix`)."""


class CertificateValidation(StrEnum):
    """What the gateway does with the certificate of a server, in a TLS profile (provider, `certificate_validation`)."""

    NONE = "CERTIFICATE_VALIDATION_NONE"
    LOG_ONLY = "CERTIFICATE_VALIDATION_LOG_ONLY"
    ENFORCE = "CERTIFICATE_VALIDATION_ENFORCE"


def get_certificate_validation(decrypts: bool) -> CertificateValidation:
    """Return the validation of a rule's TLS profile: the client validates the chain itself, unless the gateway ends its TLS.

    Args:
        decrypts: whether the gateway decrypts what the rule permits.
    """
    return CertificateValidation.ENFORCE if decrypts else CertificateValidation.NONE


class WellKnownObject(StrEnum):
    """Objects that every Controller has, by UUID (provider documentation and DCF blueprints).

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
    """Attachment points of a Controller for rulesets that Terraform manages (provider documentation, 8.2 and later)."""

    BEFORE_UI = "TERRAFORM_BEFORE_UI_MANAGED"
    AFTER_UI = "TERRAFORM_AFTER_UI_MANAGED"


class Priority(IntEnum):
    """A rule's priority; the lowest number is evaluated first (blueprint; 11, 12, 29, 39, 42-49, 200 and 210 are added)."""

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
    CREDENTIAL_GATEWAY = 39
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
    """A rule's name without its prefix (blueprint, first rule table).

    Added: DOH_DENY, PASTE_DENY, DECRYPTED_URLS, CREDENTIAL_GATEWAY and the last two.
    An internal API's rule is named after the API: `make_api_rule_name`.
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
    CREDENTIAL_GATEWAY = "allow-credential-gateway"
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
    """SmartGroups of one stack, as sources and destinations (blueprint, object table; the last two are added).

    Each internal API adds one that is named after it: `make_api_group_key`.
    """

    AGENT_WORKLOAD = "sg-agent-workload"
    VPC_DNS_RESOLVER = "sg-vpc-dns-resolver"
    EAST_WEST_DENY = "sg-east-west-deny"
    MODEL_GATEWAY_CIDRS = "sg-approved-model-gateway-cidrs"
    VPC_ENDPOINTS = "sg-vpc-endpoints"
    CREDENTIAL_GATEWAY = "sg-credential-gateway"


class WebGroupId(StrEnum):
    """WebGroups of one stack (blueprint, object table; the last three are added): FQDNs, in DECRYPTED_URLS URLs."""

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
"""WebGroups that only deny rules name."""


class HostTag(StrEnum):
    """Tags of an agent host: `Role` is configurable (blueprint), the others are added."""

    ROLE = "Role"
    AGENT_CLASS = "AgentClass"
    AGENT_STACK = "AgentStack"
    POLICY_MODE = "PolicyMode"


class AgentTag(StrEnum):
    """Tags of the host of a vended agent: its name, owners, data and last day (added). Logs are attributed by them."""

    NAME = "AgentName"
    OWNER = "AgentOwner"
    SECURITY_APPROVER = "AgentSecurityApprover"
    DATA_STEWARD = "AgentDataSteward"
    DATA_CLASSIFICATION = "AgentDataClassification"
    UNTIL = "AgentUntil"
    DEADLINE = "AgentDeadline"
    """The moment at which an ephemeral host ends, in UTC."""


HOSTS_TAG: Final = "AgentHosts"
NO_HOSTS: Final = "none"
"""Tag of a VPC whose agents have all ended (added): without it, a program without hosts is refused, because nothing is judged."""

DEFAULT_ROLE: Final = "openclaw-agent-harness"
"""Default value of the `Role` tag, which makes a VM an agent (blueprint, sg-agent-workload)."""


REGULATED_CLASSES: Final = frozenset({"regulated-data", "healthcare-phi"})
"""Classes with regulated data (`strictLogging` in their presets): decisions about them need two persons."""


class PolicyMode(StrEnum):
    """Whether deny rules are only logged or applied; permit rules are the same in both modes."""

    MONITOR = "monitor"
    ENFORCE = "enforce"


class Action(StrEnum):
    """Actions of a rule, in the Controller's words; every PERMIT form lets a flow through."""

    PERMIT = "PERMIT"
    INSPECT_PERMIT = "INTRUSION_DETECTION_PERMIT"
    DEEP_INSPECT_PERMIT = "DEEP_PACKET_INSPECTION_PERMIT"
    DENY = "DENY"

    @property
    def permits(self) -> bool:
        """Whether the action lets a flow through."""
        return self is not Action.DENY


class Protocol(StrEnum):
    """Protocols that a DCF rule can name (provider: `protocol`)."""

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
"""Private address space (RFC 1918), the default of `eastWestDenyCidrs`; PUBLIC_INTERNET excludes it."""


class ControllerVersion(StrEnum):
    """Supported Controller lines as MAJOR.MINOR, each with the provider release that matches."""

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
        """Whether decryption can be limited to the rules that need it (blueprint, prerequisites: 9.0 and later)."""
        return self in (ControllerVersion.V9_0, ControllerVersion.V10_0)


INTRUSION_FEEDS: Final = ("suricata-rules",)
"""Rule feeds of the gateways' intrusion prevention (Aviatrix provider, dcf_ips_profile)."""
INTRUSION_ACTIONS: Final = {"informational": "alert", "minor": "alert", "major": "alert_and_drop", "critical": "alert_and_drop"}
"""What a gateway does with an intrusion, by severity."""
DROPPED_SEVERITIES: Final = ("major", "critical")
"""Severities of intrusions that are dropped."""


def make_attachment_point(stack: str) -> str:
    """Return the name of a stack's attachment point; names are unique on a Controller."""
    return f"agents-{stack}"


def make_api_rule_name(api: str) -> str:
    """Return the name, without prefix, of the rule that permits an internal API."""
    return f"allow-api-{api}"


def make_api_group_key(api: str) -> str:
    """Return the key of the SmartGroup that contains an internal API's networks."""
    return f"sg-api-{api}"
