"""Run all parts of a report through a running network, and return the facts."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from containment.config.spec import ContainmentSpec
from containment.input_reader import InputReader
from containment.loaders.scenarios import read_scenarios
from containment.policy.scenario import Scenario
from containment_lab.network.control import LabNetwork
from containment_lab.report.facts import OmittedPart, Report, collect_versions
from containment_lab.report.outcomes import Part
from containment_lab.report.summary import format_test_name
from containment_lab.validation.comparison import compare_flows
from containment_lab.validation.evasion import run_table
from containment_lab.validation.evasion_table import ClassTable, load_table
from containment_lab.validation.opened_tls import list_opened_urls, try_clients
from containment_lab.validation.six_tests import choose_update_target, determine_mode, run_six_tests


@dataclass(frozen=True)
class Plan:
    """The parts of a run: the evasion table and the flows of a stack, and the parts that the user left out.

    Attributes:
        table: The techniques, with those that are known to be open.
        flows: The rows of the class's scenario table that need no company-specific destinations.
        sends_evasion: Whether the techniques are sent.
        update: Deploys the stack with one more destination for test 6, or (with None) without it; None leaves the update out.
        no_flows: Why there is no flow, "" where there are some.
    """

    table: ClassTable
    flows: tuple[Scenario, ...]
    sends_evasion: bool
    update: Callable[[str | None], Any] | None
    no_flows: str = ""


def read_plan(spec: ContainmentSpec, tables: Path, *, sends_evasion: bool, update: Callable[[str | None], Any] | None) -> Plan:
    """Return the plan of a report; raise InputError for an invalid table.

    Args:
        spec: The stack.
        tables: The folder of scenario tables.
        sends_evasion: Whether the evasion table is sent.
        update: See `Plan`.
    """
    path, reader = tables / f"{spec.config.agent_class}.yaml", InputReader("the tables cannot be used")
    evasion = reader.read(lambda: load_table(tables / "evasion.yaml").select_for_stack(spec))
    table = reader.read(lambda: read_scenarios(path)) if path.is_file() else None
    reader.require()
    if table is None:
        return Plan(evasion.value, (), sends_evasion, update, no_flows=f"{path} does not exist; a class needs no scenario table")
    flows = tuple(each for each in table.value.scenarios if not each.needs)
    return Plan(evasion.value, flows, sends_evasion, update)


def collect_report(world: LabNetwork, spec: ContainmentSpec, plan: Plan, commit: str | None, progress: Callable[[str], None]) -> Report:
    """Run a plan and return the report.

    Args:
        world: The running network.
        spec: The stack, as it is deployed.
        plan: The parts to run.
        commit: The commit of the checkout.
        progress: Receives one line per part, before it begins.
    """
    mode = determine_mode(world)
    tests = run_six_tests(world, choose_update_target(world.send_command("rules")), plan.update)
    lines = []
    if plan.sends_evasion:
        progress(f"{len(plan.table.scenarios)} evasion techniques, each sent three times (about a minute)")
        lines = run_table(world, plan.table, mode)
    progress(f"{len(plan.flows)} rows of the scenario table, predicted and observed")
    predicted = compare_flows(world, spec, plan.flows)
    rules = world.send_command("rules")
    opened = try_clients(world, list_opened_urls(rules))
    status = world.send_command("status")
    left_out = [OmittedPart("Evasion techniques", "--no-evasion")] if not plan.sends_evasion else []
    left_out += [OmittedPart(format_test_name(6), "--no-update: the stack was not updated")] if plan.update is None else []
    left_out += [OmittedPart(Part.FLOWS.value, plan.no_flows, wanted=False)] if plan.no_flows else []
    return Report(
        stack=world.stack,
        agent_class=spec.config.agent_class,
        mode=mode,
        made=datetime.now(UTC),
        version=importlib.metadata.version("agent-containment"),
        commit=commit,
        machines=status["machines"],
        rules=tuple(rules),
        hits=dict(status["hits"]),
        tests=tuple(tests),
        evasion=tuple(lines),
        known_open=plan.table.open,
        predicted=tuple(predicted),
        versions=collect_versions(),
        left_out=tuple(left_out),
        opened=tuple(opened),
    )
