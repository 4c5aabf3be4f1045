"""The VPC's resolver: dnsdist at the network's .2, with the DNS Firewall's rules as deployed and the private names of endpoints.

Rules kept here (AWS, Route 53 Resolver DNS Firewall):
- rules are asked in order, the first that names the query decides; ALLOW and ALERT answer, BLOCK answers as it says; a query that no rule
  names is answered;
- an exact name is that name only; `*.name` is every name below, not the name itself; `*` is every name;
- private names of endpoints are answered here, as everything else by the world;
- only a plain query is asked on: one question, no update, nothing behind it; what else a packet carries was judged by nobody.

Each query leaves one line: `Q <source> <port> <tcp|udp> <type> <rule> <action> <name>` on standard output.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

from containment.lab.world import netns
from containment.lab.world.deployed import Vpc
from containment.lab.world.fabric import AMAZON_DNS
from containment.lab.world.firewall_list import DnsRule

_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "NAPTR": 35,
    "DS": 43,
    "SPF": 99,
    "CAA": 257,
}


_TOLD = """
local function told(dq, rule, action)
  local from = dq.remoteaddr:toString() .. ' ' .. dq.remoteaddr:getPort() .. ' ' .. (dq.tcp and 'tcp' or 'udp')
  io.stdout:write('Q ' .. from .. ' ' .. dq.qtype .. ' ' .. rule .. ' ' .. action .. ' ' .. dq.qname:toString() .. '\\n')
end
local function names(list)
  local set = newDNSNameSet()
  for _, name in ipairs(list) do set:add(newDNSName(name)) end
  return QNameSetRule(set)
end
local function below(list, itself)
  local tree = newSuffixMatchNode()
  for _, name in ipairs(list) do tree:add(newDNSName(name)) end
  return #itself > 0 and AndRule({SuffixMatchNodeRule(tree), NotRule(names(itself))}) or SuffixMatchNodeRule(tree)
end
"""
_UNTOLD = """
addAction(NotRule(TagRule('told', 'yes')), LuaAction(function(dq) told(dq, '-', 'NONE') return DNSAction.None, '' end))
"""


def configuration(vpc: Vpc, upstream: IPv4Address, *, judged: bool) -> str:
    """Return dnsdist's configuration in Lua; `judged` False leaves the firewall out."""
    lines = [
        f"setLocal('{vpc.resolver}:53', {{reusePort=false}})",
        f"addLocal('{AMAZON_DNS}:53')",
        "setACL({'0.0.0.0/0'})",
        "setSecurityPollSuffix('')",
        f"newServer({{address='{upstream}:53', healthCheckMode='up'}})",
        "setUDPTimeout(2)",
        "setVerboseHealthChecks(false)",
        "io.stdout:setvbuf('line')",
        "addAction(NotRule(OpcodeRule(DNSOpcode.Query)), RCodeAction(DNSRCode.NOTIMP))",
        "addAction(NotRule(RecordsCountRule(DNSSection.Question, 1, 1)), RCodeAction(DNSRCode.FORMERR))",
        "addAction(TrailingDataRule(), RCodeAction(DNSRCode.FORMERR))",
        _TOLD,
    ]
    if judged:
        for number, rule in enumerate(vpc.firewall.rules):
            lines += _rule(number, rule)
    lines.append(_UNTOLD)
    for endpoint in vpc.endpoints:
        for name in endpoint.private_names:
            if endpoint.addresses:
                lines.append(f"addAction({_selects([name])}, SpoofAction({{{', '.join(repr(str(each)) for each in endpoint.addresses)}}}))")
    return "\n".join(lines) + "\n"


def _rule(number: int, rule: DnsRule) -> Iterator[str]:
    if not rule.domains:
        return
    yield f"local r{number} = {_selects(rule.domains)}"
    select = f"r{number}" if rule.qtype is None else f"AndRule({{r{number}, QTypeRule({_TYPES.get(rule.qtype, rule.qtype)})}})"
    untold = f"AndRule({{{select}, NotRule(TagRule('told', 'yes'))}})"
    name = json.dumps(rule.name)
    if rule.action == "BLOCK":
        code = "DNSRCode.NXDOMAIN" if rule.answer == "NXDOMAIN" else "DNSRCode.NOERROR"
        body = f"function(dq) told(dq, {name}, 'BLOCK') dq.dh:setQR(true) dq.rcode={code} return DNSAction.HeaderModify, '' end"
        yield f"addAction({untold}, LuaAction({body}))"
        return
    body = f"function(dq) told(dq, {name}, {json.dumps(rule.action)}) dq:setTag('told', 'yes') return DNSAction.None, '' end"
    yield f"addAction({untold}, LuaAction({body}))"


def _selects(domains: tuple[str, ...] | list[str]) -> str:
    """Return a dnsdist selector for exact names and `*.` names."""
    if "*" in domains:
        return "AllRule()"
    exact = [name for name in domains if not name.startswith("*.")]
    below = [name[2:] for name in domains if name.startswith("*.")]
    itself = [name for name in below if not any(name.endswith(f".{other}") for other in below)]
    parts = [f"names({_table(exact)})"] if exact else []
    parts += [f"below({_table(below)}, {_table(itself)})"] if below else []
    return parts[0] if len(parts) == 1 else f"OrRule({{{', '.join(parts)}}})"


def _table(names: list[str]) -> str:
    return "{" + ", ".join(map(json.dumps, names)) + "}"


def answers(namespace: str, resolver: IPv4Address) -> bool:
    """Tell whether a resolver answers anything at all, asked from a namespace."""
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05ready\x07invalid\x00\x00\x01\x00\x01"

    def ask() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            handle.settimeout(0.2)
            try:
                handle.sendto(query, (str(resolver), 53))
                return bool(handle.recv(512))
            except OSError:
                return False

    return netns.within(namespace, ask)
