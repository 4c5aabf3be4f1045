"""Part `pack`: every rule of the policy pack over the deployed state."""

from __future__ import annotations

from collections.abc import Sequence

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import CaseContent, ContentModel, PartForm, describe_case, join_reasons, make_claim, parse_content
from containment.preflight.finding import Status
from containment.queries.check import check_states
from policypack.stored_resources import load_resources


class PackContent(ContentModel):
    """The facts that the judges read."""

    resources: int
    cases: tuple[CaseContent, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the result of every rule; without a state there is nothing to check."""
    read = inputs.deployed
    if isinstance(read, Collected):
        return read
    answer = check_states([(inputs.stack, load_resources(read.document))], named=[read.source.file])
    return Collected(
        {"resources": answer.data.get("resources", 0), "cases": [describe_case(case) for case in answer.cases]}, sources=(read.source,)
    )


def judge(content: Content, contents: Contents) -> Judgement:
    """Return one claim per rule: a waived violation is a violation, with the waiver as its reason."""
    found = parse_content(PackContent, content)
    by_rule: dict[str, list[CaseContent]] = {}
    for case in found.cases:
        by_rule.setdefault(case.id, []).append(case)
    claims = tuple(_judge_rule(rule, cases) for rule, cases in by_rule.items()) if found.resources else ()
    state = contents.get(PartName.STATE) or {}
    return Judgement(claims, Origin.SIMULATED if state.get("simulationSigns") else Origin.UNKNOWN)


def _judge_rule(rule: str, cases: Sequence[CaseContent]) -> Claim:
    broken = [case for case in cases if case.status != Status.PASS]
    title = next((case.title for case in cases if case.status == Status.PASS), cases[0].title)
    if not broken:
        return make_claim(rule, title, Status.PASS)
    reasons = join_reasons(
        f"{'waived: ' if case.status == Status.SKIPPED else ''}{case.where} {case.title} {case.text.splitlines()[0] if case.text else ''}"
        for case in broken
    )
    return make_claim(rule, f"the rule {rule} is kept", Status.FAIL, reasons)


PART = PartForm(PartName.PACK, "Policy pack", "Does every deployed resource keep every rule of the pack?", collect, judge)
