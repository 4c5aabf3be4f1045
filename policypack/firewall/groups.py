"""Groups of a rule: does a SmartGroup contain the agents or the public internet, does a WebGroup contain a name?

Every answer is ternary: MAYBE for a group outside the stack, for a selector that the pack cannot evaluate and for an id that is
not known yet. Such an id belongs to one of the groups that the rule list depends on, so an answer that all of them share is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from containment.addresses.address_space import Network, has_whole_public_space
from containment.names import WellKnownObject
from containment.patterns.domain import DomainPattern, extract_filter_host, parse_pattern
from containment.ternary import Ternary, all_of, any_of, consensus_of
from policypack.facts.compute import Host
from policypack.facts.network.other_programs import is_of_program
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.smart_group_membership import get_expressions, get_networks, has_host, has_public_address
from policypack.graph.known_types import SMART_GROUP, SUBNET, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN, get_field
from policypack.graph.resources import Graph, Reference, Resource, Trace

IDENTITIES: Final = ("id", "uuid", "smartGroupId", "webGroupId")
"""Outputs by which a rule names a group."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


def _keep_results(answer: Callable[Concatenate[Groups, _P], _T]) -> Callable[Concatenate[Groups, _P], _T]:
    """Return a method that caches its results, because many rules of the pack call it with the same arguments."""

    @wraps(answer)
    def kept(self: Groups, /, *asked: _P.args, **named: _P.kwargs) -> _T:
        key = (answer, asked, tuple(named.items()))
        if key not in self.answers:
            self.answers[key] = answer(self, *asked, **named)
        found: _T = self.answers[key]
        return found

    return kept


