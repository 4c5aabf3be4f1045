"""The gateway's nftables: rules on addresses, protocols and ports in order, and the redirect to Envoy where a name decides.

Rules kept here:
- nothing is forwarded without the permit mark, and only this table sets it: a gateway without its rules forwards nothing;
- a flow that can match a rule with a WebGroup (or one about TLS) before another rule decides goes to Envoy, which evaluates every rule;
- a watched rule logs once and has no further effect: a later rule decides;
- a flow is evaluated when it is new, and again after a policy change: a permitted flow continues, a denied one is cut;
- a packet that belongs to no connection and opens none is dropped unlogged, in both modes;
- the rules are those for the VPC's addresses (`policy.seen_from`); any other sender is refused before them.

Log prefixes are `<verdict>|<uuid>|<enforced>`; `logs` translates them into the gateway's log format.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from containment.names import Protocol
from containment_lab.gateway.enforced_policy import GatewayPolicy, GatewayRule
from containment_lab.gateway.management_port import PORT as MANAGEMENT_PORT
from containment_lab.linux import nftables_syntax

PERMIT_MARK = 0x1
WATCHED_MARK = 0x2
PROXY_CT = 0x10
PERMIT_CT = 0x1
GENERATIONS = 0xFFFF
PROXY_PORT = 15001
LOG_GROUP = 1
TABLE = "inet containment"


def build_gateway_table(policy: GatewayPolicy, generation: int, address: IPv4Address, vpc: tuple[IPv4Network, ...], *, snat: bool) -> str:
    """Return the whole table as an atomic replacement.

    Args:
        policy: The policy.
        generation: A number that changes with the policy (1 to GENERATIONS); flows with another number are evaluated again.
        address: The gateway's address.
        vpc: The networks of its VPC.
        snat: Whether it replaces the source address.
    """
    current = generation << 8
    lines = [
        f"table {TABLE} {{}}",
        f"delete table {TABLE}",
        f"table {TABLE} {{",
        " chain to_proxy {",
        f"  ct state new ct mark set {current | PROXY_CT:#x} return",
        f"  ct mark & {PROXY_CT:#x} == {PROXY_CT:#x} ct mark set {current | PROXY_CT:#x} return",
        f"  ct mark set {current:#x} drop",  # permitted by address before, by name now: the client must reconnect
        " }",
        " chain to_permit {",  # a flow in Envoy stays there, where its name is evaluated
        f"  ct mark & {PROXY_CT:#x} == {PROXY_CT:#x} ct mark set {current | PROXY_CT:#x} return",
        f"  ct mark set {current | PERMIT_CT:#x} return",
        " }",
        " chain to_deny {",
        f"  ct mark set {current:#x} drop",
        " }",
        " chain judge {",
        *(f"  {line}" for line in _generate_rules(policy, vpc)),
        " }",
        " chain arriving {",
        "  type filter hook prerouting priority mangle; policy accept;",
        '  iifname "lo" accept',
        "  meta nfproto ipv6 drop",
        "  ct state invalid drop" if policy.enforcing else f"  ct state invalid meta mark set {PERMIT_MARK:#x} accept",
        f"  ct direction reply ct mark & {PERMIT_CT:#x} == {PERMIT_CT:#x} meta mark set {PERMIT_MARK:#x} accept",
        "  ct direction reply accept",
        f'  iifname "eth0" ip daddr {address} meta l4proto != {{ tcp, udp, icmp }} drop',
        f"  ct mark & 0xffff00 != {current:#x} jump judge",
        f"  ct mark & {PERMIT_CT:#x} == {PERMIT_CT:#x} meta mark set {PERMIT_MARK:#x}",
        " }",
        " chain handing {",
        "  type nat hook prerouting priority dstnat; policy accept;",
        f"  meta l4proto tcp ct mark & {PROXY_CT:#x} == {PROXY_CT:#x} redirect to :{PROXY_PORT}",
        " }",
        " chain own {",
        "  type filter hook input priority filter; policy drop;",
        '  iifname "lo" accept',
        "  ct direction reply ct state established,related accept",
        f"  ct mark & {PROXY_CT:#x} == {PROXY_CT:#x} tcp dport {PROXY_PORT} accept",
        *([] if policy.enforcing else [f"  tcp dport {MANAGEMENT_PORT} accept"]),
        " }",
        " chain passing {",
        "  type filter hook forward priority filter; policy drop;",
        f"  meta mark & {PERMIT_MARK:#x} == {PERMIT_MARK:#x} accept",
        " }",
        " chain leaving {",
        "  type nat hook postrouting priority srcnat; policy accept;",
        '  oifname "tun0" masquerade',
        *([f'  oifname "eth0" ip saddr != {address} ip daddr != {{ {", ".join(map(str, vpc))} }} snat ip to {address}'] if snat else []),
        " }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _generate_rules(policy: GatewayPolicy, vpc: tuple[IPv4Network, ...]) -> Iterator[str]:
    if not policy.enforcing:
        yield "goto to_permit"
        return
    yield f"ct mark set ct mark & {PERMIT_CT | PROXY_CT:#x}"
    yield f'ip saddr != {{ {", ".join(map(str, vpc))} }} log prefix "{_format_log_prefix(False, "", True)}" group {LOG_GROUP} goto to_deny'
    for rule in policy.rules:
        where = _match_addresses(rule)
        if where is not None:
            yield from _generate_rule_lines(rule, where)
    if policy.default_logged:
        yield f'log prefix "{_format_log_prefix(policy.default_permits, "", True)}" group {LOG_GROUP}'
    yield "goto to_permit" if policy.default_permits else "goto to_deny"


def _match_addresses(rule: GatewayRule) -> str | None:
    source, destination = nftables_syntax.match_networks("saddr", rule.sources), nftables_syntax.match_networks("daddr", rule.destinations)
    if source is None or destination is None:
        return None
    if rule.is_l7 or rule.protocol is Protocol.TCP:
        return source + destination + (nftables_syntax.match_ports("tcp", rule.ports) or "meta l4proto tcp ")
    if rule.protocol is Protocol.UDP:
        return source + destination + (nftables_syntax.match_ports("udp", rule.ports) or "meta l4proto udp ")
    if rule.protocol is Protocol.ICMP:
        return source + destination + "meta l4proto icmp "
    return source + destination + nftables_syntax.match_ports("th", rule.ports)


def _generate_rule_lines(rule: GatewayRule, where: str) -> Iterator[str]:
    if rule.is_l7:
        if rule.protocol in (Protocol.TCP, Protocol.ANY):
            yield f"{where}goto to_proxy"
        return
    if rule.watched and not rule.permits:
        log = f'meta mark & {WATCHED_MARK:#x} == 0 log prefix "{_format_log_prefix(False, rule.uuid, False)}" group {LOG_GROUP} '
        yield f"{where}{log}meta mark set meta mark | {WATCHED_MARK:#x}"
        return
    if rule.watched:
        return
    if rule.logged:
        # A flow that continues after a policy change was logged at its start; one that is cut is logged now.
        unless = f"ct state new meta mark & {WATCHED_MARK:#x} == 0 " if rule.permits else ""
        yield f'{where}{unless}log prefix "{_format_log_prefix(rule.permits, rule.uuid, True)}" group {LOG_GROUP}'
    yield f"{where}goto {'to_permit' if rule.permits else 'to_deny'}"


def _format_log_prefix(permits: bool, uuid: str, enforced: bool) -> str:
    return f"{'PERMIT' if permits else 'DENY'}|{uuid}|{'true' if enforced else 'false'} "
