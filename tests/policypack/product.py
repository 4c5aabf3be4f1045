"""What this repository's own program registers, as a policy pack would be told.

`python -m tests.policypack.product` answers {"stack", "config", "forms"} with {"error": text or null, "preview": registrations,
"known": registrations} (see `record`), as far as those forms are asked for; the form "update" is a preview of that configuration on
a stack that is deployed with "base": what exists has its ids, also where its inputs change, and what is new has none. The Controller
is not asked whose list it holds: `tests/components/test_ownership` is about that.
"""

from __future__ import annotations

import contextlib
import runpy
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.settings import set_root_resource

import containment.loaders.stack_file
from components.aviatrix import ownership
from containment.loaders.presets import load_library
from tests.policypack.record import FORMS, Monitor, Nothing
from tests.support import stack_traces
from tests.support.child import REPOSITORY, ask_all, serve
from tests.support.deploy import stack_config

SHIPPED = ("coding-monitor", "coding-enforce", "locked-down-monitor", "locked-down-enforce")


class Account(Nothing):
    """The answers of data sources: an account, an image, an attachment point."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Answer every data source alike."""
        return {**args.args, "accountId": "123456789012", "id": "ami-0123456789abcdef0", "attachmentPointId": "point"}, []


UPDATE = "update"
"""The form of a changed configuration on a deployed stack."""


def updates(tasks: Iterable[tuple[str, dict[str, str], dict[str, str]]]) -> list[dict[str, Any]]:
    """Return what the program registers in an update, for each (stack, deployed configuration, changed configuration)."""
    asked = [{"stack": stack, "base": base, "config": config, "forms": [UPDATE]} for stack, base, config in tasks]
    return ask_all("tests.policypack.product", asked)


def registrations(tasks: Iterable[tuple[str, dict[str, str]]], forms: Iterable[str] = FORMS) -> list[dict[str, Any]]:
    """Return what the program registers for each (stack, configuration), in their order."""
    asked = [{"stack": stack, "config": config, "forms": list(forms)} for stack, config in tasks]
    return ask_all("tests.policypack.product", asked)


def registrations_in(folder: Path, stack: str) -> dict[str, Any]:
    """Return what the program registers for a shipped stack with the stack files and the agent files of a folder."""
    task = {"stack": stack, "config": stack_config(stack), "forms": list(FORMS), "cwd": str(folder)}
    (made,) = ask_all("tests.policypack.product", [task])
    return made


def shipped() -> dict[str, dict[str, Any]]:
    """Return what the program registers for every stack that is shipped with a ruleset of its own."""
    return dict(zip(SHIPPED, registrations((stack, stack_config(stack)) for stack in SHIPPED), strict=True))


def run(
    stack: str,
    config: dict[str, str],
    *,
    known: bool,
    deployed: Collection[str] = (),
    folder: Path = REPOSITORY,
    project: str = "agent-containment",
) -> tuple[str | None, list[dict[str, Any]]]:
    """Run the program of a folder once; the error is what a user would see."""
    monitor = Monitor(known, Account(), deployed)
    set_root_resource(None)  # the last program's transformations hang on its root
    mocks.set_mocks(Account(), project=project, stack=stack, preview=not known, monitor=monitor)
    pulumi.runtime.set_all_config(config)

    @mocks.test  # type: ignore[untyped-decorator]
    def program() -> None:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

    try:
        program()
    except pulumi.RunError as error:
        return str(error), monitor.registered
    return None, monitor.registered


def answer(task: dict[str, Any]) -> dict[str, Any]:
    """Run one configuration in each form."""
    with contextlib.chdir(task.get("cwd", REPOSITORY)):
        found = {form: _form(task, form) for form in task["forms"]}
    return {"error": next((error for error, _ in found.values() if error), None), **{form: made for form, (_, made) in found.items()}}


def _form(task: dict[str, Any], form: str) -> tuple[str | None, list[dict[str, Any]]]:
    if form != UPDATE:
        return run(task["stack"], task["config"], known=form == "known")
    error, made = run(task["stack"], task["base"], known=True)
    if error is not None:
        return f"the deployed configuration: {error}", made
    return run(task["stack"], task["config"], known=False, deployed={one["urn"] for one in made})


def prepare() -> None:
    """Read the library once for all configurations, and let no run connect to a Controller."""
    stack_traces.leave_out()
    library = load_library()
    containment.loaders.stack_file.load_library = lambda: library
    ownership.refuse_foreign_list = ownership.refuse_missing_point = ownership.refuse_missing_profile = lambda _: None


if __name__ == "__main__":
    prepare()
    serve(answer)
