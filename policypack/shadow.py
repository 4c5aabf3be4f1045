"""Does a named deny stop every known shadow model before anything can let it through? Answered by meaning, not by name.

For each provider of the minimum set the deny is the first rule that denies it through a web group. Before that deny no rule
may permit the same traffic (agents, public internet, TCP 443, that name), and the deny itself must be switched on, logged,
for the agents, for the public internet, for TCP 443, and really applied unless every host says it is in monitor mode.
A provider that no deny names is acceptable only when no permit reaches it, or when one permit names exactly that host: then
an enterprise has sanctioned it, in one place, and has taken it out of the other.

What is covered and what is met is asked of the analyser (`Chain.flow`). While it is not known which rule uses which group (a
first preview) it cannot tell. Then the deny is the first web-group DENY that may be it (one that calls itself shadow-model
deny is taken at its word), and every PERMIT of higher precedence is refused unless its protocol, ports or every group it may
use rule it out. What is refused then is sometimes fine; what is fine then is judged in full as soon as ids are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from containment.model.fqdn import DomainPattern, Match
from policypack.analysed import Flows
from policypack.chain import Chain
from policypack.dcf import DcfRule, read_rules
from policypack.graph import Resource
from policypack.plain import is_true, weakest
from policypack.providers import PROVIDERS

_OWN_WORDS: Final = ("shadow", "unapproved")


def judge(chain: Chain) -> Iterator[tuple[Resource | None, str]]:
    """Yield what is wrong, with the resource that holds the rule at fault (None: the rule that ought to be there is not)."""
    inquiry = _Inquiry(chain)
    named = {provider: inquiry.deny_of(provider) for provider in PROVIDERS}
    denies = list(dict.fromkeys(rule for rule in named.values() if rule is not None))
    if not denies:
        yield None, inquiry.explain_missing()
        return
    for rule in denies:
        stopped = [provider for provider, one in named.items() if one is rule]
        yield from ((rule.owner, f"{rule.label} {flaw}") for flaw in inquiry.flaws(rule, stopped))
        for threat, name in inquiry.ahead_of(rule):
            yield threat.owner, f"{threat.label} may permit {name} before {rule.label} denies it{inquiry.doubt}"
    for provider in (provider for provider, rule in named.items() if rule is None):
        yield from inquiry.judge_unnamed(provider)


def shadow_denies(chain: Chain) -> list[DcfRule]:
    """Return the denies that are about model providers, switched off or not.

    While ids are unknown that is the one that calls itself so, or else the first.
    """
    rules = read_rules(chain.graph)
    web = [rule for rule in rules if rule.permits is Match.NO and rule.web_groups]
    if all(map(chain.groups.is_certain, rules)):
        return [rule for rule in web if any(chain.groups.names(rule, provider) is Match.YES for provider in PROVIDERS)]
    declared = [rule for rule in web if _calls_itself_shadow(rule)]
    return declared if len(declared) == 1 else web[:1]


def _calls_itself_shadow(rule: DcfRule) -> bool:
    return any(word in rule.name.lower() for word in _OWN_WORDS)


class _Inquiry:
    """One judgement in progress; `doubt` is added to messages while group ids are not known."""

    def __init__(self, chain: Chain) -> None:
        self._chain, self._groups, self._rules = chain, chain.groups, chain.rules
        self._stated = read_rules(chain.graph)
        self.doubt = (
            "" if chain.is_certain else " (which group is whose is not known before the update, so any permit ahead of it is refused)"
        )
        self._hint = self._self_declared()

    def deny_of(self, provider: str) -> DcfRule | None:
        """Return the first rule that denies a provider through a web group, if any does."""
        if self._hint is not None and self._groups.names(self._hint, provider) is not Match.NO:
            return self._hint  # whatever is wrong with it is a flaw of its own
        found = [rule for rule in self._web_denies() if self._enough(self._groups.names(rule, provider)) and self._meets_ours(rule)]
        return found[0] if found else None

    def flaws(self, rule: DcfRule, providers: Iterable[str]) -> Iterator[str]:
        """Yield why a deny does not do what it is there for, which is to stop these providers."""
        if rule.is_disabled is not Match.NO:
            yield "may be disabled (enforcement is not known)"
        yield from self._gaps(rule, providers)
        if is_true(rule.logging) is not Match.YES:
            yield "is not logged, so attempts stay invisible"
        for stop in self._rules:
            if self._stops_everything(stop) and not rule.may_precede(stop):
                yield f"comes after {stop.label}, which denies everything and names nothing"
        if rule.is_watched is not Match.NO and not self._chain.in_monitor:
            yield "is only watched, while not every agent host says PolicyMode=monitor"

    def _gaps(self, rule: DcfRule, providers: Iterable[str]) -> Iterator[str]:
        """Yield what of the providers' traffic a deny leaves out: by its fields where they tell, else by a flow."""
        missed = [self._chain.flow((Flows.HTTPS_OUT, provider), (rule,)) for provider in providers]
        if all(answer.match is Match.NO for answer in missed):
            return
        told = list(self._told_gaps(rule))
        yield from told or [f"does not deny {answer.witness}" for answer in missed if answer.match is Match.YES]

    def _told_gaps(self, rule: DcfRule) -> Iterator[str]:
        if rule.takes_https is not Match.YES:
            yield "does not cover TCP 443"
        if rule.takes_tls is not Match.YES:
            yield "does not cover TLS (flowAppRequirement)"
        if self._groups.has_hosts and not self._enough(self._groups.holds_agents(rule)):
            yield "does not cover every agent host as a source"
        if not self._enough(self._groups.holds_internet(rule)):
            yield "does not cover the public internet as a destination"

    def ahead_of(self, deny: DcfRule) -> Iterator[tuple[DcfRule, str]]:
        """Yield permits that may be evaluated before a deny and match something it denies, with one such name."""
        for rule in self._permits():
            name = self._shared(rule, deny) if rule.may_precede(deny) else None
            if name is not None:
                yield rule, name

    def _shared(self, permit: DcfRule, deny: DcfRule) -> str | None:
        """Return a name that a permit and a deny both match on the agents' way to the public internet, None when there is none."""
        met = self._chain.flow((permit, deny, Flows.HTTPS_OUT))
        if met.match is not Match.MAYBE:
            return None if met.witness is None else met.witness.flow.server_name
        if not self._meets_ours(permit):
            return None
        wanted = [DomainPattern(name) for name in PROVIDERS if self._groups.names(deny, name) is not Match.NO]
        wanted += self._groups.patterns(deny)
        return next((pattern.text for pattern in wanted if self._groups.overlaps(permit, pattern) is not Match.NO), None)

    def judge_unnamed(self, provider: str) -> Iterator[tuple[Resource | None, str]]:
        """Yield what lets through a provider that no deny names."""
        stops = [rule for rule in self._rules if self._stops_everything(rule)]
        reaching = [
            rule for rule in self._permits() if not any(not rule.may_precede(stop) for stop in stops) and self._may_reach(rule, provider)
        ]
        for rule in reaching:
            if not self._sanctions(rule, provider):
                yield rule.owner, f"{rule.label} may permit {provider}, which no named deny stops"
        if not reaching and not stops and str(self._chain.default_action).upper() != "DENY":
            yield None, f"no rule denies {provider}, and no default deny is in sight"

    def explain_missing(self) -> str:
        """Say that there is no shadow-model deny, and what came near."""
        near = []
        for rule in self._stated:
            if rule.permits is not Match.NO or not rule.web_groups:
                continue
            if not any(self._groups.names(rule, provider) is not Match.NO for provider in PROVIDERS):
                continue
            near.append(f"{rule.label} {self._miss(rule)}")
        hint = f"; nearest: {'; '.join(near)}" if near else ""
        return f"no shadow-model deny: no rule denies {', '.join(PROVIDERS[:2])} and the other known model providers by name{hint}"

    def _miss(self, rule: DcfRule) -> str:
        if rule.is_disabled is Match.YES:
            return "is disabled"
        if rule.takes_https is Match.NO:
            return "does not cover TCP 443"
        if self._groups.meets_agents(rule) is Match.NO:
            return "is not for the agents"
        if self._groups.meets_internet(rule) is Match.NO:
            return "is not for the public internet"
        return "does not certainly name them"

    def _self_declared(self) -> DcfRule | None:
        """Return the one deny that calls itself the shadow-model deny; asked only while groups cannot be told apart."""
        stated = (rule for rule in self._stated if rule.permits is Match.NO and rule.web_groups)
        found = [rule for rule in stated if _calls_itself_shadow(rule)]
        return found[0] if len(found) == 1 and not self._chain.is_certain else None

    def _web_denies(self) -> list[DcfRule]:
        return [rule for rule in self._rules if rule.permits is Match.NO and rule.web_groups]

    def _permits(self) -> list[DcfRule]:
        return [rule for rule in self._rules if rule.permits is not Match.NO]

    def _meets_ours(self, rule: DcfRule) -> bool:
        """Tell whether a rule may match some of the agents' web traffic to the public internet."""
        return Match.NO not in (rule.takes_https, self._groups.meets_agents(rule), self._groups.meets_internet(rule))

    def _may_reach(self, permit: DcfRule, provider: str) -> bool:
        """Tell whether a permit may let through what says a provider's name.

        While ids are unknown, one that no group of the whole internet can be the destination of does not: it may be for any
        of the networks that some deny names.
        """
        met = self._chain.flow((permit, Flows.HTTPS_OUT, provider)).match
        if met is not Match.MAYBE:
            return met is Match.YES
        widely = bool(permit.web_groups) or self._groups.is_certain(permit) or self._groups.holds_internet(permit) is not Match.NO
        return widely and self._meets_ours(permit) and self._groups.names(permit, provider) is not Match.NO

    def _stops_everything(self, rule: DcfRule) -> bool:
        """Tell whether a rule certainly denies all of the agents' web traffic, whatever the name."""
        if rule.permits is not Match.NO or rule.web_groups or (rule.is_watched is not Match.NO and not self._chain.in_monitor):
            return False
        missed = self._chain.flow((Flows.HTTPS_OUT,), (rule,)).match
        if missed is not Match.MAYBE:
            return missed is Match.NO
        return self._enough(
            weakest(
                [rule.takes_https, rule.takes_tls, rule.takes_plain, self._groups.holds_agents(rule), self._groups.holds_internet(rule)]
            )
        )

    def _sanctions(self, rule: DcfRule, provider: str) -> bool:
        return DomainPattern(provider) in self._groups.patterns(rule)

    def _enough(self, answer: Match) -> bool:
        """Tell whether an answer is a yes: MAYBE is one only while ids are unknown, where the literal rule stands in."""
        return answer is Match.YES or (answer is Match.MAYBE and not self._chain.is_certain)
