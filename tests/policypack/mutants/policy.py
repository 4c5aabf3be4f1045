"""Holes in the firewall policy: rules, their groups, the profile they use, and who owns the list."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any, Final

from policypack.plain import UNKNOWN
from tests.policypack.mutants.mutant import (
    AGENTS,
    ANYWHERE,
    ENFORCE,
    GATEWAY,
    HOST,
    INTERNET,
    MONITOR,
    NEIGHBOURS,
    RULES,
    STACK,
    SUBNET,
    Add,
    Change,
    Drop,
    Mutant,
    Set,
    Unset,
)
from tests.policypack.mutants.program import Program, Ref

_SHADOW, _LAST, _APPLIED, _EAST_WEST = "shadow-model-deny-comes-first", "default-deny-is-last", "denies-are-applied", "east-west-is-denied"
_NARROW, _OURS, _TLS, _PROFILE = "permits-are-narrow", "permits-are-for-agents", "web-permits-demand-tls", "tls-profile-checks-the-name"
_DNS, _ADDRESS, _NAMES = "external-dns-is-denied", "agents-are-a-source-by-address", "permitted-names-are-not-denied"
_FORCE, _OWNER, _DISTINCT, _DEFAULT = (
    "ruleset-is-in-force",
    "policy-has-one-owner",
    "priorities-are-distinct",
    "controller-default-action-denies",
)
_DEAD = "denies-decide-something"
_FOUND = "agent-host-is-found"
_DENY = "policy-wg-unapproved-model-providers"
_CORE = "policy-wg-openclaw-core"
_LIST = "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList"
_RULESET, _GROUP = "aviatrix:index/dcfRuleset:DcfRuleset", "aviatrix:index/dcfPolicyGroup:DcfPolicyGroup"
_ACTION = "aviatrix:index/distributedFirewallingDefaultActionRule:DistributedFirewallingDefaultActionRule"
_SMART, _WEB = "aviatrix:index/smartGroup:SmartGroup", "aviatrix:index/webGroup:WebGroup"


def block(priority: int, action: str = "PERMIT", **more: Any) -> dict[str, Any]:
    """Return a rule for the agents to the internet on TCP 443, logged; `more` says what is otherwise, None leaves out."""
    stated = {
        "name": "extra-rule",
        "action": action,
        "priority": priority,
        "protocol": "TCP",
        "srcSmartGroups": [Ref(AGENTS, "uuid")],
        "dstSmartGroups": [INTERNET],
        "portRanges": [{"lo": 443, "hi": 443}],
        "logging": True,
        "watch": False,
        **more,
    }
    return {key: value for key, value in stated.items() if value is not None}


def named(group: str, **more: Any) -> dict[str, Any]:
    """Return what a sound permit by name states besides."""
    return {"webGroups": [Ref(group, "uuid")], "flowAppRequirement": "TLS_REQUIRED", "tlsProfile": Ref("policy-tls", "uuid"), **more}


def _rule(priority: int, action: str = "PERMIT", **more: Any) -> Set:
    return Set(RULES, "rules/+", block(priority, action, **more))


def _group(*expressions: dict[str, Any], name: str = "more") -> Add:
    return Add(_SMART, {"name": name, "selector": {"matchExpressions": list(expressions)}}, name)


def _names(*patterns: Any, name: str = "more-names") -> Add:
    return Add(_WEB, {"name": name, "selector": {"matchExpressions": [{"snifilter": one} for one in patterns]}}, name)


def _half(program: Program) -> str:
    """Return the first half of the agents' subnet."""
    return str(next(ip_network(program.at(SUBNET).get("cidrBlock")).subnets()))


def _gateways(program: Program) -> str:
    """Return the gateway's subnet, which has the resolver's address in it."""
    return str(program.at("network-gateway-subnet-0").get("cidrBlock"))


