"""Does a named deny stop every known shadow model before anything can let it through? Answered by meaning, not by name.

For each provider of the minimum set the deny is the first rule that denies it through a web group. Before that deny no rule
may permit the same traffic (agents, public internet, TCP 443, that name), and the deny itself must be switched on, logged,
for the agents, for the public internet, for TCP 443, and really applied unless every host says it is in monitor mode.
A provider that no deny names is acceptable only when no permit reaches it, or when one permit names exactly that host: then
an enterprise has sanctioned it, in one place, and has taken it out of the other.

While it is not known which rule uses which group (a first preview), the deny is the first web-group DENY that may be it (one
that calls itself shadow-model deny is taken at its word), and every PERMIT of higher precedence is refused unless its
protocol, ports or every group it may use rule it out. What is refused then is sometimes fine; what is fine then is judged
in full as soon as ids are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from containment.model.fqdn import DomainPattern, Match
from containment.model.names import HostTag, PolicyMode
from policypack.dcf import DcfRule
from policypack.dcf_groups import Groups
from policypack.graph import Resource
from policypack.hosts import Host
from policypack.plain import is_true, weakest

PROVIDERS: Final = (
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "api.mistral.ai",
    "openrouter.ai",
    "api.deepseek.com",
)
"""The shadow-model deny set (seed 001, appendix, "Default terminal workflow destinations"); a deny may name more."""

_OWN_WORDS: Final = ("shadow", "unapproved")


@dataclass(frozen=True, slots=True)
class Policy:
    """What is judged: rules in order, what is known of their groups, the default action if the stack owns it, and the mode."""

    rules: Sequence[DcfRule]
    groups: Groups
    default_action: Any = None
    is_monitor: bool = False


def all_in_monitor(hosts: Sequence[Host]) -> bool:
    """Tell whether every host carries PolicyMode=monitor and nothing else; a stack's name is no evidence, and no host is none."""
    return bool(hosts) and all(host.tags.get(HostTag.POLICY_MODE.value) == (PolicyMode.MONITOR.value,) for host in hosts)


def judge(policy: Policy) -> Iterator[tuple[Resource | None, str]]:
    """Yield what is wrong, with the resource that holds the rule at fault (None: the rule that ought to be there is not)."""
    inquiry = _Inquiry(policy)
    named = {provider: inquiry.deny_of(provider) for provider in PROVIDERS}
    denies = list(dict.fromkeys(rule for rule in named.values() if rule is not None))
    if not denies:
        yield inquiry.only_owner(), inquiry.explain_missing()
        return
    for rule in denies:
        yield from ((rule.owner, f"{rule.label} {flaw}") for flaw in inquiry.flaws(rule))
        for threat, name in inquiry.ahead_of(rule):
            yield threat.owner, f"{threat.label} may permit {name} before {rule.label} denies it{inquiry.doubt}"
    for provider in (provider for provider, rule in named.items() if rule is None):
        yield from inquiry.judge_unnamed(provider)


def shadow_denies(policy: Policy) -> list[DcfRule]:
    """Return the denies that are about model providers, switched off or not.

    While ids are unknown that is the one that calls itself so, or else the first.
    """
    web = [rule for rule in policy.rules if rule.permits is Match.NO and rule.web_groups]
    if all(policy.groups.is_certain(rule) for rule in policy.rules):
        return [rule for rule in web if any(policy.groups.names(rule, provider) is Match.YES for provider in PROVIDERS)]
    declared = [rule for rule in web if _calls_itself_shadow(rule)]
    return declared if len(declared) == 1 else web[:1]


def _calls_itself_shadow(rule: DcfRule) -> bool:
    return any(word in rule.name.lower() for word in _OWN_WORDS)


