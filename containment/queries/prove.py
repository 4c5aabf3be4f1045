"""The `prove` command: every invariant of a policy with its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from containment.analysis.proofs import prove as prove_all
from containment.analysis.subject import Subject
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.layers import NOT_READ, build_approved_data, build_approved_section, build_layer_sections, build_layers_data
from containment.queries.render import STATUS, build_proof_data, make_case
from containment.queries.results import Answer, Case
from containment.renderings.proofs import ASSUMPTION, RenderingProof


def prove(subject: Subject, renderings: Sequence[RenderingProof] = ()) -> Answer:
    """Return every proof; the exit code is 10 if one is broken, 12 if one depends on an unknown fact.

    Args:
        subject: the policy.
        renderings: the proofs of its class's renderings; empty where the class is unknown.
    """
    proofs = prove_all(subject)
    cases = tuple(
        Case(
            proof.id,
            proof.statement,
            STATUS[proof.verdict],
            subject.title,
            proof.why or "\n".join(f"{rule}: {shown}" for rule, shown in proof.shown),
        )
        for proof in proofs
    )
    count = {status: sum(case.status is status for case in cases) for status in Status}
    inside = tuple(make_case(one, subject.title) for one in renderings)
    code = (
        Exit.NO
        if any(case.status is Status.FAIL for case in (*cases, *inside))
        else Exit.INCONCLUSIVE
        if count[Status.INCONCLUSIVE]
        else Exit.OK
    )
    words = f"{count[Status.PASS]} proved for every flow, {count[Status.FAIL]} broken"
    words += f", {count[Status.INCONCLUSIVE]} uncertain, {count[Status.SKIPPED]} skipped"
    if inside:
        passed, skipped = (sum(case.status is status for case in inside) for status in (Status.PASS, Status.SKIPPED))
        words += f"; renderings: {passed} proved, {len(inside) - passed - skipped} wider than the class, {skipped} skipped"
    proofs_data = [{"id": p.id, "statement": p.statement, "verdict": p.verdict.value, "shown": [list(s) for s in p.shown]} for p in proofs]
    return Answer(
        verb="prove",
        headline=f"{'NOT PROVEN' if code is Exit.NO else 'NOT CERTAIN' if code else 'PROVED'}: {subject.title}: {words}",
        exit=code,
        sections=(*build_layer_sections(subject), *build_approved_section(subject)),
        cases=(*cases, *inside),
        assumptions=(*subject.assumptions, *([ASSUMPTION] if inside else [NOT_READ])),
        data={
            "proofs": proofs_data,
            "approved": build_approved_data(subject),
            "renderings": [build_proof_data(one) for one in renderings],
            "layers": build_layers_data(subject),
        },
    )
