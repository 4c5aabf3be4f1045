"""`containment lab`: run a Pulumi program on this machine, with the lab's engine and simulated cloud.

Shows a run to a person (a diff and outputs on stdout, progress on stderr) or to a program (`--json`: one object on stdout). No logic of its own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from containment.lab.engine.config import parse_pairs
from containment.lab.engine.errors import EngineError, Exit
from containment.lab.engine.report import SCHEMA, Report
from containment.lab.engine.session import DEBUG_PROVIDERS, Session
from containment.lab.engine.display import Screen
from containment.lab.home import LabHome

_CODES = """Exit codes: 0 it worked; 1 the program, a provider or the engine failed; 2 wrong usage; 3 a mandatory policy is violated;
4 another run holds the stack's lock; 5 interrupted."""

app = typer.Typer(help="Deploy a Pulumi program to a simulated cloud on this machine.", epilog=_CODES, no_args_is_help=True)


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
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Colors = Annotated[Color, typer.Option("--color")]


def _command(
    work: Callable[[Session], Report], folder: Path, stack: str, packs: list[Path] | None, config: list[str] | None, hidden: list[str] | None,
    as_json: bool, color: Color, **more: Any,
) -> None:  # fmt: skip
    screen = Screen(color == Color.ALWAYS or (color == Color.AUTO and sys.stderr.isatty() and "NO_COLOR" not in os.environ), quiet=as_json)
    try:
        pairs, secrets = parse_pairs(config or [], "--config"), parse_pairs(hidden or [], "--config-secret")
        session = Session(folder, stack, screen.report, [each.resolve() for each in packs or []], pairs, secrets, **more)
        report = work(session)
    except EngineError as failed:
        screen.say(f"error: {failed}")
        if as_json:
            empty: dict[str, Any] = {"changes": {}, "violations": [], "steps": [], "outputs": {}}
            diagnostics = [{"severity": "error", "message": str(failed), "urn": failed.urn}]
            print(json.dumps({"schema": SCHEMA, "result": "failed", **empty, "diagnostics": diagnostics}))
        raise typer.Exit(failed.exit_code) from failed
    if as_json:
        print(json.dumps(report.as_json()))
    raise typer.Exit(report.exit)


@app.command(epilog=_CODES)
def preview(
    stack: Stack, folder: Folder = Path(), policy_pack: Packs = None, config: Pairs = None, config_secret: HiddenPairs = None,
    json_: Json = False, color: Colors = Color.AUTO,
) -> None:  # fmt: skip
    """Show what `up` would do."""
    _command(Session.preview, folder, stack, policy_pack, config, config_secret, json_, color)


@app.command(epilog=_CODES)
def up(
    stack: Stack, folder: Folder = Path(), policy_pack: Packs = None, config: Pairs = None, config_secret: HiddenPairs = None,
    json_: Json = False, color: Colors = Color.AUTO, skip_preview: Annotated[bool, typer.Option("--skip-preview")] = False,
) -> None:  # fmt: skip
    """Preview, then create, update, replace and delete."""
    _command(lambda session: session.up(skip_preview), folder, stack, policy_pack, config, config_secret, json_, color)


@app.command(epilog=_CODES)
def refresh(
    stack: Stack, folder: Folder = Path(), config: Pairs = None, config_secret: HiddenPairs = None, json_: Json = False,
    color: Colors = Color.AUTO, clear_pending_creates: Annotated[bool, typer.Option("--clear-pending-creates")] = False,
    skip_preview: Annotated[bool, typer.Option("--skip-preview", help="Accepted; a refresh does not preview.")] = False,
) -> None:  # fmt: skip
    """Read every resource anew into the checkpoint."""
    more = {"clear_pending_creates": clear_pending_creates}
    _command(Session.refresh, folder, stack, None, config, config_secret, json_, color, **more)


@app.command(epilog=_CODES)
def destroy(
    stack: Stack, folder: Folder = Path(), config: Pairs = None, config_secret: HiddenPairs = None, json_: Json = False,
    color: Colors = Color.AUTO,
    skip_preview: Annotated[bool, typer.Option("--skip-preview", help="Accepted; a destroy does not preview.")] = False,
) -> None:  # fmt: skip
    """Delete every resource of the stack."""
    _command(Session.destroy, folder, stack, None, config, config_secret, json_, color)


if __name__ == "__main__":
    app()
