"""The DCF rules of a program with what is known of their groups and of the hosts they are for: what rules about rules ask.

A vended place is judged twice, as asked for and as the Controller answered; what a program states is judged as asked for
only, because an answer names every default. `enough` says when a MAYBE will do: while it is not known which rule uses which
group (a first preview) and only then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from containment.model.fqdn import Match
from policypack.analysed import Analysed, Answer, Flows, Set, analysed
from policypack.dcf import DcfRule, read_rules
from policypack.dcf_groups import Groups
from policypack.dcf_scope import holds_everywhere
from policypack.finding import Fault
from policypack.graph import Graph
from policypack.hosts import Host, find_hosts
from policypack.known_types import DEFAULT_ACTION, RULE_LISTS, SMART_GROUP, WEB_GROUP
from policypack.place import all_in_monitor, has_agents, is_vended
from policypack.plain import weakest

ORDERED = (*RULE_LISTS, SMART_GROUP, WEB_GROUP)
"""Types whose answers can differ from what was asked for."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The rules of one view of a program, in order of precedence, without those that are stored and never enforced."""

    graph: Graph
    hosts: tuple[Host, ...]
    groups: Groups
    rules: tuple[DcfRule, ...]
    in_monitor: bool

    @cached_property
    def permits(self) -> list[DcfRule]:
        """Rules that may let some of the agents' traffic through."""
        return [rule for rule in self.rules if rule.permits is not Match.NO and self.is_ours(rule)]

    @cached_property
    def denies(self) -> list[DcfRule]:
        """Rules that stop some of the agents' traffic."""
        return [rule for rule in self.rules if rule.permits is Match.NO and self.is_ours(rule)]

    def enforced_before(self, rule: DcfRule) -> tuple[DcfRule, ...]:
        """Return the denies that certainly come before a rule and certainly apply; in monitor a watched deny counts as applied."""
        return tuple(deny for deny in self._enforced if not rule.may_precede(deny))

    @cached_property
    def _enforced(self) -> tuple[DcfRule, ...]:
        applied = (rule for rule in self.denies if rule.is_disabled is Match.NO)
        return tuple(rule for rule in applied if self.in_monitor or rule.is_watched is Match.NO)

    def is_ours(self, rule: DcfRule) -> bool:
        """Tell whether a rule may be for the agents."""
        return self.groups.meets_agents(rule) is not Match.NO

    def enough(self, rule: DcfRule, answer: Match) -> bool:
        """Tell whether an answer about a rule's groups is a yes: MAYBE is, while it is not known which groups they are."""
        return answer is Match.YES or (answer is Match.MAYBE and not self.groups.is_certain(rule))

    def stops_everything(self, rule: DcfRule) -> bool:
        """Tell whether a rule is a default deny: every protocol and port of every agent, to everywhere, whatever the name."""
        if rule.permits is not Match.NO or rule.web_groups:
            return False
        missed = self.flow((Flows.TO_IPV4,), (rule,)).match
        if missed is not Match.MAYBE:
            return missed is Match.NO
        where = weakest([self.groups.holds_agents(rule), holds_everywhere(self.groups, rule)])
        return rule.takes_everything is Match.YES and self.enough(rule, where)

    def is_monitor_permit(self, rule: DcfRule) -> bool:
        """Tell whether a rule is the broad permit that may stand last in monitor: behind a default deny, and only there."""
        return self.in_monitor and any(self.stops_everything(deny) and not rule.may_precede(deny) for deny in self.denies)

    @cached_property
    def is_certain(self) -> bool:
        """Whether it is known which groups every rule names."""
        return all(map(self.groups.is_certain, self.rules))

    @cached_property
    def asked(self) -> Analysed | None:
        """The analyser, as soon as there is a host and it is known which groups every rule names; None before."""
        return analysed(self.graph) if self.groups.has_hosts and self.is_certain else None

    def flow(self, inside: Iterable[Set], outside: Iterable[Set] = ()) -> Answer:
        """Tell whether the hosts have a flow inside all of some sets and outside others; MAYBE while the analyser cannot tell."""
        return Answer(Match.MAYBE) if self.asked is None else self.asked.flow(inside, outside)

    @property
    def default_action(self) -> Any:
        """What the program says of what no rule matches; None when it does not."""
        stated = self.graph.of(DEFAULT_ACTION)
        return stated[0].get("action") if stated else None

    @property
    def only_owner(self) -> str:
        """The URN of the resource that holds all rules; "" (the stack) when there are none or several."""
        lists = self.graph.of(*RULE_LISTS)
        return lists[0].urn if len(lists) == 1 else ""


def chain_of(graph: Graph) -> Chain:
    """Return the rules of a graph as it is."""
    return graph.once(chain_of, lambda: _read(graph))


def _read(graph: Graph) -> Chain:
    hosts = find_hosts(graph)
    enforced = tuple(rule for rule in read_rules(graph) if rule.is_disabled is not Match.YES)
    return Chain(graph, hosts, Groups(graph, hosts), enforced, all_in_monitor(hosts))


def in_places(graph: Graph, check: Callable[[Chain], Iterable[Fault]]) -> list[Fault]:
    """Return what a check finds in a vended place, as asked for and as answered; nothing in any other program."""
    return list(dict.fromkeys(fault for chain in _views(graph) for fault in check(chain)))


def in_places_and_for_agents(graph: Graph, check: Callable[[Chain], Iterable[Fault]]) -> list[Fault]:
    """Return what a check finds in a vended place, or in the rules of a program whose agents' gateway is in another program."""
    if is_vended(graph) or not (has_agents(graph) and graph.of(*RULE_LISTS)):
        return in_places(graph, check)
    return list(dict.fromkeys(check(chain_of(graph))))


def _views(graph: Graph) -> Iterator[Chain]:
    if is_vended(graph):
        yield chain_of(graph)
        answered = graph.as_answered(ORDERED)
        if answered is not graph:
            yield chain_of(answered)