SHADOW: Final = (
    Mutant("shadow-gone", _SHADOW, (Unset(RULES, "rules/shadow-model-deny"), Drop(_DENY))),
    Mutant("shadow-permits", _SHADOW, (Set(RULES, "rules/shadow-model-deny/action", "PERMIT"),), also=(_TLS, _PROFILE)),
    Mutant("shadow-action-unknown", _SHADOW, (Set(RULES, "rules/shadow-model-deny/action", UNKNOWN),), also=(_TLS, _PROFILE)),
    Mutant("shadow-watched", _SHADOW, (Set(RULES, "rules/shadow-model-deny/watch", True),), modes=ENFORCE),
    Mutant("shadow-watch-unknown", _SHADOW, (Set(RULES, "rules/shadow-model-deny/watch", UNKNOWN),), modes=ENFORCE),
    Mutant("shadow-disabled", _SHADOW, (Set(RULES, "rules/shadow-model-deny/enforcement", "DISABLE"),)),
    Mutant("shadow-unlogged", _SHADOW, (Set(RULES, "rules/shadow-model-deny/logging", False),)),
    Mutant("shadow-log-unknown", _SHADOW, (Set(RULES, "rules/shadow-model-deny/logging", UNKNOWN),)),
    Mutant("shadow-over-udp", _SHADOW, (Set(RULES, "rules/shadow-model-deny/protocol", "UDP"),)),
    Mutant("shadow-other-port", _SHADOW, (Set(RULES, "rules/shadow-model-deny/portRanges", [{"lo": 80, "hi": 80}]),)),
    Mutant(
        "shadow-for-others",
        _SHADOW,
        (Set(RULES, "rules/shadow-model-deny/srcSmartGroups", [Ref("policy-sg-vpc-endpoints", "uuid")]),),
        in_preview=(),
    ),
    Mutant("shadow-to-neighbours", _SHADOW, (Set(RULES, "rules/shadow-model-deny/dstSmartGroups", [Ref(NEIGHBOURS, "uuid")]),)),
    Mutant("shadow-after-a-permit", _SHADOW, (Set(RULES, "rules/shadow-model-deny/priority", 300),)),
    Mutant("shadow-priority-unknown", _SHADOW, (Set(RULES, "rules/shadow-model-deny/priority", UNKNOWN),), modes=MONITOR),
    Mutant("shadow-permit-before", _SHADOW, (_rule(1),), also=(_NARROW,)),
    Mutant("shadow-permit-of-one", _SHADOW, (_names("api.openai.com"), _rule(5, **named("more-names"))), where=RULES, also=(_NAMES,)),
    Mutant("shadow-rules-unknown", _SHADOW, (Set(RULES, "rules", UNKNOWN),), also=(_LAST, _EAST_WEST, _DNS, _NARROW, _TLS, _PROFILE)),
    Mutant("shadow-policy-gone", _SHADOW, (Drop(RULES),), where=STACK, also=(_LAST, _EAST_WEST, _DNS)),
    Mutant(
        "shadow-names-unknown",
        _SHADOW,
        (Set(_DENY, "selector/matchExpressions", [{"snifilter": UNKNOWN}]),),
        where=RULES,
        in_preview=(_NAMES,),
    ),
    Mutant(
        "shadow-earlier-list",
        _SHADOW,
        (Add(_RULESET, {"name": "early", "attachTo": "defa11a1-3000-4001-0000-000000000000", "rules": [block(1)]}),),
        also=(_LAST, _NARROW),
    ),
    Mutant("shadow-in-the-clear-name", _SHADOW, (Set(_DENY, "selector/matchExpressions", [{"snifilter": "*.example.net"}]),), where=RULES),
)

