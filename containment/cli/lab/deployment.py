"""`containment lab`: run a Pulumi program on this machine, with the lab's engine and simulated cloud.

The output is for a person (changes and outputs on stdout, progress on stderr) or for a program (`--json`: one object on stdout, as
described in docs/lab-engine.md, whose secrets are "[secret]").
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from containment.cli.common import convert_machine_errors, get_exit_code, print_and_exit, read_pairs
from containment.cli.help.completion import complete_config_keys
from containment.cli.help.exit_codes import build_epilog
from containment.cli.lab.output import DetailLevel, Screen
from containment.cli.lab.screen.verdict import Verb
from containment.cli.options import Config, Folder, Json, Stack, StateIn, TextIn, choose_format, take_format, take_options
from containment.cli.signals import Interrupted, raise_on_signals
from containment.errors import InputError
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.renderers import Format
from containment.queries.results import Answer, Section
from containment_lab import simulators
from containment_lab.engine.plugins import DEBUG_PROVIDERS
from containment_lab.engine.report import Report
from containment_lab.engine.session import Session
from containment_lab.engine.steps import Step
from containment_lab.errors import EngineError
from containment_lab.formats.checkpoint_file import read_deployment
from containment_lab.formats.config import PACK_FILE, Project, is_hidden
from containment_lab.formats.crypt import find_passphrase
from containment_lab.formats.state import get_name
from containment_lab.formats.values import redact
from containment_lab.home import LabHome
from containment_lab.stacks import require_stack

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


_BASE_PLUGIN = "terraform-provider"
"""The plugin on which the Aviatrix package is based, by Pulumi's parameterization."""

app = typer.Typer(help="Deploy a Pulumi program to a simulated cloud, locally.", no_args_is_help=True)


class Color(StrEnum):
    """When to use colors; `auto` means on a terminal, unless NO_COLOR is set."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Packs = Annotated[list[Path] | None, typer.Option("--policy-pack", help="A policy pack's folder; repeatable.")]
HiddenPairs = Annotated[
    list[str] | None,
    typer.Option("--config-secret", metavar="KEY=VALUE", help="Set a secret key; repeatable.", autocompletion=complete_config_keys),
]
Colors = Annotated[Color, typer.Option("--color", help="When to use colors.")]
Diff = Annotated[bool, typer.Option("--diff", help="Print every property that changes.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Print every step and unchanged resources.")]
SkipPreview = Annotated[bool, typer.Option("--skip-preview", help="Skip the preview (refresh and destroy have none).")]
ClearPending = Annotated[bool, typer.Option("--clear-pending-creates", help="Drop pending creates of an interrupted run.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRun:
    """The options that every command which runs a program has."""

    stack: Stack
    folder: Folder = Path()
    policy_pack: Packs = None
    config: Config = None
    config_secret: HiddenPairs = None
    format_: TextIn = None
    as_json: Json = False
    color: Colors = Color.AUTO
    diff: Diff = False
    verbose: Verbose = False

    def perform(self, verb: Verb, work: Callable[[Session], Report], clear: bool = False) -> NoReturn:
        """Run the program on the screen or as one JSON object, and exit with the report's exit code."""
        is_json = choose_format(self.format_, self.as_json) is Format.JSON
        colored = {Color.ALWAYS: True, Color.NEVER: False}.get(self.color)
        detail = DetailLevel(self.diff, self.verbose)
        report: Report | None = None
        packs = [each.resolve() for each in self.policy_pack or []]
        with raise_on_signals(), Screen(verb, self.stack, color=colored, quiet=is_json, packs=bool(packs), detail=detail) as screen:
            try:
                with convert_machine_errors():
                    report = work(self._open_session(screen, packs, clear=clear))
                result, code = build_document(report), report.exit
            except Interrupted as signaled:
                report = build_interruption(str(signaled))
                result, code = build_document(report), report.exit
            except (EngineError, InputError) as failed:
                screen.fail(str(failed))
                result, code = build_failure(failed), get_exit_code(failed)
            if is_json:
                print(json.dumps(result), flush=True)
            if report:
                screen.conclude(report)
        raise typer.Exit(code)

    def _open_session(self, screen: Screen, packs: list[Path], *, clear: bool) -> Session:
        """Return the session of the command; raise InputError with the mistakes of all options."""
        reader = InputReader("the program cannot be run")
        pairs = read_pairs(reader, self.config, "--config")
        secrets = read_pairs(reader, self.config_secret, "--config-secret")
        for pack in packs:
            reader.read(partial(Project.load, pack, PACK_FILE))
        reader.read(LabHome.find().require_possible)
        session = reader.read(
            lambda: Session(
                folder=self.folder,
                stack=self.stack,
                new_report=screen.start_phase,
                packs=packs,
                config=pairs,
                config_secret=secrets,
                clear_pending_creates=clear,
                show=screen.show,
            )
        )
        is_new = screen.verb in (Verb.PREVIEW, Verb.UP)
        if session.is_read:
            reader.read(session.value.require_deliberate if is_new else session.value.require_stack)
        elif not is_new:
            reader.read(lambda: require_stack(LabHome.find(), self.stack))  # of any project, because this one cannot be read
        reader.require()
        return session.value


