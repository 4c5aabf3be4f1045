"""Part `residual-risks`: what stays possible, each with the control that would close it, and the techniques that get through."""

from __future__ import annotations

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import ContentModel, PartForm, make_claim, make_yes_or_no, parse_content
from containment.evidence.parts.lab_tests.evasion import EvasionContent
from containment.preflight.finding import Status
from containment.risk.residual_risks import find_residual_risks


class RiskContent(ContentModel):
    """One residual risk."""

    id: str
    what: str
    closed_by: str


class ResidualContent(ContentModel):
    """The facts that the judges read."""

    risks: tuple[RiskContent, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the residual risks of the configuration."""
    risks = find_residual_risks(inputs.spec)
    return Collected({"risks": [{"id": one.id, "what": one.what, "closedBy": one.closed_by, "where": one.where} for one in risks]})


def judge(content: Content, contents: Contents) -> Judgement:
    """Return the claims that every residual risk and every open technique is named with what would close it."""
    risks = parse_content(ResidualContent, content).risks
    unnamed = sorted(one.id for one in risks if not (one.what and one.closed_by))
    first = make_yes_or_no(
        "risks-named", f"each of {len(risks)} residual risks is named with the control that would close it", not unnamed, ", ".join(unnamed)
    )
    return Judgement((first, _judge_techniques(contents)), Origin.FILES)


def _judge_techniques(contents: Contents) -> Claim:
    evasion = contents.get(PartName.EVASION)
    if evasion is None:
        return make_claim("techniques-named", "every open technique is named", Status.NOT_TESTED, "no technique was sent")
    found = parse_content(EvasionContent, evasion)
    closed = {one.id for one in found.open if one.why and one.close}
    through = [one.id for one in found.evasion if one.result == "OPEN"]
    unnamed = sorted(set(through) - closed)
    statement = f"each of {len(through)} open techniques is named with the control that would close it"
    return make_yes_or_no("techniques-named", statement, not unnamed, ", ".join(unnamed))


PART = PartForm(PartName.RESIDUAL, "Residual risks", "What stays possible, and what would close it?", collect, judge)