def select_hosts_in_subnets(hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Return the hosts in subnets of the stack, or all hosts if none is in one: policies are judged for these.

    A host outside every subnet of the stack is a violation already, so policies are not judged for it.
    """
    inside = tuple(host for host in hosts if any(place.subnet and place.subnet.type == SUBNET for place in host.placements))
    return inside or hosts


class Groups:
    """Members of the groups that rules name, for one stack and its hosts."""

    def __init__(self, graph: Graph, hosts: tuple[Host, ...]) -> None:
        self._graph = graph
        self.answers: dict[tuple[Any, ...], Any] = {}
        self._hosts = select_hosts_in_subnets(hosts)

    @property
    def has_hosts(self) -> bool:
        """Whether there is an agent host; a separate rule reports that there is none."""
        return bool(self._hosts)

    @_keep_results
    def is_certain(self, rule: RegisteredRule) -> bool:
        """Return whether it is known which groups a rule names."""
        return all(
            self._resolve_group(rule, value, kind).trace is not Trace.ONE_OF
            and (value is not UNKNOWN or self._resolve_group(rule, value, kind).found)
            for kind, values in ((SMART_GROUP, (*rule.sources, *rule.destinations)), (WEB_GROUP, rule.web_groups))
            for value in values
        )

    @_keep_results
    def has_all_agents(self, rule: RegisteredRule) -> Ternary:
        """Return whether a rule's source contains every agent host; MAYBE without a host."""
        return all_of(self._has_host(rule, host) for host in self._hosts) if self._hosts else Ternary.MAYBE

    @_keep_results
    def has_some_agent(self, rule: RegisteredRule) -> Ternary:
        """Return whether a rule's source contains some agent host; MAYBE without a host."""
        return any_of(self._has_host(rule, host) for host in self._hosts) if self._hosts else Ternary.MAYBE

    @_keep_results
    def has_all_internet(self, rule: RegisteredRule) -> Ternary:
        """Return whether a rule's destination groups together contain every public address."""
        answers, networks = [], list[Network]()
        for value in rule.destinations:
            if value in (WellKnownObject.ANYWHERE.value, WellKnownObject.PUBLIC_INTERNET.value):
                return Ternary.YES
            answer = self.evaluate_group(rule, value, SMART_GROUP, lambda group: Ternary.of(has_whole_public_space(get_networks(group))))
            answers.append(answer)
            reference = self._resolve_group(rule, value, SMART_GROUP)
            if reference.trace is Trace.FOUND:
                networks.extend(get_networks(reference.found[0]))
        return Ternary.YES if has_whole_public_space(networks) else any_of(answers)

    @_keep_results
    def has_some_internet(self, rule: RegisteredRule) -> Ternary:
        """Return whether a rule's destination contains some public address."""
        return self.has_some_member(rule, rule.destinations, has_public_address, internet=Ternary.YES)

    @_keep_results
    def get_patterns(self, rule: RegisteredRule) -> list[DomainPattern]:
        """Return the patterns that a rule's WebGroups certainly contain."""
        return [pattern for value in rule.web_groups for pattern in self._find_certain_patterns(rule, value)]

    @_keep_results
    def has_name(self, rule: RegisteredRule, host_name: str) -> Ternary:
        """Return whether a rule matches a host name; a rule without WebGroups matches every name."""
        if not rule.web_groups:
            return Ternary.YES
        return any_of(self._evaluate_names(rule, value, lambda pattern: pattern.matches(host_name)) for value in rule.web_groups)

    @_keep_results
    def is_overlapping(self, rule: RegisteredRule, pattern: DomainPattern) -> Ternary:
        """Return whether a rule matches some name of a pattern."""
        if not rule.web_groups:
            return Ternary.YES
        return any_of(self._evaluate_names(rule, value, pattern.overlaps) for value in rule.web_groups)

    def _evaluate_names(self, rule: RegisteredRule, value: Any, ask: Callable[[DomainPattern], Ternary]) -> Ternary:
        if value == WellKnownObject.ALL_WEB.value:
            return ask(DomainPattern("*"))
        return self.evaluate_group(rule, value, WEB_GROUP, lambda group: _evaluate_web_group(group, ask))

    def _find_certain_patterns(self, rule: RegisteredRule, value: Any) -> list[DomainPattern]:
        if value == WellKnownObject.ALL_WEB.value:
            return [DomainPattern("*")]
        reference = self._resolve_group(rule, value, WEB_GROUP)
        return [pattern for group in reference.found for pattern in parse_patterns(group)] if reference.trace is Trace.FOUND else []

    @_keep_results
    def _has_host(self, rule: RegisteredRule, host: Host) -> Ternary:
        return self.has_some_member(rule, rule.sources, lambda group: has_host(self._graph, group, host))

    def has_some_member(
        self, rule: RegisteredRule, values: Iterable[Any], ask: Callable[[Resource], Ternary], *, internet: Ternary = Ternary.NO
    ) -> Ternary:
        """Return whether the answer for some SmartGroup of a rule is YES; Anywhere's always is.

        Args:
            rule: the rule that names the groups.
            values: the groups' ids in the rule.
            ask: the function that evaluates one group.
            internet: the answer for Public Internet.
        """
        known = {WellKnownObject.ANYWHERE.value: Ternary.YES, WellKnownObject.PUBLIC_INTERNET.value: internet}
        return any_of(known[value] if value in known else self.evaluate_group(rule, value, SMART_GROUP, ask) for value in values)

    def evaluate_group(self, rule: RegisteredRule, value: Any, kind: str, ask: Callable[[Resource], Ternary]) -> Ternary:
        """Return the answer for a group that a rule names, or the answer that all candidate groups share.

        Args:
            rule: the rule that names the group.
            value: the group's id in the rule; UNKNOWN while the group has none.
            kind: the type of the group.
            ask: the function that evaluates one group.
        """
        return consensus_of(ask(group) for group in self._resolve_group(rule, value, kind).found)

    def _resolve_group(self, rule: RegisteredRule, value: Any, kind: str) -> Reference:
        reference = self._graph.resolve(rule.owner, rule.key, value, (kind,), IDENTITIES)
        is_known = isinstance(value, str) and bool(reference.found)
        if is_known and not is_of_program(self._graph, rule.owner, rule.key, value, (kind,), IDENTITIES):
            return Reference(Trace.EXTERNAL, literal=str(value))  # a known id cannot belong to a group that does not exist yet
        return reference


def parse_patterns(group: Resource) -> list[DomainPattern]:
    """Return the domain patterns that a WebGroup lists; invalid names are left out."""
    patterns = (parse_pattern(get_field(expression, "snifilter") or None) for expression in get_expressions(group))
    return [pattern for pattern in patterns if pattern is not None]  # the Controller refuses a group with anything else


def _evaluate_web_group(group: Resource, ask: Callable[[DomainPattern], Ternary]) -> Ternary:
    answers = []
    for expression in get_expressions(group):
        sni, url = get_field(expression, "snifilter"), get_field(expression, "urlfilter")
        if sni is UNKNOWN or url is UNKNOWN:
            answers.append(Ternary.MAYBE)
            continue
        if sni:
            answers.append(_evaluate_pattern(sni, ask))
        if url:  # a path needs decryption and matches part of a host's traffic: never a certain yes
            answers.append(Ternary.NO if _evaluate_pattern(extract_filter_host(url), ask) is Ternary.NO else Ternary.MAYBE)
    return any_of(answers)


def _evaluate_pattern(raw: Any, ask: Callable[[DomainPattern], Ternary]) -> Ternary:
    pattern = parse_pattern(str(raw))
    return Ternary.MAYBE if pattern is None else ask(pattern)
