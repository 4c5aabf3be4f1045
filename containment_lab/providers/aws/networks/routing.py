"""Route tables, routes, and their associations with subnets and VPCs."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any
from zlib import crc32

from containment_lab.providers.aws.resource import Resource, dig, map_names
from containment_lab.providers.handler import Call, Props, RefusedError

DESTINATIONS = map_names("destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId")
TARGETS = map_names(
    "carrierGatewayId gatewayId natGatewayId networkInterfaceId transitGatewayId vpcEndpointId vpcPeeringConnectionId",
    egressOnlyGatewayId="EgressOnlyInternetGatewayId",
)
_INLINE = {
    "destinationCidrBlock": "cidrBlock",
    "destinationIpv6CidrBlock": "ipv6CidrBlock",
    "destinationPrefixListId": "destinationPrefixListId",
}


def extract_routes(table: Props) -> list[Props]:
    """Return a table's routes with Pulumi's names, without the local one, gateway endpoints' and propagated ones."""
    routes = []
    for each in table["Routes"]:
        gateway = each.get("GatewayId", "")
        if gateway == "local" or (gateway.startswith("vpce-") and "DestinationPrefixListId" in each):
            continue
        if each.get("Origin") == "EnableVgwRoutePropagation":
            continue
        routes.append({ours: each[aws] for ours, aws in {**DESTINATIONS, **TARGETS}.items() if each.get(aws)})
    return routes


def _encode_destination(route: Props) -> Props:
    return {aws: route[ours] for ours, aws in DESTINATIONS.items() if route.get(ours)}


def _encode_route(route: Props) -> Props:
    target = {aws: route[ours] for ours, aws in TARGETS.items() if route.get(ours)}
    if len(_encode_destination(route)) != 1 or len(target) != 1:
        raise RefusedError(f"a route needs one destination and one target, not {route}")
    return _encode_destination(route) | target


class RouteTable(Resource):
    """A route table; given inline routes are exclusive, unset ones are left alone."""

    token = "aws:ec2/routeTable:RouteTable"
    sets = frozenset({"routes"})
    kind = "RouteTable"
    send = map_names("vpcId")
    show = map_names("vpcId ownerId")
    also_in_place = frozenset({"routes"})
    unfinished: Props = {"routes": []}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the routes in the form of inline ones."""
        inline = [{_INLINE.get(key, key): value for key, value in route.items()} for route in extract_routes(thing)]
        vpn = [each["GatewayId"] for each in thing.get("PropagatingVgws", ())]
        return super().build_outputs(call, ident, thing, state) | {"routes": inline, "propagatingVgws": vpn}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Make the live routes equal to the inputs."""
        if inputs.get("routes") is None:
            return
        old = {tuple(_encode_destination(route).items()): route for route in map(self._decode_route, live["routes"])}
        new = {tuple(_encode_destination(route).items()): route for route in map(self._decode_route, inputs["routes"])}
        for key in old.keys() - new.keys():
            self.call_aws(call, inputs, "delete_route", RouteTableId=ident, **dict(key))
        for key, route in new.items():
            if old.get(key) != route:
                self.call_aws(call, inputs, "replace_route" if key in old else "create_route", RouteTableId=ident, **_encode_route(route))

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Disassociate its subnets, then delete it, as the real provider does."""
        for each in thing["Associations"]:
            if not each.get("Main"):
                self.call_aws(call, state, "disassociate_route_table", AssociationId=each["RouteTableAssociationId"])
        super().unmake(call, ident, thing, state)

    @staticmethod
    def _decode_route(route: Props) -> Props:
        back = {inline: ours for ours, inline in _INLINE.items()}
        return {back.get(key, key): value for key, value in route.items() if value}


class DefaultRouteTable(RouteTable):
    """A VPC's main route table, adopted: its routes become exactly the inline ones. Deletion leaves it unchanged."""

    token = "aws:ec2/defaultRouteTable:DefaultRouteTable"
    send = map_names()
    show = map_names("vpcId ownerId", defaultRouteTableId="RouteTableId")
    also = frozenset({"defaultRouteTableId"})

    def make(self, call: Call, inputs: Props) -> str:  # noqa: ARG002
        """Return the id of the VPC's main table."""
        return str(inputs["defaultRouteTableId"])

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Replace its routes and tags."""
        live = self.require_live(call, ident, inputs)
        self.modify(call, ident, live, {"routes": [], **inputs})
        self.retag(call, ident, live.get("tags") or {}, inputs.get("tags") or {}, inputs)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Leave the table unchanged."""


