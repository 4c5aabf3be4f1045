"""Holes generated from tables: every target of a route, by every way to declare it; every id of another program.

The targets are read from the installed pulumi-aws, so an upgrade that adds one adds its holes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pulumi_aws as aws

from policypack.facts.network.other_programs import (
    FOREIGN_ANSWERERS,
    FOREIGN_BALANCERS,
    FOREIGN_DOORS,
    FOREIGN_GROUPS,
    FOREIGN_INTERFACES,
    FOREIGN_NAMES,
    FOREIGN_ROUTING,
)
from policypack.facts.routing.route import NO_TARGETS
from policypack.graph.known_types import DEFAULT_ROUTE_TABLE, PREFIX_LIST, ROUTE
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import GATEWAY, TABLE, VPC, Add, Change, Mutant, Set
from tests.policypack.mutants.program import Ref
from tests.policypack.mutants.type_table import nested

NAT: Final = "agent-subnet-has-no-nat-route"
JOINS: Final = "agent-subnet-joins-no-other-network"
_ASSOCIATION: Final = "network-agent-rta-0"
_ALWAYS_OUT: Final = ("natGatewayId", "egressOnlyGatewayId", "carrierGatewayId")
_ELSEWHERE: Final = "10.200.0.0/16"
_DESTINATIONS: Final = ("128.0.0.0/1", "198.51.100.7/32", "::/0", UNKNOWN)
_SAMPLED: Final = ("natGatewayId", "transitGatewayId", "networkInterfaceId")


def find_targets() -> tuple[str, ...]:
    """Return every property of a route that sends packets somewhere, as the installed provider names them, and a made-up one."""
    kinds = (aws.ec2.RouteArgs, aws.ec2.RouteTableRouteArgs, aws.ec2.DefaultRouteTableRouteArgs)
    names = {_to_camel(name) for kind in kinds for name in kind.__init__.__annotations__ if name != "return"}
    return tuple(sorted({*(names - NO_TARGETS), "instanceId", "wormholeId"}))


def generated() -> Iterator[Mutant]:
    """Yield the holes; they are the same in every stack."""
    for target in find_targets():
        for way in _WAYS:
            yield _routed(way, "0.0.0.0/0", target, f"{target}-0a")
            yield _routed(way, _ELSEWHERE, target, f"{target}-0a")
        yield _routed("route", "0.0.0.0/0", target, UNKNOWN)
        yield _routed("route", "0.0.0.0/0", target, Ref(GATEWAY, "notAnOutput"))
    for destination in _DESTINATIONS:
        for target in _SAMPLED:
            for way in _WAYS:
                yield _routed(way, destination, target, f"{target}-0a")
    yield _through_a_list("0.0.0.0/1", "128.0.0.0/1")
    yield _through_a_list("10.0.0.0/8", "8.0.0.0/7")
    yield from _of_others()


def _routed(way: str, destination: Any, target: str, value: Any) -> Mutant:
    is_private = destination == _ELSEWHERE and target not in _ALWAYS_OUT
    changes = _WAYS[way](destination, target, value)
    shown = "made-from-gateway" if isinstance(value, Ref) else "unknown" if value is UNKNOWN else "literal"
    where = changes[-1].name
    return Mutant(f"generated/{way}/{target}/{shown}/{destination}", JOINS if is_private else NAT, changes, where=where)


def _route(destination: Any, target: str, value: Any) -> tuple[Change, ...]:
    key = "destinationIpv6CidrBlock" if destination == "::/0" else "destinationCidrBlock"
    return (Add(ROUTE, {"routeTableId": Ref(TABLE), key: destination, target: value}),)


def _block(destination: Any, target: str, value: Any) -> list[dict[str, Any]]:
    return [{"ipv6CidrBlock" if destination == "::/0" else "cidrBlock": destination, target: value}]


def _inline(destination: Any, target: str, value: Any) -> tuple[Change, ...]:
    return (Set(TABLE, "routes", [{"cidrBlock": "10.0.0.0/16", "gatewayId": "local"}, *_block(destination, target, value)]),)


def _default_table(destination: Any, target: str, value: Any) -> tuple[Change, ...]:
    table = {"defaultRouteTableId": Ref(VPC, "defaultRouteTableId"), "routes": _block(destination, target, value)}
    return (Set(_ASSOCIATION, "routeTableId", Ref(VPC, "defaultRouteTableId")), Add(DEFAULT_ROUTE_TABLE, table))


_WAYS: Final = {"route": _route, "inline": _inline, "default-table": _default_table}


def _through_a_list(*entries: str) -> Mutant:
    listed = Add(PREFIX_LIST, {"name": "list", "entries": [{"cidr": one} for one in entries]}, "list")
    route = {"routeTableId": Ref(TABLE), "destinationPrefixListId": Ref("list"), "transitGatewayId": "tgw-0a"}
    return Mutant(f"generated/prefix-list/{'+'.join(entries)}", NAT, (listed, Add(ROUTE, route)), where="extra")


def _of_others() -> Iterator[Mutant]:
    rules = {
        NAT: FOREIGN_ROUTING,
        "agent-host-takes-no-ingress": FOREIGN_GROUPS,
        "agent-host-has-no-way-in": {**FOREIGN_INTERFACES, **FOREIGN_BALANCERS, **FOREIGN_DOORS},
        "dns-firewall-is-closed": FOREIGN_NAMES,
        "dns-stays-with-the-resolver": FOREIGN_ANSWERERS,
    }
    for rule, handles in rules.items():
        for kind, listed in handles.items():
            for handle in listed:
                inputs = nested(handle.path, "id-0123456789abcdef0")
                yield Mutant(f"generated/of-another-program/{kind}/{handle.path}", rule, (Add(kind, inputs),))


def _to_camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
