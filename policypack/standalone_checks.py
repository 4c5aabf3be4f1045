"""Apply the rules without CrossGuard: in a program that checks itself, and to state files and previews.

A plain `pulumi up` runs no policy pack. So the program calls `check_order` with its firewall rules and `check_resource` with each
resource it registers, and stops with the message of the pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policypack.facts.deployed.deployed_view import find_violations
from policypack.finding import Finding, Rule, Violation
from policypack.graph import known_types as kt
from policypack.graph.plain_data import make_plain
from policypack.graph.resources import Graph, Resource
from policypack.registry import RULES
from policypack.waiver_rule import build_waiver_rule, find_root
from policypack.waivers import WaivedFinding, Waivers, apply_waivers

_ANY_ARN: Final = "arn:aws:secretsmanager:us-east-1:111122223333:secret:model-AbCdEf"
_ORDER: Final = "shadow-model-deny-comes-first"
_ABOUT_ORDER: Final = frozenset(
    {
        _ORDER,
        "agents-are-a-source-by-address",
        "credential-gateway-is-contained",
        "default-deny-is-last",
        "denies-decide-something",
        "denies-are-applied",
        "east-west-is-denied",
        "external-dns-is-denied",
        "permits-are-for-agents",
        "permits-are-narrow",
        "permitted-names-are-not-denied",
        "priorities-are-distinct",
        "web-permits-demand-tls",
    }
)
"""Rules that read only firewall rules, groups, hosts and their network, so they can run before anything is registered."""


def check_resource(
    type_: str, name: str, props: Mapping[str, Any], rules: Sequence[Rule] = RULES, urn: str = "", seen: Sequence[Resource] = ()
) -> list[Finding]:
    """Return the findings about one resource, by its inputs and those of the resources registered before it.

    Args:
        type_: the full type token (`aws:ec2/instance:Instance`).
        name: the logical name; findings name the resource by it if `urn` is empty.
        props: the inputs that the program sets, as plain data under their Pulumi names (camelCase), with
            `policypack.graph.plain_data.UNKNOWN` for outputs; a missing key is an unset property.
        rules: the rules to apply.
        urn: the resource's URN, if known.
        seen: the resources registered before.
    """
    resource = Resource(urn=urn or name, type=type_, name=name, props=make_plain(dict(props)))
    return [_make_finding(rule, fault) for rule in rules if rule.check_resource for fault in rule.check_resource(resource, seen)]


def check_stack(resources: Iterable[Resource], rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return the findings about a whole stack, before waivers."""
    graph = Graph(resources)
    return [_make_finding(rule, fault) for rule in rules if rule.check_stack for fault in find_violations(rule, graph)]


@dataclass(frozen=True)
class CheckResult:
    """A program's violations, and its waived findings."""

    violations: tuple[Finding, ...]
    waived: tuple[WaivedFinding, ...] = ()


def check(resources: Iterable[Resource], waivers: Waivers, rules: Sequence[Rule] = RULES) -> CheckResult:
    """Return the result of the pack for a whole stack: every rule, the waivers, and the rule about waivers."""
    graph = Graph(resources)
    root = find_root(graph)
    standing, waived = apply_waivers(
        (_make_finding(rule, fault) for rule in rules if rule.check_stack for fault in find_violations(rule, graph)), waivers, root
    )
    about = build_waiver_rule(waivers)
    assert about.check_stack is not None
    return CheckResult((*standing, *(_make_finding(about, fault) for fault in about.check_stack(graph))), tuple(waived))


