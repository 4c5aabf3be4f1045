"""Security groups and network ACLs as EC2 describes them. IPv4 only: nothing in the lab passes over IPv6."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from containment.lab.world.deployed import AclEntry, Permission, SecurityGroup


def _ports(each: Mapping[str, Any]) -> tuple[int, int] | None:
    low, high = each.get("FromPort"), each.get("ToPort")
    return None if low is None or high is None or low < 0 else (int(low), int(high))


def group_of(each: Mapping[str, Any]) -> SecurityGroup:
    """Return a security group as EC2 describes it."""

    def allows(key: str) -> tuple[Permission, ...]:
        return tuple(
            Permission(
                one["IpProtocol"],
                _ports(one),
                tuple(IPv4Network(block["CidrIp"]) for block in one.get("IpRanges", ())),
                tuple(pair["GroupId"] for pair in one.get("UserIdGroupPairs", ())),
            )
            for one in each.get(key, ())
        )

    return SecurityGroup(each["GroupId"], allows("IpPermissions"), allows("IpPermissionsEgress"))


def acl_of(each: Mapping[str, Any]) -> tuple[AclEntry, ...]:
    """Return a network ACL's IPv4 lines, in number order."""
    entries = [
        AclEntry(
            int(one["RuleNumber"]),
            bool(one["Egress"]),
            one["RuleAction"] == "allow",
            str(one["Protocol"]),
            _acl_ports(one),
            IPv4Network(one["CidrBlock"]),
        )
        for one in each["Entries"]
        if one.get("CidrBlock")
    ]
    return tuple(sorted(entries, key=lambda entry: entry.number))


def _acl_ports(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    ports = entry.get("PortRange") or {}
    return (int(ports["From"]), int(ports["To"])) if "From" in ports and "To" in ports else None
