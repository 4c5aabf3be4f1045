"""What a run tells: collected for the exit code and the report (which the command line shows), and said aloud while it happens."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import analyzer_pb2 as pb

from containment.lab.engine.steps import Step
from containment.lab.errors import Exit


@dataclass
class Report:
    """The record of one phase. `progress` gets each step as it begins (None) and ends (seconds), `talk` a line of text."""

    preview: bool
    progress: Callable[[Step, float | None], None]
    talk: Callable[[str], None]
    changes: Counter[str] = field(default_factory=Counter)
    steps: list[Step] = field(default_factory=list)
    violations: list[dict[str, str]] = field(default_factory=list)
    diagnostics: list[dict[str, str]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    """Secret values of the configuration: replaced in whatever is said."""
    failed: bool = False
    interrupted: bool = False

    def begins(self, step: Step) -> Callable[[], None]:
        """Record that a step begins; returns what to call when it has succeeded."""
        began = time.monotonic()
        self.steps.append(step)
        self.progress(step, None)

        def ends() -> None:
            if step.counted:
                self.changes[step.counted] += 1
            self.progress(step, time.monotonic() - began)

        return ends

    def say(self, text: str) -> None:
        """Say a line, without secrets of the configuration."""
        self.talk(self._without_secrets(text))

    def violation(self, policy: str, urn: str, level: int, message: str) -> bool:
        """Record what a policy said; True when it is mandatory."""
        name, message = pb.EnforcementLevel.Name(level).lower(), self._without_secrets(message.strip())  # type: ignore[arg-type]
        self.violations.append({"policy": policy, "urn": urn, "level": name, "message": message})
        self.say(f"{name} policy {policy}: {message} ({urn})")
        return name == "mandatory"

    def error(self, message: str, urn: str = "") -> None:
        """Record an error: the run has failed."""
        self.failed = True
        self.remark("error", message, urn)

    def remark(self, severity: str, message: str, urn: str = "") -> None:
        """Record what is said, and say it. What a program merely calls an error does not fail the run."""
        self.diagnostics.append({"severity": severity, "message": self._without_secrets(message), "urn": urn})
        self.say(message if severity == "info" else f"{severity}: {message}{f' ({urn})' if urn and urn not in message else ''}")

    def conclude(self) -> None:
        """Say why the phase has failed, where no error said so: the mandatory policies it violates."""
        if self.exit and not any(each["severity"] == "error" for each in self.diagnostics):
            violated = sorted({each["policy"] for each in self.violations if each["level"] == "mandatory"})
            self.remark(
                "error", f"{'preview' if self.preview else 'update'} failed: mandatory policies are violated: {', '.join(violated)}"
            )

    def _without_secrets(self, text: str) -> str:
        for each in self.hidden:
            text = text.replace(each, "[secret]")
        return text

    @property
    def exit(self) -> Exit:
        """How the phase ended; an error outweighs a violation."""
        violated = any(each["level"] == "mandatory" for each in self.violations)
        return Exit.INTERRUPTED if self.interrupted else Exit.FAILED if self.failed else Exit.VIOLATION if violated else Exit.OK
