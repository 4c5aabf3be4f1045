"""SmartGroups and WebGroups by what is in them: does a group hold the agents, the public internet, a name?

Every answer is three-valued. A group that is not in the stack, a selector the pack cannot evaluate and an id not known yet
answer MAYBE. An id not known yet is one of the groups its rule list depends on: what none of them is, it is not, and what all
of them are, it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from containment.model.fqdn import DomainPattern, Match
from containment.model.names import WellKnown
from policypack.dcf import DcfRule
from policypack.graph import Graph, Reference, Resource, Trace
from policypack.hosts import Host
from policypack.known_types import SMART_GROUP, SUBNET, WEB_GROUP
from policypack.members import expressions, holds_host, networks_of, touches_internet
from policypack.network.foreign import is_of_program
from policypack.plain import UNKNOWN, field, strongest, weakest
from policypack.space import Network, covers_public

IDENTITIES: Final = ("id", "uuid", "smartGroupId", "webGroupId")
"""Outputs by which a rule names a group."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


def _once(answer: Callable[Concatenate[Groups, _P], _T]) -> Callable[Concatenate[Groups, _P], _T]:
    """Return a method that answers each question once: every rule about rules asks the same of the same rules."""

    @wraps(answer)
    def kept(self: Groups, /, *asked: _P.args, **named: _P.kwargs) -> _T:
        key = (answer, asked, tuple(named.items()))
        if key not in self.answers:
            self.answers[key] = answer(self, *asked, **named)
        found: _T = self.answers[key]
        return found

    return kept


