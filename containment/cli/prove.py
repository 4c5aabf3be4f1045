"""`containment prove`: proofs of every required property."""

from __future__ import annotations

from containment.cli.options import AnswerIn, SubjectOptions, print_answer
from containment.queries.results import Answer


@print_answer(AnswerIn)
def prove(subject: SubjectOptions) -> Answer:
    """Prove every required property of a policy.

    Each statement is proved for every possible flow; a false statement comes with a counterexample.
    """
    from containment.queries.prove import prove as ask
    from containment.queries.subjects import read_rendering_proofs

    return ask(subject.read(), read_rendering_proofs(subject.stack, subject.overrides, subject.folder) if subject.stack else ())
