"""`containment reach`: everything an agent can reach."""

from __future__ import annotations

from typing import Annotated

import typer

from containment.cli.asked import After, As, Before, Config, Stack, State, end, subject
from containment.cli.common import told
from containment.verify.render import Format


def reach(
    stack: Stack = None,
    state: State = None,
    config: Config = None,
    names: Annotated[bool, typer.Option("--names", help="List every name.")] = False,
    before: Before = None,
    after: After = None,
    format_: As = Format.TABLE,
) -> None:
    """Show everything an agent can reach, exactly, and the rules that never decide."""
    from containment.verify.ask.reach import reach as ask

    with told():
        answer = ask(subject(stack, state, config, before, after), names=names)
    end(answer, format_)
