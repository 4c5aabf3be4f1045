"""`containment diff`: the differences between two policies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import parse_overrides
from containment.cli.completion import complete_stack_names
from containment.cli.options import AnswerIn, Config, Folder, print_answer
from containment.queries.results import Answer

_EITHER = "A stack, REV:STACK, REV (all its stacks) or a state file."


@print_answer(AnswerIn)
def diff(
    before: Annotated[str, typer.Argument(help=_EITHER, autocompletion=complete_stack_names)],
    after: Annotated[str, typer.Argument(help="The same; `.` is every stack of the folder.", autocompletion=complete_stack_names)] = ".",
    config: Config = None,
    folder: Folder = Path(),
) -> Answer:
    """Show what two policies decide differently.

    Newly allowed flows come first, then newly denied ones, then those that another rule decides. --config applies to AFTER.
    """
    from containment.queries.diff import compare_policies as ask
    from containment.queries.diff_sides import make_pairs

    return ask(make_pairs(before, after, folder, parse_overrides(config)), before, after)
