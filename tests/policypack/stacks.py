"""Stacks described once and judged twice: as a first preview sees them (ids unknown) and as they are once ids are known.

`Stack.add` takes inputs in which a `Ref` stands for another resource's output; the stack turns it into UNKNOWN with a property
dependency, or into a literal id, as Pulumi would. Outputs echo the inputs, and are unknown in preview for what providers
compute, as real ones are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from policypack.finding import Finding
from policypack.firewall.model_providers import PROVIDERS
from policypack.graph.known_types import (
    DEFAULT_ACTION,
    EIP,
    INSTANCE,
    INTERNET_GATEWAY,
    LAUNCH_TEMPLATE,
    POLICY_LIST,
    ROUTE,
    ROUTE_TABLE,
    SMART_GROUP,
    SUBNET,
    TABLE_ASSOCIATION,
    VPC,
    WEB_GROUP,
)
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource
from policypack.standalone_checks import check_stack

SPOKE = "aviatrix:index/spokeGateway:SpokeGateway"
INTERNET = "def000ad-0000-0000-0000-000000000001"
ANYWHERE = "def000ad-0000-0000-0000-000000000000"
COMPUTED = (
    "associatePublicIpAddress",
    "metadataOptions",
    "ipv6Addresses",
    "ipv6AddressCount",
    "privateIp",
    "publicIp",
    "routes",
    "tagsAll",
)


@dataclass(frozen=True)
class Ref:
    """An output of a resource, by the resource's name."""

    name: str
    attribute: str = "id"


@dataclass
class Stack:
    """Resources by name; `props` and `types` may be changed freely until `graph` is asked for."""

    types: dict[str, str] = field(default_factory=dict)
    props: dict[str, dict[str, Any]] = field(default_factory=dict)
    depends: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: str, props: dict[str, Any] | None = None, depends_on: tuple[str, ...] = ()) -> Ref:
        """Add a resource and return a reference to its id."""
        self.types[name], self.props[name], self.depends[name] = kind, dict(props or {}), list(depends_on)
        return Ref(name)

    def drop(self, *names: str) -> None:
        """Remove resources."""
        for name in names:
            del self.types[name], self.props[name], self.depends[name]

    def rule(self, name: str) -> dict[str, Any]:
        """Return a rule of the base policy list, to be changed."""
        found: dict[str, Any] = next(rule for rule in self.props["rules"]["policies"] if rule["name"] == name)
        return found

    def urn(self, name: str) -> str:
        """Return a resource's URN."""
        return f"urn:pulumi:dev::test::{self.types[name]}::{name}"

    def resources(self, known: bool) -> list[Resource]:
        """Return the resources as rules see them."""
        wanted = self._references(list(self.props.values()))
        return [self._resource(name, known, [ref for ref in wanted if ref.name == name]) for name in self.types]

    def graph(self, known: bool) -> Graph:
        """Return the resources as a graph."""
        return Graph(self.resources(known))

    def findings(self, known: bool) -> list[Finding]:
        """Return everything the rules find."""
        return check_stack(self.resources(known))

    def refused(self, known: bool) -> set[tuple[str, str]]:
        """Return (rule id, resource name) of everything the rules find; the stack itself has no name."""
        return {(finding.id, finding.where.rsplit("::", 1)[-1]) for finding in self.findings(known)}

    def _resource(self, name: str, known: bool, wanted: list[Ref]) -> Resource:
        dependencies: dict[str, list[str]] = {}

        def resolve(key: str, value: Any) -> Any:
            if isinstance(value, Ref):
                dependencies.setdefault(key, []).append(self.urn(value.name))
                return self._output(value) if known else UNKNOWN
            if isinstance(value, dict):
                return {inner: resolve(key, item) for inner, item in value.items()}
            return [resolve(key, item) for item in value] if isinstance(value, list) else value

        props = {key: resolve(key, value) for key, value in self.props[name].items()}
        outputs = {**props, **({} if known else dict.fromkeys(COMPUTED, UNKNOWN)), "id": f"{name}-id" if known else UNKNOWN}
        if self.types[name] == LAUNCH_TEMPLATE:
            outputs |= dict.fromkeys(("latestVersion", "defaultVersion"), 1 if known else UNKNOWN)
        for ref in wanted:
            outputs.setdefault(ref.attribute, self._output(ref) if known else UNKNOWN)
        resource = Resource(self.urn(name), self.types[name], name, props, outputs)
        urns = [urn for found in dependencies.values() for urn in found] + [self.urn(other) for other in self.depends[name]]
        return replace(
            resource,
            dependencies=tuple(dict.fromkeys(urns)),
            property_dependencies={key: tuple(dict.fromkeys(found)) for key, found in dependencies.items()},
        )

    def _references(self, value: Any) -> list[Ref]:
        if isinstance(value, Ref):
            return [value]
        nested = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        return [ref for item in nested for ref in self._references(item)]

    def _output(self, ref: Ref) -> Any:
        return self.props[ref.name].get(ref.attribute, f"{ref.name}-{ref.attribute}")


