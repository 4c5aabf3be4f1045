"""Plain first-match evaluation: what one rule set does to one flow.

Rules kept here (Aviatrix documentation, collected in docs/deciding-a-flow.md):
- the first matching rule in order decides; none matching, the Controller's default action does;
- a WebGroup matches the TLS server name or the HTTP Host; TLS without SNI and anything else matches none;
- a URL in a WebGroup matches nothing while the rule does not decrypt; where it does, host and path must fit;
- `flow_app_requirement = TLS_REQUIRED` leaves out everything that is not TLS;
- whether a *watched* rule ends the evaluation is not documented, so an effect holds under both readings or is UNKNOWN;
- a permit that verifies the server name blocks a forged one, in monitor too;
- a member that is not known is neither in nor out of a group: what depends on it is UNKNOWN.

Exact questions over all flows ("what can be reached?") are the analyser's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv6Network

from containment.model.flow import Application, Decision, Effect, Flow, PassedOver, Somewhere, Verdict
from containment.model.fqdn import DomainPattern, Match
from containment.model.names import Protocol
from containment.model.ruleset import (
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


def decide(ruleset: RuleSet, flow: Flow) -> Decision:
    """Return what `ruleset` does to `flow`, with the rules passed over and the reason for each."""
    return conclude(ruleset, flow, [(rule, *match_rule(ruleset, rule, flow)) for rule in ruleset.rules])


def conclude(ruleset: RuleSet, flow: Flow, matches: Sequence[tuple[Rule, Match, str]]) -> Decision:
    """Return the decision that follows from which rules match, given in order with the reason for each."""
    passed: list[PassedOver] = []
    possible: list[Rule] = []
    deciding: Rule | None = None
    for rule, match, reason in matches:
        if match is Match.NO:
            passed.append(PassedOver(rule.name, reason))
        elif match is Match.MAYBE:
            passed.append(PassedOver(rule.name, f"may match: {reason}"))
            possible.append(rule)
        else:
            deciding = rule
            break
    actions = [_permits(rule, flow) for rule in possible]
    actions.append(_permits(deciding, flow) if deciding else ruleset.default_action.permits)
    verdict = Verdict.UNKNOWN if len(set(actions)) > 1 else Verdict.PERMIT if actions[0] else Verdict.DENY
    names = tuple(rule.name for rule in possible)
    return Decision(
        verdict=verdict,
        rule=deciding.name if deciding and not possible else None,
        effect=_only(_outcomes(ruleset, flow, matches, watching=None)),
        monitor_effect=_monitor_effect(ruleset, flow, possible, deciding),
        enforce_effect=_only(_outcomes(ruleset, flow, matches, watching=False)),
        passed_over=tuple(passed),
        possible=(*names, deciding.name if deciding else "default action") if names else (),
    )


def _permits(rule: Rule, flow: Flow) -> bool:
    """Tell whether a rule lets a flow it matches through: a verified name must be the server's own."""
    return rule.action.permits and not _unmasked(rule, flow)


def _unmasked(rule: Rule, flow: Flow) -> bool:
    return rule.verify_sni and flow.forged and flow.application is Application.TLS and bool(flow.server_name)


def _monitor_effect(ruleset: RuleSet, flow: Flow, possible: Sequence[Rule], deciding: Rule | None) -> Effect:
    """A named deny is only watched in monitor, so every named rule delivers; the default action has no watch flag."""
    rules = [*possible, deciding] if deciding else possible
    last = set() if deciding else {_effect(ruleset.default_action.permits)}
    return _only({*last, *(_effect(not (rule.action.permits and _unmasked(rule, flow))) for rule in rules)})


def _outcomes(ruleset: RuleSet, flow: Flow, matches: Iterable[tuple[Rule, Match, str]], *, watching: bool | None) -> set[Effect]:
    """Return every effect some reading allows; `watching` False applies all rules, None takes them as they are."""
    out: set[Effect] = set()
    for rule, match, _ in matches:
        if match is Match.NO:
            continue
        if rule.watch and watching is None:
            out.add(Effect.DELIVERED)  # one reading: the flow is let through here; the other: it goes on to the next rule
            continue
        out.add(_effect(_permits(rule, flow)))
        if match is Match.YES:
            return out
    return out | {_effect(ruleset.default_action.permits)}


def _effect(permits: bool) -> Effect:
    return Effect.DELIVERED if permits else Effect.BLOCKED


def _only(effects: set[Effect]) -> Effect:
    return next(iter(effects)) if len(effects) == 1 else Effect.UNKNOWN


