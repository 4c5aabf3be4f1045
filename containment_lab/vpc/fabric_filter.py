"""AWS's filters in a VPC: security groups, network ACLs, the source check, and address translation at the edges.

Rules kept here (AWS, VPC user guide):
- a security group is stateful and contains only permissions; a network ACL is stateless, numbered, and applies at a subnet's edge;
- neither applies to the VPC resolver, the metadata service or time sync;
- an interface sends and receives only its assigned addresses unless its source check is off;
- only addresses with a public address, or behind a NAT gateway, can be reached from outside.

A verdict is a mark that the routing rules require; each new flow is logged for the flow log. `open_` switches this layer off, to test the
next one alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from containment_lab.linux import nftables_syntax
from containment_lab.vpc.deployed_vpc import AclEntry, Interface, Permission, Vpc
from containment_lab.vpc.fabric import AMAZON_DNS, METADATA, PASS_MARK, Machine

LOG_GROUP = 2
TABLE = "inet fabric"
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "tcp": "tcp", "udp": "udp", "icmp": "icmp"}


def build_fabric_table(vpc: Vpc, present: tuple[Machine, ...], *, open_: bool) -> str:
    """Return the whole table as an atomic replacement.

    Args:
        vpc: The deployed VPC.
        present: Its machines.
        open_: Switch the filters off.
    """
    ports = [(port, interface) for machine in present for port, interface in machine.ports]
    translated = [pair for _, interface in ports for pair in interface.public.items()]
    lines = [f"table {TABLE} {{}}", f"delete table {TABLE}", f"table {TABLE} {{"]
    lines += [f" chain judged {{\n  meta mark set meta mark | {PASS_MARK:#x}\n }}"]
    if not open_:
        for name, body in _generate_chains(vpc, ports):
            lines += [f" chain {name} {{", *(f"  {line}" for line in body), " }"]
    lines += [" chain judge {", *(f"  {line}" for line in (["goto judged"] if open_ else _generate_checks(vpc, ports))), " }"]
    lines += [
        " chain arriving {",
        "  type filter hook prerouting priority -50; policy accept;",
        '  iifname "lo" accept',
        *(
            ["  meta nfproto ipv6 goto judged"]
            if open_
            else [
                f"  {_refuse_ipv6()}",
                "  meta nfproto ipv6 drop",
                *(f"  {line}" for line in _generate_address_checks(ports, "iifname", "saddr", "source-check")),
            ]
        ),
        f"  {_match_platform_services(vpc)} accept",
        *([] if open_ else ["  ct state invalid drop"]),
        "  jump judge",
        " }",
        " chain inbound {",
        "  type nat hook prerouting priority dstnat; policy accept;",
        *(f'  iifname "igw" ip daddr {public} dnat ip to {private}' for private, public in translated),
        " }",
        " chain own {",
        "  type filter hook input priority filter; policy drop;",
        '  iifname "lo" accept',
        f"  {_match_platform_services(vpc)} accept",
        "  ct state established,related accept",
        f"  meta mark & {PASS_MARK:#x} == {PASS_MARK:#x} accept",
        " }",
        " chain passing {",
        "  type filter hook forward priority filter; policy drop;",
        f"  meta mark & {PASS_MARK:#x} != {PASS_MARK:#x} drop",
        *([] if open_ else [f"  {_refuse_unknown_senders([private for private, _ in translated])}"]),
        *([] if open_ else [f"  {line}" for line in _generate_address_checks(ports, "oifname", "daddr", "destination-check")]),
        *([] if open_ else [f"  {line}" for line in _generate_arrival_checks(vpc, ports)]),
        "  accept",
        " }",
        " chain outbound {",
        "  type nat hook postrouting priority srcnat; policy accept;",
        *(f'  oifname "igw" ip saddr {private} snat ip to {public}' for private, public in translated),
        *([f'  oifname "natgw" snat ip to {next(iter(vpc.nat_gateways.values()))}'] if vpc.nat_gateways else []),
        *(['  oifname "igw" ip saddr != 169.254.0.0/16 masquerade'] if open_ else []),
        " }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _match_platform_services(vpc: Vpc) -> str:
    return f"ip daddr {{ {vpc.resolver}, {AMAZON_DNS}, {METADATA} }} meta l4proto {{ tcp, udp }} th dport {{ 53, 80 }}"


def _format_chain_name(key: str, way: str) -> str:
    return f"{key.replace('-', '_')}_{way}"


def _reject(key: str, why: str) -> str:
    return f'log prefix "REJECT|{key}|{why} " group {LOG_GROUP} drop'


def _generate_address_checks(ports: list[tuple[str, Interface]], way: str, address: str, why: str) -> Iterator[str]:
    """Yield the refusals of packets on a way (`iifname` or `oifname`) that are not an interface's own by an address (`saddr`, `daddr`)."""
    for port, interface in ports:
        if interface.checked:
            own = ", ".join(map(str, interface.addresses))
            yield f'{way} "{port}" ip {address} != {{ {own} }} {_reject(interface.id, why)}'


