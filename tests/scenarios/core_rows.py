"""Rows for the core hosts of a harness: a stack runs one harness, and a class's table can send the hosts of one only."""

from __future__ import annotations

from containment.catalog.catalog import REGION
from containment.catalog.preset import Harness, Library
from containment.names import PolicyMode, Protocol
from containment.policy.flow import Application, Effect, PolicyVerdict
from containment.policy.scenario import Expectation, Scenario, ScenarioFlow

ATTACKER = "collect.attacker.example"


def build_core_rows(library: Library, agent_class: str, harness: Harness) -> tuple[Scenario, ...]:
    """Return a row for each exact core host of a harness, which is permitted, and one for an attacker's host, which is not."""
    sets = library.get_core_sets(library.presets[agent_class], harness)
    patterns = [entry.pattern for name in sets for entry in library.sets[name].entries]
    hosts = [pattern for pattern in patterns if "*" not in pattern and REGION not in pattern]
    assert hosts, f"{harness} has no exact core host"
    permitted = dict.fromkeys(PolicyMode, _expect(PolicyVerdict.PERMIT, "allow-core", Effect.DELIVERED))
    denied = {
        PolicyMode.MONITOR: _expect(PolicyVerdict.DENY, "default-deny", Effect.DELIVERED),
        PolicyMode.ENFORCE: _expect(PolicyVerdict.DENY, "default-deny", Effect.BLOCKED),
    }
    return (*(_make_row(agent_class, host, permitted) for host in hosts), _make_row(agent_class, ATTACKER, denied))


def _expect(verdict: PolicyVerdict, rule: str, effect: Effect) -> Expectation:
    return Expectation(verdict=verdict, rule=rule, effect=effect)


def _make_row(agent_class: str, host: str, expect: dict[PolicyMode, Expectation]) -> Scenario:
    flow = ScenarioFlow(protocol=Protocol.TCP, port=443, application=Application.TLS, server_name=host)
    return Scenario(id=f"core-{host.replace('.', '-')}", agent_class=agent_class, flow=flow, expect=expect)
