"""The JSON object that `containment lab ... --json` prints, as described in docs/lab-engine.md; secrets are "[secret]"."""

from __future__ import annotations

from typing import Any

from containment.errors import InputError
from containment_lab.engine.report import Report
from containment_lab.engine.steps import Step
from containment_lab.errors import EngineError
from containment_lab.formats.values import redact

SCHEMA = "containment-lab/v1"


def build_document(report: Report) -> dict[str, Any]:
    """Return the results of a phase as data."""
    return {
        "schema": SCHEMA,
        "result": "failed" if report.exit else "succeeded",
        "changes": {str(op): count for op, count in report.changes.items()},
        "violations": report.violations,
        "steps": [_build_step(each) for each in report.steps],
        "outputs": redact(report.outputs),
        "diagnostics": report.diagnostics,
    }


def build_failure(failed: EngineError | InputError) -> dict[str, Any]:
    """Return the same object for an error before any phase began."""
    report = Report(True, lambda *_: None, lambda _: None)
    report.record_error(str(failed), getattr(failed, "urn", ""))
    return build_document(report)


def build_interruption(signal: str) -> Report:
    """Return the record of a command that a signal ended before a phase changed anything."""
    report = Report(True, lambda *_: None, lambda _: None, interrupted=True)
    report.record_error(f"interrupted by {signal} before anything was changed")
    return report


def _build_step(step: Step) -> dict[str, Any]:
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
