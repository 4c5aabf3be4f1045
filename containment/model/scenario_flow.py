"""A scenario's row as a flow of one stack, and what must be seen of it: the same question for `decide`, packets and logs."""

from __future__ import annotations

from containment.model.decide import decide
from containment.model.flow import Decision, Flow, Somewhere, Source
from containment.model.ruleset import Address, RuleSet
from containment.model.scenario import Expectation, Place, Scenario, ScenarioFlow
from containment.model.spec import ContainmentSpec

FIRST_FREE = 10
"""An address of a subnet that AWS does not keep for itself, by its place in the subnet."""


def flow_of(row: ScenarioFlow, spec: ContainmentSpec, source: Source) -> Flow:
    """Return the flow that an agent of a stack opens."""
    return Flow(source, destination_of(row, spec), row.protocol, row.port, row.application, row.server_name, row.path)


def destination_of(row: ScenarioFlow, spec: ContainmentSpec) -> Address | Somewhere:
    """Return where a row's flow goes: an address, one of the stack's own places, or somewhere public."""
    if row.place is Place.VPC_RESOLVER:
        return spec.dns_resolver
    if row.place is Place.VPC_ENDPOINTS:
        return spec.endpoint_subnets[0].network_address + FIRST_FREE
    return Somewhere.PUBLIC if row.address is None else row.address


def seen(spec: ContainmentSpec, decision: Decision) -> Expectation:
    """Return a decision in a scenario's words: the rule without its prefix, the default action by that name."""
    rule = "default-action" if decision.rule is None else decision.rule.removeprefix(f"{spec.prefix}-")
    return Expectation(verdict=decision.verdict, rule=" or ".join(decision.possible) or rule, effect=decision.effect)


def disagreements(scenario: Scenario, spec: ContainmentSpec, ruleset: RuleSet, sources: tuple[Source, ...]) -> list[str]:
    """Return, for each source whose flow is not decided as the row expects, what was seen instead."""
    assert scenario.flow is not None, f"{scenario.id} is a command: only a host can run it"
    expected = scenario.expect[spec.mode]
    answers = ((source, seen(spec, decide(ruleset, flow_of(scenario.flow, spec, source)))) for source in sources)
    return [
        f"{scenario.id} in {spec.stack} from {source.address or 'a tagged host'}: expected {_text(expected)}, seen {_text(found)}"
        for source, found in answers
        if found != expected
    ]


def _text(found: Expectation) -> str:
    return f"{found.verdict.value} by {found.rule} ({found.effect.value})"
