"""What a run tells: collected for `--json` and for the exit code, and said aloud on stderr while it happens.

Secrets are shown as "[secret]", in every form. stdout belongs to the result: a diff, outputs, or the one JSON object.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import analyzer_pb2 as pb

from containment.lab.engine.errors import EngineError, Exit
from containment.lab.engine.steps import Step
from containment.lab.engine.values import redact

SCHEMA = "containment-lab/v1"


@dataclass
class Report:
    """The record of one phase. `tell` gets progress lines (already free of secrets), `note` what else is said."""

    preview: bool
    tell: Callable[[Step, float | None], None]
    say: Callable[[str], None]
    changes: Counter[str] = field(default_factory=Counter)
    steps: list[Step] = field(default_factory=list)
    violations: list[dict[str, str]] = field(default_factory=list)
    diagnostics: list[dict[str, str]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    """Secret values of the configuration: replaced in whatever is said."""
    failed: bool = False
    _began: dict[Step, float] = field(default_factory=dict)
    interrupted: bool = False

    def begins(self, step: Step) -> None:
        """Record that a step begins."""
        self.steps.append(step)
        self._began[step] = time.monotonic()
        self.tell(step, None)

    def ends(self, step: Step) -> None:
        """Record that a step has succeeded."""
        if step.counted:
            self.changes[step.counted] += 1
        self.tell(step, time.monotonic() - self._began[step])

    def violation(self, policy: str, urn: str, level: int, message: str) -> bool:
        """Record what a policy said; True when it is mandatory (a failed remediation is)."""
        mandatory = level in (pb.MANDATORY, pb.REMEDIATE)
        name = "mandatory" if mandatory else "advisory"
        self.violations.append({"policy": policy, "urn": urn, "level": name, "message": message.strip()})
        self.say(f"{name} policy {policy}: {message.strip()} ({urn})")
        return mandatory

    def error(self, message: str, urn: str = "") -> None:
        """Record an error: the run has failed."""
        self.failed = True
        self.remark("error", message, urn)

    def warning(self, message: str, urn: str = "") -> None:
        """Record a warning."""
        self.remark("warning", message, urn)

    def remark(self, severity: str, message: str, urn: str = "") -> None:
        """Record what a program, a provider or the engine says; "info" is only said. What a program calls an error does not fail the run."""
        for each in self.hidden:
            message = message.replace(each, "[secret]")
        if severity == "info":
            self.say(message)
            return
        self.diagnostics.append({"severity": severity, "message": message, "urn": urn})
        self.say(f"{severity}: {message}{f' ({urn})' if urn and urn not in message else ''}")

    @property
    def exit(self) -> Exit:
        """How the phase ended; an error outweighs a violation."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.failed:
            return Exit.FAILED
        return Exit.VIOLATION if any(each["level"] == "mandatory" for each in self.violations) else Exit.OK

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        return {
            "schema": SCHEMA,
            "result": "succeeded" if self.exit is Exit.OK else "failed",
            "changes": {str(op): count for op, count in self.changes.items()},
            "violations": self.violations,
            "steps": [_step(each) for each in self.steps],
            "outputs": redact(self.outputs),
            "diagnostics": self.diagnostics,
        }


def failure(failed: EngineError) -> dict[str, Any]:
    """Return the object that `--json` prints when no phase could begin."""
    report = Report(True, lambda step, took: None, lambda text: None)
    report.error(str(failed), failed.urn)
    return report.as_json()


def _step(step: Step) -> dict[str, Any]:
    state = step.state
    shown = {"op": str(step.op), "urn": state.urn, "type": state.type}
    links = {"parent": state.parent, "provider": state.provider, "inputs": redact(state.inputs)}
    return {**shown, **links, "dependencies": state.dependencies, "propertyDependencies": state.property_dependencies}
