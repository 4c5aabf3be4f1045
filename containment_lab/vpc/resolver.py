"""The VPC's resolver: dnsdist at the network's .2, with the deployed DNS Firewall rules and the private names of endpoints.

Rules kept here (AWS, Route 53 Resolver DNS Firewall):
- the first rule, in order, that matches the query's name decides; ALLOW and ALERT answer it, BLOCK gives its configured answer; a query
  without a matching rule is answered;
- an exact name matches that name only; `*.name` matches every name below, not the name itself; `*` matches every name;
- private names of endpoints are answered here, all other names by the simulated internet;
- only a plain query is forwarded: one question, no update, no trailing data, because no rule has evaluated any other content.

Each query is one line on standard output: `Q <source> <port> <tcp|udp> <type> <rule> <action> <name>`. Each response to a query that is not
blocked is another: `R <source> <port> <tcp|udp> <packet in hexadecimal digits>`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

from containment_lab.linux import netns
from containment_lab.vpc.deployed_vpc import Vpc
from containment_lab.vpc.fabric import AMAZON_DNS
from containment_lab.vpc.firewall_list import DnsRule

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


_FUNCTIONS = """
local function log_query(dq, rule, action)
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
_LOG_RESPONSES = """
local ffi = require('ffi')
local function log_response(dr)
  local from, size = ffi.new('const char*[1]'), ffi.new('size_t[1]')
  ffi.C.dnsdist_ffi_dnsquestion_get_remoteaddr(dr, ffi.cast('const void**', from), size)
  local bytes = ffi.string(from[0], size[0])
  local parts = {}
  for at = 1, #bytes do parts[at] = bytes:byte(at) end
  local source = table.concat(parts, '.')
  local port = ffi.C.dnsdist_ffi_dnsquestion_get_remote_port(dr)
  local via = ffi.C.dnsdist_ffi_dnsquestion_get_tcp(dr) and 'tcp' or 'udp'
  local packet = ffi.string(ffi.C.dnsdist_ffi_dnsquestion_get_header(dr), ffi.C.dnsdist_ffi_dnsquestion_get_len(dr))
  local text = packet:gsub('.', function(each) return string.format('%02x', each:byte()) end)
  io.stdout:write('R ' .. source .. ' ' .. port .. ' ' .. via .. ' ' .. text .. '\\n')
  return DNSResponseAction.None
end
addResponseAction(AllRule(), LuaFFIResponseAction(log_response))
addSelfAnsweredResponseAction(AllRule(), LuaFFIResponseAction(log_response))
"""
_LOG_UNMATCHED = """
addAction(NotRule(TagRule('logged', 'yes')), LuaAction(function(dq) log_query(dq, '-', 'NONE') return DNSAction.None, '' end))
"""


def build_configuration(vpc: Vpc, upstream: IPv4Address, *, judged: bool) -> str:
    """Return dnsdist's configuration in Lua.

    Args:
        vpc: The VPC with its firewall and endpoints.
        upstream: The simulated internet's name server.
        judged: False switches the firewall off.
    """
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
        _FUNCTIONS,
        _LOG_RESPONSES,
    ]
    if judged:
        for number, rule in enumerate(vpc.firewall.rules):
            lines += _generate_rule(number, rule)
    lines.append(_LOG_UNMATCHED)
    for endpoint in vpc.endpoints:
        for name in endpoint.private_names:
            if endpoint.addresses:
                lines.append(
                    f"addAction({_format_selector([name])}, SpoofAction({{{', '.join(repr(str(each)) for each in endpoint.addresses)}}}))"
                )
    return "\n".join(lines) + "\n"


def _generate_rule(number: int, rule: DnsRule) -> Iterator[str]:
    if not rule.domains:
        return
    yield f"local r{number} = {_format_selector(rule.domains)}"
    select = f"r{number}" if rule.qtype is None else f"AndRule({{r{number}, QTypeRule({_TYPES.get(rule.qtype, rule.qtype)})}})"
    unlogged = f"AndRule({{{select}, NotRule(TagRule('logged', 'yes'))}})"
    name = json.dumps(rule.name)
    if rule.action == "BLOCK":
        code = "DNSRCode.NXDOMAIN" if rule.answer == "NXDOMAIN" else "DNSRCode.NOERROR"
        body = f"function(dq) log_query(dq, {name}, 'BLOCK') dq.dh:setQR(true) dq.rcode={code} return DNSAction.HeaderModify, '' end"
        yield f"addAction({unlogged}, LuaAction({body}))"
        return
    body = f"function(dq) log_query(dq, {name}, {json.dumps(rule.action)}) dq:setTag('logged', 'yes') return DNSAction.None, '' end"
    yield f"addAction({unlogged}, LuaAction({body}))"


def _format_selector(domains: tuple[str, ...] | list[str]) -> str:
    """Return a dnsdist selector for exact names and `*.` names."""
    if "*" in domains:
        return "AllRule()"
    exact = [name for name in domains if not name.startswith("*.")]
    below = [name[2:] for name in domains if name.startswith("*.")]
    itself = [name for name in below if not any(name.endswith(f".{other}") for other in below)]
    parts = [f"names({_format_lua_table(exact)})"] if exact else []
    parts += [f"below({_format_lua_table(below)}, {_format_lua_table(itself)})"] if below else []
    return parts[0] if len(parts) == 1 else f"OrRule({{{', '.join(parts)}}})"


def _format_lua_table(names: list[str]) -> str:
    return "{" + ", ".join(map(json.dumps, names)) + "}"


def is_answering(namespace: str, resolver: IPv4Address) -> bool:
    """Return whether a resolver answers a query from a namespace, with any answer."""
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05ready\x07invalid\x00\x00\x01\x00\x01"

    def ask() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            handle.settimeout(0.2)
            try:
                handle.sendto(query, (str(resolver), 53))
                return bool(handle.recv(512))
            except OSError:
                return False

    return netns.run_within(namespace, ask)
