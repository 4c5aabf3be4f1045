"""Equivalence classes of transports: protocol and port. A WebGroup matches only over TCP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from containment.addresses.address_ranges import Range, split_into_segments
from containment.addresses.port_range import PortRange
from containment.analysis.classes.addresses import expand_parts
from containment.analysis.classes.dimension import EquivalenceClass
from containment.names import Protocol
from containment.policy.flow import Carrier

LAST_PORT: Final = 65535
_FAMILIAR: Final = (443, 80, 53, 22, 8443)
"""Well-known ports, preferred as a class's member."""


@dataclass(frozen=True, slots=True)
class Transport:
    """A protocol and, for TCP and UDP, a port."""

    protocol: Protocol | Carrier
    port: int | None


TransportPart = tuple[Protocol, tuple[PortRange, ...], bool]
"""Protocol, ports (none: every port) and whether a name is required, which only TCP carries."""


def build_transport_classes(
    parts: Sequence[TransportPart], masks: Sequence[int], marks: dict[Protocol | Carrier, int]
) -> list[EquivalenceClass[Transport]]:
    """Return the classes of transports.

    Args:
        parts: Distinct combinations of protocol, ports and required name.
        masks: For each part the boxes that have it, as bits.
        marks: Extra bits by protocol.
    """
    found: dict[tuple[int, int], Transport] = {}
    for protocol in (Protocol.TCP, Protocol.UDP):
        for low, high, held in split_into_segments([_find_ranges(part, protocol) for part in parts], 0, LAST_PORT):
            familiar = next((port for port in _FAMILIAR if low <= port <= high), None)
            key = (held, marks[protocol])
            if key not in found or (familiar is not None and found[key].protocol is protocol and found[key].port not in _FAMILIAR):
                found[key] = Transport(protocol, low if familiar is None else familiar)
    for portless in (Protocol.ICMP, Carrier.OTHER):
        held = sum(
            1 << index
            for index, (protocol, ports, named) in enumerate(parts)
            if protocol in (Protocol.ANY, portless) and not ports and not named
        )
        found.setdefault((held, marks[portless]), Transport(portless, None))
    return [EquivalenceClass(expand_parts(held, masks) | mark, (), transport) for (held, mark), transport in found.items()]


def _find_ranges(part: TransportPart, protocol: Protocol) -> list[Range]:
    named = part[2]
    if part[0] not in (Protocol.ANY, protocol) or (named and protocol is not Protocol.TCP):
        return []
    return [(ports.low, ports.high) for ports in part[1]] or [(0, LAST_PORT)]
