"""Route tables, routes, and which table a subnet or a VPC uses."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any
from zlib import crc32

from containment.lab.providers.aws.resource import Resource, dig, names
from containment.lab.providers.handler import Call, Props, RefusedError

DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
TARGETS = names(
    "carrierGatewayId gatewayId natGatewayId networkInterfaceId transitGatewayId vpcEndpointId vpcPeeringConnectionId",
    egressOnlyGatewayId="EgressOnlyInternetGatewayId",
)
_INLINE = {
    "destinationCidrBlock": "cidrBlock",
    "destinationIpv6CidrBlock": "ipv6CidrBlock",
    "destinationPrefixListId": "destinationPrefixListId",
}


def live_routes(table: Props) -> list[Props]:
    """Return a table's routes by our names, without the local one, gateway endpoints' and propagated ones."""
    routes = []
    for each in table["Routes"]:
        gateway = each.get("GatewayId", "")
        if gateway == "local" or (gateway.startswith("vpce-") and "DestinationPrefixListId" in each):
            continue
        if each.get("Origin") == "EnableVgwRoutePropagation":
            continue
        routes.append({ours: each[aws] for ours, aws in {**DESTINATIONS, **TARGETS}.items() if each.get(aws)})
    return routes


def _destination(route: Props) -> Props:
    return {aws: route[ours] for ours, aws in DESTINATIONS.items() if route.get(ours)}


def _arguments(route: Props) -> Props:
    target = {aws: route[ours] for ours, aws in TARGETS.items() if route.get(ours)}
    if len(_destination(route)) != 1 or len(target) != 1:
        raise RefusedError(f"a route needs one destination and one target, not {route}")
    return _destination(route) | target


class RouteTable(Resource):
    """A route table; routes given inline are all it has, routes not given are left alone."""

    token = "aws:ec2/routeTable:RouteTable"
    sets = frozenset({"routes"})
    create_call, made = "create_route_table", "RouteTable.RouteTableId"
    find_call, find_by, found = "describe_route_tables", "RouteTableIds", "RouteTables.0"
    delete_call, id_arg = "delete_route_table", "RouteTableId"
    send = names("vpcId")
    show = names("vpcId ownerId")
    also_in_place = frozenset({"routes"})
    tagged, arn = "route-table", "arn:aws:ec2:{region}:{account}:route-table/{id}"

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the routes in the words of inline ones."""
        inline = [{_INLINE.get(key, key): value for key, value in route.items()} for route in live_routes(thing)]
        vpn = [each["GatewayId"] for each in thing.get("PropagatingVgws", ())]
        return super().props(call, ident, thing, state) | {"routes": inline, "propagatingVgws": vpn}

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Make the inline routes."""
        self.modify(call, ident, {"routes": []}, inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Make the routes what they should be."""
        if inputs.get("routes") is None:
            return
        old = {tuple(_destination(route).items()): route for route in map(self._outline, live["routes"])}
        new = {tuple(_destination(route).items()): route for route in map(self._outline, inputs["routes"])}
        for key in old.keys() - new.keys():
            self.ask(call, inputs, "delete_route", RouteTableId=ident, **dict(key))
        for key, route in new.items():
            if old.get(key) != route:
                self.ask(call, inputs, "replace_route" if key in old else "create_route", RouteTableId=ident, **_arguments(route))

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Take its subnets away first, as the real provider does."""
        if thing := self.find(call, ident, state):
            for each in thing["Associations"]:
                if not each.get("Main"):
                    self.ask(call, state, "disassociate_route_table", AssociationId=each["RouteTableAssociationId"])
            super().unmake(call, ident, state)

    @staticmethod
    def _outline(route: Props) -> Props:
        back = {inline: ours for ours, inline in _INLINE.items()}
        return {back.get(key, key): value for key, value in route.items() if value}


class DefaultRouteTable(RouteTable):
    """A VPC's own main route table, taken over: its routes become exactly the inline ones. Deleting it leaves it as it is."""

    token = "aws:ec2/defaultRouteTable:DefaultRouteTable"
    send = names()
    show = names("vpcId ownerId", defaultRouteTableId="RouteTableId")
    also = frozenset({"defaultRouteTableId"})

    def make(self, call: Call, inputs: Props) -> str:  # noqa: ARG002
        """Take it over."""
        return str(inputs["defaultRouteTableId"])

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Replace its routes and tags."""
        live = self.must_read(call, ident, inputs)
        self.modify(call, ident, live, {"routes": [], **inputs})
        self.retag(call, ident, live.get("tags") or {}, inputs.get("tags") or {}, inputs)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Leave it."""


