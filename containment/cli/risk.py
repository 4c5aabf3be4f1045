"""`containment risk`: the blast radius of a compromised agent."""

from __future__ import annotations

from pathlib import Path

from containment.cli.common import parse_overrides
from containment.cli.options import After, AnswerIn, Before, Config, Folder, StackOrNone, State, print_answer, read_subject
from containment.queries.results import Answer


@print_answer(AnswerIn)
def risk(
    stack: StackOrNone = None,
    state: State = None,
    config: Config = None,
    before: Before = None,
    after: After = None,
    folder: Folder = Path(),
) -> Answer:
    """List the harm that a fully compromised agent could do.

    One table per kind of harm, with the setting that closes it.
    """
    from containment.queries.risk import describe_risk as ask
    from containment.queries.subjects import read_residual_risks

    found = read_subject(stack, state, config, before, after, folder)
    return ask(found, read_residual_risks(stack, parse_overrides(config), folder) if stack else ())
