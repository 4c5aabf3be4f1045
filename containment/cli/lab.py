"""`containment lab`: run a Pulumi program on this machine, with the lab's engine and simulated cloud.

Shows a run to a person (a diff and outputs on stdout, progress on stderr) or to a program (`--json`: one object on stdout). No logic of
its own.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from containment.cli.lab_json import document, failure
from containment.cli.lab_screen import Screen
from containment.lab import simulators
from containment.lab.engine.plugins import DEBUG_PROVIDERS
from containment.lab.engine.report import Report
from containment.lab.engine.session import Session
from containment.lab.errors import EngineError, Exit
from containment.lab.formats.checkpoint import read_deployment
from containment.lab.formats.config import Project, is_hidden, parse_pairs
from containment.lab.formats.crypt import passphrase
from containment.lab.home import LabHome

CODES = """Exit codes: 0 it worked; 1 the program, a provider or the engine failed; 2 wrong usage; 3 a mandatory policy is violated;
4 another run holds the stack's lock; 5 interrupted."""

_BASE_PLUGIN = "terraform-provider"
"""The plugin that the Aviatrix package parameterizes."""

app = typer.Typer(help="Deploy a Pulumi program to a simulated cloud on this machine.", epilog=CODES, no_args_is_help=True)


class Color(StrEnum):
    """When to use colours; `auto`: on a terminal, unless NO_COLOR is set."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Folder = Annotated[Path, typer.Option("-C", "--cwd", help="The program's folder.")]
Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack; made if it does not exist.")]
Packs = Annotated[list[Path] | None, typer.Option("--policy-pack", help="A policy pack's folder; may be repeated.")]
Pairs = Annotated[list[str] | None, typer.Option("--config", "-c", help="KEY=VALUE; a bare key is the project's.")]
HiddenPairs = Annotated[list[str] | None, typer.Option("--config-secret", help="KEY=VALUE, kept secret.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")]
Colors = Annotated[Color, typer.Option("--color", help="When to use colours.")]
SkipPreview = Annotated[bool, typer.Option("--skip-preview", help="Do not preview first (refresh and destroy never do).")]
ClearPending = Annotated[bool, typer.Option("--clear-pending-creates", help="Forget the creates that an interrupted run left pending.")]


def _run(
    work: Callable[[Session], Report],
    folder: Path,
    stack: str,
    packs: list[Path] | None,
    config: list[str] | None,
    hidden: list[str] | None,
    as_json: bool,
    color: Color,
    clear: bool = False,
) -> None:
    colored = color is Color.ALWAYS or (color is Color.AUTO and sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    screen = Screen(colored, quiet=as_json)
    try:
        pairs, secrets = parse_pairs(config or [], "--config"), parse_pairs(hidden or [], "--config-secret")
        report = work(Session(folder, stack, screen.report, [each.resolve() for each in packs or []], pairs, secrets, clear, screen.show))
        result, code = document(report), report.exit
    except EngineError as failed:
        screen.say(f"error: {failed}")
        result, code = failure(failed), failed.exit_code
    if as_json:
        print(json.dumps(result))
    raise typer.Exit(code)


@app.command(epilog=CODES)
def preview(
    stack: Stack, folder: Folder = Path(), policy_pack: Packs = None, config: Pairs = None, config_secret: HiddenPairs = None,
    json_: Json = False, color: Colors = Color.AUTO,
) -> None:  # fmt: skip
    """Show what `up` would do."""
    _run(Session.preview, folder, stack, policy_pack, config, config_secret, json_, color)


@app.command(epilog=CODES)
def up(
    stack: Stack, folder: Folder = Path(), policy_pack: Packs = None, config: Pairs = None, config_secret: HiddenPairs = None,
    json_: Json = False, color: Colors = Color.AUTO, skip_preview: SkipPreview = False,
) -> None:  # fmt: skip
    """Preview, then create, update, replace and delete."""
    _run(lambda session: session.up(skip_preview), folder, stack, policy_pack, config, config_secret, json_, color)


@app.command(epilog=CODES)
def refresh(
    stack: Stack, folder: Folder = Path(), policy_pack: Packs = None, config: Pairs = None, config_secret: HiddenPairs = None,
    json_: Json = False, color: Colors = Color.AUTO, skip_preview: SkipPreview = True,  # noqa: ARG001
    clear_pending_creates: ClearPending = False,
) -> None:  # fmt: skip
    """Read every resource anew into the checkpoint (policy packs have nothing to judge here)."""
    _run(Session.refresh, folder, stack, policy_pack, config, config_secret, json_, color, clear_pending_creates)


@app.command(epilog=CODES)
def destroy(
    stack: Stack, folder: Folder = Path(), policy_pack: Packs = None, config: Pairs = None, config_secret: HiddenPairs = None,
    json_: Json = False, color: Colors = Color.AUTO, skip_preview: SkipPreview = True,  # noqa: ARG001
) -> None:  # fmt: skip
    """Delete every resource of the stack (policy packs have nothing to judge here)."""
    _run(Session.destroy, folder, stack, policy_pack, config, config_secret, json_, color)


@app.command()
def export(stack: Stack, folder: Folder = Path()) -> None:
    """Print the stack's state, as `pulumi stack import` reads it."""
    try:
        path = LabHome.find().stack_file(Project.load(folder.resolve()).name, stack)
        deployment = read_deployment(path)
        if not deployment:
            raise EngineError(f"stack {stack!r} does not exist in this lab (no {path})")
    except EngineError as failed:
        print(f"error: {failed}", file=sys.stderr)
        raise typer.Exit(failed.exit_code) from failed
    print(json.dumps({"version": 3, "deployment": deployment}, indent=4))


@app.command()
def down() -> None:
    """End the lab's simulators, and every stack's network with them."""
    from containment.lab.world.control import down_all

    home = LabHome.find()
    for each in (*(f"world of {stack}" for stack in down_all(home)), *simulators.down(home)):
        print(each, file=sys.stderr)


@app.command()
def env(
    folder: Folder = Path(),
    config: Annotated[bool, typer.Option("--config", help="Print the configuration instead, for `pulumi config set-all`.")] = False,
) -> None:
    """Start the lab's providers and print what the official Pulumi CLI needs to use them: `eval "$(containment lab env)"`.

    With --config: what a stack of the project in DIR lacks on this machine, as the arguments of `pulumi config set-all`, the simulated
    Controller's password (made up for this lab home) among them.
    """
    home = LabHome.find()
    try:
        if config:
            project = Project.load(folder.resolve())
            overlay = simulators.overlay(home, frozenset(project.declared()), project.name)
            how = {True: "--secret", False: "--plaintext"}
            print(" ".join(f"{how[is_hidden(key)]} {shlex.quote(f'{key}={value}')}" for key, value in overlay.items()))
            return
        aws, aviatrix = simulators.attach(home, "aws"), simulators.attach(home, "aviatrix")
    except (EngineError, simulators.SimulatorError) as failed:
        print(f"error: {failed}", file=sys.stderr)
        raise typer.Exit(getattr(failed, "exit_code", Exit.FAILED)) from failed
    # The official CLI looks a parameterized package up under its base plugin's name.
    print(f"export {DEBUG_PROVIDERS}=aws:{aws},{_BASE_PLUGIN}:{aviatrix},aviatrix:{aviatrix}")
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        passphrase(home)
        print(f"export PULUMI_CONFIG_PASSPHRASE_FILE={shlex.quote(str(home.passphrase_file))}")


if __name__ == "__main__":
    app()
