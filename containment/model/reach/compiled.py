"""A rule set compiled for single flows: the same decision as `decide`, from tables looked up in a few microseconds.

Each part of a flow is looked up once (addresses and ports by bisection, names in dictionaries) and gives two sets of
rules: those that match it and those that may. What is left is their intersection, whose first rules decide; every
distinct intersection is concluded once. Flows of which parts are not known are left to `decide`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from containment.model.decide import conclude, decide
from containment.model.flow import Application, Carrier, Decision, Flow, Somewhere
from containment.model.fqdn import Match
from containment.model.names import Protocol
from containment.model.reach.addresses import TOP, holding_of
from containment.model.reach.name_table import NameTable
from containment.model.reach.sweep import Range, stretches
from containment.model.reach.transports import LAST_PORT
from containment.model.ruleset import Rule, RuleSet, SmartGroup, TagSelector

Both = tuple[int, int]
"""Rules that match for certain, and rules that match or may, as bits."""

Line = tuple[list[int], list[Both]]
"""Stretches of addresses: where each begins, and what holds there."""

Ports = tuple[list[int], list[int]]
"""Stretches of ports: where each begins, and the rules that match there."""


class Compiled:
    """Decides flows of one rule set; `decide` gives the rules passed over and why, which are left out here."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        rules = ruleset.rules
        sources = [_untagged(ruleset, rule.sources) for rule in rules]
        destinations = [[ruleset.smart_groups[name] for name in rule.destinations] for rule in rules]
        self._sources = {version: _addresses(sources, version) for version in (4, 6)}
        self._destinations = {version: _addresses(destinations, version) for version in (4, 6)}
        self._tags = _tags(ruleset)
        on = _bits(rules, lambda rule: not rule.disabled)
        self._ports: dict[Protocol | Carrier, Ports] = {kind: _ports(rules, kind, on) for kind in (Protocol.TCP, Protocol.UDP)}
        self._portless = {
            carrier: on & _bits(rules, lambda rule, carrier=carrier: rule.protocol in (Protocol.ANY, carrier) and not rule.ports)  # type: ignore[misc]
            for carrier in (*Protocol, Carrier.OTHER)
        }
        self._names = NameTable(ruleset)
        self._unnamed = _bits(rules, lambda rule: not rule.web_groups)
        self._not_tls = self._unnamed & _bits(rules, lambda rule: not rule.tls_required)
        self._http = _bits(rules, lambda rule: not rule.tls_required)
        self._applied = _bits(rules, lambda rule: not rule.watch)
        self._known: dict[tuple[int, int, bool], Decision] = {}

    def decide(self, flow: Flow) -> Decision:
        """Return what is decided about a flow."""
        source, destination, protocol, port = flow.source, flow.destination, flow.protocol, flow.port
        address, tags = source.address, source.tags
        if address is None or tags is None or isinstance(destination, Somewhere) or protocol is Protocol.ANY or flow.path is not None:
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
            sure, unsure = self._names.of(flow.server_name, application)
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
            found = self._known[left] = self._concluded(may, must, flow)
        return found

    def _concluded(self, may: int, must: int, flow: Flow) -> Decision:
        matches = [
            (rule, Match.YES if must >> index & 1 else Match.MAYBE, "") for index, rule in enumerate(self.ruleset.rules) if may >> index & 1
        ]
        return replace(conclude(self.ruleset, flow, matches), passed_over=())


def _bits(rules: Sequence[Rule], holds: Callable[[Rule], bool]) -> int:
    return sum(1 << index for index, rule in enumerate(rules) if holds(rule))


def _untagged(ruleset: RuleSet, names: Sequence[str]) -> list[SmartGroup]:
    """Return groups without their tag selectors, which `_tags` has."""
    out = []
    for group in (ruleset.smart_groups[name] for name in names):
        kept = tuple(selector for selector in group.selectors if not isinstance(selector, TagSelector))
        if kept:
            out.append(group if len(kept) == len(group.selectors) else SmartGroup(group.name, kept))
    return out


def _tags(ruleset: RuleSet) -> list[tuple[str, str, tuple[tuple[str, str], ...] | None, int]]:
    """Return each distinct tag selector of a source: one key and value, what else it wants, and the rules it is in."""
    found: dict[tuple[tuple[str, str], ...], int] = {}
    for index, rule in enumerate(ruleset.rules):
        for selector in (one for name in rule.sources for one in ruleset.smart_groups[name].selectors):
            if isinstance(selector, TagSelector):
                key = tuple(sorted(selector.tags.items()))
                found[key] = found.get(key, 0) | 1 << index
    return [(*wanted[0], wanted[1:] or None, bits) for wanted, bits in found.items()]


def _addresses(groups: Sequence[Sequence[SmartGroup]], version: int) -> Line:
    holdings = [holding_of(part) for part in groups]
    unknown = sum(1 << index for index, holding in enumerate(holdings) if holding.unknowns[version])
    starts, held = _line([holding.ranges[version] for holding in holdings], TOP[version])
    return starts, [(sure, sure | unknown) for sure in held]


def _ports(rules: Sequence[Rule], protocol: Protocol, on: int) -> Ports:
    sets: list[list[Range]] = []
    for index, rule in enumerate(rules):
        takes = rule.protocol in (Protocol.ANY, protocol) and on >> index & 1
        sets.append([(ports.low, ports.high) for ports in rule.ports] or [(0, LAST_PORT)] if takes else [])
    return _line(sets, LAST_PORT)


def _line(sets: Sequence[Sequence[Range]], top: int) -> Ports:
    found = list(stretches(sets, 0, top))
    return [low for low, _, _ in found], [held for _, _, held in found]
