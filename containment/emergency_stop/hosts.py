"""The hosts that a stop is about: found in the account by their tags, which a host's role cannot change, stopped and started."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from containment.emergency_stop.steps import Outcome, StepError
from containment.names import AgentTag, HostTag

ENDED: Final = frozenset({"terminated", "shutting-down"})
_HALTED: Final = frozenset({"stopped", "stopping"})


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of a host: its security groups, and its private addresses."""

    id: str
    subnet: str
    groups: tuple[str, ...]
    addresses: tuple[str, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveHost:
    """A host: its instance, state, network interfaces and instance profile ("" for none)."""

    instance: str
    agent: str
    state: str
    vpc: str
    interfaces: tuple[Interface, ...]
    profile: str

    @property
    def label(self) -> str:
        """The instance, with the agent's name where it has one."""
        return f"{self.instance} ({self.agent})" if self.agent else self.instance


@dataclass(frozen=True, slots=True)
class Target:
    """The hosts to stop; of the stack's other hosts, those that run, and those that an earlier stop has stopped."""

    stack: str
    agent: str
    hosts: tuple[LiveHost, ...]
    others: tuple[LiveHost, ...] = ()
    stopped: tuple[LiveHost, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every host of the stack is stopped, so that its subnets can be closed."""
        return not self.others

    @property
    def subnets(self) -> tuple[str, ...]:
        """The subnets of the stopped hosts."""
        return tuple(sorted({each.subnet for host in self.hosts for each in host.interfaces}))


def find_target(ec2: Any, stack: str, agent: str = "") -> Target:
    """Return the hosts of a stack, or of one of its agents; a terminated host is none.

    Args:
        ec2: EC2's client.
        stack: the stack.
        agent: the agent, "" for every host of the stack.
    """
    # The gateway has the stack's tag too; only hosts have a class.
    filters = [{"Name": f"tag:{HostTag.AGENT_STACK.value}", "Values": [stack]}, {"Name": "tag-key", "Values": [HostTag.AGENT_CLASS.value]}]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters)
    instances = [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]
    tags = _read_interface_tags(ec2, instances)
    found = [_build_host(each, tags) for each in instances if each["State"]["Name"] not in ENDED]
    chosen = tuple(each for each in found if not agent or each.agent == agent)
    rest = [each for each in found if each not in chosen]
    halted = [each for each in rest if each.state in _HALTED]
    return Target(stack=stack, agent=agent, hosts=chosen, others=tuple(each for each in rest if each not in halted), stopped=tuple(halted))


def _read_interface_tags(ec2: Any, instances: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return the tags of the instances' network interfaces, which EC2 does not list with an instance."""
    ids = [each["NetworkInterfaceId"] for one in instances for each in one.get("NetworkInterfaces") or ()]
    if not ids:
        return {}
    pages = ec2.get_paginator("describe_network_interfaces").paginate(NetworkInterfaceIds=ids)
    return {each["NetworkInterfaceId"]: _read_tags(each, "TagSet") for page in pages for each in page["NetworkInterfaces"]}


def _build_host(instance: Mapping[str, Any], tags: Mapping[str, Mapping[str, str]]) -> LiveHost:
    interfaces = tuple(
        Interface(
            id=each["NetworkInterfaceId"],
            subnet=each.get("SubnetId") or instance.get("SubnetId", ""),
            groups=tuple(one["GroupId"] for one in each.get("Groups") or ()),
            addresses=tuple(one["PrivateIpAddress"] for one in each.get("PrivateIpAddresses") or ()) or (each["PrivateIpAddress"],),
            tags=tags.get(each["NetworkInterfaceId"], {}),
        )
        for each in instance.get("NetworkInterfaces") or ()
    )
    return LiveHost(
        instance=instance["InstanceId"],
        agent=_read_tags(instance).get(AgentTag.NAME.value, ""),
        state=instance["State"]["Name"],
        vpc=instance.get("VpcId", ""),
        interfaces=interfaces,
        profile=str((instance.get("IamInstanceProfile") or {}).get("Arn", "")).rpartition("/")[2],
    )


def _read_tags(thing: Mapping[str, Any], key: str = "Tags") -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in thing.get(key) or ()}


_PAUSE = 2.0


def stop_instance(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Stop a host at once: `Force` does not wait for its operating system, which is the agent's to delay."""
    if host.state == "stopped":
        return Outcome.ALREADY, "stopped"
    ec2.stop_instances(InstanceIds=[host.instance], Force=True)
    return Outcome.DONE, f"was {host.state}, and is stopping"


def start_instance(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Start a stopped host again."""
    if host.state in ("running", "pending"):
        return Outcome.ALREADY, host.state
    ec2.start_instances(InstanceIds=[host.instance])
    return Outcome.DONE, f"was {host.state}, and is starting"


def await_stopped(ec2: Any, host: LiveHost, seconds: float, pause: float = _PAUSE) -> str:
    """Return the state in which a host has ended; raise StepError if it has not within some seconds."""
    until = time.monotonic() + seconds
    while True:
        found = ec2.describe_instances(InstanceIds=[host.instance])["Reservations"][0]["Instances"][0]["State"]["Name"]
        if found == "stopped" or found in ENDED:
            return str(found)
        if time.monotonic() >= until:
            raise StepError(f"is {found} after {seconds:g} s: run the command again, which waits again")
        time.sleep(pause)
