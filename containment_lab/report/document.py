"""The report as one JSON object, schema `containment-report/v1`."""

from __future__ import annotations

import json
from typing import Any, Final

from containment.logs.record import DecisionRecord
from containment.policy.scenario import Expectation
from containment_lab.report.facts import Report
from containment_lab.report.outcomes import determine_outcome
from containment_lab.report.summary import summarize
from containment_lab.validation.attempts import AttemptResult as Attempt
from containment_lab.validation.probes import ProbeResult
from containment_lab.validation.six_tests import NAMES

SCHEMA: Final = "containment-report/v1"


def build_document(report: Report) -> dict[str, Any]:
    """Return the report as a JSON-compatible mapping."""
    summary = summarize(report)
    return {
        "schema": SCHEMA,
        "stack": report.stack,
        "class": report.agent_class,
        "mode": report.mode.value,
        "made": report.made.isoformat(timespec="seconds"),
        "version": report.version,
        "commit": report.commit,
        "simulated": True,
        "verdict": {"result": summary.verdict.name, "text": summary.sentence},
        "counts": [
            {"part": each.part.name, "result": each.outcome.value, "count": each.count, "meaning": each.meaning} for each in summary.tallies
        ],
        "findings": [
            {"part": each.part.name, "id": each.id, "result": each.outcome.value, "observed": each.what} for each in summary.findings
        ],
        "open": [
            {"id": each.id, "sent": each.sent, "observed": each.seen, "why": each.why, "close": each.close} for each in summary.open_ways
        ],
        "tests": [
            {
                "number": test.number,
                "name": NAMES[test.number],
                "result": determine_outcome(test).value,
                "probes": [_serialize_probe(each) for each in test.probes],
            }
            for test in report.tests
        ],
        "evasion": [
            {
                "id": line.scenario.id,
                "sent": list(line.scenario.command or ()),
                "result": line.state,
                "observed": line.says,
                "expected": _serialize_expectation(line.scenario.expect[line.mode]),
                "outcome": _serialize_attempt(line.outcome),
            }
            for line in report.evasion
        ],
        "predicted": [
            {"id": row.scenario.id, "result": row.state, "predicted": _serialize_expectation(row.predicted), "differs": row.why}
            for row in report.predicted
        ],
        "openedTls": [each.serialize() for each in report.opened],
        "rules": [dict(rule) | {"decisions": report.hits.get(str(rule["name"]), 0)} for rule in report.rules],
        "machines": {name: dict(each) for name, each in report.machines.items()},
        "leftOut": [{"part": each.part, "why": each.why} for each in report.left_out],
        "versions": dict(report.versions),
    }


def render_json(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(build_document(report), indent=2, ensure_ascii=False) + "\n"


def _serialize_probe(judged: ProbeResult) -> dict[str, Any]:
    return {
        "id": judged.probe.id,
        "target": judged.probe.target,
        "result": judged.result.value,
        "observed": judged.says,
        "decision": _serialize_decision(judged.decision),
        "arrivedAt": list(judged.arrived),
    }


def _serialize_expectation(expected: Expectation) -> dict[str, str]:
    return {"verdict": expected.verdict.value, "rule": expected.rule, "effect": expected.effect.value}


def _serialize_attempt(outcome: Attempt | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {"arrivedAt": list(outcome.arrived), "ended": outcome.ended, "decision": _serialize_decision(outcome.decision)}


def _serialize_decision(decision: DecisionRecord | None) -> dict[str, Any] | None:
    return decision.model_dump(mode="json") if decision else None
