"""The interface of a part's module, and helpers that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Judge, PartName, UnfitContentError, find_worst
from containment.fixes.model_findings import summarize_findings
from containment.preflight.finding import Status
from containment.queries.results import Case
from containment.times import CLOCK_SLACK


@dataclass(frozen=True, slots=True)
class PartForm:
    """One kind of part: its heading, the question that it answers, its collector and its judge."""

    name: PartName
    title: str
    question: str
    collect: Callable[[Inputs], Collected]
    judge: Judge


class ContentModel(BaseModel):
    """Base of the models of facts: camelCase keys; keys that no judge reads are kept in the bundle and ignored here."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, strict=False)


Model = TypeVar("Model", bound=BaseModel)


def parse_content(model: type[Model], content: Content) -> Model:
    """Return the facts of a part as a model; raise UnfitContentError with the first key that is wrong."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise UnfitContentError(summarize_findings(error, model, root="content", most=1)) from None


class CaseContent(ContentModel):
    """One checked item of a query."""

    id: str
    title: str
    status: str
    where: str
    text: str


class CheckContent(ContentModel):
    """One check of an attestation or of a verified session."""

    id: str
    what: str
    status: str
    detail: str = ""


def describe_case(case: Case) -> dict[str, str]:
    """Return a case as facts."""
    return {"id": case.id, "title": case.title, "status": case.status.value, "where": case.where, "text": case.text}


_STATUSES = {Status.PASS: Status.PASS, Status.FAIL: Status.FAIL}
_WORDS = {Status.INCONCLUSIVE: "uncertain", Status.SKIPPED: "skipped", Status.WARN: "warning"}


def convert_status(text: str) -> tuple[Status, str]:
    """Return the status of a claim for a status of a query, and the word for one that is neither PASS nor FAIL."""
    try:
        status = Status(text)
    except ValueError:
        raise UnfitContentError(f"{text!r} is no status") from None
    return _STATUSES.get(status, Status.NOT_TESTED), _WORDS.get(status, "")


def make_claim(id_: str, statement: str, status: Status, reason: str = "") -> Claim:
    """Return a claim; a status other than PASS needs a reason."""
    assert status is Status.PASS or reason, f"{id_} is {status} without a reason"
    return Claim(id=id_, statement=statement, status=find_worst([status]), reason=reason)


def make_yes_or_no(id_: str, statement: str, is_true: bool, reason: str) -> Claim:
    """Return a claim that is PASS or FAIL, with the reason of a failure."""
    return make_claim(id_, statement, Status.PASS if is_true else Status.FAIL, "" if is_true else reason)


def make_shown(id_: str, statement: str, is_shown: bool, reason: str) -> Claim:
    """Return a claim that is PASS, or NOT TESTED with the reason where the facts do not show it."""
    return make_claim(id_, statement, Status.PASS if is_shown else Status.NOT_TESTED, "" if is_shown else reason)


def make_recent(id_: str, statement: str, made: datetime, time: datetime, longest: timedelta) -> Claim:
    """Return the claim that facts are recent at the time of the bundle, `made`; facts of a later time are not."""
    age = made - time
    reason = f"{time.isoformat()} is after this bundle" if age < -CLOCK_SLACK else f"it is of {time.isoformat()}"
    return make_yes_or_no(id_, statement, -CLOCK_SLACK <= age <= longest, reason)


def judge_check(check: CheckContent) -> Claim:
    """Return the claim of one signed check."""
    status, word = convert_status(check.status)
    reason = f"{word}: {check.detail}" if word else check.detail
    return make_claim(f"check-{check.id}", check.what, status, "" if status is Status.PASS else reason or "no reason is given")


def join_reasons(texts: Iterable[str]) -> str:
    """Return several reasons as one text, each once."""
    return "; ".join(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
