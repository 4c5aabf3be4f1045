"""Inventory of the AWS account: instances, subnets and VPCs with the tags and properties that SmartGroups select by.

Regions: the lab's default one and those of the Controller's gateways; traffic elsewhere never crosses a gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from containment_lab.cloud.clients import REGION, get_client
from containment_lab.controller.settings import Settings
from containment_lab.home import LabHome

GONE = ("shutting-down", "terminated")


@dataclass(frozen=True)
class Asset:
    """A resource of the account: `kind` and `properties` have the names that selectors use, `cidrs` are its addresses."""

    kind: str
    properties: Mapping[str, str]
    tags: Mapping[str, str]
    cidrs: tuple[str, ...]

    def is_selected_by(self, fields: Mapping[str, str]) -> bool:
        """Return whether it matches every field of a selector's expression."""
        own = {"type": self.kind, **self.properties, **{f"tags.{key}": value for key, value in self.tags.items()}}
        return all(own.get(key) == value for key, value in fields.items())


def read_assets(home: LabHome, settings: Settings, regions: Iterable[str]) -> tuple[Asset, ...]:
    """Read the account's current assets; raise botocore's errors when the cloud does not answer."""
    return tuple(
        asset for region in sorted({REGION, *regions}) for asset in _read_region(get_client(home, "ec2", region), settings, region)
    )


def _read_region(ec2: Any, settings: Settings, region: str) -> Iterator[Asset]:
    account = {"account_id": settings.account_number, "account_name": settings.account_name, "region": region}

    def asset(kind: str, ident: str, zone: str, found: Any, cidrs: Iterable[str]) -> Asset:
        tags = {each["Key"]: each["Value"] for each in found.get("Tags", ())}
        return Asset(kind, {**account, "res_id": ident, "zone": zone, "name": tags.get("Name", "")}, tags, tuple(cidrs))

    for page in ec2.get_paginator("describe_instances").paginate():
        for instance in (each for reservation in page["Reservations"] for each in reservation["Instances"]):
            if instance["State"]["Name"] not in GONE:
                zone = instance["Placement"]["AvailabilityZone"]
                yield asset("vm", instance["InstanceId"], zone, instance, _list_addresses(instance))
    for subnet in ec2.describe_subnets()["Subnets"]:
        yield asset("subnet", subnet["SubnetId"], subnet["AvailabilityZone"], subnet, [subnet["CidrBlock"]])
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        yield asset("vpc", vpc["VpcId"], "", vpc, [each["CidrBlock"] for each in vpc["CidrBlockAssociationSet"]])


def _list_addresses(instance: Any) -> Iterator[str]:
    for interface in instance["NetworkInterfaces"]:
        yield from (f"{each['PrivateIpAddress']}/32" for each in interface["PrivateIpAddresses"])
        yield from (f"{each['Ipv6Address']}/128" for each in interface.get("Ipv6Addresses", ()))
