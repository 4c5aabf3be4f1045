"""`containment prove`: proofs of every required property."""

from __future__ import annotations

from pathlib import Path

from containment.cli.common import parse_overrides
from containment.cli.options import After, AnswerIn, Before, Config, Folder, StackOrNone, State, print_answer, read_subject
from containment.queries.results import Answer


@print_answer(AnswerIn)
def prove(
    stack: StackOrNone = None,
    state: State = None,
    config: Config = None,
    before: Before = None,
    after: After = None,
    folder: Folder = Path(),
) -> Answer:
    """Prove every required property of a policy.

    Each statement is proved for every possible flow; a false statement comes with a counterexample.
    """
    from containment.queries.prove import prove as ask
    from containment.queries.subjects import read_rendering_proofs

    found = read_subject(stack, state, config, before, after, folder)
    return ask(found, read_rendering_proofs(stack, parse_overrides(config), folder) if stack else ())
