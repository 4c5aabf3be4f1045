"""`prove`: every statement that must hold, with its verdict."""

from __future__ import annotations

from containment.model.reach.proofs import Verdict
from containment.model.reach.proofs import prove as prove_all
from containment.model.reach.subject import Subject
from containment.verify.answers import Answer, Case, Exit, Status
from containment.verify.ask.approved import approved_data, approved_section

_STATUS = {
    Verdict.PROVED: Status.PASSED,
    Verdict.BROKEN: Status.FAILED,
    Verdict.UNCERTAIN: Status.INCONCLUSIVE,
    Verdict.SKIPPED: Status.SKIPPED,
}


def prove(subject: Subject) -> Answer:
    """Return every proof; not proven is 10, hanging on something not known 12."""
    proofs = prove_all(subject)
    cases = tuple(
        Case(
            proof.id,
            proof.statement,
            _STATUS[proof.verdict],
            subject.title,
            proof.why or "\n".join(f"{rule}: {shown}" for rule, shown in proof.shown),
        )
        for proof in proofs
    )
    count = {status: sum(case.status is status for case in cases) for status in Status}
    code = Exit.FAILED if count[Status.FAILED] else Exit.INCONCLUSIVE if count[Status.INCONCLUSIVE] else Exit.OK
    words = f"{count[Status.PASSED]} proved for every flow, {count[Status.FAILED]} broken"
    words += f", {count[Status.INCONCLUSIVE]} uncertain, {count[Status.SKIPPED]} skipped"
    proofs_data = [{"id": p.id, "statement": p.statement, "verdict": p.verdict.value, "shown": [list(s) for s in p.shown]} for p in proofs]
    return Answer(
        "prove",
        f"{'NOT PROVEN' if code is Exit.FAILED else 'NOT CERTAIN' if code else 'PROVED'}: {subject.title}: {words}",
        code,
        approved_section(subject),
        cases=cases,
        assumptions=subject.assumptions,
        data={"proofs": proofs_data, "approved": approved_data(subject)},
    )
