"""Invariants of every stack's policy, checked flow by flow with `decide`.

The program checks them before it registers anything; the policy pack checks the same on the resources, by other means. UNKNOWN
counts as broken. `containment.analysis.proofs` has the exact statements over all flows.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from containment.config.spec import ContainmentSpec
from containment.errors import Problem
from containment.names import DENY_GROUPS, HTTPS_PORT, RFC1918, HostTag, PolicyMode, Protocol, RuleId, WebGroupId
from containment.policy.blueprint_table import WEB_DENIES
from containment.policy.first_match import decide
from containment.policy.flow import Application, Decision, Effect, Flow, PolicyVerdict, Source, UnresolvedAddress
from containment.policy.rules import Logging, RuleSet

NOBODY = "nobody-has-approved-this.invalid"
"""A name in no catalog (RFC 2606)."""

RESOLVER = IPv4Address("8.8.8.8")
"""A public resolver that no stack permits."""


def find_broken_invariants(spec: ContainmentSpec, ruleset: RuleSet) -> list[Problem]:
    """Return every broken invariant, with the flow that shows it."""
    out = list(_find_broken_rules(spec, ruleset))
    for source in find_agent_sources(spec):
        for flow, rule in _generate_denied_flows(spec, source):
            out += _check_denied(spec, flow, decide(ruleset, flow), f"{spec.prefix}-{rule.value}")
    return sorted(set(out))


def find_agent_sources(spec: ContainmentSpec) -> tuple[Source, ...]:
    """Return every kind of agent source: untagged in an agent subnet (as after the tags were removed), and tagged at any address."""
    tags = {spec.config.agent_workload_tag_key: spec.config.agent_workload_tag_value, HostTag.AGENT_STACK.value: spec.stack}
    return (*(Source(subnet.network_address + 10, {}) for subnet in spec.agent_subnets), Source(None, tags))


def _generate_denied_flows(spec: ContainmentSpec, agent: Source) -> Iterator[tuple[Flow, RuleId]]:
    """Yield flows of one agent, each with the rule that must deny it."""

    def web(
        name: str | None, application: Application = Application.TLS, to: IPv4Address | UnresolvedAddress = UnresolvedAddress.PUBLIC
    ) -> Flow:
        return Flow(agent, to, Protocol.TCP, HTTPS_PORT, application, name)

    if shadow := spec.destinations.get(WebGroupId.UNAPPROVED_MODELS):
        for pattern in shadow.patterns:
            yield web(str(pattern).replace("*", "x")), RuleId.SHADOW_MODEL_DENY
    for line in WEB_DENIES:
        if line.group in spec.always_enforced and line.group is not WebGroupId.UNAPPROVED_MODELS:
            for pattern in spec.destinations[line.group].patterns:
                yield web(str(pattern).replace("*", "x")), line.rule
    for name, application in ((NOBODY, Application.TLS), (None, Application.TLS), (NOBODY, Application.HTTP), (None, Application.OTHER)):
        yield web(name, application), RuleId.DEFAULT_DENY
    yield Flow(agent, UnresolvedAddress.PUBLIC, Protocol.UDP, HTTPS_PORT), RuleId.DEFAULT_DENY
    yield Flow(agent, UnresolvedAddress.PUBLIC, Protocol.ICMP, None), RuleId.DEFAULT_DENY
    yield Flow(agent, RESOLVER, Protocol.UDP, 53), RuleId.DNS_EXFIL_UDP
    yield Flow(agent, RESOLVER, Protocol.TCP, 53), RuleId.DNS_EXFIL_TCP
    for api in spec.internal_apis:
        port = next(port for port in range(1024, 65536) if not any(port in ports for other in spec.internal_apis for ports in other.ports))
        address = api.cidrs[0].network_address
        behind = any(address in network for network in spec.config.east_west_deny_cidrs)
        yield Flow(agent, address, Protocol.TCP, port), RuleId.EAST_WEST_DENY if behind else RuleId.DEFAULT_DENY
    neighbour = _find_private_address(spec)
    for group, found in spec.destinations.items():
        if group not in DENY_GROUPS:
            claimed = str(found.patterns[0]).replace("*", "x")
            yield web(claimed, Application.HTTP), RuleId.DEFAULT_DENY  # a client writes any name into a Host header
            if neighbour:
                yield web(claimed, to=neighbour), RuleId.EAST_WEST_DENY


def _collect_permitted_networks(spec: ContainmentSpec) -> tuple[IPv4Network, ...]:
    apis = (cidr for api in spec.internal_apis for cidr in api.cidrs)
    return (spec.config.vpc_cidr, *spec.config.model_gateway_networks, *apis)


def _find_private_address(spec: ContainmentSpec) -> IPv4Address | None:
    """Return a private address outside the VPC that must be out of reach, None when the stack denies no such network."""
    for network in spec.config.east_west_deny_cidrs:
        address = network.broadcast_address
        permitted = any(address in gateways for gateways in _collect_permitted_networks(spec))
        if any(address in block for block in RFC1918) and not permitted:
            return address
    return None


def _check_denied(spec: ContainmentSpec, flow: Flow, decision: Decision, rule: str) -> Iterator[Problem]:
    always = {f"{spec.prefix}-{line.rule}" for line in WEB_DENIES if line.group in spec.always_enforced}
    wanted = Effect.BLOCKED if spec.mode is PolicyMode.ENFORCE or rule in always else Effect.DELIVERED
    decided = decision.rule or (decision.possible[-1] if decision.possible else None)  # other denies may come first, no permit
    if (decision.verdict, decided, decision.effect, decision.enforce_effect) == (PolicyVerdict.DENY, rule, wanted, Effect.BLOCKED):
        return
    yield _make_problem(
        spec,
        f"{flow} is {decision.verdict.value} by {decision.rule or ' or '.join(decision.possible) or 'the default action'}"
        f" ({decision.effect.value})",
        f"it must be denied by {rule}, and {wanted.value} in {spec.mode.value}",
        "remove the permit before it, or restore the scope of the deny",
    )


def _find_broken_rules(spec: ContainmentSpec, ruleset: RuleSet) -> Iterator[Problem]:
    """Yield problems that flows do not show: a dangerous rule must not exist, even if it decides no flow today."""
    if WebGroupId.UNAPPROVED_MODELS not in spec.destinations:
        yield _make_problem(spec, "lists no unapproved model provider", "shadow-model calls are not named in the log", "add a deny set")
    if ruleset.default_action.permits:
        yield _make_problem(spec, "ends in a global PERMIT", "it opens every gateway of the Controller", "make the default action DENY")
    watch = spec.mode is PolicyMode.MONITOR
    shadow = ruleset.by_name.get(f"{spec.prefix}-{RuleId.SHADOW_MODEL_DENY.value}")
    for rule in ruleset.rules:
        if shadow and rule.action.permits and rule.priority < shadow.priority:
            yield _make_problem(
                spec, f"{rule.name} precedes {shadow.name}", "it could permit calls which that rule denies", "move it behind"
            )
        if rule.action.permits and rule.protocol is Protocol.ANY and (not watch or rule is not ruleset.rules[-1]):
            yield _make_problem(spec, f"{rule.name} permits every protocol", "only monitor's last rule may", "name protocol and port")
        always = any(WebGroupId(name) in spec.always_enforced for name in rule.web_groups)
        if not rule.action.permits and rule.watch is not (watch and not always):
            said = (
                "is applied in monitor"
                if not rule.watch
                else "is only watched, and alwaysEnforce names it"
                if watch
                else "is only watched in enforce"
            )
            why = "all denies must be in the same mode, except those of alwaysEnforce"
            yield _make_problem(spec, f"{rule.name} {said}", why, "set its watch from policyMode and alwaysEnforce")
        if spec.strict_logging and rule.logging is not Logging.START_AND_END:
            yield _make_problem(spec, f"{rule.name} logs {rule.logging.value}", f"{spec.preset.name} demands start and end", "log both")
        if rule.decrypts and (not rule.web_groups or any(ruleset.web_groups[name].patterns for name in rule.web_groups)):
            yield _make_problem(spec, f"{rule.name} decrypts traffic to host names", "decryption is for URLs only", "list only URLs")
        if not rule.action.permits and rule.logging is Logging.NONE:
            yield _make_problem(spec, f"{rule.name} is not logged", "an unlogged deny leaves no evidence", "log it")


def _make_problem(spec: ContainmentSpec, what: str, why: str, fix: str) -> Problem:
    return Problem(f"policy of {spec.stack}", what, why, fix)
