"""What must hold for every stack's policy, asked of plain `decide`, flow by flow.

The program asks before it registers anything; the policy pack asks the same of the resources, another way. An answer
UNKNOWN has failed. Exact answers over all flows are the analyser's.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from containment.model.decide import decide
from containment.model.errors import Problem
from containment.model.flow import Application, Decision, Effect, Flow, Somewhere, Source, Verdict
from containment.model.names import DENY_GROUPS, HTTPS_PORT, RFC1918, HostTag, PolicyMode, Protocol, RuleId, WebGroupId
from containment.model.ruleset import Logging, RuleSet
from containment.model.spec import ContainmentSpec

NOBODY = "nobody-has-approved-this.invalid"
"""A name in no catalog (RFC 2606)."""

RESOLVER = IPv4Address("8.8.8.8")
"""A public resolver that no stack permits."""


def broken_invariants(spec: ContainmentSpec, ruleset: RuleSet) -> list[Problem]:
    """Return every invariant that does not hold, with the flow that shows it."""
    out = list(_broken_rules(spec, ruleset))
    for source in agent_sources(spec):
        for flow, rule in _must_be_denied(spec, source):
            out += _must_deny(spec, flow, decide(ruleset, flow), f"{spec.prefix}-{rule.value}")
    return sorted(set(out))


def agent_sources(spec: ContainmentSpec) -> tuple[Source, ...]:
    """Return every way to be an agent: untagged in an agent subnet (somebody removed the tags), and tagged anywhere."""
    tags = {spec.config.agent_workload_tag_key: spec.config.agent_workload_tag_value, HostTag.AGENT_STACK.value: spec.stack}
    return (*(Source(subnet.network_address + 10, {}) for subnet in spec.agent_subnets), Source(None, tags))


def _must_be_denied(spec: ContainmentSpec, agent: Source) -> Iterator[tuple[Flow, RuleId]]:
    """Yield flows of one agent, each with the rule that must deny it."""

    def web(name: str | None, application: Application = Application.TLS, to: IPv4Address | Somewhere = Somewhere.PUBLIC) -> Flow:
        return Flow(agent, to, Protocol.TCP, HTTPS_PORT, application, name)

    if shadow := spec.destinations.get(WebGroupId.UNAPPROVED_MODELS):
        for pattern in shadow.patterns:
            yield web(str(pattern).replace("*", "x")), RuleId.SHADOW_MODEL_DENY
    for name, application in ((NOBODY, Application.TLS), (None, Application.TLS), (NOBODY, Application.HTTP), (None, Application.OTHER)):
        yield web(name, application), RuleId.DEFAULT_DENY
    yield Flow(agent, Somewhere.PUBLIC, Protocol.UDP, HTTPS_PORT), RuleId.DEFAULT_DENY
    yield Flow(agent, Somewhere.PUBLIC, Protocol.ICMP, None), RuleId.DEFAULT_DENY
    yield Flow(agent, RESOLVER, Protocol.UDP, 53), RuleId.DNS_EXFIL_UDP
    yield Flow(agent, RESOLVER, Protocol.TCP, 53), RuleId.DNS_EXFIL_TCP
    for api in spec.internal_apis:
        port = next(port for port in range(1024, 65536) if not any(port in ports for other in spec.internal_apis for ports in other.ports))
        address = api.cidrs[0].network_address
        behind = any(address in network for network in spec.config.east_west_deny_cidrs)
        yield Flow(agent, address, Protocol.TCP, port), RuleId.EAST_WEST_DENY if behind else RuleId.DEFAULT_DENY
    neighbour = _neighbour(spec)
    for group, found in spec.destinations.items():
        if group not in DENY_GROUPS:
            claimed = str(found.patterns[0]).replace("*", "x")
            yield web(claimed, Application.HTTP), RuleId.DEFAULT_DENY  # a Host header is free to say anything
            if neighbour:
                yield web(claimed, to=neighbour), RuleId.EAST_WEST_DENY


def _permitted_networks(spec: ContainmentSpec) -> tuple[IPv4Network, ...]:
    apis = (cidr for api in spec.internal_apis for cidr in api.cidrs)
    return (spec.config.vpc_cidr, *spec.config.approved_model_gateway_cidrs, *apis)


def _neighbour(spec: ContainmentSpec) -> IPv4Address | None:
    """Return a private address outside the VPC that must be out of reach, None when the stack denies no such network."""
    for network in spec.config.east_west_deny_cidrs:
        address = network.broadcast_address
        permitted = any(address in gateways for gateways in _permitted_networks(spec))
        if any(address in block for block in RFC1918) and not permitted:
            return address
    return None


def _must_deny(spec: ContainmentSpec, flow: Flow, decision: Decision, rule: str) -> Iterator[Problem]:
    wanted = Effect.BLOCKED if spec.mode is PolicyMode.ENFORCE else Effect.DELIVERED
    decided = decision.rule or (decision.possible[-1] if decision.possible else None)  # other denies may come first, no permit
    if (decision.verdict, decided, decision.effect, decision.enforce_effect) == (Verdict.DENY, rule, wanted, Effect.BLOCKED):
        return
    yield _problem(
        spec,
        f"{flow} is {decision.verdict.value} by {decision.rule or ' or '.join(decision.possible) or 'the default action'}"
        f" ({decision.effect.value})",
        f"it must be denied by {rule}, and {wanted.value} in {spec.mode.value}",
        "remove the permit that stands before it, or give the deny its scope back",
    )


def _broken_rules(spec: ContainmentSpec, ruleset: RuleSet) -> Iterator[Problem]:
    """Yield what flows alone do not show: a rule that never decides today still must not be there."""
    if WebGroupId.UNAPPROVED_MODELS not in spec.destinations:
        yield _problem(spec, "names no unapproved model provider", "shadow-model calls are not named in the log", "add a deny set")
    if ruleset.default_action.permits:
        yield _problem(spec, "ends in a global PERMIT", "it opens every gateway of the Controller", "make the default action DENY")
    watch = spec.mode is PolicyMode.MONITOR
    shadow = ruleset.by_name.get(f"{spec.prefix}-{RuleId.SHADOW_MODEL_DENY.value}")
    for rule in ruleset.rules:
        if shadow and rule.action.permits and rule.priority < shadow.priority:
            yield _problem(spec, f"{rule.name} stands before {shadow.name}", "it may come to permit what that denies", "put it behind")
        if rule.action.permits and rule.protocol is Protocol.ANY and (not watch or rule is not ruleset.rules[-1]):
            yield _problem(spec, f"{rule.name} permits every protocol", "only monitor's last rule may", "name protocol and port")
        if not rule.action.permits and rule.watch is not watch:
            said = "is only watched in enforce" if rule.watch else "is applied in monitor"
            yield _problem(spec, f"{rule.name} {said}", "a mode is the same for every deny", "make its watch follow policyMode")
        if spec.strict_logging and rule.logging is not Logging.START_AND_END:
            yield _problem(spec, f"{rule.name} logs {rule.logging.value}", f"{spec.preset.name} demands start and end", "log both")
        if rule.decrypts and (not rule.web_groups or any(ruleset.web_groups[name].patterns for name in rule.web_groups)):
            yield _problem(spec, f"{rule.name} decrypts what it names by host", "decryption is for URLs alone", "name URLs only")
        if not rule.action.permits and rule.logging is Logging.NONE:
            yield _problem(spec, f"{rule.name} is not logged", "a deny nobody sees is no evidence", "log it")


def _problem(spec: ContainmentSpec, what: str, why: str, fix: str) -> Problem:
    return Problem(f"policy of {spec.stack}", what, why, fix)