class Route(Resource):
    """One route of a table. Its target is changed in place."""

    token = "aws:ec2/route:Route"
    also = frozenset({"routeTableId", *DESTINATIONS})
    also_in_place = frozenset(TARGETS)

    def make(self, call: Call, inputs: Props) -> str:
        """Make it."""
        arguments = _arguments(inputs)
        ident = f"r-{inputs['routeTableId']}{crc32(next(iter(_destination(inputs).values())).encode())}"
        self.ask(call, inputs, "create_route", RouteTableId=inputs["routeTableId"], **arguments)
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look for the destination in the table; an imported one is named `<table>_<destination>`."""
        table, _, destination = ident.partition("_")
        if not destination:
            table = state["routeTableId"]
            destination = next(iter(_destination(state).values()))
        answer = self.quietly(lambda: self.ask(call, state, "describe_route_tables", RouteTableIds=[table]))
        for each in answer["RouteTables"][0]["Routes"] if answer else ():
            if destination in (each.get(aws) for aws in DESTINATIONS.values()):
                return {**each, "RouteTableId": table}
        return None

    show = {**DESTINATIONS, **TARGETS, **names("routeTableId state origin instanceId instanceOwnerId")}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Point it elsewhere."""
        if any(live.get(key) != inputs.get(key) for key in TARGETS):
            self.ask(call, inputs, "replace_route", RouteTableId=inputs["routeTableId"], **_arguments(inputs))

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Delete it if it is still there."""
        if thing := self.find(call, ident, state):
            self.ask(call, state, "delete_route", RouteTableId=thing["RouteTableId"], **_destination(state))


class RouteTableAssociation(Resource):
    """Which table a subnet or a gateway uses."""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    create_call, made = "associate_route_table", "AssociationId"
    send = names("routeTableId subnetId gatewayId")
    show = names("routeTableId subnetId gatewayId")
    also_in_place = frozenset({"routeTableId"})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look for it by id, else (its id changes with its table) by its subnet or gateway."""
        wanted = {"SubnetId": state.get("subnetId"), "GatewayId": state.get("gatewayId")}
        for table in self.ask(call, state, "describe_route_tables")["RouteTables"]:
            for each in table["Associations"]:
                if each["RouteTableAssociationId"] == ident or any(value and each.get(key) == value for key, value in wanted.items()):
                    return dict(each)
        return None

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Swap the table without a moment between."""
        if live["routeTableId"] != inputs["routeTableId"] and (thing := self.find(call, ident, inputs)):
            args = {"AssociationId": thing["RouteTableAssociationId"], "RouteTableId": inputs["routeTableId"]}
            self.ask(call, inputs, "replace_route_table_association", **args)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Take it away if it is still there."""
        thing = self.find(call, ident, state)
        if thing and thing["RouteTableId"] == state.get("routeTableId", thing["RouteTableId"]):
            self.ask(call, state, "disassociate_route_table", AssociationId=thing["RouteTableAssociationId"])


class MainRouteTableAssociation(Resource):
    """Which table is a VPC's main one; deleting it puts the original back."""

    token = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
    also = frozenset({"vpcId"})
    also_in_place = frozenset({"routeTableId"})

    def make(self, call: Call, inputs: Props) -> str:
        """Swap the main table."""
        now = self._main(call, inputs)
        call.claim(now["RouteTableAssociationId"], originalRouteTableId=now["RouteTableId"])  # afterwards nothing says what it was
        answer = self._swap(call, inputs, now, inputs["routeTableId"])
        call.claim(answer)
        inputs["originalRouteTableId"] = now["RouteTableId"]
        return answer

    def find(self, call: Call, ident: str, state: Props) -> Props | None:  # noqa: ARG002
        """Look at the VPC's main association."""
        main, original = self._main(call, state) if state.get("vpcId") else None, state.get("originalRouteTableId")
        if main and main["RouteTableId"] == original != state.get("routeTableId"):
            return None  # put back: not ours any more
        return main and {**main, "vpcId": state["vpcId"], "originalRouteTableId": state.get("originalRouteTableId")}

    show = names(routeTableId="RouteTableId", vpcId="vpcId", originalRouteTableId="originalRouteTableId")

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Swap it again."""
        if live["routeTableId"] != inputs["routeTableId"]:
            self._swap(call, inputs, self._main(call, inputs), inputs["routeTableId"])

    def unmake(self, call: Call, ident: str, state: Props) -> None:  # noqa: ARG002
        """Put the original back."""
        now, original = self._main(call, state), state.get("originalRouteTableId")
        if now and original and now["RouteTableId"] != original:
            self._swap(call, state, now, original)

    def _main(self, call: Call, inputs: Props) -> Any:
        filters = [{"Name": "vpc-id", "Values": [inputs["vpcId"]]}, {"Name": "association.main", "Values": ["true"]}]
        answer = self.ask(call, inputs, "describe_route_tables", Filters=filters)
        return next((each for each in dig(answer, "RouteTables.0.Associations") or () if each.get("Main")), None)

    def _swap(self, call: Call, inputs: Props, now: Props, table: str) -> str:
        args = {"AssociationId": now["RouteTableAssociationId"], "RouteTableId": table}
        return str(self.ask(call, inputs, "replace_route_table_association", **args)["NewAssociationId"])


TYPES = (RouteTable, DefaultRouteTable, Route, RouteTableAssociation, MainRouteTableAssociation)
