"""Take the routes out of the subnets of stopped hosts, and write them again.

The Controller writes the agents' default route, to its gateway's interface. It may write it again after an audit of its own, so a missing
route is the last barrier, not the first. The agents' tags are left alone on purpose: outside of its SmartGroup an agent's packets would
meet the Controller's default action only. A route table that a running host uses keeps its routes.

Each route is written to a tag of its table before it is deleted, so that it can be written again.
"""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

from containment.emergency_stop.hosts import Target
from containment.emergency_stop.steps import Outcome, StepError

PREFIX: Final = "ContainmentStoppedRoute/"
_KINDS: Final = {
    "NetworkInterfaceId": "eni",
    "NatGatewayId": "nat",
    "TransitGatewayId": "tgw",
    "VpcPeeringConnectionId": "pcx",
    "GatewayId": "gateway",
}
"""Fields of a route's target -> the word for it in a tag."""


def remove_routes(ec2: Any, target: Target) -> tuple[Outcome, str]:
    """Delete every IPv4 route of the stopped hosts' route tables that leads out of the VPC."""
    if target.others:
        names = ", ".join(each.label for each in target.others)
        return Outcome.SKIPPED, f"the route tables are those of running hosts too ({names}); the network ACLs deny this host"
    removed, unknown = [], []
    for table in _list_tables(ec2, target):
        for route in table["Routes"]:
            found = _describe_target(route)
            if found is None:
                continue
            destination = route.get("DestinationCidrBlock")
            if not destination or not found:
                unknown.append(f"{table['RouteTableId']}: {destination or route.get('DestinationIpv6CidrBlock') or 'prefix list'}")
                continue
            tag = {"Key": f"{PREFIX}{destination}", "Value": found}
            ec2.create_tags(Resources=[table["RouteTableId"]], Tags=[tag])
            ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=destination)
            removed.append(f"{destination} by {found.partition(' ')[2]}")
    if unknown:
        raise StepError(f"routes of a kind that is not known here remain: {'; '.join(unknown)}; delete them by hand")
    return (Outcome.DONE, f"removed: {', '.join(removed)}") if removed else (Outcome.ALREADY, "no route leads out")


def restore_routes(ec2: Any, target: Target) -> tuple[Outcome, str]:
    """Write the routes that a stop has deleted, from the tags of their tables."""
    written = []
    for table in _list_tables(ec2, target):
        for tag in table.get("Tags") or ():
            if not tag["Key"].startswith(PREFIX):
                continue
            destination = tag["Key"].removeprefix(PREFIX)
            kind, _, ident = tag["Value"].partition(" ")
            field = next((field for field, word in _KINDS.items() if word == kind), None)
            if field is None or not ident:
                raise StepError(f"{table['RouteTableId']}: the tag {tag['Key']} names no target: write the route by hand")
            try:
                ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=destination, **{field: ident})
            except ClientError as error:
                if error.response["Error"]["Code"] != "RouteAlreadyExists":  # the Controller has written it again
                    raise
            ec2.delete_tags(Resources=[table["RouteTableId"]], Tags=[{"Key": tag["Key"]}])
            written.append(destination)
    return (Outcome.DONE, f"written again: {', '.join(written)}") if written else (Outcome.ALREADY, "no route was removed by a stop")


def _list_tables(ec2: Any, target: Target) -> list[dict[str, Any]]:
    """Return the route tables of the hosts' subnets: the associated one, else the VPC's main one."""
    vpcs = sorted({host.vpc for host in target.hosts if host.vpc})
    if not vpcs:
        return []
    found = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": vpcs}])["RouteTables"]
    wanted = set(target.subnets)
    associated = {one["SubnetId"] for table in found for one in table.get("Associations") or () if one.get("SubnetId")}
    own = [table for table in found if wanted & {one.get("SubnetId") for one in table.get("Associations") or ()}]
    if wanted - associated:
        own += [table for table in found if table not in own and any(one.get("Main") for one in table.get("Associations") or ())]
    return own


def _describe_target(route: dict[str, Any]) -> str | None:
    """Return the target of a route for its tag; None for a local or an endpoint's route, "" for a target of an unknown kind."""
    gateway = str(route.get("GatewayId") or "")
    if gateway == "local" or gateway.startswith("vpce-"):
        return None
    for field, word in _KINDS.items():
        if route.get(field):
            return f"{word} {route[field]}"
    return ""