def in_subnets(hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Return the hosts that policies are judged for.

    A host outside every subnet of the stack is refused for that; whose rules it lacks is no further question.
    """
    inside = tuple(host for host in hosts if any(place.subnet and place.subnet.type == SUBNET for place in host.placements))
    return inside or hosts


class Groups:
    """Answers about the groups that rules name, for one stack and its hosts."""

    def __init__(self, graph: Graph, hosts: tuple[Host, ...]) -> None:
        self._graph = graph
        self.answers: dict[tuple[Any, ...], Any] = {}
        self._hosts = in_subnets(hosts)

    @property
    def has_hosts(self) -> bool:
        """Tell whether there is a host to speak of; that there is none is reported by a rule of its own."""
        return bool(self._hosts)

    @_once
    def is_certain(self, rule: DcfRule) -> bool:
        """Tell whether it is known which groups a rule names."""
        return all(
            self._refer(rule, value, kind).trace is not Trace.ONE_OF and (value is not UNKNOWN or self._refer(rule, value, kind).found)
            for kind, values in ((SMART_GROUP, (*rule.sources, *rule.destinations)), (WEB_GROUP, rule.web_groups))
            for value in values
        )

    @_once
    def holds_agents(self, rule: DcfRule) -> Match:
        """Tell whether a rule's source holds every agent host; without a host that is not known."""
        return weakest(self._source(rule, host) for host in self._hosts) if self._hosts else Match.MAYBE

    @_once
    def meets_agents(self, rule: DcfRule) -> Match:
        """Tell whether a rule's source holds some agent host."""
        return strongest(self._source(rule, host) for host in self._hosts) if self._hosts else Match.MAYBE

    @_once
    def holds_internet(self, rule: DcfRule) -> Match:
        """Tell whether a rule's destination holds every public address, its groups taken together."""
        answers, networks = [], list[Network]()
        for value in rule.destinations:
            if value in (WellKnown.ANYWHERE.value, WellKnown.PUBLIC_INTERNET.value):
                return Match.YES
            answer = self.ask(rule, value, SMART_GROUP, lambda group: _yes(covers_public(networks_of(group))))
            answers.append(answer)
            reference = self._refer(rule, value, SMART_GROUP)
            if reference.trace is Trace.FOUND:
                networks.extend(networks_of(reference.found[0]))
        return Match.YES if covers_public(networks) else strongest(answers)

    @_once
    def meets_internet(self, rule: DcfRule) -> Match:
        """Tell whether a rule's destination holds some public address."""
        answers = []
        for value in rule.destinations:
            if value in (WellKnown.ANYWHERE.value, WellKnown.PUBLIC_INTERNET.value):
                return Match.YES
            answers.append(self.ask(rule, value, SMART_GROUP, touches_internet))
        return strongest(answers)

    @_once
    def patterns(self, rule: DcfRule) -> list[DomainPattern]:
        """Return the patterns that a rule's web groups certainly hold."""
        return [pattern for value in rule.web_groups for pattern in self._certain_patterns(rule, value)]

    @_once
    def names(self, rule: DcfRule, host_name: str) -> Match:
        """Tell whether a rule matches a host name; a rule without web groups matches every name."""
        if not rule.web_groups:
            return Match.YES
        return strongest(self._name(rule, value, lambda pattern: pattern.matches(host_name)) for value in rule.web_groups)

    @_once
    def overlaps(self, rule: DcfRule, pattern: DomainPattern) -> Match:
        """Tell whether a rule matches some name of a pattern."""
        if not rule.web_groups:
            return Match.YES
        return strongest(self._name(rule, value, pattern.overlaps) for value in rule.web_groups)

    def _name(self, rule: DcfRule, value: Any, ask: Callable[[DomainPattern], Match]) -> Match:
        if value == WellKnown.ALL_WEB.value:
            return ask(DomainPattern("*"))
        return self.ask(rule, value, WEB_GROUP, lambda group: _ask_web_group(group, ask))

    def _certain_patterns(self, rule: DcfRule, value: Any) -> list[DomainPattern]:
        if value == WellKnown.ALL_WEB.value:
            return [DomainPattern("*")]
        reference = self._refer(rule, value, WEB_GROUP)
        return [pattern for group in reference.found for pattern in patterns_of(group)] if reference.trace is Trace.FOUND else []

    @_once
    def _source(self, rule: DcfRule, host: Host) -> Match:
        return strongest(
            Match.YES
            if value == WellKnown.ANYWHERE.value
            else Match.NO
            if value == WellKnown.PUBLIC_INTERNET.value
            else self.ask(rule, value, SMART_GROUP, lambda group: holds_host(self._graph, group, host))
            for value in rule.sources
        )

    def ask(self, rule: DcfRule, value: Any, kind: str, ask: Callable[[Resource], Match]) -> Match:
        """Return what a group that a rule names answers, or what all candidates agree on."""
        reference = self._refer(rule, value, kind)
        answers = {ask(group) for group in reference.found}
        return answers.pop() if len(answers) == 1 else Match.MAYBE

    def _refer(self, rule: DcfRule, value: Any, kind: str) -> Reference:
        reference = self._graph.refer(rule.owner, rule.key, value, (kind,), IDENTITIES)
        is_known = isinstance(value, str) and bool(reference.found)
        if is_known and not is_of_program(self._graph, rule.owner, rule.key, value, (kind,), IDENTITIES):
            return Reference(Trace.EXTERNAL, literal=str(value))  # known already, so it is no id that is yet to be made
        return reference


def patterns_of(group: Resource) -> list[DomainPattern]:
    """Return the names that a WebGroup lists; what cannot be a name is left out."""
    found = []
    for expression in expressions(group):
        raw = field(expression, "snifilter")
        try:
            found.extend([DomainPattern.parse(raw)] if isinstance(raw, str) and raw else [])
        except ValueError:
            continue  # the Controller refuses the group; as a permit it still answers MAYBE below
    return found


def _ask_web_group(group: Resource, ask: Callable[[DomainPattern], Match]) -> Match:
    answers = []
    for expression in expressions(group):
        sni, url = field(expression, "snifilter"), field(expression, "urlfilter")
        if sni is UNKNOWN or url is UNKNOWN:
            answers.append(Match.MAYBE)
            continue
        if sni:
            answers.append(_ask_pattern(sni, ask))
        if url:  # a path needs decryption and matches part of a host's traffic: never a certain yes
            host = str(url).split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
            answers.append(Match.NO if _ask_pattern(host, ask) is Match.NO else Match.MAYBE)
    return strongest(answers)


def _ask_pattern(raw: Any, ask: Callable[[DomainPattern], Match]) -> Match:
    pattern = _parsed(str(raw))
    return Match.MAYBE if pattern is None else ask(pattern)


@lru_cache(maxsize=65536)
def _parsed(text: str) -> DomainPattern | None:
    try:
        return DomainPattern.parse(text)
    except ValueError:
        return None


def _yes(value: bool) -> Match:
    return Match.YES if value else Match.NO
