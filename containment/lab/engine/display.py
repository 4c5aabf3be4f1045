"""How a run looks: a tree of changes like Pulumi's, and a line per step while it happens."""

from __future__ import annotations

import json
import sys
from typing import Any

from containment.lab.engine.report import Report
from containment.lab.engine.state import name_of
from containment.lab.engine.steps import Op, Step
from containment.lab.engine.values import redact
from containment.lab.wire import UNKNOWN


class Screen:
    """Where reports are shown."""

    def __init__(self, color: bool, quiet: bool) -> None:
        self.color, self.quiet = color, quiet

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def report(self, preview: bool) -> Report:
        return Report(preview, lambda step, took: None, self.say)