@app.command(epilog=build_epilog("lab preview"))
@take_options
def preview(run: ProgramRun) -> None:
    """Show the changes that `up` would make."""
    run.perform(Verb.PREVIEW, Session.preview)


@app.command(epilog=build_epilog("lab up"))
@take_options
def up(run: ProgramRun, skip_preview: SkipPreview = False) -> None:
    """Preview, then create, update, replace and delete."""
    run.perform(Verb.UP, lambda session: session.up(skip_preview))


@app.command(epilog=build_epilog("lab refresh"))
@take_options
def refresh(run: ProgramRun, skip_preview: SkipPreview = True, clear_pending_creates: ClearPending = False) -> None:  # noqa: ARG001
    """Read every resource from the cloud into the state.

    Policy packs do not run here.
    """
    run.perform(Verb.REFRESH, Session.refresh, clear_pending_creates)


@app.command(epilog=build_epilog("lab destroy"))
@take_options
def destroy(run: ProgramRun, skip_preview: SkipPreview = True) -> None:  # noqa: ARG001
    """Delete every resource of the stack.

    Policy packs do not run here.
    """
    run.perform(Verb.DESTROY, Session.destroy)


@app.command(epilog=build_epilog("lab export"))
@take_format(StateIn, Format.JSON)
def export(stack: Stack, folder: Folder = Path(), *, chosen: Format) -> None:
    """Print the stack's state, by default as JSON.

    `pulumi stack import` reads the JSON; the other formats list the resources.
    """
    reader, home = InputReader("no state can be printed"), LabHome.find()
    project = reader.read(lambda: Project.load(folder.resolve()))
    reader.read(lambda: require_stack(home, stack, project.value.name if project.is_read else "", folder))
    reader.require()
    deployment = read_deployment(home.get_stack_file(project.value.name, stack))
    if chosen is Format.JSON:
        print(json.dumps({"version": 3, "deployment": deployment}, indent=4))
        return
    rows = tuple((one["type"], get_name(one["urn"]), str(one.get("id", ""))) for one in deployment.get("resources", []))
    table = Section("Resources", ("type", "name", "id"), rows)
    print_and_exit(Answer(verb="lab-export", headline=f"{stack}: {len(rows)} resources", exit=Exit.OK, sections=(table,)), chosen)


@app.command(epilog=build_epilog("lab down"))
@take_options
def down() -> None:
    """Stop the simulators and the networks of all stacks."""
    from containment_lab.network.control import take_down_all

    home = LabHome.find()
    for each in (*(f"world of {stack}" for stack in take_down_all(home)), *simulators.stop_simulators(home)):
        print(each, file=sys.stderr)


@app.command(epilog=build_epilog("lab env"))
@take_options
def env(
    folder: Folder = Path(),
    set_all: Annotated[bool, typer.Option("--set-all", help="Print the arguments of `pulumi config set-all` instead.")] = False,
) -> None:
    """Print the variables that the Pulumi CLI needs for the lab.

    Starts the lab's providers: `eval "$(containment lab env)"`. With --set-all it prints the configuration that the project's stacks need
    for this lab, as arguments of `pulumi config set-all`, with the simulated Controller's password (generated for this lab home).
    """
    home = LabHome.find()
    reader = InputReader("no variables can be printed")
    reader.read(home.require_possible)
    loaded = reader.read(lambda: Project.load(folder.resolve())) if set_all else None
    reader.require()
    home.require_usable()
    if loaded is not None:
        project = loaded.value
        overlay = simulators.build_overlay(home, frozenset(project.get_declarations()), project.name)
        how = {True: "--secret", False: "--plaintext"}
        print(" ".join(f"{how[is_hidden(key)]} {shlex.quote(f'{key}={value}')}" for key, value in overlay.items()))
        return
    aws, aviatrix = simulators.attach(home, "aws"), simulators.attach(home, "aviatrix")
    # The Pulumi CLI looks up a parameterized package by the name of its base plugin.
    print(f"export {DEBUG_PROVIDERS}=aws:{aws},{_BASE_PLUGIN}:{aviatrix},aviatrix:{aviatrix}")
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        find_passphrase(home)
        print(f"export PULUMI_CONFIG_PASSPHRASE_FILE={shlex.quote(str(home.passphrase_file))}")


if __name__ == "__main__":
    app()
