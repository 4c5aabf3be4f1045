"""The agent host of a stack: its instance id is read from the checkpoint and looked up in EC2.

The machine of a stack without an instance in its checkpoint (a scaling group, a fleet) is found by its tag, else by its network.
"""

from __future__ import annotations

import json
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containment.config.stack_name import find_closest
from containment.names import AgentTag, HostTag
from containment_lab.cloud.clients import get_client
from containment_lab.errors import Exit, HostNotFoundError
from containment_lab.formats.checkpoint_file import read_deployment
from containment_lab.home import LabHome
from containment_lab.vpc.inventory import GONE, HALTED, map_tags

_WHY = "the network is built around a deployed host"
_HOW = "bring it up first: containment lab up --stack"


@dataclass(frozen=True)
class Target:
    """The agent host, with its VPC and region."""

    stack: str
    instance: str
    vpc: str
    region: str


def find_target(home: LabHome, stack: str, agent: str = "", running: str = "") -> Target:
    """Return an agent host of a stack of this lab home; raise HostNotFoundError if there is none.

    Args:
        home: The lab home.
        stack: The stack.
        agent: The name of a vended agent; by default any host will do.
        running: The instance that the stack's network is running for, which is preferred while it exists; else the one started first.
    """
    machines, region = _find_machines(home, stack)
    if agent:
        return _find_agent(machines, stack, agent, region)
    first = min(machines, key=lambda each: (each["InstanceId"] != running, str(each.get("LaunchTime", "")) + each["InstanceId"]))
    return Target(stack=stack, instance=first["InstanceId"], vpc=first["VpcId"], region=region)


def _find_machines(home: LabHome, stack: str) -> tuple[list[dict[str, Any]], str]:
    """Return the running agent machines of a stack, and its region; raise HostNotFoundError if there is none."""
    resources = _read_resources(home, stack)
    region = next((each["inputs"].get("region") for each in resources if each["type"] == "pulumi:providers:aws"), None) or "us-east-1"
    ec2 = get_client(home, "ec2", region)
    existing = [
        each
        for page in ec2.describe_instances()["Reservations"]
        for each in page["Instances"]
        if each["State"]["Name"] not in GONE and "Aviatrix-Gateway" not in map_tags(each) and each.get("VpcId")
    ]
    running = [each for each in existing if each["State"]["Name"] not in HALTED]
    own = {each.get("id") for each in resources if each["type"] == "aws:ec2/instance:Instance"}
    vpcs = {each.get("id") for each in resources if each["type"] == "aws:ec2/vpc:Vpc"}
    tagged = [each for each in running if map_tags(each).get(HostTag.AGENT_STACK) == stack]
    for found in (
        [each for each in tagged if each["InstanceId"] in own],  # a stack's credential gateway is its own too, and is no agent
        [each for each in running if each["InstanceId"] in own],
        tagged,
        [each for each in running if each["VpcId"] in vpcs],
    ):
        if found:
            return found, region
    halted = [each["InstanceId"] for each in existing if each not in running and map_tags(each).get(HostTag.AGENT_STACK) == stack]
    if halted:
        how = f"containment stop --stack {stack} --undo --reason TEXT"
        raise HostNotFoundError(f"stack {stack!r} has stopped machines only ({', '.join(halted)})", why=_WHY, fix=f"let them return: {how}")
    raise HostNotFoundError(f"stack {stack!r} has no running machine in this lab ({home.root})", why=_WHY, fix=f"{_HOW} {stack}")


def _find_agent(machines: list[dict[str, Any]], stack: str, agent: str, region: str) -> Target:
    """Return the host of a vended agent by its tag."""
    named = {map_tags(each).get(AgentTag.NAME, ""): each for each in machines}
    if agent not in named:
        known = ", ".join(sorted(filter(None, named))) or "none: it has its single host"
        what = f"stack {stack!r} has no running host of an agent {agent!r} (agents: {known})"
        meant = find_closest(agent, [name for name in named if name])
        fix = f"write --agent {meant}" if meant else f"{_HOW} {stack}"
        raise HostNotFoundError(what, why=_WHY, fix=fix, exit_code=Exit.USAGE)
    return Target(stack=stack, instance=named[agent]["InstanceId"], vpc=named[agent]["VpcId"], region=region)


def call_controller(home: LabHome, path: str, method: str = "GET", body: bytes | None = None, timeout: float = 20) -> dict[str, Any]:
    """Send a request for one of the lab's paths (`/lab/...`) to the simulated Controller and return its answer."""
    context = ssl.create_default_context(cafile=str(home.controller_ca))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(f"https://127.0.0.1:{home.get_ports().controller}/lab/{path}", data=body, method=method)
    with opener.open(request, timeout=timeout) as answer:
        return dict(json.loads(answer.read()))


def select_gateways(held: dict[str, Any], vpc: str) -> dict[str, dict[str, Any]]:
    """Return the Controller's gateways in a VPC by instance id, including standby ones (high availability)."""
    out = {}
    for each in held["gateways"].values():
        if str(each.get("vpc_id", "")).partition("~~")[0] != vpc or not each.get("ready"):
            continue
        for one in (each, each.get("hagw_details") or {}):
            if one.get("cloudn_gateway_inst_id"):
                out[one["cloudn_gateway_inst_id"]] = each
    return out


def _read_resources(home: LabHome, stack: str) -> list[dict[str, Any]]:
    found: list[Path] = sorted((home.root / "stacks").glob(f"*/{stack}.json"))
    if not found:
        raise HostNotFoundError(f"stack {stack!r} does not exist in this lab ({home.root})", why=_WHY, fix=f"{_HOW} {stack}")
    return [each for path in found for each in read_deployment(path).get("resources", [])]