class _Inquiry:
    """One judgement in progress; `doubt` is added to messages while group ids are not known."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._groups = policy, policy.groups
        self._rules = [rule for rule in policy.rules if rule.is_disabled is not Match.YES]
        self._certain = all(self._groups.is_certain(rule) for rule in self._rules)
        self.doubt = "" if self._certain else " (which group is whose is not known before the update, so any permit ahead of it is refused)"
        self._hint = self._self_declared()

    def deny_of(self, provider: str) -> DcfRule | None:
        """Return the first rule that denies a provider through a web group, if any does."""
        if self._hint is not None and self._groups.names(self._hint, provider) is not Match.NO:
            return self._hint  # whatever is wrong with it is a flaw of its own
        found = [rule for rule in self._web_denies() if self._enough(self._groups.names(rule, provider)) and self._meets_ours(rule)]
        return found[0] if found else None

    def flaws(self, rule: DcfRule) -> Iterator[str]:
        """Yield why a deny does not do what it is there for."""
        if rule.is_disabled is not Match.NO:
            yield "may be disabled (enforcement is not known)"
        if rule.takes_https is not Match.YES:
            yield "does not cover TCP 443"
        if self._groups.has_hosts and not self._enough(self._groups.holds_agents(rule)):
            yield "does not cover every agent host as a source"
        if not self._enough(self._groups.holds_internet(rule)):
            yield "does not cover the public internet as a destination"
        if is_true(rule.logging) is not Match.YES:
            yield "is not logged, so attempts stay invisible"
        for stop in self._rules:
            if self._stops_everything(stop) and not rule.may_precede(stop):
                yield f"comes after {stop.label}, which denies everything and names nothing"
        if rule.is_watched is not Match.NO and not self._policy.is_monitor:
            yield "is only watched, while not every agent host says PolicyMode=monitor"

    def ahead_of(self, deny: DcfRule) -> Iterator[tuple[DcfRule, str]]:
        """Yield permits that may be evaluated before a deny and match something it denies, with one such name."""
        wanted = [DomainPattern(name) for name in PROVIDERS if self._groups.names(deny, name) is not Match.NO]
        wanted += self._groups.patterns(deny)
        for rule in self._permits():
            if rule.may_precede(deny) and self._meets_ours(rule):
                hit = next((pattern for pattern in wanted if self._groups.overlaps(rule, pattern) is not Match.NO), None)
                if hit is not None:
                    yield rule, hit.text

    def judge_unnamed(self, provider: str) -> Iterator[tuple[Resource | None, str]]:
        """Yield what lets through a provider that no deny names."""
        stops = [rule for rule in self._rules if self._stops_everything(rule)]
        reaching = [
            rule
            for rule in self._permits()
            if self._meets_ours(rule)
            and self._reaches_providers(rule)
            and self._groups.names(rule, provider) is not Match.NO
            and not any(not rule.may_precede(stop) for stop in stops)
        ]
        for rule in reaching:
            if not self._sanctions(rule, provider):
                yield rule.owner, f"{rule.label} may permit {provider}, which no named deny stops"
        if not reaching and not stops and str(self._policy.default_action).upper() != "DENY":
            yield self.only_owner(), f"no rule denies {provider}, and no default deny is in sight"

    def explain_missing(self) -> str:
        """Say that there is no shadow-model deny, and what came near."""
        near = []
        for rule in self._policy.rules:
            if rule.permits is not Match.NO or not rule.web_groups:
                continue
            if not any(self._groups.names(rule, provider) is not Match.NO for provider in PROVIDERS):
                continue
            near.append(f"{rule.label} {self._miss(rule)}")
        hint = f"; nearest: {'; '.join(near)}" if near else ""
        return f"no shadow-model deny: no rule denies {', '.join(PROVIDERS[:2])} and the other known model providers by name{hint}"

    def only_owner(self) -> Resource | None:
        """Return the resource that holds all rules, None when there are none or several."""
        owners = list(dict.fromkeys(rule.owner for rule in self._policy.rules))
        return owners[0] if len(owners) == 1 else None

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
        stated = (rule for rule in self._policy.rules if rule.permits is Match.NO and rule.web_groups)
        found = [rule for rule in stated if _calls_itself_shadow(rule)]
        return found[0] if len(found) == 1 and not self._certain else None

    def _web_denies(self) -> list[DcfRule]:
        return [rule for rule in self._rules if rule.permits is Match.NO and rule.web_groups]

    def _permits(self) -> list[DcfRule]:
        return [rule for rule in self._rules if rule.permits is not Match.NO]

    def _meets_ours(self, rule: DcfRule) -> bool:
        """Tell whether a rule may match some of the agents' web traffic to the public internet."""
        return Match.NO not in (rule.takes_https, self._groups.meets_agents(rule), self._groups.meets_internet(rule))

    def _reaches_providers(self, rule: DcfRule) -> bool:
        """Tell whether a permit may reach hosts whose addresses nobody knows.

        While ids are unknown, one that no group of the whole internet can be the destination of does not: it may be for any
        of the networks that some deny names.
        """
        return bool(rule.web_groups) or self._groups.is_certain(rule) or self._groups.holds_internet(rule) is not Match.NO

    def _stops_everything(self, rule: DcfRule) -> bool:
        """Tell whether a rule certainly denies all of the agents' web traffic, whatever the name."""
        covers = weakest([rule.takes_https, self._groups.holds_agents(rule), self._groups.holds_internet(rule)])
        applied = rule.is_watched is Match.NO or self._policy.is_monitor
        return rule.permits is Match.NO and not rule.web_groups and self._enough(covers) and applied

    def _sanctions(self, rule: DcfRule, provider: str) -> bool:
        return DomainPattern(provider) in self._groups.patterns(rule)

    def _enough(self, answer: Match) -> bool:
        """Tell whether an answer is a yes: MAYBE is one only while ids are unknown, where the literal rule stands in."""
        return answer is Match.YES or (answer is Match.MAYBE and not self._certain)