def check_order(
    rules: Sequence[Mapping[str, Any]],
    *,
    web_groups: Mapping[str, Iterable[str]],
    smart_groups: Mapping[str, Sequence[Mapping[str, Any]]],
    host_tags: Mapping[str, str],
    host_cidrs: Sequence[str],
    is_ruleset: bool = True,
    owner: str = "rules",
    vpc_cidr: str = "",
    gateway_cidr: str = "",
    region: str = "",
) -> list[Finding]:
    """Return the findings about an ordered list of firewall rules, before any of its groups has an id.

    Args:
        rules: as the Aviatrix resources take them (camelCase: action, priority, protocol, srcSmartGroups, dstSmartGroups, webGroups,
            portRanges, logging, watch, flowAppRequirement), with the keys of groups, or well-known uuids, for group ids.
        web_groups: key -> domain patterns.
        smart_groups: key -> match expressions.
        host_tags: the agent host's tags.
        host_cidrs: the networks that the agent host may be in.
        is_ruleset: whether the rules are a ruleset, not the Controller-wide policy list.
        owner: the URN or name of the resource that contains the rules.
        vpc_cidr: the VPC of a complete agent environment; without it only the position of the shadow model deny is checked.
        gateway_cidr: the subnet of the program's credential gateway, which the rules of a whole stack prove to be one; empty for none.
        region: the AWS region of the hosts; without it no AWS service endpoint of a region passes.
    """
    groups = [
        *(_make_group(kt.SMART_GROUP, key, [dict(one) for one in expressions]) for key, expressions in smart_groups.items()),
        *(_make_group(kt.WEB_GROUP, key, [{"snifilter": pattern} for pattern in patterns]) for key, patterns in web_groups.items()),
    ]
    subnets = [_make_resource(kt.SUBNET, f"subnet {cidr}", {"cidrBlock": cidr, "vpcId": "vpc"}) for cidr in host_cidrs]
    hosts = [_make_resource(kt.INSTANCE, f"host in {cidr}", {"tags": dict(host_tags), "subnetId": f"subnet {cidr}"}) for cidr in host_cidrs]
    spoke = {"vpcId": "vpc", "vpcReg": region}
    place = [_make_resource(kt.VPC, "vpc", {"cidrBlock": vpc_cidr}), _make_resource(kt.SPOKE_GATEWAY, "spoke", spoke)] if vpc_cidr else []
    kind, key = (kt.RULESET, "rules") if is_ruleset else (kt.POLICY_LIST, "policies")
    held = Resource(urn=owner, type=kind, name=owner.rsplit("::", 1)[-1], props={key: make_plain(list(rules))})
    asked = _ABOUT_ORDER if vpc_cidr else (_ORDER,)
    gateway = _make_gateway(gateway_cidr, host_cidrs) if gateway_cidr else []
    return check_stack([*place, *groups, *subnets, *hosts, *gateway, held], [rule for rule in RULES if rule.id in asked])


def _make_gateway(cidr: str, agents: Sequence[str]) -> list[Resource]:
    """Return a credential gateway as a program without faults has it, for the rules about the order."""
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": _ANY_ARN}
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ingress = [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": list(agents)}]
    role = {"assumeRolePolicy": {"Statement": [trust]}, "inlinePolicies": [{"name": "read", "policy": {"Statement": [read]}}]}
    instance = {
        "subnetId": "gateway subnet",
        "associatePublicIpAddress": False,
        "vpcSecurityGroupIds": ["gateway group"],
        "iamInstanceProfile": "gateway profile",
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "rootBlockDevice": {"encrypted": True},
    }
    return [
        _make_resource(kt.SUBNET, "gateway subnet", {"cidrBlock": cidr, "vpcId": "vpc"}),
        _make_resource(kt.SECURITY_GROUP, "gateway group", {"ingress": ingress, "vpcId": "vpc"}),
        _make_resource(kt.ROLE, "gateway role", role),
        _make_resource(kt.PROFILE, "gateway profile", {"role": "gateway role"}),
        _make_resource(kt.INSTANCE, "credential gateway", instance),
    ]


def _make_group(kind: str, key: str, expressions: list[dict[str, Any]]) -> Resource:
    return _make_resource(kind, key, {"name": key, "selector": {"matchExpressions": expressions}})


def _make_resource(kind: str, name: str, props: dict[str, Any]) -> Resource:
    return Resource(urn=name, type=kind, name=name, props=props, outputs={"id": name})


def _make_finding(rule: Rule, fault: Violation) -> Finding:
    return Finding(rule, fault.where, fault.what)