class Route(Resource):
    """One route of a table. Its target is changed in place."""

    token = "aws:ec2/route:Route"
    also = frozenset({"routeTableId", *DESTINATIONS})
    also_in_place = frozenset(TARGETS)

    def make(self, call: Call, inputs: Props) -> str:
        """Create the route."""
        arguments = _encode_route(inputs)
        ident = f"r-{inputs['routeTableId']}{crc32(next(iter(_encode_destination(inputs).values())).encode())}"
        self.call_aws(call, inputs, "create_route", RouteTableId=inputs["routeTableId"], **arguments)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the route to the destination in the table; an imported one is named `<table>_<destination>`."""
        table, _, destination = ident.partition("_")
        if not destination:
            table = state["routeTableId"]
            destination = next(iter(_encode_destination(state).values()))
        answer = self.try_call(lambda: self.call_aws(call, state, "describe_route_tables", RouteTableIds=[table]))
        for each in answer["RouteTables"][0]["Routes"] if answer else ():
            if destination in (each.get(aws) for aws in DESTINATIONS.values()):
                return {**each, "RouteTableId": table}
        return None

    show = {**DESTINATIONS, **TARGETS, **map_names("routeTableId state origin instanceId instanceOwnerId")}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Replace the target."""
        if any(live.get(key) != inputs.get(key) for key in TARGETS):
            self.call_aws(call, inputs, "replace_route", RouteTableId=inputs["routeTableId"], **_encode_route(inputs))

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Delete the route if it still exists."""
        self.call_aws(call, state, "delete_route", RouteTableId=thing["RouteTableId"], **_encode_destination(state))


class RouteTableAssociation(Resource):
    """The association of a table with a subnet or a gateway."""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    create_call, made = "associate_route_table", "AssociationId"
    send = show = map_names("routeTableId subnetId gatewayId")
    also_in_place = frozenset({"routeTableId"})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the association by id, else (its id changes with its table) by its subnet or gateway."""
        wanted = {"SubnetId": state.get("subnetId"), "GatewayId": state.get("gatewayId")}
        for table in self.call_aws(call, state, "describe_route_tables")["RouteTables"]:
            for each in table["Associations"]:
                if each["RouteTableAssociationId"] == ident or any(value and each.get(key) == value for key, value in wanted.items()):
                    return dict(each)
        return None

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Replace the table without an interruption."""
        if live["routeTableId"] != inputs["routeTableId"] and (thing := self.find(call, ident, inputs)):
            args = {"AssociationId": thing["RouteTableAssociationId"], "RouteTableId": inputs["routeTableId"]}
            self.call_aws(call, inputs, "replace_route_table_association", **args)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Delete the association if it still exists."""
        if thing["RouteTableId"] == state.get("routeTableId", thing["RouteTableId"]):
            self.call_aws(call, state, "disassociate_route_table", AssociationId=thing["RouteTableAssociationId"])


class MainRouteTableAssociation(Resource):
    """The main table of a VPC; deletion restores the original one."""

    token = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
    also = frozenset({"vpcId"})
    also_in_place = frozenset({"routeTableId"})

    def make(self, call: Call, inputs: Props) -> str:
        """Replace the main table."""
        now = self._main(call, inputs)
        call.claim(now["RouteTableAssociationId"], originalRouteTableId=now["RouteTableId"])  # the original table cannot be read back later
        answer = self._swap(call, inputs, now, inputs["routeTableId"])
        inputs["originalRouteTableId"] = now["RouteTableId"]
        return answer

    def find(self, call: Call, ident: str, state: Props) -> Props | None:  # noqa: ARG002
        """Return the VPC's main association."""
        main, original = self._main(call, state) if state.get("vpcId") else None, state.get("originalRouteTableId")
        if main and main["RouteTableId"] == original != state.get("routeTableId"):
            return None  # restored: no longer this resource's
        return main and {**main, "vpcId": state["vpcId"], "originalRouteTableId": state.get("originalRouteTableId")}

    show = map_names(routeTableId="RouteTableId", vpcId="vpcId", originalRouteTableId="originalRouteTableId")

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Replace the main table again."""
        if live["routeTableId"] != inputs["routeTableId"]:
            self._swap(call, inputs, self._main(call, inputs), inputs["routeTableId"])

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Restore the original table."""
        now, original = self._main(call, state), state.get("originalRouteTableId")
        if now and original and now["RouteTableId"] != original:
            self._swap(call, state, now, original)

    def _main(self, call: Call, inputs: Props) -> Any:
        filters = [{"Name": "vpc-id", "Values": [inputs["vpcId"]]}, {"Name": "association.main", "Values": ["true"]}]
        answer = self.call_aws(call, inputs, "describe_route_tables", Filters=filters)
        return next((each for each in dig(answer, "RouteTables.0.Associations") or () if each.get("Main")), None)

    def _swap(self, call: Call, inputs: Props, now: Props, table: str) -> str:
        args = {"AssociationId": now["RouteTableAssociationId"], "RouteTableId": table}
        return str(self.call_aws(call, inputs, "replace_route_table_association", **args)["NewAssociationId"])


TYPES = (RouteTable, DefaultRouteTable, Route, RouteTableAssociation, MainRouteTableAssociation)
