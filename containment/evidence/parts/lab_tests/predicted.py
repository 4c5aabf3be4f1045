"""Part `predicted`: every flow of the class's scenario table, as the model predicts it and as it was observed."""

from __future__ import annotations

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, PartName
from containment.evidence.parts.form import ContentModel, PartForm, make_claim, parse_content
from containment.evidence.parts.lab_tests.lab_run import collect_rows, find_origin, judge_run
from containment.preflight.finding import Status


class Row(ContentModel):
    """One flow."""

    id: str
    result: str
    differs: str = ""


class PredictedContent(ContentModel):
    """The facts that the judges read."""

    predicted: tuple[Row, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the compared flows of the last run."""
    return collect_rows(inputs, "predicted")


def judge(content: Content, contents: Contents) -> Judgement:
    """Return one claim per flow; a result that is unknown here is NOT TESTED."""
    rows = parse_content(PredictedContent, content).predicted
    return Judgement((*map(_judge_row, rows), *judge_run(content, contents)), find_origin(content))


def _judge_row(row: Row) -> Claim:
    id_, statement = f"flow-{row.id}", f"the flow {row.id} ends as predicted"
    if row.result in ("AGREES", "EXPLAINED"):
        return make_claim(id_, statement, Status.PASS)
    status = Status.FAIL if row.result == "DISAGREES" else Status.NOT_TESTED
    return make_claim(id_, statement, status, row.differs or f"its result is {row.result}")


PART = PartForm(PartName.PREDICTED, "Predicted against observed", "Do packets do what the model predicts?", collect, judge)
