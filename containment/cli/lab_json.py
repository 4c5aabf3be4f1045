"""The one object that `containment lab ... --json` prints; docs/lab-engine.md describes it. Secrets are "[secret]"."""

from __future__ import annotations

from typing import Any

from containment.lab.engine.report import Report
from containment.lab.engine.steps import Step
from containment.lab.errors import EngineError
from containment.lab.formats.values import redact

SCHEMA = "containment-lab/v1"


def document(report: Report) -> dict[str, Any]:
    """Return what a phase tells."""
    return {
        "schema": SCHEMA,
        "result": "failed" if report.exit else "succeeded",
        "changes": {str(op): count for op, count in report.changes.items()},
        "violations": report.violations,
        "steps": [_step(each) for each in report.steps],
        "outputs": redact(report.outputs),
        "diagnostics": report.diagnostics,
    }


def failure(failed: EngineError) -> dict[str, Any]:
    """Return what is told when no phase could begin."""
    report = Report(True, lambda *_: None, lambda _: None)
    report.error(str(failed), failed.urn)
    return document(report)


def _step(step: Step) -> dict[str, Any]:
    state = step.state
    return {
        "op": str(step.op),
        "urn": state.urn,
        "type": state.type,
        "parent": state.parent,
        "provider": state.provider,
        "inputs": redact(state.inputs),
        "dependencies": state.dependencies,
        "propertyDependencies": state.property_dependencies,
    }
