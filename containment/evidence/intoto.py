"""in-toto Statements (v1) in DSSE envelopes: subjects with digests, a predicate type and a predicate."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from containment import strict_json
from containment.errors import InputError
from containment.fixes.model_findings import summarize_findings
from containment.record.digests import PREFIX, canonicalize
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"


class StatementError(ValueError):
    """A payload that is no in-toto Statement."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Subject(_Model):
    """One subject: a name, and its digest by algorithm, in hexadecimal digits."""

    name: str = Field(min_length=1)
    digest: dict[str, str] = Field(min_length=1)


class Statement(_Model):
    """A Statement of version 1."""

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type", default=STATEMENT_TYPE)
    subject: tuple[Subject, ...] = Field(min_length=1)
    predicate_type: str = Field(alias="predicateType", min_length=1)
    predicate: dict[str, Any]

    def encode(self) -> bytes:
        """Return the Statement as canonical JSON."""
        return canonicalize(self.model_dump(mode="json", by_alias=True))


def make_subject(name: str, digest: str) -> Subject:
    """Return a subject from a digest with its prefix."""
    return Subject(name=name, digest={"sha256": digest.removeprefix(PREFIX)})


def parse_statement(envelope: Envelope) -> Statement:
    """Return the Statement of an envelope; raise StatementError for another payload, or one that is not in canonical form."""
    if envelope.payload_type != STATEMENT_PAYLOAD:
        raise StatementError(f"has the payload type {envelope.payload_type}, not {STATEMENT_PAYLOAD}")
    try:
        raw = strict_json.load_bytes(envelope.payload)
        found = Statement.model_validate(raw)
        is_canonical = canonicalize(raw) == envelope.payload
    except ValidationError as error:
        raise StatementError(summarize_findings(error, Statement, root="statement", most=1)) from None
    except (ValueError, InputError) as error:
        raise StatementError(f"is no Statement: {error}") from None
    if not is_canonical:
        raise StatementError("is not in canonical form (RFC 8785)")
    return found
