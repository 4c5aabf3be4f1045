"""`containment diff`: what changed between two policies."""

from __future__ import annotations

from typing import Annotated

import typer

from containment.cli.asked import As, end
from containment.cli.common import told
from containment.verify.render import Format


def diff(
    before: Annotated[str, typer.Argument(help="A stack, REV:STACK, a git revision REV (every stack), or a state file.")],
    after: Annotated[str, typer.Argument(help="The same; for a revision, `.` is the working tree.")] = ".",
    format_: As = Format.TABLE,
) -> None:
    """Show what two policies decide differently: newly allowed, newly denied, decided by another rule."""
    from containment.verify.ask.diff import diff as ask
    from containment.verify.sides import pairs_of

    with told():
        answer = ask(pairs_of(before, after), before, after)
    end(answer, format_)
