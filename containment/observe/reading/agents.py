"""Find the agent's side of a flow: VPC flow logs have both directions, and the addresses of other machines."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from containment.names import RFC1918

PRIVATE: Final = (*RFC1918, ip_network("100.64.0.0/10"), ip_network("fc00::/7"))
"""Networks in which agents are looked for where no stack names its subnets."""
_FIRST_EPHEMERAL: Final = 1024


@dataclass(frozen=True)
class AgentNetworks:
    """The networks of the agents' hosts."""

    networks: tuple[IPv4Network | IPv6Network, ...] = PRIVATE

    @classmethod
    def of(cls, networks: Iterable[IPv4Network | IPv6Network]) -> AgentNetworks:
        """Return the given networks, or all private ones if there are none."""
        return cls(tuple(networks) or PRIVATE)

    @functools.lru_cache(maxsize=65536)  # noqa: B019 - one instance per run
    def has(self, address: IPv4Address | IPv6Address) -> bool:
        """Return whether an address is an agent's."""
        return any(address in network for network in self.networks)


def is_answer(source_is_agent: bool, destination_is_agent: bool, source_port: int, port: int) -> bool:
    """Return whether a flow is the answer to an agent's: its destination is the agent, or its source port is a service's."""
    if source_is_agent and destination_is_agent:
        return source_port < _FIRST_EPHEMERAL <= port
    return destination_is_agent and not source_is_agent
