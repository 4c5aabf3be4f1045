"""`containment check`: the policy pack without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.asked import As, end
from containment.cli.common import told
from containment.verify.render import Format


def check(
    files: Annotated[list[Path], typer.Argument(help="Checkpoints, stack exports, or `pulumi preview --json` output.")],
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; may be repeated.")] = None,
    format_: As = Format.TABLE,
) -> None:
    """Judge states and previews by the policy pack's rules, offline."""
    from containment.verify.ask.check import check as ask

    with told():
        answer = ask(files, rule or ())
    end(answer, format_)