def compliant(mode: str = "enforce") -> Stack:
    """Return a stack that keeps every rule: a private host, a public gateway subnet, rules in order; small, and no vended place."""
    stack = Stack()
    vpc = stack.add(VPC, "vpc", {"cidrBlock": "10.42.0.0/16"})
    private = stack.add(SUBNET, "agents", {"vpcId": vpc, "cidrBlock": "10.42.10.0/24"})
    public = stack.add(SUBNET, "gateways", {"vpcId": vpc, "cidrBlock": "10.42.0.0/24", "mapPublicIpOnLaunch": True})
    internet = stack.add(INTERNET_GATEWAY, "internet", {"vpcId": vpc})
    table = stack.add(ROUTE_TABLE, "agent-table", {"vpcId": vpc})
    stack.add(TABLE_ASSOCIATION, "agent-association", {"subnetId": private, "routeTableId": table})
    gateway_table = stack.add(ROUTE_TABLE, "gateway-table", {"vpcId": vpc})
    stack.add(TABLE_ASSOCIATION, "gateway-association", {"subnetId": public, "routeTableId": gateway_table})
    stack.add(ROUTE, "gateway-default", {"routeTableId": gateway_table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": internet})
    stack.add(EIP, "gateway-address", {"domain": "vpc"})
    stack.add(SPOKE, "spoke", {"gwName": "spoke", "vpcId": vpc, "subnet": "10.42.0.0/24", "eip": Ref("gateway-address", "publicIp")})
    host = {
        "ami": "ami-0123456789abcdef0",
        "instanceType": "t3.large",
        "subnetId": private,
        "associatePublicIpAddress": False,
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled"},
        "tags": {"Role": "openclaw-agent-harness", "PolicyMode": mode},
    }
    stack.add(INSTANCE, "agent", host)
    selector = {"matchExpressions": [{"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}, {"cidr": "10.42.10.0/24"}]}
    source = stack.add(SMART_GROUP, "agent-workload", {"name": "agent-workload", "selector": selector})
    resolver = stack.add(SMART_GROUP, "resolver", {"name": "resolver", "selector": {"matchExpressions": [{"cidr": "10.42.0.2/32"}]}})
    shadow = web_group(stack, "shadow-models", *PROVIDERS)
    core = web_group(stack, "core", "openclaw.ai", "docs.openclaw.ai")
    watch = mode == "monitor"
    policies = [
        rule("shadow-model-deny", 10, "DENY", source, INTERNET, web=[shadow], watch=watch),
        rule("allow-vpc-dns-udp", 18, "PERMIT", source, resolver, protocol="UDP", port=53),
        rule("allow-core", 50, "PERMIT", source, INTERNET, web=[core]),
        rule("default-deny", 200, "DENY", source, ANYWHERE, protocol="ANY", port=None, watch=watch),
    ]
    if watch:
        policies.append(rule("monitor-permit", 210, "PERMIT", source, ANYWHERE, protocol="ANY", port=None))
    stack.add(POLICY_LIST, "rules", {"policies": policies})
    stack.add(DEFAULT_ACTION, "default-action", {"action": "DENY", "logging": True})
    return stack


def web_group(stack: Stack, name: str, *patterns: str) -> Ref:
    """Add a WebGroup of SNI patterns."""
    return stack.add(WEB_GROUP, name, {"name": name, "selector": {"matchExpressions": [{"snifilter": one} for one in patterns]}})


def rule(
    name: str,
    priority: int,
    action: str,
    source: Any,
    destination: Any,
    *,
    web: list[Any] | None = None,
    protocol: str = "TCP",
    port: int | None = 443,
    watch: bool = False,
) -> dict[str, Any]:
    """Return one rule as the Aviatrix resources take it."""
    made = {
        "name": name,
        "priority": priority,
        "action": action,
        "srcSmartGroups": [source],
        "dstSmartGroups": [destination],
        "protocol": protocol,
        "logging": True,
        "watch": watch,
    }
    if port is not None:
        made["portRanges"] = [{"lo": port, "hi": port}]
    return made | ({"webGroups": web} if web else {})
