"""The record of one phase: steps, violations, diagnostics and outputs, from which the exit code and the CLI's output are built.

Errors and violations are only recorded: the command line prints them last, once. Other remarks are passed on as they occur.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pulumi.runtime.proto import analyzer_pb2 as pb

from containment.exit_code import Exit
from containment_lab.engine.steps import Step


class Moment(StrEnum):
    """A moment in the life of a step."""

    BEGIN = "begin"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Report:
    """The record of one phase.

    `progress` receives each step at its moments, with the seconds since it began; `talk` receives lines of text.
    """

    preview: bool
    progress: Callable[[Step, Moment, float], None]
    talk: Callable[[str], None]
    changes: Counter[str] = field(default_factory=Counter)
    steps: list[Step] = field(default_factory=list)
    violations: list[dict[str, str]] = field(default_factory=list)
    diagnostics: list[dict[str, str]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    """Secret values of the configuration, replaced in all output."""
    places: dict[str, str] = field(default_factory=dict)
    """Texts of the configuration, each with the place where it is written."""
    under_way: dict[Step, float] = field(default_factory=dict)
    """Steps that have begun and not ended, with the time they began; after an interruption these are left as pending."""
    failed: bool = False
    interrupted: bool = False

    def begin(self, step: Step) -> None:
        """Record that a step begins."""
        self.steps.append(step)
        self.under_way[step] = time.monotonic()
        self.progress(step, Moment.BEGIN, 0)

    def end(self, step: Step) -> None:
        """Record that a step has succeeded, and count it."""
        if step.counted:
            self.changes[step.counted] += 1
        self.progress(step, Moment.DONE, time.monotonic() - self.under_way.pop(step))

    def fail(self, step: Step) -> None:
        """Record that a step has failed; `error` records the reason."""
        self.progress(step, Moment.FAILED, time.monotonic() - self.under_way.pop(step))

    def print_line(self, text: str) -> None:
        """Print a line, without secrets of the configuration."""
        self.talk(self._redact_secrets(text))

    def record_violation(self, policy: str, urn: str, level: int, message: str) -> bool:
        """Record a violation; return True when the policy is mandatory."""
        name, message = pb.EnforcementLevel.Name(level).lower(), self._redact_secrets(message.strip())  # type: ignore[arg-type]
        self.violations.append({"policy": policy, "urn": urn, "level": name, "message": message})
        return name == "mandatory"

    def record_error(self, message: str, urn: str = "") -> None:
        """Record an error: the run has failed."""
        self.failed = True
        self.record_diagnostic("error", message, urn)

    def record_diagnostic(self, severity: str, message: str, urn: str = "") -> None:
        """Record a diagnostic and print it at once, except for errors. A program's log line of level error does not fail the run."""
        self.diagnostics.append({"severity": severity, "message": self._redact_secrets(message), "urn": urn})
        if severity != "error":
            self.print_line(message if severity == "info" else f"{severity}: {message}{f' ({urn})' if urn and urn not in message else ''}")

    def conclude(self) -> None:
        """Record an error that names the violated mandatory policies, if the phase has failed without any other error."""
        if self.exit and not any(each["severity"] == "error" for each in self.diagnostics):
            self.record_diagnostic("error", self.conclusion)

    @property
    def conclusion(self) -> str:
        """The error of a phase that failed only because of mandatory policies."""
        violated = sorted({each["policy"] for each in self.violations if each["level"] == "mandatory"})
        return f"{'preview' if self.preview else 'update'} failed: mandatory policies are violated: {', '.join(violated)}"

    def _redact_secrets(self, text: str) -> str:
        for each in self.hidden:
            text = text.replace(each, "[secret]")
        return text

    @property
    def exit(self) -> Exit:
        """The result of the phase; an error outweighs a violation."""
        violated = any(each["level"] == "mandatory" for each in self.violations)
        return Exit.INTERRUPTED if self.interrupted else Exit.ERROR if self.failed else Exit.VIOLATION if violated else Exit.OK