def match_rule(ruleset: RuleSet, rule: Rule, flow: Flow) -> tuple[Match, str]:
    """Tell whether one rule matches a flow, and what decided that."""
    if rule.disabled:
        return Match.NO, "the rule is disabled"
    checks = (
        (_source(ruleset, rule, flow), "source is not in " + ", ".join(rule.sources)),
        (_protocol(rule, flow), f"protocol is not {rule.protocol.value}"),
        (_port(rule, flow), "port is not " + ", ".join(map(str, rule.ports))),
        (_destination(ruleset, rule, flow), "destination is not in " + ", ".join(rule.destinations)),
        (_application(rule, flow), "flow is not TLS"),
        (_web(ruleset, rule, flow), f"{_claim(flow)} is not in " + ", ".join(rule.web_groups)),
    )
    for match, reason in checks:
        if match is Match.NO:
            return Match.NO, reason
    unsure = [reason.replace("is not", "may be", 1) for match, reason in checks if match is Match.MAYBE]
    return (Match.MAYBE, "; ".join(unsure)) if unsure else (Match.YES, "all parts match")


def _claim(flow: Flow) -> str:
    if flow.application is Application.OTHER:
        return "a flow that is neither TLS nor HTTP"
    return flow.server_name or f"{flow.application.value} without a server name"


def _any(matches: Iterable[Match]) -> Match:
    seen = set(matches)
    return Match.YES if Match.YES in seen else Match.MAYBE if Match.MAYBE in seen else Match.NO


def _yes(fact: bool) -> Match:
    return Match.YES if fact else Match.NO


def _protocol(rule: Rule, flow: Flow) -> Match:
    if flow.protocol is Protocol.ANY:
        return Match.YES if rule.protocol is Protocol.ANY else Match.MAYBE
    return _yes(rule.protocol in (Protocol.ANY, flow.protocol))


def _port(rule: Rule, flow: Flow) -> Match:
    if not rule.ports:
        return Match.YES
    port = flow.port
    return Match.NO if port is None else _yes(any(port in ports for ports in rule.ports))


def _application(rule: Rule, flow: Flow) -> Match:
    return _yes(not rule.tls_required or flow.application is Application.TLS)


def _web(ruleset: RuleSet, rule: Rule, flow: Flow) -> Match:
    if not rule.web_groups:
        return Match.YES
    if flow.application is Application.OTHER or flow.protocol is not Protocol.TCP:
        return Match.NO
    groups: Sequence[WebGroup] = [ruleset.web_groups[name] for name in rule.web_groups]
    if not flow.server_name:  # an empty name is no name
        everything = DomainPattern("*")
        known = _yes(any(everything in group.patterns for group in groups))
        return Match.MAYBE if known is Match.NO and any(everything in group.unsure for group in groups) else known
    urls = [url.matches(flow.server_name, flow.path) for group in groups for url in group.urls]
    if not rule.decrypts:
        # Nobody says what a gateway does with the path of plain HTTP, which it could see.
        urls = [Match.MAYBE for match in urls if match is not Match.NO and flow.application is Application.HTTP]
    unsure = [pattern.matches(flow.server_name) for group in groups for pattern in group.unsure]
    urls += [Match.MAYBE for match in unsure if match is not Match.NO]
    return _any((*urls, *(pattern.matches(flow.server_name) for group in groups for pattern in group.patterns)))


def _source(ruleset: RuleSet, rule: Rule, flow: Flow) -> Match:
    def selects(selector: Selector) -> Match:
        if isinstance(selector, CidrSelector):
            return Match.MAYBE if flow.source.address is None else _yes(flow.source.address in selector.network)
        if isinstance(selector, TagSelector):
            tags = flow.source.tags
            return Match.MAYBE if tags is None else _yes(all(tags.get(key) == value for key, value in selector.tags.items()))
        return Match.MAYBE

    return _any(_group(ruleset.smart_groups[name], flow.source.address, selects) for name in rule.sources)


def _destination(ruleset: RuleSet, rule: Rule, flow: Flow) -> Match:
    address = flow.destination

    def selects(selector: Selector) -> Match:
        if not isinstance(selector, CidrSelector):
            return Match.MAYBE
        if not isinstance(address, Somewhere):
            return _yes(address in selector.network)
        network = selector.network
        if isinstance(network, IPv6Network):
            return Match.MAYBE
        if network.prefixlen == 0:
            return Match.YES
        return Match.NO if address is Somewhere.PUBLIC and not network.is_global else Match.MAYBE

    return _any(_group(ruleset.smart_groups[name], address, selects) for name in rule.destinations)


def _group(group: SmartGroup, address: Address | Somewhere | None, selects: Callable[[Selector], Match]) -> Match:
    if group != PUBLIC_INTERNET:
        return _any(selects(selector) for selector in group.selectors)
    if isinstance(address, Somewhere):
        return Match.YES if address is Somewhere.PUBLIC else Match.MAYBE
    public = None if address is None else is_public(address)
    return Match.MAYBE if public is None else _yes(public)
