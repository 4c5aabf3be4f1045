"""Rows of a scenario table in the answer of `containment plan --json`: rule, verdict, and the name or the address that the rule lists."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_network
from typing import Any

from containment.names import PolicyMode
from containment.patterns.domain import DomainPattern
from containment.policy.scenario import ScenarioFlow, ScenarioTable
from containment.ternary import Ternary

PREFIX = "vca-openclaw-"
_NETWORK = re.compile(r"\d+\.\d+\.\d+\.\d+/\d+")


def find_missing_rows(table: ScenarioTable, plan: dict[str, Any], mode: PolicyMode) -> list[str]:
    """Return the scenarios whose rule, verdict, name or address `plan` does not show, and denials that a permit shows."""
    rules = {rule["name"].removeprefix(PREFIX): rule for rule in plan["rules"]}
    missing = []
    for scenario in table.scenarios:
        expected = scenario.expect[mode]
        assert scenario.flow is not None, f"{scenario.id} is a command"
        if expected.rule == "default-action":
            continue
        rule = rules.get(expected.rule)
        is_shown = rule is not None and (rule["action"] == "DENY") == (expected.verdict.value == "DENY") and _lists(rule, scenario.flow)
        permits = [one for name, one in rules.items() if name.startswith("allow-") and one["domains"]]
        if expected.rule == "default-deny" and scenario.flow.application.value == "tls":
            is_shown = is_shown and not any(scenario.flow.server_name and _lists(one, scenario.flow) for one in permits)
        if not is_shown:
            missing.append(scenario.id)
    return missing


def _lists(rule: dict[str, Any], flow: ScenarioFlow) -> bool:
    """Return whether a rule lists the name of a flow, or any, and its address, or any; a flow without an address is to a public one."""
    if rule["domains"] and flow.server_name:
        patterns = [DomainPattern.parse(text.partition("/")[0]) for text in rule["domains"]]
        if all(pattern.matches(flow.server_name.lower().rstrip(".")) is Ternary.NO for pattern in patterns):
            return False
    networks = [ip_network(text) for place in rule["destinations"] for text in _NETWORK.findall(place)]
    if networks and flow.place is None and not any(isinstance(flow.address, IPv4Address) and flow.address in one for one in networks):
        return False
    return not rule["ports"] or flow.port is None or any(_has_port(text, flow.port) for text in rule["ports"])


def _has_port(text: str, port: int) -> bool:
    low, _, high = text.partition("-")
    return int(low) <= port <= int(high or low)
