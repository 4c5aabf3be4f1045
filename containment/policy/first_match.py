"""First-match evaluation of a single flow against a rule set.

Rules kept here (sources: Aviatrix documentation, collected in docs/deciding-a-flow.md):
- the first matching rule decides; if none matches, the Controller's default action does;
- a WebGroup matches the TLS server name or the HTTP Host; without a name only the pattern `*` matches, and other applications never do;
- a URL in a WebGroup matches by host and path where the rule decrypts; where it does not, TLS never matches and plain HTTP may;
- `flow_app_requirement = TLS_REQUIRED` excludes everything that is not TLS;
- whether a *watched* rule ends the evaluation is undocumented, so an effect is the same under both readings or is UNKNOWN;
- a permit that verifies the server name blocks a forged one, in monitor too;
- group membership that is unknown counts as MAYBE: a decision that depends on it is UNKNOWN.

`containment.analysis` answers questions over all flows, such as "what can be reached?".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv6Network
from typing import Final

from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.flow import Application, Decision, Effect, Flow, PolicyVerdict, SkippedRule, UnresolvedAddress
from containment.policy.rules import (
    PUBLIC_INTERNET,
    Address,
    CidrSelector,
    Rule,
    RuleSet,
    Selector,
    SmartGroup,
    TagSelector,
    WebGroup,
    is_public,
)
from containment.ternary import Ternary, any_of


def decide(ruleset: RuleSet, flow: Flow) -> Decision:
    """Return the decision of a rule set on a flow, with the rules passed over and the reason for each."""
    matches: list[tuple[Rule, Ternary, str]] = []
    for rule in ruleset.rules:
        match, reason = match_rule(ruleset, rule, flow)
        matches.append((rule, match, reason))
        if match is Ternary.YES and not rule.watch:
            break  # no later rule can decide, watched or applied
    return _conclude(ruleset, flow, matches)


def _conclude(ruleset: RuleSet, flow: Flow, matches: Sequence[tuple[Rule, Ternary, str]]) -> Decision:
    """Return the decision that follows from the rules' matches.

    Args:
        ruleset: The policy; only its default action is read.
        flow: The flow to decide.
        matches: Rule, match and reason in order of evaluation; rules after one that certainly matches and is applied may be missing.
    """
    passed: list[SkippedRule] = []
    possible: list[Rule] = []
    deciding: Rule | None = None
    for rule, match, reason in matches:
        if match is Ternary.NO:
            passed.append(SkippedRule(rule.name, reason))
        elif match is Ternary.MAYBE:
            passed.append(SkippedRule(rule.name, f"may match: {reason}"))
            possible.append(rule)
        else:
            deciding = rule
            break
    actions = [_is_permitted(rule, flow) for rule in possible]
    actions.append(_is_permitted(deciding, flow) if deciding else ruleset.default_action.permits)
    verdict = PolicyVerdict.UNKNOWN if len(set(actions)) > 1 else PolicyVerdict.PERMIT if actions[0] else PolicyVerdict.DENY
    names = tuple(rule.name for rule in possible)
    return Decision(
        verdict=verdict,
        rule=deciding.name if deciding and not possible else None,
        effect=_reduce_effects(_collect_effects(ruleset, flow, matches, watching=None)),
        monitor_effect=_compute_monitor_effect(ruleset, flow, possible, deciding),
        enforce_effect=_reduce_effects(_collect_effects(ruleset, flow, matches, watching=False)),
        passed_over=tuple(passed),
        possible=(*names, deciding.name if deciding else "default action") if names else (),
    )


def _is_permitted(rule: Rule, flow: Flow) -> bool:
    """Return whether a rule permits a flow that it matches; a permit that verifies names blocks a forged one."""
    return rule.action.permits and not _is_forgery_detected(rule, flow)


def _is_forgery_detected(rule: Rule, flow: Flow) -> bool:
    return rule.verify_sni and flow.forged and flow.application is Application.TLS and bool(flow.server_name)


def _compute_monitor_effect(ruleset: RuleSet, flow: Flow, possible: Sequence[Rule], deciding: Rule | None) -> Effect:
    """Return the effect in monitor.

    Denies are only watched, so every rule delivers, except a permit that detects a forged name and a deny that is always applied. The
    default action has no watch flag.
    """
    rules = [*possible, deciding] if deciding else possible
    last = set() if deciding else {_convert_to_effect(ruleset.default_action.permits)}
    return _reduce_effects({*last, *(_convert_to_effect(not _is_blocking_in_monitor(rule, flow)) for rule in rules)})


def _is_blocking_in_monitor(rule: Rule, flow: Flow) -> bool:
    return _is_forgery_detected(rule, flow) if rule.action.permits else rule.always_applied


def _collect_effects(ruleset: RuleSet, flow: Flow, matches: Iterable[tuple[Rule, Ternary, str]], *, watching: bool | None) -> set[Effect]:
    """Return every effect that some reading allows; `watching` False applies all rules, None leaves watched rules watched."""
    out: set[Effect] = set()
    for rule, match, _ in matches:
        if match is Ternary.NO:
            continue
        if rule.watch and watching is None:
            out.add(Effect.DELIVERED)  # one reading: the flow is let through here; the other: it goes on to the next rule
            continue
        out.add(_convert_to_effect(_is_permitted(rule, flow)))
        if match is Ternary.YES:
            return out
    return out | {_convert_to_effect(ruleset.default_action.permits)}


def _convert_to_effect(permits: bool) -> Effect:
    return Effect.DELIVERED if permits else Effect.BLOCKED


def _reduce_effects(effects: set[Effect]) -> Effect:
    return next(iter(effects)) if len(effects) == 1 else Effect.UNKNOWN


def match_rule(ruleset: RuleSet, rule: Rule, flow: Flow) -> tuple[Ternary, str]:
    """Return whether one rule matches a flow, and the reason."""
    if rule.disabled:
        return Ternary.NO, "the rule is disabled"
    unsure = []
    for check, reason in _CHECKS:
        match = check(ruleset, rule, flow)
        if match is Ternary.NO:
            return Ternary.NO, reason(rule, flow)
        if match is Ternary.MAYBE:
            unsure.append(reason(rule, flow).replace("is not", "may be", 1))
    return (Ternary.MAYBE, "; ".join(unsure)) if unsure else (Ternary.YES, "all parts match")


def _describe_claim(flow: Flow) -> str:
    if flow.application is Application.OTHER:
        return "a flow that is neither TLS nor HTTP"
    return flow.server_name or f"{flow.application.value} without a server name"


def _compare_protocol(_: RuleSet, rule: Rule, flow: Flow) -> Ternary:
    if flow.protocol is Protocol.ANY:
        return Ternary.YES if rule.protocol is Protocol.ANY else Ternary.MAYBE
    return Ternary.of(rule.protocol in (Protocol.ANY, flow.protocol))


def _compare_port(_: RuleSet, rule: Rule, flow: Flow) -> Ternary:
    if not rule.ports:
        return Ternary.YES
    port = flow.port
    return Ternary.NO if port is None else Ternary.of(any(port in ports for ports in rule.ports))


def _compare_application(_: RuleSet, rule: Rule, flow: Flow) -> Ternary:
    return Ternary.of(not rule.tls_required or flow.application is Application.TLS)


def _compare_web_groups(ruleset: RuleSet, rule: Rule, flow: Flow) -> Ternary:
    if not rule.web_groups:
        return Ternary.YES
    if flow.application is Application.OTHER or flow.protocol is not Protocol.TCP:
        return Ternary.NO
    groups: Sequence[WebGroup] = [ruleset.web_groups[name] for name in rule.web_groups]
    if not flow.server_name:  # an empty name is no name
        everything = DomainPattern("*")
        known = Ternary.of(any(everything in group.patterns for group in groups))
        return Ternary.MAYBE if known is Ternary.NO and any(everything in group.unsure for group in groups) else known
    urls = [url.matches(flow.server_name, flow.path) for group in groups for url in group.urls]
    if not rule.decrypts:
        # It is undocumented whether a gateway compares the path of plain HTTP, which it could see.
        urls = [Ternary.MAYBE for match in urls if match is not Ternary.NO and flow.application is Application.HTTP]
    unsure = [pattern.matches(flow.server_name) for group in groups for pattern in group.unsure]
    urls += [Ternary.MAYBE for match in unsure if match is not Ternary.NO]
    return any_of((*urls, *(pattern.matches(flow.server_name) for group in groups for pattern in group.patterns)))


def _compare_source(ruleset: RuleSet, rule: Rule, flow: Flow) -> Ternary:
    def selects(selector: Selector) -> Ternary:
        if isinstance(selector, CidrSelector):
            return Ternary.MAYBE if flow.source.address is None else Ternary.of(flow.source.address in selector.network)
        if isinstance(selector, TagSelector):
            tags = flow.source.tags
            return Ternary.MAYBE if tags is None else Ternary.of(all(tags.get(key) == value for key, value in selector.tags.items()))
        return Ternary.MAYBE

    return any_of(_compare_group(ruleset.smart_groups[name], flow.source.address, selects) for name in rule.sources)


def _compare_destination(ruleset: RuleSet, rule: Rule, flow: Flow) -> Ternary:
    address = flow.destination

    def selects(selector: Selector) -> Ternary:
        if not isinstance(selector, CidrSelector):
            return Ternary.MAYBE
        if not isinstance(address, UnresolvedAddress):
            return Ternary.of(address in selector.network)
        network = selector.network
        if isinstance(network, IPv6Network):
            return Ternary.MAYBE
        if network.prefixlen == 0:
            return Ternary.YES
        return Ternary.NO if address is UnresolvedAddress.PUBLIC and not network.is_global else Ternary.MAYBE

    return any_of(_compare_group(ruleset.smart_groups[name], address, selects) for name in rule.destinations)


def _compare_group(group: SmartGroup, address: Address | UnresolvedAddress | None, selects: Callable[[Selector], Ternary]) -> Ternary:
    if group != PUBLIC_INTERNET:
        return any_of(selects(selector) for selector in group.selectors)
    if isinstance(address, UnresolvedAddress):
        return Ternary.YES if address is UnresolvedAddress.PUBLIC else Ternary.MAYBE
    public = None if address is None else is_public(address)
    return Ternary.MAYBE if public is None else Ternary.of(public)


_CHECKS: Final[tuple[tuple[Callable[[RuleSet, Rule, Flow], Ternary], Callable[[Rule, Flow], str]], ...]] = (
    (_compare_source, lambda rule, _: "source is not in " + ", ".join(rule.sources)),
    (_compare_protocol, lambda rule, _: f"protocol is not {rule.protocol.value}"),
    (_compare_port, lambda rule, _: "port is not " + ", ".join(map(str, rule.ports))),
    (_compare_destination, lambda rule, _: "destination is not in " + ", ".join(rule.destinations)),
    (_compare_application, lambda _rule, _flow: "flow is not TLS"),
    (_compare_web_groups, lambda rule, flow: f"{_describe_claim(flow)} is not in " + ", ".join(rule.web_groups)),
)
"""Each part of a rule in the order of explanation, with the reason for a mismatch."""
