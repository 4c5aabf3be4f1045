"""Effective DCF rules of a program, with their groups and the agent hosts: the view that the pack's firewall rules check.

A complete agent environment is judged by its inputs and again by its outputs. Other programs are judged by their inputs only,
because outputs contain every default. MAYBE counts as YES only while it is unknown which rule uses which group (a first preview).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from containment.ternary import Ternary, all_of
from policypack.facts.agent_environment import has_agents, is_all_in_monitor, is_complete
from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts
from policypack.finding import Violation
from policypack.firewall.analysis import AnalyzedPolicy, FlowResult, FlowSet, Set, analyze_policy
from policypack.firewall.groups import Groups
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.firewall.scope import has_every_address
from policypack.graph.known_types import DEFAULT_ACTION, RULE_LISTS, SMART_GROUP, WEB_GROUP
from policypack.graph.resources import Graph

ORDERED = (*RULE_LISTS, SMART_GROUP, WEB_GROUP)
"""Types whose outputs can differ from their inputs."""


@dataclass(frozen=True, eq=False)
class EffectiveRules:
    """The rules of one view of a program, in order of precedence, without disabled ones."""

    graph: Graph
    hosts: tuple[Host, ...]
    groups: Groups
    rules: tuple[RegisteredRule, ...]
    in_monitor: bool

    @cached_property
    def permits(self) -> list[RegisteredRule]:
        """Rules that may let some of the agents' traffic through."""
        return [rule for rule in self.rules if rule.permits is not Ternary.NO and self.is_for_agents(rule)]

    @cached_property
    def denies(self) -> list[RegisteredRule]:
        """Rules that stop some of the agents' traffic."""
        return [rule for rule in self.rules if rule.permits is Ternary.NO and self.is_for_agents(rule)]

    def find_enforced_before(self, rule: RegisteredRule) -> tuple[RegisteredRule, ...]:
        """Return the denies that certainly precede a rule and certainly apply; in monitor a watched deny counts as applied."""
        return tuple(deny for deny in self._enforced if not rule.is_possibly_before(deny))

    @cached_property
    def _enforced(self) -> tuple[RegisteredRule, ...]:
        applied = (rule for rule in self.denies if rule.is_disabled is Ternary.NO)
        return tuple(rule for rule in applied if self.in_monitor or rule.is_watched is Ternary.NO)

    def is_for_agents(self, rule: RegisteredRule) -> bool:
        """Return whether a rule may apply to the agents."""
        return self.groups.has_some_agent(rule) is not Ternary.NO

    def is_yes_or_unresolved(self, rule: RegisteredRule, answer: Ternary) -> bool:
        """Return whether an answer about a rule's groups counts as YES: MAYBE does while the groups of the rule are unknown."""
        return answer is Ternary.YES or (answer is Ternary.MAYBE and not self.groups.is_certain(rule))

    def is_default_deny(self, rule: RegisteredRule) -> bool:
        """Return whether a rule is a default deny: every agent, destination, protocol and port, whatever the name."""
        if rule.permits is not Ternary.NO or rule.web_groups:
            return False
        missed = self.find_flow((FlowSet.TO_IPV4,), (rule,)).match
        if missed is not Ternary.MAYBE:
            return missed is Ternary.NO
        where = all_of([self.groups.has_all_agents(rule), has_every_address(self.groups, rule)])
        return rule.takes_everything is Ternary.YES and self.is_yes_or_unresolved(rule, where)

    def is_monitor_permit(self, rule: RegisteredRule) -> bool:
        """Return whether a rule can be monitor's last broad permit: it certainly follows a default deny."""
        return self.in_monitor and any(self.is_default_deny(deny) and not rule.is_possibly_before(deny) for deny in self.denies)

    @cached_property
    def is_certain(self) -> bool:
        """Whether it is known which groups every rule names."""
        return all(map(self.groups.is_certain, self.rules))

    @cached_property
    def analyzed_policy(self) -> AnalyzedPolicy | None:
        """The analyzed policy; None while there is no host or the groups of some rule are unknown."""
        return analyze_policy(self.graph) if self.groups.has_hosts and self.is_certain else None

    def find_flow(self, inside: Iterable[Set], outside: Iterable[Set] = ()) -> FlowResult:
        """Find a flow of the hosts inside all of some sets and outside others; MAYBE while the policy cannot be analyzed."""
        return FlowResult(Ternary.MAYBE) if self.analyzed_policy is None else self.analyzed_policy.find_flow(inside, outside)

    @property
    def default_action(self) -> Any:
        """The default action that the program declares; None when it declares none."""
        stated = self.graph.find_by_type(DEFAULT_ACTION)
        return stated[0].get("action") if stated else None

    @property
    def only_owner(self) -> str:
        """URN of the one resource that contains all rules; "" (the stack) when there are none or several."""
        lists = self.graph.find_by_type(*RULE_LISTS)
        return lists[0].urn if len(lists) == 1 else ""


def get_effective_rules(graph: Graph) -> EffectiveRules:
    """Return the effective rules of a graph; the same object each time."""
    return graph.compute_once(get_effective_rules, lambda: _build_effective_rules(graph))


def _build_effective_rules(graph: Graph) -> EffectiveRules:
    hosts = find_hosts(graph)
    enforced = tuple(rule for rule in read_rules(graph) if rule.is_disabled is not Ternary.YES)
    return EffectiveRules(graph, hosts, Groups(graph, hosts), enforced, is_all_in_monitor(hosts))


def check_environment(graph: Graph, check: Callable[[EffectiveRules], Iterable[Violation]]) -> list[Violation]:
    """Return the faults of a complete agent environment, by its inputs and by its outputs; none for any other program."""
    return list(dict.fromkeys(fault for chain in _get_views(graph) for fault in check(chain)))


def check_environment_or_agents(graph: Graph, check: Callable[[EffectiveRules], Iterable[Violation]]) -> list[Violation]:
    """Return the faults of a complete agent environment, or of rules for agents whose gateway is in another program."""
    if is_complete(graph) or not (has_agents(graph) and graph.find_by_type(*RULE_LISTS)):
        return check_environment(graph, check)
    return list(dict.fromkeys(check(get_effective_rules(graph))))


def _get_views(graph: Graph) -> Iterator[EffectiveRules]:
    if is_complete(graph):
        yield get_effective_rules(graph)
        answered = graph.use_outputs(ORDERED)
        if answered is not graph:
            yield get_effective_rules(answered)
