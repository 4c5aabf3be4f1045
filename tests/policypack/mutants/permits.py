"""Holes in what is permitted: how wide, for whom, to which names, over what."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import (
    AGENTS,
    ANYWHERE,
    NEIGHBOURS,
    RULES,
    SUBNET,
    Drop,
    Mutant,
    Set,
    Unset,
)
from tests.policypack.mutants.program import Program, Ref
from tests.policypack.mutants.rule_blocks import group, rule

_EAST_WEST = "east-west-is-denied"
_NARROW = "permits-are-narrow"
_OURS = "permits-are-for-agents"
_TLS = "web-permits-demand-tls"
_PROFILE = "tls-profile-checks-the-name"
_ADDRESS = "agents-are-a-source-by-address"
_NAMES = "permitted-names-are-not-denied"
_CORE = "policy-wg-openclaw-core"


def _half(program: Program) -> str:
    """Return the first half of the agents' subnet."""
    return str(next(ip_network(program.at(SUBNET).get("cidrBlock")).subnets()))


PERMITS: Final = (
    Mutant("permit-every-port", _NARROW, (Unset(RULES, "rules/allow-core/portRanges"),)),
    Mutant("permit-any-protocol", _NARROW, (Set(RULES, "rules/allow-core/protocol", "ANY"),)),
    Mutant("permit-to-anywhere", _NARROW, (Set(RULES, "rules/allow-core/dstSmartGroups", [ANYWHERE]),)),
    Mutant("permit-ports-unknown", _NARROW, (Set(RULES, "rules/allow-model-gateways/portRanges", [{"lo": UNKNOWN, "hi": UNKNOWN}]),)),
    Mutant("permit-by-port-alone", _NARROW, (Unset(RULES, "rules/allow-core/webGroups"),)),
    Mutant("permit-ssh", _NARROW, (rule(70, portRanges=[{"lo": 22, "hi": 22}]),)),
    Mutant(
        "permit-one-public-block",
        _NARROW,
        (group({"cidr": "198.51.100.0/24"}), rule(70, dstSmartGroups=[Ref("more", "uuid")])),
        where=RULES,
    ),
    Mutant("permit-udp-443", _NARROW, (rule(70, protocol="UDP"),)),
    Mutant("permit-from-anywhere", _OURS, (Set(RULES, "rules/allow-core/srcSmartGroups", [ANYWHERE]),)),
    Mutant(
        "permit-from-neighbours",
        _OURS,
        (Set(RULES, "rules/allow-model-gateways/srcSmartGroups/+", Ref(NEIGHBOURS, "uuid")),),
    ),
    Mutant(
        "permit-to-a-group-of-another-program",
        _NARROW,
        (rule(70, dstSmartGroups=["0b5f9b0e-6a0f-4d55-9a51-2f3c1c7f9a10"]),),
    ),
    Mutant(
        "permit-of-names-of-another-program",
        _NAMES,
        (Set(RULES, "rules/allow-core/webGroups", ["0b5f9b0e-6a0f-4d55-9a51-2f3c1c7f9a10"]),),
    ),
    Mutant(
        "permit-from-a-group-of-another-program",
        _OURS,
        (Set(RULES, "rules/allow-model-gateways/srcSmartGroups/+", "0b5f9b0e-6a0f-4d55-9a51-2f3c1c7f9a10"),),
    ),
    Mutant("permit-for-every-vm", _OURS, (Set(AGENTS, "selector/matchExpressions/0/tags", {"Team": "all"}),)),
    Mutant("permit-for-a-wide-subnet", _OURS, (Set(AGENTS, "selector/matchExpressions/+", {"cidr": "10.0.0.0/8"}),), also=(_EAST_WEST,)),
    Mutant("permit-for-a-vpc", _OURS, (Set(AGENTS, "selector/matchExpressions/+", {"type": "vpc", "name": "somewhere"}),)),
    Mutant("tls-not-required", _TLS, (Set(RULES, "rules/allow-core/flowAppRequirement", "APP_UNSPECIFIED"),)),
    Mutant("tls-not-tls", _TLS, (Set(RULES, "rules/allow-model-gateways/flowAppRequirement", "NOT_TLS_REQUIRED"),)),
    Mutant("tls-silent", _TLS, (Unset(RULES, "rules/allow-model-gateways/flowAppRequirement"),)),
    Mutant("tls-unknown", _TLS, (Set(RULES, "rules/allow-aws-infra/flowAppRequirement", UNKNOWN),)),
    Mutant("profile-off", _PROFILE, (Set("policy-tls", "verifySni", False),)),
    Mutant("profile-unknown", _PROFILE, (Set("policy-tls", "verifySni", UNKNOWN),)),
    Mutant("profile-validates-no-certificate", _PROFILE, (Set(RULES, "rules/allow-core/decryptPolicy", "DECRYPT_ALLOWED"),)),
    Mutant("profile-left-out", _PROFILE, (Unset(RULES, "rules/allow-core/tlsProfile"),)),
    Mutant(
        "profile-of-somebody",
        _PROFILE,
        (Set(RULES, "rules/allow-model-gateways/tlsProfile", "5d7c3e0a-0000-4000-8000-000000000000"),),
        in_preview=(),
    ),
    Mutant("profile-gone", _PROFILE, (Drop("policy-tls"),), where=RULES),
    Mutant("source-by-tag-alone", _ADDRESS, (Unset(AGENTS, "selector/matchExpressions/1"),)),
    Mutant("source-half-a-subnet", _ADDRESS, (Set(AGENTS, "selector/matchExpressions/1/cidr", _half),), also=(_OURS,)),
    Mutant("source-another-subnet", _ADDRESS, (Set(AGENTS, "selector/matchExpressions/1/cidr", "10.99.10.0/24"),), also=(_OURS,)),
    Mutant(
        "source-of-a-deny-by-tag",
        _ADDRESS,
        (
            group({"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}),
            Set(RULES, "rules/default-deny/srcSmartGroups", [Ref("more", "uuid")]),
        ),
    ),
)

NAMES: Final = (
    Mutant("names-every-web", _NAMES, (Set(RULES, "rules/allow-core/webGroups", ["def000ad-0000-0000-0000-000000000002"]),)),
    Mutant("names-star", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*"}),)),
    Mutant("names-top-level", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*.ai"}),)),
    Mutant("names-half-a-label", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*openai.com"}),)),
    Mutant("names-denied-too", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "api.anthropic.com"}),)),
    Mutant("names-over-a-denied", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*.openai.com"}),)),
    Mutant("names-paste-too", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*.slack.com"}),)),
    Mutant("names-unknown", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": UNKNOWN}),)),
    Mutant("names-no-name", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "two words"}),)),
    Mutant("names-by-url", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"urlfilter": "https://api.openai.com/v1/*"}),)),
    Mutant("names-none", _NAMES, (Set(_CORE, "selector/matchExpressions", []),)),
    Mutant("names-group-unknown", _NAMES, (Set(_CORE, "selector", UNKNOWN),)),
    Mutant("names-group-of-somebody", _NAMES, (Set(RULES, "rules/allow-core/webGroups", ["5d7c3e0a-0000-4000-8000-000000000001"]),)),
)

TABLE: Final = (*PERMITS, *NAMES)
