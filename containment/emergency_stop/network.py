"""The network around stopped hosts: network ACLs, routes and security groups, each closed and given back.

Network ACLs: a changed security group leaves tracked connections alone (EC2 User Guide, "Security group connection tracking"); a network
ACL has no memory, so it cuts them too. A single host's subnet may have other agents, and an ACL sees a packet's sender only where it
arrives: so the host's address is denied at the other subnets, the gateway's and the endpoints'. When every host of a stack is stopped, its
subnets are. The entries have numbers below 100, where the program has none, and each is recognized by its address.

Routes: the Controller writes the agents' default route, to its gateway's interface. It may write it again after an audit of its own, so a
missing route is the last barrier, not the first. The agents' tags are left alone on purpose: outside of its SmartGroup an agent's packets
would meet the Controller's default action only. A route table that a running host uses keeps its routes. Each route is written to a tag of
its table before it is deleted, so that it can be written again.

Security groups: the program has one without rules in every VPC, as it takes all rules from the default one; where that group has rules,
nothing is moved to it. The former groups of an interface are written to a tag of it before anything changes, so that a stop that was killed
can be repeated, and undone, without the stack's state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from containment.emergency_stop.hosts import LiveHost, Target
from containment.emergency_stop.steps import Outcome, StepError

FIRST_OF_PROGRAM: Final = 100
"""The program's own entries begin here."""


def close_borders(ec2: Any, target: Target) -> tuple[Outcome, str]:
    """Deny the addresses of stopped hosts in every network ACL of their VPCs, both ways."""
    wanted = _find_networks(ec2, target)
    made = sum(_add_missing(ec2, acl, wanted) for acl in _list_acls(ec2, target))
    words = f"{', '.join(wanted)} denied in every network ACL of the VPC"
    return (Outcome.DONE, words) if made else (Outcome.ALREADY, words)


def open_borders(ec2: Any, target: Target) -> tuple[Outcome, str]:
    """Remove the entries of a stop, for the hosts and for their subnets; hosts that stay stopped are denied by their addresses."""
    wanted = {*_list_addresses(target.hosts), *_list_subnet_cidrs(ec2, target)}
    removed = 0
    for acl in _list_acls(ec2, target):
        _add_missing(ec2, acl, sorted(_list_addresses(target.stopped)))
        for each in list(_find_own(acl, wanted)):
            ec2.delete_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=each["RuleNumber"], Egress=each["Egress"])
            removed += 1
    return (Outcome.DONE, f"{removed} entries removed") if removed else (Outcome.ALREADY, "no entry denies the hosts")


def _find_networks(ec2: Any, target: Target) -> list[str]:
    is_alone = target.is_whole and not target.stopped
    return sorted(_list_subnet_cidrs(ec2, target) if is_alone else _list_addresses(target.hosts))


def _list_addresses(hosts: Iterable[LiveHost]) -> set[str]:
    return {f"{address}/32" for host in hosts for each in host.interfaces for address in each.addresses}


def _list_subnet_cidrs(ec2: Any, target: Target) -> set[str]:
    if not target.subnets:
        return set()
    return {each["CidrBlock"] for each in ec2.describe_subnets(SubnetIds=list(target.subnets))["Subnets"]}


def _list_acls(ec2: Any, target: Target) -> list[dict[str, Any]]:
    vpcs = sorted({host.vpc for host in target.hosts if host.vpc})
    if not vpcs:
        return []
    return list(ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": vpcs}])["NetworkAcls"])


def _add_missing(ec2: Any, acl: dict[str, Any], networks: Iterable[str]) -> int:
    """Deny networks in an ACL, both ways, and return the number of entries that were missing."""
    wanted = list(networks)
    present = {(each["CidrBlock"], each["Egress"]) for each in _find_own(acl, wanted)}
    missing = [(cidr, egress) for cidr in wanted for egress in (False, True) if (cidr, egress) not in present]
    for cidr, egress in missing:
        _add_entry(ec2, acl, cidr, egress=egress)
    return len(missing)


def _find_own(acl: dict[str, Any], wanted: Iterable[str]) -> Iterator[dict[str, Any]]:
    networks = set(wanted)
    for each in acl["Entries"]:
        if each["RuleNumber"] < FIRST_OF_PROGRAM and each["RuleAction"] == "deny" and each.get("CidrBlock") in networks:
            yield each


def _add_entry(ec2: Any, acl: dict[str, Any], cidr: str, *, egress: bool) -> None:
    """Add one entry under the first free number; another stop may take a number at the same time."""
    taken = {each["RuleNumber"] for each in acl["Entries"] if each["Egress"] is egress}
    for number in range(1, FIRST_OF_PROGRAM):
        if number in taken:
            continue
        taken.add(number)
        try:
            ec2.create_network_acl_entry(
                NetworkAclId=acl["NetworkAclId"], RuleNumber=number, Protocol="-1", RuleAction="deny", Egress=egress, CidrBlock=cidr
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "NetworkAclEntryAlreadyExists":
                continue
            raise
        acl["Entries"].append({"RuleNumber": number, "Egress": egress, "RuleAction": "deny", "CidrBlock": cidr})
        return
    raise StepError(f"{acl['NetworkAclId']} has no free number below {FIRST_OF_PROGRAM}: remove entries of earlier stops (--undo)")


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


TAG: Final = "ContainmentStoppedGroups"


def quarantine_host(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Move every interface of a host to the VPC's group without rules."""
    group = _find_empty_group(ec2, host.vpc)
    moved = []
    for each in host.interfaces:
        if each.groups == (group,):
            continue
        ec2.create_tags(Resources=[each.id], Tags=[{"Key": TAG, "Value": " ".join(each.groups)}])
        ec2.modify_network_interface_attribute(NetworkInterfaceId=each.id, Groups=[group])
        moved.append(each.id)
    if not moved:
        return Outcome.ALREADY, f"in {group}, which has no rules"
    return Outcome.DONE, f"{', '.join(moved)} moved to {group}, which has no rules"


def release_host(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Move every interface of a host back to the groups that its tag names."""
    moved = []
    for each in host.interfaces:
        former = each.tags.get(TAG, "").split()
        if not former:
            continue
        ec2.modify_network_interface_attribute(NetworkInterfaceId=each.id, Groups=former)
        ec2.delete_tags(Resources=[each.id], Tags=[{"Key": TAG}])
        moved.append(f"{each.id} to {' '.join(former)}")
    return (Outcome.DONE, f"moved back: {', '.join(moved)}") if moved else (Outcome.ALREADY, "no interface is in quarantine")


def _find_empty_group(ec2: Any, vpc: str) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    for each in groups:
        if not each.get("IpPermissions") and not each.get("IpPermissionsEgress"):
            return str(each["GroupId"])
    why = f"its default group {groups[0]['GroupId']} has rules" if groups else "it has no default group"
    raise StepError(f"{vpc} has no security group without rules: {why}; remove the rules, and run the command again")
