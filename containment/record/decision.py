"""One decision: exactly what was decided, for whom, why, and from when until when.

Rules kept here:
- the payload is canonical JSON (RFC 8785), and other bytes with the same meaning are refused;
- `subjectDigest` is the digest of `subject`, so a signature covers every byte of what was decided;
- one decision is about one thing: no subject contains a list.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from containment import strict_json
from containment.errors import InputError
from containment.fixes.model_findings import summarize_findings
from containment.fixes.words import has_word
from containment.record.digests import MOST, canonicalize, digest_json, is_digest
from containment.record.refusal import Refusal, RefusalCode
from containment.times import convert_to_utc, format_time

SCHEMA: Final = "containment-decision/v1"
GENESIS: Final = "sha256:" + "0" * 64
"""The previous hash of a log's first entry."""


class DecisionKind(StrEnum):
    """What is decided."""

    PROMOTION = "promotion"
    DISMISSAL = "dismissal"
    ENFORCE = "enforce"
    ROLLBACK = "rollback"
    WAIVER = "waiver"
    ACTION = "action"


def _require_digest(text: str) -> str:
    if not is_digest(text):
        raise ValueError("is not a digest (sha256: and 64 hexadecimal digits)")
    return text


def _require_word(text: str) -> str:
    if not has_word(text):
        raise ValueError("contains no word")
    return text


def _require_whole_second(value: datetime) -> datetime:
    if value.microsecond:
        raise ValueError("has a fraction of a second")
    return convert_to_utc(value)


WholeNumber = Annotated[int, Field(strict=True, ge=-MOST, le=MOST)]
Digest = Annotated[str, AfterValidator(_require_digest)]
Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_require_word)]
Time = Annotated[AwareDatetime, AfterValidator(_require_whole_second), PlainSerializer(format_time, return_type=str)]


class Approval(BaseModel):
    """One signature of a decision: the key's id and the signature, both hexadecimal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keyid: str
    signature: str


class Decision(BaseModel):
    """One decision; `approvals` are its signatures, which are not part of the signed payload.

    Attributes:
        kind: what is decided.
        stack: the stack that it is for.
        agent_class: the stack's class, whose approvers decide.
        subject: exactly what is decided, as a flat JSON object.
        subject_digest: the digest of `subject`.
        policy_digest: the digest of the policy that was judged.
        requester: the name of the person who wants it, who never approves it.
        reason: why, in words.
        nonce: random text; a decision with a used nonce is refused.
        not_before: the first moment at which it is valid.
        expires: the moment at which it ends.
        previous: the head of the log when it was requested.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    kind: DecisionKind
    stack: Annotated[str, Field(min_length=1)]
    agent_class: Annotated[str, Field(min_length=1)]
    subject: dict[str, str | bool | WholeNumber | None]
    subject_digest: Digest
    policy_digest: Digest | None = None
    requester: Text
    reason: Text
    nonce: Annotated[str, Field(min_length=16, max_length=200)]
    not_before: Time
    expires: Time
    previous: Digest
    approvals: Annotated[tuple[Approval, ...], Field(exclude=True)] = ()

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if not self.subject:
            raise ValueError("subject is empty")
        if self.not_before >= self.expires:
            raise ValueError("expires is not after notBefore")
        if digest_json(self.subject) != self.subject_digest:
            raise ValueError("subjectDigest is not the digest of subject")
        return self

    def encode(self) -> bytes:
        """Return the signed payload: canonical JSON without the approvals."""
        return canonicalize({"schema": SCHEMA, **self.model_dump(mode="json", by_alias=True)})


_KEYS: Final = {
    DecisionKind.DISMISSAL: frozenset({"name", "stack"}),
    DecisionKind.ENFORCE: frozenset({"stack", "mode", "policyDigest", "evidenceDigest"}),
    DecisionKind.ACTION: frozenset({"request", "action", "actionDigest", "tool", "target", "reviewer", "role"}),
}
_MANY: Final = re.compile(r"[,;* \n\t]")
_SEVERAL: Final = re.compile(r"[,; \n\t]")


def parse_decision(payload: bytes, approvals: tuple[Approval, ...] = ()) -> Decision:
    """Return the decision of a signed payload.

    Raises:
        Refusal: BATCH for a decision about several things, WRONG_SUBJECT for a digest that does not fit, else MALFORMED.
    """
    try:
        raw = strict_json.load_bytes(payload)
        if not isinstance(raw, dict) or raw.pop("schema", None) != SCHEMA:
            raise ValueError(f"is not an object with schema {SCHEMA}")
        if "approvals" in raw:
            raise ValueError("has approvals inside the signed payload")
        refuse_batch(raw)
        decision = Decision.model_validate({**raw, "approvals": approvals})
    except ValidationError as error:
        if _has_another_digest(raw):
            raise Refusal(RefusalCode.WRONG_SUBJECT, "its subjectDigest is not the digest of its subject") from None
        raise Refusal(RefusalCode.MALFORMED, summarize_findings(error, Decision, root="decision", most=1)) from None
    except (ValueError, InputError) as error:
        raise Refusal(RefusalCode.MALFORMED, f"is no decision: {error}") from None
    if decision.encode() != payload:
        raise Refusal(RefusalCode.MALFORMED, "is not in canonical form (RFC 8785)")
    return decision


def is_several(stack: str) -> bool:
    """Return whether the name of a stack could be a list or a pattern of several."""
    return _MANY.search(stack) is not None


def _has_another_digest(raw: dict[str, Any]) -> bool:
    """Return whether a subject that has a digest has another one than the decision names."""
    try:
        return isinstance(raw.get("subject"), dict) and raw.get("subjectDigest") != digest_json(raw["subject"])
    except InputError:  # a value without a canonical form is reported as such
        return False


def refuse_batch(raw: dict[str, Any]) -> None:
    """Raise Refusal BATCH if a decision is about several stacks or things, or its subject is of another form than its kind's."""
    subject, kind, stack = raw.get("subject"), raw.get("kind"), raw.get("stack")
    if isinstance(subject, list) or (isinstance(subject, dict) and any(isinstance(value, list | dict) for value in subject.values())):
        raise Refusal(RefusalCode.BATCH, "its subject contains a list or an object, so it would decide several things at once")
    if isinstance(stack, list) or (isinstance(stack, str) and is_several(stack)):
        raise Refusal(RefusalCode.BATCH, f"its stack is {stack!r}, which is not one stack")
    if not isinstance(subject, dict):
        return
    if "stack" in subject and subject["stack"] != stack:
        raise Refusal(RefusalCode.BATCH, f"it is for the stack {stack!r}, and its subject is about {subject['stack']!r}")
    if isinstance(kind, str) and kind in _KEYS and subject.keys() != (wanted := _KEYS[DecisionKind(kind)]):
        raise Refusal(RefusalCode.MALFORMED, f"the subject of {kind} has the keys {', '.join(sorted(wanted))}, and no others")
    for key in ("name", "host", "rule", "resource") if kind in (DecisionKind.WAIVER, DecisionKind.ENFORCE) else ():
        value = subject.get(key)
        if isinstance(value, str) and _SEVERAL.search(value):
            raise Refusal(RefusalCode.BATCH, f"its {key} is {value!r}, which is not one thing")
