"""The `risk` command: the remaining abilities of a fully compromised agent, and the setting that closes each."""

from __future__ import annotations

from collections.abc import Sequence

from containment.analysis.subject import Subject
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.layers import (
    NOT_READ,
    build_approved_data,
    build_approved_section,
    build_layer_sections,
    build_layers_data,
    build_tool_data,
    build_tool_sections,
)
from containment.queries.results import Answer, Case, Section
from containment.risk.blast_radius import Ability, compute_blast_radius


def describe_risk(subject: Subject, residual: Sequence[tuple[str, str, str]] = ()) -> Answer:
    """Return the blast radius; `residual` adds risks outside of every rule: (id, risk, closing control)."""
    abilities = compute_blast_radius(subject)
    open_ = [one for one in abilities if one.through]
    sections = [
        Section(f"{one.kind.value}: {len(one.through)}, closed by {one.kind.closed_by}", ("rule", "through", "of"), one.through)
        for one in open_
    ]
    closed = tuple((one.kind.value, "no flow does this (proved)") for one in abilities if not one.through)
    if closed:
        sections.append(Section("Closed", ("kind", "outcome"), closed))
    if residual:
        sections.append(
            Section("Residual risk: what no firewall rule decides", ("id", "what stays possible", "closed by"), tuple(residual))
        )
    sections += [*build_layer_sections(subject), *build_tool_sections(subject.tools), *build_approved_section(subject)]
    return Answer(
        verb="risk",
        headline=(
            f"{subject.title}: a compromised agent can still do {len(open_)} of {len(abilities)} kinds of harm through what is permitted"
        ),
        exit=Exit.OK,
        sections=tuple(sections),
        cases=tuple(
            Case(_make_key(one), one.kind.value, Status.FAIL if one.through else Status.PASS, subject.title, one.witness)
            for one in abilities
        ),
        assumptions=(*subject.assumptions, *(() if subject.boundary else (NOT_READ,))),
        data={
            "abilities": [
                {
                    "kind": one.kind.value,
                    "closedBy": one.kind.closed_by,
                    "through": [list(row) for row in one.through],
                    "example": one.witness,
                }
                for one in abilities
            ],
            "approved": build_approved_data(subject),
            "layers": build_layers_data(subject),
            "tools": build_tool_data(subject.tools),
            "residual": [{"id": key, "what": what, "closedBy": control} for key, what, control in residual],
        },
        sections_tell=True,
    )


def _make_key(ability: Ability) -> str:
    return "risk-" + ability.kind.name.lower().replace("_", "-")
