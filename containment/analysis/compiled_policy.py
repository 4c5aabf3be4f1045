"""Rule set compiled for single flows: the decisions of `decide` from lookup tables, in a few microseconds.

Each part of a flow is looked up once (addresses and ports by bisection, names in dictionaries) and yields two sets of
rules: those that match it and those that may. The first rules of the intersection decide; every distinct intersection
is concluded once. Flows with unknown parts are left to `decide`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from containment.addresses.address_ranges import Range, split_into_segments
from containment.analysis.classes.addresses import TOP, collect_addresses
from containment.analysis.classes.name_table import NameTable
from containment.analysis.classes.transports import LAST_PORT
from containment.names import Protocol
from containment.policy.first_match import conclude, decide
from containment.policy.flow import Application, Carrier, Decision, Flow, UnresolvedAddress
from containment.policy.rules import Rule, RuleSet, SmartGroup, TagSelector
from containment.ternary import Ternary

Both = tuple[int, int]
"""Rules that match for certain, and rules that match or may, as bits."""

Line = tuple[list[int], list[Both]]
"""Intervals of addresses: the first address of each, and its rules."""

Ports = tuple[list[int], list[int]]
"""Intervals of ports: the first port of each, and the rules that match it, as bits."""


class CompiledPolicy:
    """Decide flows of one rule set as `containment.policy.first_match` does, but without the rules passed over."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        rules = ruleset.rules
        sources = [_remove_tags(ruleset, rule.sources) for rule in rules]
        destinations = [[ruleset.smart_groups[name] for name in rule.destinations] for rule in rules]
        self._sources = {version: _build_address_intervals(sources, version) for version in (4, 6)}
        self._destinations = {version: _build_address_intervals(destinations, version) for version in (4, 6)}
        self._tags = _collect_tag_selectors(ruleset)
        on = _collect_bits(rules, lambda rule: not rule.disabled)
        self._ports: dict[Protocol | Carrier, Ports] = {
            kind: _build_port_intervals(rules, kind, on) for kind in (Protocol.TCP, Protocol.UDP)
        }
        self._portless = {
            carrier: on & _collect_bits(rules, lambda rule, carrier=carrier: rule.protocol in (Protocol.ANY, carrier) and not rule.ports)  # type: ignore[misc]
            for carrier in (*Protocol, Carrier.OTHER)
        }
        self._names = NameTable(ruleset)
        self._unnamed = _collect_bits(rules, lambda rule: not rule.web_groups)
        self._not_tls = self._unnamed & _collect_bits(rules, lambda rule: not rule.tls_required)
        self._http = _collect_bits(rules, lambda rule: not rule.tls_required)
        self._applied = _collect_bits(rules, lambda rule: not rule.watch)
        self._known: dict[tuple[int, int, bool], Decision] = {}

    def decide(self, flow: Flow) -> Decision:
        """Return the decision on a flow, without the rules passed over."""
        source, destination, protocol, port = flow.source, flow.destination, flow.protocol, flow.port
        address, tags = source.address, source.tags
        if (
            address is None
            or tags is None
            or isinstance(destination, UnresolvedAddress)
            or protocol is Protocol.ANY
            or flow.path is not None
        ):
            return replace(decide(self.ruleset, flow), passed_over=())
        starts, held = self._sources[address.version]
        must, may = held[bisect_right(starts, int(address)) - 1]
        for key, value, wanted, bits in self._tags:
            if tags.get(key) == value and (wanted is None or all(tags.get(one) == two for one, two in wanted)):
                must |= bits
                may |= bits
        starts, held = self._destinations[destination.version]
        sure, unsure = held[bisect_right(starts, int(destination)) - 1]
        if port is None or protocol not in self._ports:
            here = self._portless[protocol]
        else:
            ports, on = self._ports[protocol]
            here = on[bisect_right(ports, port) - 1]
        must &= sure & here
        may &= unsure & here
        application = flow.application
        if protocol is not Protocol.TCP or application is Application.OTHER:
            here = self._unnamed if application is Application.TLS else self._not_tls
            must &= here
            may &= here
        else:
            sure, unsure = self._names.find_rules(flow.server_name, application)
            here = -1 if application is Application.TLS else self._http
            must &= here & (self._unnamed | sure)
            may &= here & (self._unnamed | unsure)
        if last := must & self._applied:
            last &= -last
            must &= last * 2 - 1
            may &= last * 2 - 1
        left = (may, must, flow.forged and application is Application.TLS and bool(flow.server_name))
        found = self._known.get(left)
        if found is None:
            found = self._known[left] = self._conclude(may, must, flow)
        return found

    def _conclude(self, may: int, must: int, flow: Flow) -> Decision:
        matches = [
            (rule, Ternary.YES if must >> index & 1 else Ternary.MAYBE, "")
            for index, rule in enumerate(self.ruleset.rules)
            if may >> index & 1
        ]
        return replace(conclude(self.ruleset, flow, matches), passed_over=())


def _collect_bits(rules: Sequence[Rule], holds: Callable[[Rule], bool]) -> int:
    return sum(1 << index for index, rule in enumerate(rules) if holds(rule))


def _remove_tags(ruleset: RuleSet, names: Sequence[str]) -> list[SmartGroup]:
    """Return groups without their tag selectors, which `_tags` returns."""
    out = []
    for group in (ruleset.smart_groups[name] for name in names):
        kept = tuple(selector for selector in group.selectors if not isinstance(selector, TagSelector))
        if kept:
            out.append(group if len(kept) == len(group.selectors) else SmartGroup(group.name, kept))
    return out


def _collect_tag_selectors(ruleset: RuleSet) -> list[tuple[str, str, tuple[tuple[str, str], ...] | None, int]]:
    """Return each distinct tag selector of a source: one key and value, the other tags it requires, and its rules as bits."""
    found: dict[tuple[tuple[str, str], ...], int] = {}
    for index, rule in enumerate(ruleset.rules):
        for selector in (one for name in rule.sources for one in ruleset.smart_groups[name].selectors):
            if isinstance(selector, TagSelector):
                key = tuple(sorted(selector.tags.items()))
                found[key] = found.get(key, 0) | 1 << index
    return [(*wanted[0], wanted[1:] or None, bits) for wanted, bits in found.items()]


def _build_address_intervals(groups: Sequence[Sequence[SmartGroup]], version: int) -> Line:
    holdings = [collect_addresses(part) for part in groups]
    unknown = sum(1 << index for index, holding in enumerate(holdings) if holding.unknowns[version])
    starts, held = _build_intervals([holding.ranges[version] for holding in holdings], TOP[version])
    return starts, [(sure, sure | unknown) for sure in held]


def _build_port_intervals(rules: Sequence[Rule], protocol: Protocol, on: int) -> Ports:
    sets: list[list[Range]] = []
    for index, rule in enumerate(rules):
        takes = rule.protocol in (Protocol.ANY, protocol) and on >> index & 1
        sets.append([(ports.low, ports.high) for ports in rule.ports] or [(0, LAST_PORT)] if takes else [])
    return _build_intervals(sets, LAST_PORT)


def _build_intervals(sets: Sequence[Sequence[Range]], top: int) -> Ports:
    found = list(split_into_segments(sets, 0, top))
    return [low for low, _, _ in found], [held for _, _, held in found]