def _refuse_ipv6() -> str:
    """Log and drop IPv6, except to link-local and multicast addresses."""
    return f"ip6 daddr != {{ fe80::/10, ff00::/8 }} {_reject('-', 'no-ipv6')}"


def _generate_arrival_checks(vpc: Vpc, ports: list[tuple[str, Interface]]) -> Iterator[str]:
    """Yield the ACL checks of packets that routes send to an interface which is not their destination, such as a gateway's."""
    for port, interface in ports:
        subnet = vpc.subnets[interface.subnet]
        if subnet.acl:
            crossing = f"ip saddr != {subnet.network} ip daddr != {subnet.network}"
            yield f'oifname "{port}" {crossing} jump {_format_chain_name(subnet.acl, "in")}'


def _refuse_unknown_senders(known: list[IPv4Address]) -> str:
    """Refuse senders without a public address at the internet gateway."""
    but = f"ip saddr != {{ {', '.join(map(str, known))} }} " if known else ""
    return f'oifname "igw" ct direction original {but}{_reject("-", "no-public-address")}'


def _generate_chains(vpc: Vpc, ports: list[tuple[str, Interface]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the chains of every interface, endpoint and ACL: allowed packets return, all others are dropped."""
    members: dict[str, list[IPv4Address]] = {}
    for each in vpc.interfaces.values():
        for group in each.groups:
            members.setdefault(group, []).extend(each.addresses)
    guarded = [(interface.id, interface.groups) for _, interface in ports] + [
        (each.id, each.groups) for each in vpc.endpoints if each.addresses
    ]
    for key, groups in guarded:
        known = [vpc.groups[group] for group in groups if group in vpc.groups]
        why = "security-group:" + ",".join(groups)
        sent = [line for group in known for one in group.egress for line in _generate_permissions(one, "daddr", members)]
        received = [line for group in known for one in group.ingress for line in _generate_permissions(one, "saddr", members)]
        yield _format_chain_name(key, "out"), [*sent, _reject(key, why)]
        yield _format_chain_name(key, "in"), [*received, _reject(key, why)]
    for key, entries in vpc.acls.items():
        for way, egress in (("out", True), ("in", False)):
            body = [_format_acl_entry(entry, key) for entry in entries if entry.egress is egress]
            yield _format_chain_name(key, way), [*body, _reject("-", f"network-acl:{key}")]


def _generate_permissions(permission: Permission, side: str, members: dict[str, list[IPv4Address]]) -> Iterator[str]:
    protocol = "" if permission.protocol == "-1" else _PROTOCOLS.get(permission.protocol, permission.protocol)
    what = "" if not protocol else f"meta l4proto {protocol} "
    if protocol in ("tcp", "udp") and permission.ports:
        what = nftables_syntax.match_ports(protocol, [permission.ports]) or what
    where = nftables_syntax.match_networks(side, permission.networks)
    if where is not None:
        yield f"{where}{what}return"
    inside = [address for group in permission.groups for address in members.get(group, ())]
    if inside:
        yield f"ip {side} {{ {', '.join(map(str, dict.fromkeys(inside)))} }} {what}return"


def _format_acl_entry(entry: AclEntry, acl: str) -> str:
    protocol = _PROTOCOLS.get(entry.protocol, entry.protocol)
    what = "" if entry.protocol == "-1" else f"meta l4proto {protocol} "
    if protocol in ("tcp", "udp") and entry.ports:
        what = nftables_syntax.match_ports(protocol, [entry.ports]) or what
    where = nftables_syntax.match_networks("daddr" if entry.egress else "saddr", [entry.network])
    return f"{where}{what}" + ("return" if entry.allow else _reject("-", f"network-acl:{acl}:{entry.number}"))


def _generate_checks(vpc: Vpc, ports: list[tuple[str, Interface]]) -> Iterator[str]:
    """Yield the checks: security groups for new flows, the stateless ACL for every packet that crosses a subnet's edge."""
    for port, interface in ports:
        subnet = vpc.subnets[interface.subnet]
        if subnet.acl:
            yield f'iifname "{port}" ip daddr != {subnet.network} jump {_format_chain_name(subnet.acl, "out")}'
        yield f'iifname "{port}" ct state new jump {_format_chain_name(interface.id, "out")}'
    for subnet in vpc.subnets.values():
        if subnet.acl:
            yield f"ip saddr != {subnet.network} ip daddr {subnet.network} jump {_format_chain_name(subnet.acl, 'in')}"
    guarded = [(interface.id, interface.addresses) for _, interface in ports] + [(each.id, each.addresses) for each in vpc.endpoints]
    for key, addresses in guarded:
        if addresses:
            yield f"ct state new ip daddr {{ {', '.join(map(str, addresses))} }} jump {_format_chain_name(key, 'in')}"
    inside = ", ".join(map(str, vpc.networks))
    yield f'iifname {{ "igw", "natgw", "other" }} ct direction original ip daddr != {{ {inside} }} drop'
    for port, interface in ports:
        yield f'iifname "{port}" ct state new log prefix "ACCEPT|{interface.id}| " group {LOG_GROUP}'
    yield "goto judged"
