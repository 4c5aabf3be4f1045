"""Security groups and network ACLs from EC2's descriptions. IPv4 only: the lab passes no IPv6."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from containment_lab.vpc.deployed_vpc import AclEntry, Permission, SecurityGroup


def _parse_ports(each: Mapping[str, Any]) -> tuple[int, int] | None:
    low, high = each.get("FromPort"), each.get("ToPort")
    return None if low is None or high is None or low < 0 else (int(low), int(high))


def build_security_group(each: Mapping[str, Any]) -> SecurityGroup:
    """Return a security group from EC2's description."""

    def allows(key: str) -> tuple[Permission, ...]:
        return tuple(
            Permission(
                one["IpProtocol"],
                _parse_ports(one),
                tuple(IPv4Network(block["CidrIp"]) for block in one.get("IpRanges", ())),
                tuple(pair["GroupId"] for pair in one.get("UserIdGroupPairs", ())),
            )
            for one in each.get(key, ())
        )

    return SecurityGroup(each["GroupId"], allows("IpPermissions"), allows("IpPermissionsEgress"))


def build_acl(each: Mapping[str, Any]) -> tuple[AclEntry, ...]:
    """Return a network ACL's IPv4 entries in order of their numbers."""
    entries = [
        AclEntry(
            number=int(one["RuleNumber"]),
            egress=bool(one["Egress"]),
            allow=one["RuleAction"] == "allow",
            protocol=str(one["Protocol"]),
            ports=_parse_acl_ports(one),
            network=IPv4Network(one["CidrBlock"]),
        )
        for one in each["Entries"]
        if one.get("CidrBlock")
    ]
    return tuple(sorted(entries, key=lambda entry: entry.number))


def _parse_acl_ports(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    ports = entry.get("PortRange") or {}
    return (int(ports["From"]), int(ports["To"])) if "From" in ports and "To" in ports else None
