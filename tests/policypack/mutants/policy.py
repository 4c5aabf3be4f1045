"""Holes in the order of the rules and in what they deny, and who owns the list."""

from __future__ import annotations

from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import (
    ENFORCE,
    GATEWAY,
    HOST,
    INTERNET,
    MONITOR,
    NEIGHBOURS,
    RULES,
    STACK,
    SUBNET,
    VPC,
    Add,
    Change,
    Drop,
    Mutant,
    Set,
    Unset,
)
from tests.policypack.mutants.program import Program, Ref
from tests.policypack.mutants.rule_blocks import block, group, named, names, rule

_SHADOW = "shadow-model-deny-comes-first"
_LAST = "default-deny-is-last"
_APPLIED = "denies-are-applied"
_EAST_WEST = "east-west-is-denied"
_NARROW = "permits-are-narrow"
_TLS = "web-permits-demand-tls"
_PROFILE = "tls-profile-checks-the-name"
_DNS = "external-dns-is-denied"
_NAMES = "permitted-names-are-not-denied"
_FORCE = "ruleset-is-in-force"
_OWNER = "policy-has-one-owner"
_DISTINCT = "priorities-are-distinct"
_DEFAULT = "controller-default-action-denies"
_DEAD = "denies-decide-something"
_FOUND = "agent-host-is-found"
_TYPES = "compute-and-routing-are-known"
_DENY = "policy-wg-unapproved-model-providers"
_LIST = "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList"
_RULESET = "aviatrix:index/dcfRuleset:DcfRuleset"
_GROUP = "aviatrix:index/dcfPolicyGroup:DcfPolicyGroup"
_ACTION = "aviatrix:index/distributedFirewallingDefaultActionRule:DistributedFirewallingDefaultActionRule"


def _gateways(program: Program) -> str:
    """Return the gateway's subnet, which has the resolver's address in it."""
    return str(program.at("network-gateway-subnet-0").get("cidrBlock"))


SHADOW: Final = (
    Mutant("shadow-gone", _SHADOW, (Unset(RULES, "rules/shadow-model-deny"), Drop(_DENY))),
    Mutant("shadow-permits", _SHADOW, (Set(RULES, "rules/shadow-model-deny/action", "PERMIT"),), also=(_TLS, _PROFILE, _NAMES)),
    Mutant("shadow-action-unknown", _SHADOW, (Set(RULES, "rules/shadow-model-deny/action", UNKNOWN),), also=(_TLS, _PROFILE, _NAMES)),
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
    Mutant("shadow-permit-before", _SHADOW, (rule(1),), also=(_NARROW,)),
    Mutant("shadow-permit-of-one", _SHADOW, (names("api.openai.com"), rule(5, **named("more-names"))), where=RULES, also=(_NAMES,)),
    Mutant(
        "shadow-rules-unknown", _SHADOW, (Set(RULES, "rules", UNKNOWN),), also=(_LAST, _EAST_WEST, _DNS, _NARROW, _TLS, _PROFILE, _TYPES)
    ),
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
    Mutant("last-permit-after", _LAST, (rule(250), rule(251)), where=RULES, also=(_NARROW,)),
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
    Mutant("applied-doh-enforcement-unheard-of", _APPLIED, (Set(RULES, "rules/deny-doh-resolvers/enforcement", "OFF"),)),
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
        (group({"cidr": "10.0.0.0/8"}), rule(90, dstSmartGroups=[Ref("more", "uuid")])),
        where=RULES,
    ),
    Mutant(
        "east-west-permit-of-a-block",
        _EAST_WEST,
        (group({"cidr": "172.16.0.0/12"}), rule(90, dstSmartGroups=[Ref("more", "uuid")], portRanges=[{"lo": 22, "hi": 22}])),
        where=RULES,
    ),
)

_APPS = Ref("more", "uuid")


def _behind(
    *denied: dict[str, Any], deny: dict[str, Any], permit: dict[str, Any] | None = None, inside: str = "10.9.8.0/24"
) -> tuple[Change, ...]:
    """Return a permit by address at 70, and a deny of `denied` at 80."""
    first = rule(70, **{"name": "first", "dstSmartGroups": [_APPS], **(permit or {})})
    return (
        group({"cidr": inside}),
        group(*denied, name="behind"),
        first,
        rule(80, "DENY", dstSmartGroups=[Ref("behind", "uuid")], **deny),
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
        also=(_NARROW,),
    ),
    Mutant(
        "resolver-unknown",
        _DNS,
        (Set("policy-sg-vpc-dns-resolver", "selector/matchExpressions/0/cidr", UNKNOWN),),
        where=RULES,
        in_preview=(),
    ),
    Mutant("resolver-permit-first", _DNS, (rule(17, protocol="UDP", portRanges=[{"lo": 53, "hi": 53}]),)),
    Mutant("resolver-permit-range-first", _DNS, (rule(17, protocol="UDP", portRanges=[{"lo": 50, "hi": 60}]),)),
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
    Mutant("no-hosts-by-another-word", _FOUND, (Drop(HOST), Set(VPC, "tags/AgentHosts", "None")), where=STACK, modes=ENFORCE),
    Mutant(
        "no-hosts-in-one-of-two-networks",
        _FOUND,
        (Drop(HOST), Set(VPC, "tags/AgentHosts", "none"), Add("aws:ec2/vpc:Vpc", {"cidrBlock": "10.99.0.0/16"})),
        where=STACK,
        modes=ENFORCE,
    ),
    Mutant(
        "no-hosts-beside-an-unreviewed-type",
        _TYPES,
        (Drop(HOST), Set(VPC, "tags/AgentHosts", "none"), Add("awscc:ec2/instance:Instance", {"subnetId": Ref(SUBNET)})),
        where="extra",
        modes=ENFORCE,
    ),
    Mutant("host-gone", _FOUND, (Drop(HOST),), where=STACK, modes=ENFORCE),
    Mutant("host-and-rules-gone", _FOUND, (Drop(HOST), Drop(RULES)), where=STACK),
    Mutant("host-and-gateway-gone", _FOUND, (Drop(HOST), Drop(GATEWAY)), where=STACK, modes=ENFORCE),
)

TABLE: Final = (*SHADOW, *DEFAULTS, *NEIGHBOURHOOD, *DEAD, *DNS, *OWNERS)
