"""Holes generated in who answers names: private zones for the names of a stack's WebGroups and of AWS, by every way in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policypack.graph.known_types import (
    DHCP_ASSOCIATION,
    DNS_ASSOCIATION,
    DNS_RULE,
    FORWARD_ASSOCIATION,
    NAMESPACE,
    PROFILE_ASSOCIATION,
    RESOLVER_CONFIG,
    RESOLVER_ENDPOINT,
    WEB_GROUP,
    ZONE,
    ZONE_ASSOCIATION,
    ZONE_AUTHORIZATION,
)
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import ENFORCE, SUBNET, VPC, Add, Change, Mutant, Set
from tests.policypack.mutants.program import Program, Ref

_RESOLVER: Final = "dns-stays-with-the-resolver"
_FIREWALL: Final = "dns-firewall-is-closed"
_NAMES: Final = ("com", "co.uk", "github.io", "amazonaws.com", "ssm.us-east-1.amazonaws.com", "us-east-1.api.aws", "aws", UNKNOWN)
"""Names that no zone in the agents' VPC may have, whatever the WebGroups are: public suffixes and AWS."""
_UNREACHED: Final = ("*.metrics.example", "one.metrics.example", "sqs.eu-west-3.amazonaws.com", "*.api.x.ai", UNKNOWN)
"""Names that the resolver answers in no program of this repository: no permit reaches them."""
_SEVERAL: Final = 6
_ZONE_ID: Final = "Z0123456789ABCDEFGHIJ"


def generated(program: Program) -> Iterator[Mutant]:
    """Yield the holes of one stack."""
    for name in (*_NAMES, *_permitted(program)):
        for way, changes in _ways_to_answer(name).items():
            yield Mutant(f"generated/answers/{way}/{name}", _RESOLVER, changes, where="extra")
    others: dict[str, Change] = {
        "zone-of-somebody": Add(ZONE_ASSOCIATION, {"zoneId": _ZONE_ID, "vpcId": Ref(VPC)}),
        "zone-unknown": Add(ZONE_ASSOCIATION, {"zoneId": UNKNOWN, "vpcId": Ref(VPC)}),
        "zone-of-an-unknown-vpc": Add(ZONE, {"name": "com", "vpcs": [{"vpcId": UNKNOWN}]}),
        "authorization": Add(ZONE_AUTHORIZATION, {"zoneId": _ZONE_ID, "vpcId": Ref(VPC)}),
        "profile": Add(PROFILE_ASSOCIATION, {"profileId": "rp-0a", "resourceId": Ref(VPC)}),
        "profile-of-an-unknown-vpc": Add(PROFILE_ASSOCIATION, {"profileId": "rp-0a", "resourceId": UNKNOWN}),
        "outbound": Add(RESOLVER_ENDPOINT, {"direction": "OUTBOUND", "ipAddresses": [{"subnetId": Ref(SUBNET)}]}),
        "inbound": Add(RESOLVER_ENDPOINT, {"direction": "INBOUND", "ipAddresses": [{"subnetId": Ref(SUBNET)}]}),
        "reverse": Add(RESOLVER_CONFIG, {"resourceId": Ref(VPC), "autodefinedReverseFlag": "DISABLE"}),
        "reverse-unknown": Add(RESOLVER_CONFIG, {"resourceId": Ref(VPC), "autodefinedReverseFlag": UNKNOWN}),
        "options-of-somebody": Add(DHCP_ASSOCIATION, {"vpcId": Ref(VPC), "dhcpOptionsId": "dopt-0123456789abcdef0"}),
        "options-unknown": Add(DHCP_ASSOCIATION, {"vpcId": Ref(VPC), "dhcpOptionsId": UNKNOWN}),
        "forwarding-unknown": Add(FORWARD_ASSOCIATION, {"vpcId": Ref(VPC), "resolverRuleId": UNKNOWN}),
    }
    for what, change in others.items():
        yield Mutant(f"generated/answers/{what}", _RESOLVER, (change,))
    yield from _of_the_firewall(program)


def _of_the_firewall(program: Program) -> Iterator[Mutant]:
    for group in ("rslvr-frg-0123456789abcdef", UNKNOWN):
        for at in (50, 5000, UNKNOWN):
            association = {"vpcId": Ref(VPC), "firewallRuleGroupId": group, "priority": at, "mutationProtection": "ENABLED"}
            yield Mutant(f"generated/dns-group/{group}/{at}", _FIREWALL, (Add(DNS_ASSOCIATION, association),))
    for rule in (one for one in program.of(DNS_RULE) if one.get("action") == "ALLOW"):
        for name in _UNREACHED:
            yield Mutant(
                f"generated/{rule.name}/answers/{name}", _FIREWALL, (Set(f"{rule.name}-names", "domains/+", name),), where=rule.name
            )
    for rule in (one for one in program.of(DNS_RULE) if one.get("action") == "BLOCK"):
        for response in ("OVERRIDE", "override", UNKNOWN):
            changes = (Set(rule.name, "blockResponse", response), Set(rule.name, "blockOverrideDomain", "sink.example"))
            yield Mutant(f"generated/{rule.name}/answers-{response}", _FIREWALL, changes, modes=ENFORCE)


def _ways_to_answer(name: Any) -> dict[str, tuple[Change, ...]]:
    return {
        "zone": (Add(ZONE, {"name": name, "vpcs": [{"vpcId": Ref(VPC)}]}),),
        "namespace": (Add(NAMESPACE, {"name": name, "vpc": Ref(VPC)}),),
        "associated": (Add(ZONE, {"name": name}, "zone"), Add(ZONE_ASSOCIATION, {"zoneId": Ref("zone"), "vpcId": Ref(VPC)})),
    }


def _permitted(program: Program) -> list[str]:
    """Return some names of the WebGroups without their wildcards, and the domain above the first."""
    patterns = [
        str(one["snifilter"]).removeprefix("*.")
        for group in program.of(WEB_GROUP)
        for one in group.get("selector")["matchExpressions"]
        if one.get("snifilter")
    ]
    names = [one for one in dict.fromkeys(patterns) if "*" not in one and one not in _NAMES][:_SEVERAL]
    return [*names, *(f"api.{one}" for one in names[:1] if f"*.{one}" in patterns)]
