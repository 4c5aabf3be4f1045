"""The hosts that a stop is about, as the account has them now: found by their tags, which a host's role cannot change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

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
