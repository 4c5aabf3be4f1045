"""Refusals of a decision: one code per cause, so that programs and people see which check failed."""

from __future__ import annotations

from enum import StrEnum

from containment.errors import ContainmentError
from containment.exit_code import Exit


class RefusalCode(StrEnum):
    """Why a decision is refused."""

    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    UNKNOWN_SIGNER = "unknown-signer"
    BAD_SIGNATURE = "bad-signature"
    SELF_APPROVAL = "self-approval"
    WRONG_ROLE = "wrong-role"
    TOO_FEW_PERSONS = "too-few-persons"
    SAME_PERSON_TWICE = "same-person-twice"
    REPLAYED = "replayed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WRONG_SUBJECT = "wrong-subject"
    WRONG_POLICY = "wrong-policy"
    WRONG_CLASS = "wrong-class"
    WRONG_HISTORY = "wrong-history"
    BATCH = "batch"
    REVOKED = "revoked"
    LOG_BROKEN = "log-broken"
    NO_APPROVERS = "no-approvers"
    NO_DECISION = "no-decision"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    NEVER_APPROVED = "never-approved"
    TOO_LARGE = "too-large"
    ALREADY_WAITING = "already-waiting"
    TOO_MANY_WAITING = "too-many-waiting"
    CLOCK_STEPPED_BACK = "clock-stepped-back"


class Refusal(ContainmentError):  # noqa: N818 - the outcome of a check, which is written to the log
    """A decision that does not count, with the code and a sentence."""

    exit_code = Exit.NO

    def __init__(self, code: RefusalCode, what: str) -> None:
        self.code, self.what = code, what
        super().__init__(f"{code}: {what}")
