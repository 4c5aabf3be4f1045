"""Shadow-model denies: check that a named deny stops every known model provider before any rule can permit it.

For each provider of the minimum set the deny is the first rule that denies it through a WebGroup. Before that deny no rule
may permit the same traffic (agents, public internet, TCP 443, that name). The deny itself must be enabled, logged, and applied
to the agents, the public internet and TCP 443; it may be watched only if every host is tagged as in monitor mode. A provider
that no deny names is acceptable only if no permit reaches it, or if each permit that does names exactly that host: the
organization has then sanctioned it by permitting it and removing it from the deny.

The analyzer decides over flows. While it is unknown which rule uses which group (a first preview), it cannot. Then
the deny is the first DENY with a WebGroup that may be the one (or the only one whose name identifies it as the shadow-model deny),
and every PERMIT of higher precedence is refused unless its protocol, its ports or all groups it may use exclude the traffic. Such
a refusal can be a false alarm; a policy that passes is judged completely as soon as ids are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary, all_of
from policypack.firewall.analysis import FlowSet
from policypack.firewall.effective_rules import EffectiveRules
from policypack.firewall.model_providers import PROVIDERS
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.graph.plain_data import is_true
from policypack.graph.resources import Resource

_OWN_WORDS: Final = ("shadow", "unapproved")


def find_shadow_violations(chain: EffectiveRules) -> Iterator[tuple[Resource | None, str]]:
    """Yield a description of each fault, with the resource that contains the rule at fault (None: a required rule is missing)."""
    inquiry = _ShadowJudgment(chain)
    named = {provider: inquiry.find_deny(provider) for provider in PROVIDERS}
    denies = list(dict.fromkeys(rule for rule in named.values() if rule is not None))
    if not denies:
        yield None, inquiry.explain_missing()
        return
    for rule in denies:
        stopped = [provider for provider, one in named.items() if one is rule]
        yield from ((rule.owner, f"{rule.label} {flaw}") for flaw in inquiry.find_flaws(rule, stopped))
        for threat, name in inquiry.find_permits_ahead(rule):
            yield threat.owner, f"{threat.label} may permit {name} before {rule.label} denies it{inquiry.doubt}"
    for provider in (provider for provider, rule in named.items() if rule is None):
        yield from inquiry.find_unnamed_violations(provider)


def find_shadow_denies(chain: EffectiveRules) -> list[RegisteredRule]:
    """Return the denies of model providers, disabled ones included.

    While ids are unknown, this is the one deny with a name of a shadow-model deny, else the first deny with a WebGroup.
    """
    rules = read_rules(chain.graph)
    web = [rule for rule in rules if rule.permits is Ternary.NO and rule.web_groups]
    if all(map(chain.groups.is_certain, rules)):
        return [rule for rule in web if any(chain.groups.has_name(rule, provider) is Ternary.YES for provider in PROVIDERS)]
    declared = [rule for rule in web if _is_named_shadow(rule)]
    return declared if len(declared) == 1 else web[:1]


def _is_named_shadow(rule: RegisteredRule) -> bool:
    return any(word in rule.name.lower() for word in _OWN_WORDS)


class _ShadowJudgment:
    """One judgment in progress; `doubt` is added to messages while group ids are not known."""

    def __init__(self, chain: EffectiveRules) -> None:
        self._chain, self._groups, self._rules = chain, chain.groups, chain.rules
        self._stated = read_rules(chain.graph)
        self.doubt = (
            "" if chain.is_certain else " (before the update it is unknown which rule uses which group, so any permit ahead is refused)"
        )
        self._hint = self._find_self_declared()

    def find_deny(self, provider: str) -> RegisteredRule | None:
        """Return the first rule that denies a provider through a web group, if any does."""
        if self._hint is not None and self._groups.has_name(self._hint, provider) is not Ternary.NO:
            return self._hint  # its defects are reported as flaws
        found = [
            rule
            for rule in self._get_web_denies()
            if self._is_yes_or_unresolved(self._groups.has_name(rule, provider)) and self._is_agents_web_traffic(rule)
        ]
        return found[0] if found else None

    def find_flaws(self, rule: RegisteredRule, providers: Iterable[str]) -> Iterator[str]:
        """Yield a description of each defect that keeps a deny from stopping some providers, or from being logged."""
        if rule.is_disabled is not Ternary.NO:
            yield "may be disabled (enforcement is not known)"
        yield from self._find_gaps(rule, providers)
        if is_true(rule.logging) is not Ternary.YES:
            yield "is not logged, so attempts leave no trace"
        for stop in self._rules:
            if self._is_web_default_deny(stop) and not rule.is_possibly_before(stop):
                yield f"comes after {stop.label}, which denies everything without naming a provider"
        if rule.is_watched is not Ternary.NO and not self._chain.in_monitor:
            yield "is only watched, while not every agent host is tagged PolicyMode=monitor"

    def _find_gaps(self, rule: RegisteredRule, providers: Iterable[str]) -> Iterator[str]:
        """Yield a description of the providers' traffic that a deny leaves out: by its fields if they show it, else by a flow."""
        missed = [self._chain.find_flow((FlowSet.HTTPS_OUT, provider), (rule,)) for provider in providers]
        if all(answer.match is Ternary.NO for answer in missed):
            return
        told = list(self._find_field_gaps(rule))
        yield from told or [f"does not deny {answer.witness}" for answer in missed if answer.match is Ternary.YES]

    def _find_field_gaps(self, rule: RegisteredRule) -> Iterator[str]:
        if rule.takes_https is not Ternary.YES:
            yield "does not cover TCP 443"
        if rule.takes_tls is not Ternary.YES:
            yield "does not cover TLS (flowAppRequirement)"
        if self._groups.has_hosts and not self._is_yes_or_unresolved(self._groups.has_all_agents(rule)):
            yield "does not cover every agent host as a source"
        if not self._is_yes_or_unresolved(self._groups.has_all_internet(rule)):
            yield "does not cover the public internet as a destination"

    def find_permits_ahead(self, deny: RegisteredRule) -> Iterator[tuple[RegisteredRule, str]]:
        """Yield permits that may be evaluated before a deny and match traffic that it denies, with one such name."""
        for rule in self._get_permits():
            name = self._find_shared_name(rule, deny) if rule.is_possibly_before(deny) else None
            if name is not None:
                yield rule, name

    def _find_shared_name(self, permit: RegisteredRule, deny: RegisteredRule) -> str | None:
        """Return a name that a permit and a deny both match on the agents' way to the public internet, None when there is none."""
        met = self._chain.find_flow((permit, deny, FlowSet.HTTPS_OUT))
        if met.match is not Ternary.MAYBE:
            return None if met.witness is None else met.witness.flow.server_name
        if not self._is_agents_web_traffic(permit):
            return None
        wanted = [DomainPattern(name) for name in PROVIDERS if self._groups.has_name(deny, name) is not Ternary.NO]
        wanted += self._groups.get_patterns(deny)
        return next((pattern.text for pattern in wanted if self._groups.is_overlapping(permit, pattern) is not Ternary.NO), None)

    def find_unnamed_violations(self, provider: str) -> Iterator[tuple[Resource | None, str]]:
        """Yield a description of each rule, or missing deny, that lets through a provider that no deny names."""
        stops = [rule for rule in self._rules if self._is_web_default_deny(rule)]
        reaching = [
            rule
            for rule in self._get_permits()
            if not any(not rule.is_possibly_before(stop) for stop in stops) and self._is_possibly_reaching(rule, provider)
        ]
        for rule in reaching:
            if not self._is_sanctioning(rule, provider):
                yield rule.owner, f"{rule.label} may permit {provider}, which no named deny stops"
        if not reaching and not stops and str(self._chain.default_action).upper() != "DENY":
            yield None, f"no rule denies {provider}, and there is no default deny"

    def explain_missing(self) -> str:
        """Return a message that there is no shadow-model deny, with the nearest candidates."""
        near = []
        for rule in self._stated:
            if rule.permits is not Ternary.NO or not rule.web_groups:
                continue
            if not any(self._groups.has_name(rule, provider) is not Ternary.NO for provider in PROVIDERS):
                continue
            near.append(f"{rule.label} {self._explain_miss(rule)}")
        hint = f"; nearest: {'; '.join(near)}" if near else ""
        return f"no shadow-model deny: no rule denies {', '.join(PROVIDERS[:2])} and the other known model providers by name{hint}"

    def _explain_miss(self, rule: RegisteredRule) -> str:
        if rule.is_disabled is Ternary.YES:
            return "is disabled"
        if rule.takes_https is Ternary.NO:
            return "does not cover TCP 443"
        if self._groups.has_some_agent(rule) is Ternary.NO:
            return "is not for the agents"
        if self._groups.has_some_internet(rule) is Ternary.NO:
            return "is not for the public internet"
        return "does not certainly name them"

    def _find_self_declared(self) -> RegisteredRule | None:
        """Return the one deny with a name of a shadow-model deny; None once groups can be distinguished."""
        stated = (rule for rule in self._stated if rule.permits is Ternary.NO and rule.web_groups)
        found = [rule for rule in stated if _is_named_shadow(rule)]
        return found[0] if len(found) == 1 and not self._chain.is_certain else None

    def _get_web_denies(self) -> list[RegisteredRule]:
        return [rule for rule in self._rules if rule.permits is Ternary.NO and rule.web_groups]

    def _get_permits(self) -> list[RegisteredRule]:
        return [rule for rule in self._rules if rule.permits is not Ternary.NO]

    def _is_agents_web_traffic(self, rule: RegisteredRule) -> bool:
        """Return whether a rule may match some of the agents' web traffic to the public internet."""
        return Ternary.NO not in (rule.takes_https, self._groups.has_some_agent(rule), self._groups.has_some_internet(rule))

    def _is_possibly_reaching(self, permit: RegisteredRule, provider: str) -> bool:
        """Return whether a permit may let through traffic that names a provider.

        While ids are unknown, a permit without WebGroups does not if no group of the whole internet can be its destination.
        """
        met = self._chain.find_flow((permit, FlowSet.HTTPS_OUT, provider)).match
        if met is not Ternary.MAYBE:
            return met is Ternary.YES
        widely = bool(permit.web_groups) or self._groups.is_certain(permit) or self._groups.has_all_internet(permit) is not Ternary.NO
        return widely and self._is_agents_web_traffic(permit) and self._groups.has_name(permit, provider) is not Ternary.NO

    def _is_web_default_deny(self, rule: RegisteredRule) -> bool:
        """Return whether a rule certainly denies all of the agents' web traffic, whatever the name."""
        if rule.permits is not Ternary.NO or rule.web_groups or (rule.is_watched is not Ternary.NO and not self._chain.in_monitor):
            return False
        missed = self._chain.find_flow((FlowSet.HTTPS_OUT,), (rule,)).match
        if missed is not Ternary.MAYBE:
            return missed is Ternary.NO
        return self._is_yes_or_unresolved(
            all_of(
                [rule.takes_https, rule.takes_tls, rule.takes_plain, self._groups.has_all_agents(rule), self._groups.has_all_internet(rule)]
            )
        )

    def _is_sanctioning(self, rule: RegisteredRule, provider: str) -> bool:
        return DomainPattern(provider) in self._groups.get_patterns(rule)

    def _is_yes_or_unresolved(self, answer: Ternary) -> bool:
        """Return whether an answer counts as YES: MAYBE does only while ids are unknown, when the name or the position decides."""
        return answer is Ternary.YES or (answer is Ternary.MAYBE and not self._chain.is_certain)
