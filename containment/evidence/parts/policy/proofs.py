"""Part `proofs`: the required properties, each proved for every possible flow of the configured policy."""

from __future__ import annotations

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import (
    CaseContent,
    ContentModel,
    PartForm,
    convert_status,
    describe_case,
    join_reasons,
    make_claim,
    parse_content,
)
from containment.queries.prove import prove


class ProofsContent(ContentModel):
    """The facts that the judges read."""

    cases: tuple[CaseContent, ...]
    assumptions: tuple[str, ...] = ()


def collect(inputs: Inputs) -> Collected:
    """Return every proof."""
    answer = prove(inputs.subject)
    return Collected({"cases": [describe_case(case) for case in answer.cases], "assumptions": list(answer.assumptions)})


def judge(content: Content, _contents: Contents) -> Judgement:
    """Return one claim per proof; an uncertain or skipped proof is NOT TESTED."""
    return Judgement(tuple(_judge_case(case) for case in parse_content(ProofsContent, content).cases), Origin.FILES)


def _judge_case(case: CaseContent) -> Claim:
    status, word = convert_status(case.status)
    reason = join_reasons([f"{word}: {case.text}" if word else case.text]) or "no counterexample is given"
    return make_claim(case.id, case.title, status, "" if status == "PASS" else reason)


PART = PartForm(PartName.PROOFS, "Proofs", "Does every required property hold for every possible flow?", collect, judge)
