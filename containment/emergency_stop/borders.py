"""Close the network ACLs around stopped hosts.

A changed security group leaves tracked connections alone (EC2 User Guide, "Security group connection tracking"); a network ACL has no
memory, so it cuts them too. A single host's subnet may have other agents, and an ACL sees a packet's sender only where it arrives: so the
host's address is denied at the other subnets, the gateway's and the endpoints'. When every host of a stack is stopped, its subnets are.
The entries have numbers below 100, where the program has none, and each is recognized by its address.
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
