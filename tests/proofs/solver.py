"""The same questions put to z3: addresses and ports as bit vectors, unknown groups and readings as free truth values.

Nothing of the analyser's classes is used: a rule is a formula over the parts of one flow, and a question is whether a
formula can be satisfied. Server names are those of `exhaustive.NAMES`, one for each way the patterns can match.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Any

import z3

from containment.analysis.classes.sources import Sources
from containment.policy.rules import CidrSelector, OpaqueSelector, Rule, RuleSet, SmartGroup, TagSelector
from tests.proofs.exhaustive import NAMES, name_bits

_PROTOCOLS = {"TCP": 0, "UDP": 1, "ICMP": 2, "other": 3}
_TLS, _TLS_BARE, _HTTP, _HTTP_BARE, _OTHER = range(5)
_TAGS = {"agent": 1, "other": 2, "s": 1, "t": 2}


class Solver:
    """One or more policies as formulas over one flow; `matches[i]` is the truth of rule i matching, in the order given."""

    def __init__(self, rules: Sequence[tuple[RuleSet, Rule]], sources: Sequence[Sources]) -> None:
        self._solver = z3.SolverFor("QF_BV")
        self._ends = {side: (z3.Bool(f"{side} six"), z3.BitVec(f"{side} address", 128)) for side in ("source", "destination")}
        self._tags = {key: z3.BitVec(f"tag {key}", 2) for key in ("Role", "Stack")}
        self._protocol, self._port = z3.BitVec("protocol", 2), z3.BitVec("port", 16)
        self._claim, self._name = z3.BitVec("claim", 3), z3.BitVec("name", 8)
        self.forged, self._apex = z3.Bool("forged"), z3.Bool("apex")
        self._unknown: dict[str, Any] = {}
        for six, address in self._ends.values():
            self._solver.add(z3.Or(six, z3.ULT(address, 1 << 32)))
        self._solver.add(z3.ULT(self._name, len(NAMES)), z3.ULE(self._claim, _OTHER))
        self._solver.add(z3.Implies(self.forged, self._claim == _TLS))
        self._solver.add(z3.Implies(z3.Or(self._claim == _HTTP, self._claim == _HTTP_BARE), self._protocol == 0))
        self._solver.add(z3.Implies(z3.Or(self._claim == _TLS, self._claim == _TLS_BARE), z3.ULE(self._protocol, 1)))
        self._solver.add(z3.Or([self._among(one) for one in sources]))
        self.matches = []
        for index, (ruleset, rule) in enumerate(rules):
            truth = z3.Bool(f"rule {index}")
            self._solver.add(truth == self._rule(ruleset, rule))
            self.matches.append(truth)

    def can(self, *facts: Any) -> bool:
        """Tell whether some flow makes all facts true."""
        answer = self._solver.check(*facts)
        assert answer != z3.unknown
        return bool(answer == z3.sat)

    def _among(self, sources: Sources) -> Any:
        networks = True if sources.networks is None else z3.Or([self._in(network, "source") for network in sources.networks])
        tags = [] if sources.tags is None else [held == _TAGS.get(sources.tags.get(key, ""), 0) for key, held in self._tags.items()]
        return z3.And(networks, *tags)

    def _rule(self, ruleset: RuleSet, rule: Rule) -> Any:
        parts = [
            z3.Or([self._group(ruleset.smart_groups[name], "source") for name in rule.sources]),
            z3.Or([self._group(ruleset.smart_groups[name], "destination") for name in rule.destinations]),
        ]
        if rule.protocol.value != "ANY":
            parts.append(self._protocol == _PROTOCOLS[rule.protocol.value])
        if rule.ports:
            parts.append(z3.ULE(self._protocol, 1))
            parts.append(z3.Or([z3.And(z3.UGE(self._port, one.low), z3.ULE(self._port, one.high)) for one in rule.ports]))
        if rule.tls_required:
            parts.append(z3.Or(self._claim == _TLS, self._claim == _TLS_BARE))
        if rule.web_groups:
            parts += [self._protocol == 0, self._claim != _OTHER, self._web(ruleset, rule)]
        return z3.And(parts)

    def _web(self, ruleset: RuleSet, rule: Rule) -> Any:
        named = z3.Or(self._claim == _TLS, self._claim == _HTTP)
        ways = []
        for group in (ruleset.web_groups[name] for name in rule.web_groups):
            for pattern, sure in [(one.text, True) for one in group.patterns] + [(one.text, False) for one in group.unsure]:
                out, within = name_bits(pattern, False), name_bits(pattern, True)
                way = z3.And(named, z3.Or(self._one_of(out), z3.And(self._apex, self._one_of(within & ~out))))
                if pattern == "*":
                    way = z3.Or(way, z3.Not(named))
                ways.append(way if sure else z3.And(self._maybe(f"request {pattern}"), way))
            for url in group.urls:
                out, within = name_bits(url.host.text, False), name_bits(url.host.text, True)
                host = z3.Or(self._one_of(out), z3.And(self._apex, self._one_of(within & ~out)))
                seen = named if rule.decrypts else self._claim == _HTTP
                ways.append(z3.And(self._maybe(f"request {url}"), seen, host))
        return z3.Or(ways)

    def _one_of(self, names: int) -> Any:
        return z3.Or([self._name == index for index in range(len(NAMES)) if names >> index & 1])

    def _maybe(self, what: str) -> Any:
        return self._unknown.setdefault(what, z3.Bool(what))

    def _group(self, group: SmartGroup, side: str) -> Any:
        six, _ = self._ends[side]
        if group.name == "Public Internet":
            private = [self._in(ip_network(block), side) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
            return z3.If(six, self._maybe(f"{side} public six"), z3.Not(z3.Or(private)))
        ways = []
        for selector in group.selectors:
            if isinstance(selector, CidrSelector):
                ways.append(self._in(selector.network, side))
            elif isinstance(selector, OpaqueSelector):
                ways.append(self._maybe(f"{side} {selector.description}"))
            elif isinstance(selector, TagSelector) and side == "source":
                ways.append(z3.And([self._tags[key] == _TAGS[value] for key, value in selector.tags.items()]))
            else:
                ways.append(self._maybe(f"{side} {sorted(selector.tags.items())}"))
        return z3.Or(ways)

    def _in(self, network: Any, side: str) -> Any:
        six, address = self._ends[side]
        kind = six if network.version == 6 else z3.Not(six)
        free = network.max_prefixlen - network.prefixlen
        if free == network.max_prefixlen:
            return kind
        top = network.max_prefixlen - 1
        return z3.And(kind, z3.Extract(top, free, address) == int(network.network_address) >> free)


def first(ruleset: RuleSet, matches: Sequence[Any], forged: Any) -> list[tuple[str | None, bool, list[Any]]]:
    """Return each way a policy decides: the rule's name (None: default action), whether it permits, and the facts it takes."""
    out: list[tuple[str | None, bool, list[Any]]] = []
    before: list[Any] = []
    for rule, match in zip(ruleset.rules, matches, strict=True):
        if rule.disabled:
            continue
        if rule.action.permits and rule.verify_sni:
            out.append((rule.name, True, [*before, match, z3.Not(forged)]))
            out.append((rule.name, False, [*before, match, forged]))
        else:
            out.append((rule.name, rule.action.permits, [*before, match]))
        before = [*before, z3.Not(match)]
    out.append((None, ruleset.default_action.permits, before))
    return out


def deciding(rules: RuleSet, solver: Solver) -> set[str]:
    """Return the rules that decide some flow."""
    return {name for name, _, facts in first(rules, solver.matches[: len(rules.rules)], solver.forged) if name and solver.can(*facts)}


def any_of(formulas: Iterable[list[Any]]) -> Any:
    """Return the formula that one of several lists of facts holds as a whole."""
    return z3.Or([z3.And(facts) for facts in formulas])
