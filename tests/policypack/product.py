"""`python -m tests.policypack.product`: what this repository's own program registers, as a policy pack would be told.

Reads JSON lines {"stack", "config"} from stdin and prints one JSON line each: {"error": text or null, "preview": registrations,
"known": registrations} (see `record`). The Controller is not asked whose list it holds: `tests/components/test_ownership` is
about that. One process runs many configurations, one after the other.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks

from components import ownership
from tests.policypack.record import Monitor, Nothing
from tests.support.deploy import stack_config

REPOSITORY = Path(__file__).parents[2]
TASKS_A_PROCESS = 40
SHIPPED = ("coding-monitor", "coding-enforce", "locked-down-monitor", "locked-down-enforce")


class Account(Nothing):
    """The answers of data sources: an account, an image, an attachment point."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Answer every data source alike."""
        return {**args.args, "accountId": "123456789012", "id": "ami-0123456789abcdef0", "attachmentPointId": "point"}, []


def registrations(tasks: Iterable[tuple[str, dict[str, str]]]) -> list[dict[str, Any]]:
    """Return what the program registers for each (stack, configuration), in their order; several run side by side."""
    asked = [json.dumps({"stack": stack, "config": config}) for stack, config in tasks]
    parts = [asked[start : start + TASKS_A_PROCESS] for start in range(0, len(asked), TASKS_A_PROCESS)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return [made for each in threads.map(_answers, parts) for made in each]


def _answers(asked: list[str]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.policypack.product"]
    done = subprocess.run(command, input="\n".join(asked), cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def shipped() -> dict[str, dict[str, Any]]:
    """Return what the program registers for every stack that is shipped with a ruleset of its own."""
    return dict(zip(SHIPPED, registrations((stack, stack_config(stack)) for stack in SHIPPED), strict=True))


def run(stack: str, config: dict[str, str], *, known: bool) -> tuple[str | None, list[dict[str, Any]]]:
    """Run the program once; the error is what a user would see."""
    monitor = Monitor(known, Account())
    mocks.set_mocks(Account(), project="agent-containment", stack=stack, preview=not known, monitor=monitor)
    pulumi.runtime.set_all_config(config)

    @mocks.test  # type: ignore[untyped-decorator]
    def program() -> None:
        runpy.run_path(str(REPOSITORY / "__main__.py"), run_name="__main__")

    try:
        program()
    except pulumi.RunError as error:
        return str(error), monitor.registered
    return None, monitor.registered


def main() -> None:
    """Answer every line of stdin."""
    ownership.refuse_foreign_list = lambda _: None
    for line in sys.stdin:
        task = json.loads(line)
        found = {form: run(task["stack"], task["config"], known=form == "known") for form in ("preview", "known")}
        print(json.dumps({"error": found["known"][0], **{form: made for form, (_, made) in found.items()}}))


if __name__ == "__main__":
    main()
