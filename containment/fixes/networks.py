"""Fixes for a wrong network: without host bits, of an allowed size, private and free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_network
from typing import Final

from containment.names import RFC1918

PRIVATE_RANGES: Final = ", ".join(map(str, RFC1918))
"""The private ranges, as messages list them."""

NOT_PROPOSED: Final = (IPv4Network("172.17.0.0/16"),)
"""Private networks that are never proposed: Docker's default bridge takes this one on every host that runs it."""

_WHOLE: Final = 16
"""Prefix length of the network that each stack gets (`Pulumi.<stack>.yaml`)."""


def read_network(text: str) -> IPv4Network | None:
    """Parse the IPv4 network that a text means, without host bits; return None when it means none."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def is_private(network: IPv4Network) -> bool:
    """Return whether a network lies inside one of the private ranges (RFC 1918)."""
    return any(network.subnet_of(block) for block in RFC1918)


def resize_network(network: IPv4Network, widest: int, narrowest: int) -> IPv4Network:
    """Return the nearest network of an allowed size: the first subnet of a wider one, or the supernet of a narrower one."""
    if network.prefixlen < widest:
        return IPv4Network((network.network_address, widest))
    return network.supernet(new_prefix=narrowest) if network.prefixlen > narrowest else network


def find_next_free(wanted: IPv4Network, taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """Return the first network of the size of `wanted` in a private /16 that nothing overlaps, None when there is none.

    The search goes upwards from `wanted`, then through the networks below it.
    """
    used = [*taken, *NOT_PROPOSED]
    return next(
        (
            IPv4Network((block.network_address, max(wanted.prefixlen, _WHOLE)))
            for block in _generate_blocks(wanted)
            if not any(block.overlaps(other) for other in used)
        ),
        None,
    )


def find_free_inside(ranges: Iterable[IPv4Network], taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """Return the first free /16 of some ranges, None when there is none; a range narrower than a /16 counts as one network."""
    used = list(taken)
    blocks = (block for one in ranges for block in ([one] if one.prefixlen > _WHOLE else one.subnets(new_prefix=_WHOLE)))
    return next((block for block in blocks if not any(block.overlaps(other) for other in used)), None)


def _generate_blocks(start: IPv4Network) -> Iterator[IPv4Network]:
    """Yield every private /16, first those from `start` upwards, then those below it."""
    blocks = [block for wide in RFC1918 for block in wide.subnets(new_prefix=_WHOLE)]
    later = [block for block in blocks if block.network_address >= start.network_address]
    yield from later
    yield from blocks[: len(blocks) - len(later)]


def find_free_network(text: str, taken: Iterable[IPv4Network], widest: int, narrowest: int) -> IPv4Network | None:
    """Return the free network nearest to the one that a stack file has.

    Args:
        text: the network as it is written, of any size, with or without host bits, or no network at all.
        taken: networks that the result must not overlap.
        widest: the shortest prefix length allowed.
        narrowest: the longest prefix length allowed.
    """
    used = list(taken)
    given = read_network(text)
    if given is None:
        return find_next_free(IPv4Network((RFC1918[0].network_address, widest)), used)
    if "/" not in text:  # an address alone: the widest network that starts there, else the one that contains it
        starts = [size for size in (widest, narrowest) if IPv4Network((given.network_address, size), strict=False)[0] == given[0]]
        given = IPv4Network((given.network_address, starts[0])) if starts else given
    found = resize_network(given, widest, narrowest)
    if not is_private(found):
        return find_next_free(IPv4Network((RFC1918[0].network_address, found.prefixlen)), used)
    return found if not any(found.overlaps(other) for other in used) else find_next_free(found, used)
