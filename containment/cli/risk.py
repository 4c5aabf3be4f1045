"""`containment risk`: the blast radius of a compromised agent."""

from __future__ import annotations

from containment.cli.options import AnswerIn, SubjectOptions, print_answer
from containment.queries.results import Answer


@print_answer(AnswerIn)
def risk(subject: SubjectOptions) -> Answer:
    """List the harm that a fully compromised agent could do.

    One table per kind of harm, with the setting that closes it.
    """
    from containment.queries.risk import describe_risk as ask
    from containment.queries.subjects import read_residual_risks

    return ask(subject.read(), read_residual_risks(subject.stack, subject.overrides, subject.folder) if subject.stack else ())