DEFAULTS: Final = (
    Mutant("last-gone", _LAST, (Unset(RULES, "rules/default-deny"),), also=(_NARROW,)),
    Mutant("last-over-tcp", _LAST, (Set(RULES, "rules/default-deny/protocol", "TCP"),), also=(_NARROW,)),
    Mutant("last-ports", _LAST, (Set(RULES, "rules/default-deny/portRanges", [{"lo": 1, "hi": 1023}]),), also=(_NARROW,)),
    Mutant("last-public-only", _LAST, (Set(RULES, "rules/default-deny/dstSmartGroups", [INTERNET]),), also=(_NARROW,)),
    Mutant("last-permit-after", _LAST, (_rule(250), _rule(251)), where=RULES, also=(_NARROW,)),
    Mutant("last-permits", _LAST, (Set(RULES, "rules/default-deny/action", "PERMIT"),), also=(_NARROW,)),
    Mutant("last-by-name", _LAST, (Set(RULES, "rules/default-deny/webGroups", [Ref(_DENY, "uuid")]),), also=(_NARROW,)),
    Mutant("applied-last-watched", _APPLIED, (Set(RULES, "rules/default-deny/watch", True),), modes=ENFORCE),
    Mutant("applied-last-monitored", _APPLIED, (Set(RULES, "rules/default-deny/enforcement", "MONITOR"),), modes=ENFORCE),
    Mutant("applied-last-unlogged", _APPLIED, (Set(RULES, "rules/default-deny/logging", False),)),
    Mutant("applied-east-west-watched", _APPLIED, (Set(RULES, "rules/deny-eastwest/watch", True),), modes=ENFORCE),
    Mutant("applied-east-west-unlogged", _APPLIED, (Unset(RULES, "rules/deny-eastwest/logging"),)),
    Mutant("applied-dns-watched", _APPLIED, (Set(RULES, "rules/deny-dns-exfil-udp/watch", True),), modes=ENFORCE),
    Mutant("applied-dns-watch-unknown", _APPLIED, (Set(RULES, "rules/deny-dns-exfil-tcp/watch", UNKNOWN),), modes=ENFORCE),
    Mutant("applied-paste-disabled", _APPLIED, (Set(RULES, "rules/deny-paste-and-webhooks/enforcement", "DISABLE"),)),
    Mutant("applied-doh-disabled", _APPLIED, (Set(RULES, "rules/deny-doh-resolvers/enforcement", "DISABLE"),)),
    Mutant("applied-doh-enforcement-unknown", _APPLIED, (Set(RULES, "rules/deny-doh-resolvers/enforcement", UNKNOWN),)),
    Mutant("default-action-permit", _DEFAULT, (Add(_ACTION, {"action": "PERMIT", "logging": True}),)),
    Mutant("default-action-unlogged", _DEFAULT, (Add(_ACTION, {"action": "DENY", "logging": False}),)),
    Mutant("default-action-unknown", _DEFAULT, (Add(_ACTION, {"action": UNKNOWN, "logging": True}),)),
)

NEIGHBOURHOOD: Final = (
    Mutant("east-west-gone", _EAST_WEST, (Unset(RULES, "rules/deny-eastwest"),), where=NEIGHBOURS),
    Mutant("east-west-over-tcp", _EAST_WEST, (Set(RULES, "rules/deny-eastwest/protocol", "TCP"),), in_preview=()),
    Mutant("east-west-ports", _EAST_WEST, (Set(RULES, "rules/deny-eastwest/portRanges", [{"lo": 22, "hi": 22}]),), in_preview=()),
    Mutant("east-west-permits", _EAST_WEST, (Set(RULES, "rules/deny-eastwest/action", "PERMIT"),)),
    Mutant(
        "east-west-permit-before",
        _EAST_WEST,
        (_group({"cidr": "10.0.0.0/8"}), _rule(90, dstSmartGroups=[Ref("more", "uuid")])),
        where=RULES,
    ),
    Mutant(
        "east-west-permit-of-a-block",
        _EAST_WEST,
        (_group({"cidr": "172.16.0.0/12"}), _rule(90, dstSmartGroups=[Ref("more", "uuid")], portRanges=[{"lo": 22, "hi": 22}])),
        where=RULES,
    ),
)

