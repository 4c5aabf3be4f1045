"""`containment reach`: everything an agent can reach."""

from __future__ import annotations

from typing import Annotated

import typer

from containment.cli.options import AnswerIn, SubjectOptions, print_answer
from containment.queries.results import Answer


@print_answer(AnswerIn)
def reach(
    subject: SubjectOptions,
    names: Annotated[bool, typer.Option("--names", help="List every name.")] = False,
) -> Answer:
    """List everything an agent can reach.

    The list is exact, as if every deny were applied; it includes the rules that never decide.
    """
    from containment.queries.reach import reach as ask

    return ask(subject.read(), names=names)
