"""`containment reach`: everything an agent can reach."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.options import After, AnswerIn, Before, Config, Folder, StackOrNone, State, print_answer, read_subject
from containment.queries.results import Answer


@print_answer(AnswerIn)
def reach(
    stack: StackOrNone = None,
    state: State = None,
    config: Config = None,
    names: Annotated[bool, typer.Option("--names", help="List every name.")] = False,
    before: Before = None,
    after: After = None,
    folder: Folder = Path(),
) -> Answer:
    """List everything an agent can reach.

    The list is exact, as if every deny were applied; it includes the rules that never decide.
    """
    from containment.queries.reach import reach as ask

    return ask(read_subject(stack, state, config, before, after, folder), names=names)
