"""Which deployed machine a stack's world is about: found in the stack's checkpoint, then looked up in EC2.

A stack that made no machine of its own but a network (a scaling group, a fleet) is looked up by its tag, then by its network.
"""

from __future__ import annotations

import json
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containment.lab.cloud.clients import client
from containment.lab.formats.checkpoint import read_deployment
from containment.lab.home import LabHome
from containment.lab.world.inventory import GONE, tags_of
from containment.model.names import HostTag

_HOW = "bring it up first: containment lab up --stack"


class NoWorldError(Exception):
    """There is nothing to build a world of; the text says why and what to do."""


@dataclass(frozen=True)
class Target:
    """The machine that is looked at, and where it is."""

    stack: str
    instance: str
    vpc: str
    region: str


def find_target(home: LabHome, stack: str) -> Target:
    """Return the agent host of a stack of this lab home; raises NoWorldError."""
    resources = _resources(home, stack)
    region = next((each["inputs"].get("region") for each in resources if each["type"] == "pulumi:providers:aws"), None) or "us-east-1"
    ec2 = client(home, "ec2", region)
    running = [
        each
        for page in ec2.describe_instances()["Reservations"]
        for each in page["Instances"]
        if each["State"]["Name"] not in GONE and "Aviatrix-Gateway" not in tags_of(each) and each.get("VpcId")
    ]
    own = {each.get("id") for each in resources if each["type"] == "aws:ec2/instance:Instance"}
    vpcs = {each.get("id") for each in resources if each["type"] == "aws:ec2/vpc:Vpc"}
    for found in (
        [each for each in running if each["InstanceId"] in own],
        [each for each in running if tags_of(each).get(HostTag.AGENT_STACK) == stack],
        [each for each in running if each["VpcId"] in vpcs],
    ):
        if found:
            first = min(found, key=lambda each: str(each.get("LaunchTime", "")) + each["InstanceId"])
            return Target(stack, first["InstanceId"], first["VpcId"], region)
    raise NoWorldError(f"stack {stack!r} has no running machine in this lab ({home.root}); {_HOW} {stack}")


def ask_controller(home: LabHome, path: str, method: str = "GET", body: bytes | None = None) -> dict[str, Any]:
    """Ask the lab's Controller one of the lab's own questions (`/lab/...`)."""
    context = ssl.create_default_context(cafile=str(home.controller_ca))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(f"https://127.0.0.1:{home.ports().controller}/lab/{path}", data=body, method=method)
    with opener.open(request, timeout=20) as answer:
        return dict(json.loads(answer.read()))


def gateways_in(held: dict[str, Any], vpc: str) -> dict[str, dict[str, Any]]:
    """Return the Controller's gateways in a VPC by instance id; standby ones (high availability) too."""
    out = {}
    for each in held["gateways"].values():
        if str(each.get("vpc_id", "")).partition("~~")[0] != vpc or not each.get("ready"):
            continue
        for one in (each, each.get("hagw_details") or {}):
            if one.get("cloudn_gateway_inst_id"):
                out[one["cloudn_gateway_inst_id"]] = each
    return out


def _resources(home: LabHome, stack: str) -> list[dict[str, Any]]:
    found: list[Path] = sorted((home.root / "stacks").glob(f"*/{stack}.json"))
    if not found:
        raise NoWorldError(f"stack {stack!r} does not exist in this lab ({home.root}); {_HOW} {stack}")
    return [each for path in found for each in read_deployment(path).get("resources", [])]
