"""Part `evasion`: the techniques of the evasion table that were sent; those that get through are residual risks (see `residual`)."""

from __future__ import annotations

from collections.abc import Iterator

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, PartName
from containment.evidence.parts.form import ContentModel, PartForm, make_claim, parse_content
from containment.evidence.parts.lab_tests.lab_run import collect_rows, find_origin, judge_run
from containment.preflight.finding import Status


class Technique(ContentModel):
    """One technique that was sent."""

    id: str
    result: str
    observed: str


class OpenTechnique(ContentModel):
    """A reviewed technique that the policy does not stop."""

    id: str
    why: str
    close: str
    observed: str = ""


class EvasionContent(ContentModel):
    """The facts that the judges read; `open` is the reviewed list."""

    evasion: tuple[Technique, ...]
    open: tuple[OpenTechnique, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the techniques of the last run."""
    return collect_rows(inputs, "evasion", "open")


def judge(content: Content, contents: Contents) -> Judgement:
    """Return one claim per technique that is to be stopped, and a failure for one that is open and not reviewed."""
    found = parse_content(EvasionContent, content)
    reviewed = {one.id for one in found.open}
    claims = [claim for one in found.evasion for claim in _judge_technique(one, reviewed)]
    return Judgement((*claims, *judge_run(content, contents)), find_origin(content))


def _judge_technique(one: Technique, reviewed: set[str]) -> Iterator[Claim]:
    id_, statement = f"technique-{one.id}", f"the technique {one.id} ends as expected"
    if one.result == "OPEN":
        if one.id not in reviewed:
            yield make_claim(id_, statement, Status.FAIL, "it gets through and is not on the reviewed list")
        return
    if one.result == "AGREES":
        yield make_claim(id_, statement, Status.PASS)
        return
    status = Status.FAIL if one.result == "DISAGREES" else Status.NOT_TESTED
    yield make_claim(id_, statement, status, one.observed or f"its result is {one.result}")


PART = PartForm(PartName.EVASION, "Evasion", "Do techniques that hide a destination get through?", collect, judge)
