"""Permits that are too wide, generated: each kind of destination with each extent of protocol and ports, in every combination.

A row of `DESTINATIONS` is a destination and the rule that refuses a permit to it; a row of `EXTENTS` is protocol and ports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.policypack.mutants.mutant import ANYWHERE, INTERNET, RULES, Mutant, Set
from tests.policypack.mutants.program import Ref
from tests.policypack.mutants.rule_blocks import group, rule

_NARROW: Final = "permits-are-narrow"
_EAST_WEST: Final = "east-west-is-denied"
_DNS: Final = "external-dns-is-denied"

DESTINATIONS: Final[dict[str, tuple[str, tuple[dict[str, Any], ...]]]] = {
    "public-block": (_NARROW, ({"cidr": "52.1.0.0/16"},)),
    "public-host": (_NARROW, ({"cidr": "8.8.8.8/32"},)),
    "half-the-internet": (_NARROW, ({"cidr": "128.0.0.0/1"},)),
    "private-and-more": (_NARROW, ({"cidr": "10.0.0.0/7"},)),
    "a-host-and-the-internet": (_NARROW, ({"cidr": "10.9.8.7/32"}, {"cidr": "1.1.1.1/32"})),
    "carrier-grade-nat": (_NARROW, ({"cidr": "100.64.0.0/10"},)),
    "link-local": (_NARROW, ({"cidr": "169.254.0.0/16"},)),
    "metadata": (_NARROW, ({"cidr": "169.254.169.254/32"},)),
    "loopback": (_NARROW, ({"cidr": "127.0.0.0/8"},)),
    "this-network": (_NARROW, ({"cidr": "0.0.0.0/8"},)),
    "multicast": (_NARROW, ({"cidr": "224.0.0.0/4"},)),
    "reserved": (_NARROW, ({"cidr": "240.0.0.0/4"},)),
    "documentation": (_NARROW, ({"cidr": "203.0.113.0/24"},)),
    "benchmarking": (_NARROW, ({"cidr": "198.18.0.0/15"},)),
    "site2cloud": (_NARROW, ({"s2c": "office"},)),
    "domain-name": (_NARROW, ({"fqdn": "files.example.com"},)),
    "country": (_NARROW, ({"external": "geo", "extArgs": {"country_iso_code": "SE"}},)),
    "cloud-feed": (_NARROW, ({"external": "azureips"},)),
    "threat-feed": (_NARROW, ({"external": "threatiq", "extArgs": {"severity": "major"}},)),
    "site": (_EAST_WEST, ({"site": "office"},)),
    "private-block": (_EAST_WEST, ({"cidr": "10.0.0.0/8"},)),
    "slightly-too-wide": (_EAST_WEST, ({"cidr": "10.200.0.0/20"}, {"cidr": "10.201.0.0/32"})),
    "a-block-in-pieces": (_EAST_WEST, tuple({"cidr": f"10.200.{third}.0/20"} for third in range(0, 256, 16))),
    "every-block": (_EAST_WEST, ({"cidr": "10.0.0.0/8"}, {"cidr": "172.16.0.0/12"}, {"cidr": "192.168.0.0/16"})),
    "tag": (_EAST_WEST, ({"type": "vm", "tags": {"Tier": "database"}},)),
    "vm-name": (_EAST_WEST, ({"type": "vm", "name": "database"},)),
    "vpc": (_EAST_WEST, ({"type": "vpc", "name": "production"},)),
    "vpc-id": (_EAST_WEST, ({"type": "vpc", "resId": "vpc-0a"},)),
    "subnet-id": (_EAST_WEST, ({"type": "subnet", "resId": "subnet-0a"},)),
    "subnet-tag": (_EAST_WEST, ({"type": "subnet", "tags": {"Tier": "database"}},)),
    "region": (_EAST_WEST, ({"type": "vpc", "region": "us-east-1"},)),
    "account": (_EAST_WEST, ({"type": "vm", "accountName": "production"},)),
    "account-id": (_EAST_WEST, ({"type": "vm", "accountId": "123456789012"},)),
    "zone": (_EAST_WEST, ({"type": "vm", "zone": "us-east-1a"},)),
    "cluster": (_EAST_WEST, ({"type": "k8s", "k8sClusterId": "cluster"},)),
    "nodes": (_EAST_WEST, ({"type": "k8s_node", "k8sClusterId": "cluster"},)),
    "functions": (_EAST_WEST, ({"type": "serverless", "name": "jobs"},)),
    "a-host-and-a-tag": (_EAST_WEST, ({"cidr": "10.9.8.7/32"}, {"type": "vm", "tags": {"Tier": "database"}})),
}
"""Destinations that no permit by address may name: the rule that refuses it, and the match expressions."""

EXTENTS: Final[dict[str, dict[str, Any]]] = {
    "tcp-443": {"protocol": "TCP", "portRanges": [{"lo": 443, "hi": 443}]},
    "tcp-22": {"protocol": "TCP", "portRanges": [{"lo": 22, "hi": 22}]},
    "tcp-to-443": {"protocol": "TCP", "portRanges": [{"lo": 1, "hi": 443}]},
    "tcp-from-53": {"protocol": "TCP", "portRanges": [{"lo": 53, "hi": 65000}]},
    "tcp-two-ports": {"protocol": "TCP", "portRanges": [{"lo": 53, "hi": 53}, {"lo": 8443, "hi": 8443}]},
    "tcp-every-port": {"protocol": "TCP", "portRanges": [{"lo": 0, "hi": 65535}]},
    "tcp": {"protocol": "TCP", "portRanges": None},
    "udp-443": {"protocol": "UDP", "portRanges": [{"lo": 443, "hi": 443}]},
    "udp-to-443": {"protocol": "UDP", "portRanges": [{"lo": 1, "hi": 443}]},
    "udp": {"protocol": "UDP", "portRanges": None},
    "icmp": {"protocol": "ICMP", "portRanges": None},
    "any": {"protocol": "ANY", "portRanges": None},
    "any-ports": {"protocol": "ANY", "portRanges": [{"lo": 1000, "hi": 2000}]},
}
"""How much of the traffic to a destination a permit is for; port 53 of it is denied ahead."""

FEW: Final = ("tcp-443", "udp", "any")
"""Extents tried with feeds: in a first preview a feed may be the destination of a permit of names, and nothing is refused yet."""

KNOWN: Final = {"internet": INTERNET, "anywhere": ANYWHERE}
"""Destinations that are known in a first preview."""

NAMES_ON: Final[dict[str, tuple[str, Any]]] = {
    "ssh": ("portRanges", [{"lo": 22, "hi": 22}]),
    "ssh-too": ("portRanges", [{"lo": 443, "hi": 443}, {"lo": 22, "hi": 22}]),
    "dns-over-tls": ("portRanges", [{"lo": 853, "hi": 853}]),
    "range": ("portRanges", [{"lo": 443, "hi": 444}]),
    "up-to": ("portRanges", [{"lo": 1, "hi": 443}]),
    "dns": ("portRanges", [{"lo": 443, "hi": 443}, {"lo": 53, "hi": 53}]),
    "http": ("portRanges", [{"lo": 80, "hi": 80}]),
    "udp": ("protocol", "UDP"),
    "any": ("protocol", "ANY"),
}
"""Ports and protocols that no permit of names may have."""
PERMITS_OF_NAMES: Final = ("allow-core", "allow-model-gateways", "allow-aws-infra")


def _table() -> Iterator[Mutant]:
    for what, (refused_by, expressions) in DESTINATIONS.items():
        is_feed = any(key in one for one in expressions for key in ("fqdn", "external"))
        for extent in FEW if is_feed else EXTENTS:
            changes = (group(*expressions), rule(70, dstSmartGroups=[Ref("more", "uuid")], **EXTENTS[extent]))
            yield Mutant(f"too-wide/{what}/{extent}", refused_by, changes, where=RULES, in_preview=() if is_feed else None)
    for what, known in KNOWN.items():
        for extent, stated in EXTENTS.items():
            yield Mutant(f"too-wide/{what}/{extent}", _NARROW, (rule(70, dstSmartGroups=[known], **stated),))
    for name in PERMITS_OF_NAMES:
        for what, (key, value) in NAMES_ON.items():
            yield Mutant(f"names-on/{name}/{what}", _NARROW, (Set(RULES, f"rules/{name}/{key}", value),))
    for extent, protocol in (("udp", "UDP"), ("tcp", "TCP")):
        dns = rule(17, dstSmartGroups=[Ref("more", "uuid")], protocol=protocol, portRanges=[{"lo": 53, "hi": 53}])
        for address in ("10.9.8.7/32", "192.168.0.0/24"):
            yield Mutant(f"dns-to/{address}/{extent}", _DNS, (group({"cidr": address}), dns), where=RULES, in_preview=())
    for number in (2, 3, 5):
        groups = [group({"cidr": f"10.{200 + one}.0.0/20"}, name=f"more-{one}") for one in range(number)]
        permits = [rule(70 + one, name=f"extra-{one}", dstSmartGroups=[Ref(f"more-{one}", "uuid")]) for one in range(number)]
        yield Mutant(f"too-many/{number}-networks", _EAST_WEST, (*groups, *permits), where=RULES)


TABLE: Final = tuple(_table())
"""Every combination, as mutants."""
