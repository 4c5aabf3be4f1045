"""`risk`: what a fully compromised agent could still do, and what would close it."""

from __future__ import annotations

from collections.abc import Sequence

from containment.model.reach.blast import Ability, blast_radius
from containment.model.reach.subject import Subject
from containment.verify.answers import Answer, Case, Exit, Section, Status
from containment.verify.ask.approved import approved_data, approved_section


def risk(subject: Subject, residual: Sequence[tuple[str, str, str]] = ()) -> Answer:
    """Return the blast radius; `residual` adds (id, what stays possible, closing control) of what no rule decides."""
    abilities = blast_radius(subject)
    open_ = [one for one in abilities if one.through]
    sections = [
        Section(f"{one.kind.value}: {len(one.through)}, closed by {one.closed_by}", ("rule", "through", "of"), one.through) for one in open_
    ]
    closed = tuple((one.kind.value, "no flow does this (proved)") for one in abilities if not one.through)
    if closed:
        sections.append(Section("Closed", ("kind", ""), closed))
    if residual:
        sections.append(
            Section("Residual risk: what no firewall rule decides", ("id", "what stays possible", "closed by"), tuple(residual))
        )
    sections += approved_section(subject)
    return Answer(
        "risk",
        f"{subject.title}: a compromised agent can still do {len(open_)} of {len(abilities)} kinds of harm through what is permitted",
        Exit.OK,
        tuple(sections),
        tuple(
            Case(_key(one), one.kind.value, Status.FAILED if one.through else Status.PASSED, subject.title, one.witness)
            for one in abilities
        ),
        subject.assumptions,
        {
            "abilities": [
                {"kind": one.kind.value, "closedBy": one.closed_by, "through": [list(row) for row in one.through], "example": one.witness}
                for one in abilities
            ],
            "approved": approved_data(subject),
            "residual": [{"id": key, "what": what, "closedBy": control} for key, what, control in residual],
        },
        sections_tell=True,
    )


def _key(ability: Ability) -> str:
    return "risk-" + ability.kind.name.lower().replace("_", "-")
