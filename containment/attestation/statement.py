"""The signed document of an attestation: an in-toto Statement v1 about one policy of one stack, with the results of all checks.

Rules kept here: the verdict follows from the checks, and a document in which it does not is refused; no check is listed twice; a
document of another form is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from containment import strict_json
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.fixes.model_findings import summarize_findings
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.record.digests import PREFIX, canonicalize, is_digest

STATUSES: Final = (Status.PASS, Status.FAIL, Status.NOT_TESTED)
"""The possible results of a check."""


class Verdict(StrEnum):
    """The result of an attestation: PASSED only if every check was made and passed."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"
    """No check failed, and at least one was not made."""

    @property
    def exit(self) -> Exit:
        """The exit code of a command with this verdict."""
        return {Verdict.PASSED: Exit.OK, Verdict.FAILED: Exit.NO, Verdict.INCOMPLETE: Exit.INCONCLUSIVE}[self]


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """One check: its id, the property, the status, what was found, the witness (a log line or a live value) and the fix."""

    id: str
    what: str
    status: Status
    detail: str
    witness: str = ""
    fix: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the check as it is signed."""
        return {**asdict(self), "status": self.status.value}


def decide_verdict(statuses: Iterable[Status]) -> Verdict:
    """Return the verdict over the statuses of all checks; without any check, INCOMPLETE."""
    seen = set(statuses)
    if Status.FAIL in seen:
        return Verdict.FAILED
    return Verdict.PASSED if seen == {Status.PASS} else Verdict.INCOMPLETE


STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://agent-containment.example/attestation/v1"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


def _require_digest(text: str) -> str:
    if not is_digest(text):
        raise ValueError(f"{text!r} is no sha256 digest")
    return text


Digest = Annotated[str, AfterValidator(_require_digest)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Check(_Model):
    id: Annotated[str, Field(min_length=1)]
    what: str
    status: Literal["PASS", "FAIL", "NOT TESTED"]
    detail: str
    witness: str
    fix: str


class _Predicate(_Model):
    stack: Annotated[str, Field(min_length=1)]
    time: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    mode: Literal["monitor", "enforce"]
    place: str
    simulated: bool
    revision: str | None
    reviewedPolicy: Digest  # noqa: N815
    livePolicy: Digest | None  # noqa: N815
    verdict: Literal["PASSED", "FAILED", "INCOMPLETE"]
    checks: Annotated[list[_Check], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_verdict(self) -> Self:
        ids = [one.id for one in self.checks]
        if len(set(ids)) != len(ids):
            raise ValueError("lists a check twice")
        found = decide_verdict(Status(one.status) for one in self.checks)
        if found.value != self.verdict:
            raise ValueError(f"has the verdict {self.verdict}, and its checks give {found}")
        return self


class _Subject(_Model):
    name: str
    digest: dict[Literal["sha256"], str]


class _Statement(_Model):
    type: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: Annotated[list[_Subject], Field(min_length=1, max_length=1)]
    predicateType: Literal["https://agent-containment.example/attestation/v1"]  # noqa: N815
    predicate: _Predicate

    @model_validator(mode="after")
    def _check_subject(self) -> Self:
        about = {"sha256": self.predicate.reviewedPolicy.removeprefix(PREFIX)}
        if self.subject[0].name != f"{self.predicate.stack}/policy" or self.subject[0].digest != about:
            raise ValueError("is about another policy than its predicate")
        return self


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """One attestation of a stack.

    `place` describes the systems that were read, `is_simulated` is true for the lab, `revision` is the commit of the reviewed files, None
    outside of a checkout. `live_policy` is None if the Controller's rules were not read.
    """

    stack: str
    time: datetime
    mode: PolicyMode
    place: str
    is_simulated: bool
    revision: str | None
    reviewed_policy: str
    live_policy: str | None
    checks: tuple[CheckedItem, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict over all checks."""
        return decide_verdict(one.status for one in self.checks)

    def select(self, status: Status) -> tuple[CheckedItem, ...]:
        """Return the checks with one status."""
        return tuple(one for one in self.checks if one.status is status)

    def build_statement(self) -> bytes:
        """Return the statement in RFC 8785 JSON, the bytes that are signed."""
        digest = {"sha256": self.reviewed_policy.removeprefix(PREFIX)}
        return canonicalize(
            {
                "_type": STATEMENT_TYPE,
                "subject": [{"name": f"{self.stack}/policy", "digest": digest}],
                "predicateType": PREDICATE_TYPE,
                "predicate": {
                    "stack": self.stack,
                    "time": self.time.astimezone(UTC).strftime(_TIME),
                    "mode": self.mode.value,
                    "place": self.place,
                    "simulated": self.is_simulated,
                    "revision": self.revision,
                    "reviewedPolicy": self.reviewed_policy,
                    "livePolicy": self.live_policy,
                    "verdict": self.verdict.value,
                    "checks": [one.to_dict() for one in self.checks],
                },
            }
        )


def parse_statement(payload: bytes, where: str) -> Attestation:
    """Return the attestation in a payload; raise InputError for any other document, or one in another form than this program writes."""
    try:
        found = _Statement.model_validate(strict_json.load_bytes(payload))
        predicate = found.predicate
        attestation = Attestation(
            stack=predicate.stack,
            time=datetime.strptime(predicate.time, _TIME).replace(tzinfo=UTC),
            mode=PolicyMode(predicate.mode),
            place=predicate.place,
            is_simulated=predicate.simulated,
            revision=predicate.revision,
            reviewed_policy=predicate.reviewedPolicy,
            live_policy=predicate.livePolicy,
            checks=tuple(_convert_checks(predicate.checks)),
        )
        if attestation.build_statement() != payload:
            raise ValueError("is no canonical JSON (RFC 8785)")
    except ValidationError as error:
        raise _make_error(where, summarize_findings(error, _Statement, root="statement")) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise _make_error(where, str(error)) from None
    return attestation


def _convert_checks(checks: Sequence[_Check]) -> list[CheckedItem]:
    known = {one.value: one for one in STATUSES}
    return [CheckedItem(one.id, one.what, known[one.status], one.detail, one.witness, one.fix) for one in checks]


def _make_error(where: str, what: str) -> InputError:
    why = "a document of another form attests nothing"
    return InputError("the attestation cannot be used", [Problem(where, what, why, "make a new one: containment attest STACK")])