PERMITS: Final = (
    Mutant("permit-every-port", _NARROW, (Unset(RULES, "rules/allow-core/portRanges"),)),
    Mutant("permit-any-protocol", _NARROW, (Set(RULES, "rules/allow-core/protocol", "ANY"),)),
    Mutant("permit-to-anywhere", _NARROW, (Set(RULES, "rules/allow-core/dstSmartGroups", [ANYWHERE]),)),
    Mutant("permit-ports-unknown", _NARROW, (Set(RULES, "rules/allow-model-gateways/portRanges", [{"lo": UNKNOWN, "hi": UNKNOWN}]),)),
    Mutant("permit-by-port-alone", _NARROW, (Unset(RULES, "rules/allow-core/webGroups"),)),
    Mutant("permit-ssh", _NARROW, (_rule(70, portRanges=[{"lo": 22, "hi": 22}]),)),
    Mutant(
        "permit-one-public-block",
        _NARROW,
        (_group({"cidr": "198.51.100.0/24"}), _rule(70, dstSmartGroups=[Ref("more", "uuid")])),
        where=RULES,
        in_preview=(_EAST_WEST,),
    ),
    Mutant("permit-udp-443", _NARROW, (_rule(70, protocol="UDP"),)),
    Mutant("permit-from-anywhere", _OURS, (Set(RULES, "rules/allow-core/srcSmartGroups", [ANYWHERE]),)),
    Mutant(
        "permit-from-neighbours",
        _OURS,
        (Set(RULES, "rules/allow-model-gateways/srcSmartGroups/+", Ref(NEIGHBOURS, "uuid")),),
        in_preview=(),
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
            _group({"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}),
            Set(RULES, "rules/default-deny/srcSmartGroups", [Ref("more", "uuid")]),
        ),
    ),
)

_APPS = Ref("more", "uuid")


def _behind(
    *denied: dict[str, Any], deny: dict[str, Any], permit: dict[str, Any] | None = None, inside: str = "10.9.8.0/24"
) -> tuple[Change, ...]:
    """Return a permit by address at 70, and a deny of `denied` at 80."""
    first = _rule(70, **{"name": "first", "dstSmartGroups": [_APPS], **(permit or {})})
    return (
        _group({"cidr": inside}),
        _group(*denied, name="behind"),
        first,
        _rule(80, "DENY", dstSmartGroups=[Ref("behind", "uuid")], **deny),
    )


DEAD: Final = (
    Mutant("dead-same-network", _DEAD, _behind({"cidr": "10.9.8.0/24"}, deny={}), where=RULES, in_preview=()),
    Mutant("dead-one-host", _DEAD, _behind({"cidr": "10.9.8.7/32"}, deny={}), where=RULES, in_preview=()),
    Mutant("dead-two-hosts", _DEAD, _behind({"cidr": "10.9.8.7/32"}, {"cidr": "10.9.8.9/32"}, deny={}), where=RULES, in_preview=()),
    Mutant(
        "dead-one-port-of-many",
        _DEAD,
        _behind({"cidr": "10.9.8.0/24"}, deny={"portRanges": [{"lo": 22, "hi": 22}]}, permit={"portRanges": [{"lo": 20, "hi": 25}]}),
        where=RULES,
        in_preview=(),
    ),
    Mutant(
        "dead-over-udp",
        _DEAD,
        _behind(
            {"cidr": "10.9.8.0/25"},
            deny={"protocol": "UDP", "portRanges": [{"lo": 123, "hi": 123}]},
            permit={"protocol": "ANY", "portRanges": None},
        ),
        where=RULES,
        in_preview=(),
    ),
)

DNS: Final = (
    Mutant("resolver-udp-deny-gone", _DNS, (Unset(RULES, "rules/deny-dns-exfil-udp"),)),
    Mutant("resolver-tcp-deny-gone", _DNS, (Unset(RULES, "rules/deny-dns-exfil-tcp"),)),
    Mutant("resolver-deny-public-only", _DNS, (Set(RULES, "rules/deny-dns-exfil-udp/dstSmartGroups", [INTERNET]),)),
    Mutant("resolver-deny-other-port", _DNS, (Set(RULES, "rules/deny-dns-exfil-tcp/portRanges", [{"lo": 5353, "hi": 5353}]),)),
    Mutant("resolver-deny-permits", _DNS, (Set(RULES, "rules/deny-dns-exfil-udp/action", "PERMIT"),), also=(_EAST_WEST,)),
    Mutant("resolver-wider", _DNS, (Set("policy-sg-vpc-dns-resolver", "selector/matchExpressions/0/cidr", _gateways),), where=RULES),
    Mutant(
        "resolver-public",
        _DNS,
        (Set("policy-sg-vpc-dns-resolver", "selector/matchExpressions/+", {"cidr": "9.9.9.9/32"}),),
        where=RULES,
        also=(_EAST_WEST,),
    ),
    Mutant(
        "resolver-unknown",
        _DNS,
        (Set("policy-sg-vpc-dns-resolver", "selector/matchExpressions/0/cidr", UNKNOWN),),
        where=RULES,
        in_preview=(),
    ),
    Mutant("resolver-permit-first", _DNS, (_rule(17, protocol="UDP", portRanges=[{"lo": 53, "hi": 53}]),)),
    Mutant("resolver-permit-range-first", _DNS, (_rule(17, protocol="UDP", portRanges=[{"lo": 50, "hi": 60}]),)),
)

NAMES: Final = (
    Mutant("names-every-web", _NAMES, (Set(RULES, "rules/allow-core/webGroups", ["def000ad-0000-0000-0000-000000000002"]),)),
    Mutant("names-star", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*"}),)),
    Mutant("names-top-level", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*.ai"}),)),
    Mutant("names-half-a-label", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*openai.com"}),)),
    Mutant("names-denied-too", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "api.anthropic.com"}),)),
    Mutant("names-over-a-denied", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*.openai.com"}),)),
    Mutant("names-paste-too", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "*.slack.com"}),), in_preview=()),
    Mutant("names-unknown", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": UNKNOWN}),)),
    Mutant("names-no-name", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"snifilter": "two words"}),)),
    Mutant("names-by-url", _NAMES, (Set(_CORE, "selector/matchExpressions/+", {"urlfilter": "https://api.openai.com/v1/*"}),)),
    Mutant("names-none", _NAMES, (Set(_CORE, "selector/matchExpressions", []),)),
    Mutant("names-group-unknown", _NAMES, (Set(_CORE, "selector", UNKNOWN),)),
    Mutant(
        "names-group-of-somebody",
        _NAMES,
        (Set(RULES, "rules/allow-core/webGroups", ["5d7c3e0a-0000-4000-8000-000000000001"]),),
        in_preview=(),
    ),
)

