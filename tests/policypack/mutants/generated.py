"""Holes generated from what a stack has: every permit, every group of names, every deny, every endpoint, every kind of door.

Each is the same few changes made at every place where they are possible, so a stack with more rules gives more of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from policypack.facts.ingress_services import DOORS, TargetKind
from policypack.firewall.model_providers import PROVIDERS
from policypack.graph.known_types import RULESET, VPC_ENDPOINT, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants import resolution, routing
from tests.policypack.mutants.mutant import ANYWHERE, ENFORCE, HOST, INTERNET, RULES, SUBNET, VPC, Add, Change, Mutant, Set, Unset
from tests.policypack.mutants.program import Program, Ref, Stack

_NARROW, _NAMES, _TLS = "permits-are-narrow", "permitted-names-are-not-denied", "web-permits-demand-tls"
_SHADOW = "shadow-model-deny-comes-first"
_NEEDED: Final = {
    "default-deny": "default-deny-is-last",
    "deny-dns-exfil-udp": "external-dns-is-denied",
    "deny-dns-exfil-tcp": "external-dns-is-denied",
}
"""Denies whose absence is a hole by itself; behind the others the default deny still stands."""
_BY_ADDRESS: Final = {**_NEEDED, "deny-eastwest": "east-west-is-denied"}
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "exact": lambda name: name,
    "upper": str.upper,
    "dotted": lambda name: f"{name}.",
    "full-width": lambda name: "".join(chr(ord(char) + 0xFEE0) if char.isalnum() else char for char in name),
    "zero-width": lambda name: f"{name[:3]}\u200b{name[3:]}",
    "ideographic-dots": lambda name: name.replace(".", "\u3002"),
    "wild": lambda name: f"*.{name.partition('.')[2]}",
}
"""Ways to write a name that is denied; a resolver and the Controller take them for the same, or for more."""


def generated(stack: Stack) -> Iterator[Mutant]:
    """Yield the generated mutants of one stack."""
    program = Program(stack)
    rules = [one for owner in program.of(RULESET) for one in owner.get("rules")]
    for rule in rules:
        short = str(rule["name"]).removeprefix("vca-openclaw-")
        at = f"rules/{short}"
        if rule["action"] == "PERMIT" and rule.get("webGroups"):
            yield from _of_permit(short, at)
            if rule["dstSmartGroups"] == [INTERNET]:
                yield _one(f"{short}/no-names", _NARROW, Unset(RULES, f"{at}/webGroups"))
        if rule["action"] == "DENY":
            yield from _of_deny(short, at)
    yield from (mutant for group in _permitted(program, rules) for mutant in _of_names(group))
    yield from (mutant for one in program.of(VPC_ENDPOINT) for mutant in _of_endpoint(one.name, str(one.get("vpcEndpointType"))))
    yield from _doors()
    yield from routing.generated()
    yield from resolution.generated(program)


def _one(what: str, rule: str, change: Change, **more: Any) -> Mutant:
    return Mutant(f"generated/{what}", rule, (change,), **more)


def _of_permit(short: str, at: str) -> Iterator[Mutant]:
    yield _one(f"{short}/every-port", _NARROW, Set(RULES, f"{at}/portRanges", []))
    yield _one(f"{short}/any-protocol", _NARROW, Set(RULES, f"{at}/protocol", "ANY"))
    yield _one(f"{short}/anywhere", _NARROW, Set(RULES, f"{at}/dstSmartGroups", [ANYWHERE]))
    yield _one(f"{short}/from-anywhere", "permits-are-for-agents", Set(RULES, f"{at}/srcSmartGroups", [ANYWHERE]))
    yield _one(f"{short}/without-tls", _TLS, Set(RULES, f"{at}/flowAppRequirement", "APP_UNSPECIFIED"))
    yield _one(f"{short}/perhaps-tls", _TLS, Set(RULES, f"{at}/flowAppRequirement", UNKNOWN))
    yield _one(f"{short}/without-profile", "tls-profile-checks-the-name", Unset(RULES, f"{at}/tlsProfile"))
    yield _one(f"{short}/after-the-end", "default-deny-is-last", Set(RULES, f"{at}/priority", 900))


def _of_deny(short: str, at: str) -> Iterator[Mutant]:
    own = _SHADOW if "shadow" in short else "denies-are-applied"
    yield _one(f"{short}/watched", own, Set(RULES, f"{at}/watch", True), modes=ENFORCE)
    yield _one(f"{short}/monitored", own, Set(RULES, f"{at}/enforcement", "MONITOR"), modes=ENFORCE)
    yield _one(f"{short}/unlogged", own, Set(RULES, f"{at}/logging", False))
    yield _one(f"{short}/log-unknown", own, Set(RULES, f"{at}/logging", UNKNOWN))
    for said in ("NOT_TLS_REQUIRED", UNKNOWN, *(["TLS_REQUIRED"] if short in _BY_ADDRESS else [])):
        partial = _BY_ADDRESS.get(short, own)
        seen_later: dict[str, Any] = {"in_preview": ()} if short == "deny-eastwest" else {}
        yield _one(f"{short}/application-{said}", partial, Set(RULES, f"{at}/flowAppRequirement", said), also=(_NARROW,), **seen_later)
    if short in _NEEDED:
        yield _one(f"{short}/gone", _NEEDED[short], Unset(RULES, at), also=(_NARROW,))


def _permitted(program: Program, rules: list[dict[str, Any]]) -> list[str]:
    by_id = {one.get_output("uuid"): one.name for one in program.of(WEB_GROUP)}
    return [by_id[value] for rule in rules if rule["action"] == "PERMIT" for value in rule.get("webGroups") or ()]


def _of_names(group: str) -> Iterator[Mutant]:
    held = group.removeprefix("policy-wg-")
    for number, (spelling, write) in enumerate(SPELLINGS.items()):
        name = PROVIDERS[number % len(PROVIDERS)]
        yield _one(f"{held}/{spelling}", _NAMES, Set(group, "selector/matchExpressions/+", {"snifilter": write(name)}))
    yield _one(f"{held}/unknown", _NAMES, Set(group, "selector/matchExpressions/+", {"snifilter": UNKNOWN}))
    yield _one(f"{held}/top-level", _NAMES, Set(group, "selector/matchExpressions/+", {"snifilter": "*.com"}))
    yield _one(f"{held}/empty", _NAMES, Set(group, "selector/matchExpressions", []))


def _of_endpoint(name: str, kind: str) -> Iterator[Mutant]:
    yield _one(f"{name}/no-policy", "endpoints-are-for-this-account", Unset(name, "policy"))
    yield _one(f"{name}/empty-policy", "endpoints-are-for-this-account", Set(name, "policy", ""))
    yield _one(f"{name}/of-somebody", "agent-host-has-no-way-in", Set(name, "serviceName", "com.amazonaws.vpce.us-east-1.vpce-svc-0a"))
    if kind == "Interface":
        for said in (False, UNKNOWN):
            yield _one(f"{name}/names-{said}", "endpoints-answer-by-private-names", Set(name, "privateDnsEnabled", said))
        yield _one(f"{name}/names-silent", "endpoints-answer-by-private-names", Unset(name, "privateDnsEnabled"))


def _doors() -> Iterator[Mutant]:
    ami = "ami-0123456789abcdef0"
    leads = {
        TargetKind.HOST: Ref(HOST),
        TargetKind.SUBNET: Ref(SUBNET),
        TargetKind.VPC: Ref(VPC),
        TargetKind.BALANCER: Ref("balancer"),
        TargetKind.IMAGE: ami,
    }
    first: dict[TargetKind, Change] = {
        TargetKind.BALANCER: Add("aws:lb/loadBalancer:LoadBalancer", {"loadBalancerType": "network", "subnets": [Ref(SUBNET)]}, "balancer"),
        TargetKind.IMAGE: Set(HOST, "ami", ami),
    }
    for kind, doors in DOORS.items():
        for door in doors:
            opened = Add(kind, _nested(door.path, leads[door.leads]))
            changes = (first[door.leads], opened) if door.leads in first else (opened,)
            yield Mutant(f"generated/door/{kind}/{door.path}/{door.leads}", "agent-host-has-no-way-in", changes, where="extra")


def _nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    inner = _nested(rest, value) if rest else value
    return {first.removesuffix("[]"): [inner] if first.endswith("[]") else inner}