OWNERS: Final = (
    Mutant("force-hangs-nowhere", _FORCE, (Unset(RULES, "attachTo"),)),
    Mutant("force-empty-point", _FORCE, (Set(RULES, "attachTo", ""),)),
    Mutant("force-after-the-ui", _FORCE, (Set(RULES, "attachTo", "defa11a1-3000-4002-0000-000000000000"),)),
    Mutant(
        "force-group-nowhere",
        _FORCE,
        (
            Unset(RULES, "attachTo"),
            Add(_GROUP, {"name": "group", "rulesetReferences": [{"priority": 1, "targetUuid": Ref(RULES, "uuid")}]}),
        ),
        where="extra",
    ),
    Mutant("owner-list-beside", _OWNER, (Add(_LIST, {"policies": []}),)),
    Mutant(
        "owner-two-default-actions",
        _OWNER,
        (Add(_ACTION, {"action": "DENY", "logging": True}, "one"), Add(_ACTION, {"action": "DENY", "logging": True}, "two")),
        where="two",
    ),
    Mutant("owner-taken-point", _OWNER, (Add(_RULESET, {"name": "other", "attachTo": "point", "rules": []}),)),
    Mutant("equal-shadow", _DISTINCT, (Set(RULES, "rules/allow-vpc-dns-udp/priority", 20),)),
    Mutant("equal-tcp", _DISTINCT, (Set(RULES, "rules/allow-vpc-dns-tcp/priority", 21),)),
    Mutant("equal-neighbours", _DISTINCT, (Set(RULES, "rules/allow-model-gateways/priority", 100),)),
    Mutant("equal-monitors", _DISTINCT, (Set(RULES, "rules/monitor-permit/priority", 200),), modes=MONITOR, also=(_NARROW,)),
    Mutant("host-gone", _FOUND, (Drop(HOST),), where=STACK, modes=ENFORCE),
    Mutant("host-and-rules-gone", _FOUND, (Drop(HOST), Drop(RULES)), where=STACK),
    Mutant("host-and-gateway-gone", _FOUND, (Drop(HOST), Drop(GATEWAY)), where=STACK, modes=ENFORCE),
)

TABLE: Final = (*SHADOW, *DEFAULTS, *NEIGHBOURHOOD, *PERMITS, *DEAD, *DNS, *NAMES, *OWNERS)
