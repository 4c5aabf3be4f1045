"""The bundle: a signed in-toto Statement (v1) whose subjects are the digests of the parts, and the parts themselves.

A bundle has one form only: JSON with sorted keys and two spaces, so that any other byte is a change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from containment import strict_json
from containment.errors import InputError
from containment.evidence.model import ClaimStatus, Content, EvidenceModel, Origin, Part, PartName, combine_origins, find_worst
from containment.fixes.model_findings import summarize_findings
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.record.digests import PREFIX, canonicalize, digest_json
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope
from containment.record.refusal import Refusal

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


SCHEMA: Final = "containment-evidence-bundle/v1"
PREDICATE_TYPE: Final = "urn:agent-containment:evidence:v1"


class PartSummary(EvidenceModel):
    """The status of a part, repeated in the signed statement."""

    status: ClaimStatus
    origin: Origin | None
    passed: int = Field(ge=0)
    failed: int = Field(ge=0)
    not_tested: int = Field(ge=0)


class Predicate(EvidenceModel):
    """What the signer states about the parts; every value follows from them, apart from the version and the signer."""

    stack: str
    agent_class: str
    mode: PolicyMode
    made: AwareDatetime
    version: str
    signer: str
    origin: Origin
    verdict: ClaimStatus
    parts: dict[PartName, PartSummary]


class BundleError(ValueError):
    """A text that is no bundle."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as it was read or built."""

    envelope: Envelope
    statement: Statement
    predicate: Predicate
    parts: tuple[Part, ...]

    def get_part(self, name: PartName) -> Part | None:
        """Return a part, None if the bundle lacks it."""
        return next((one for one in self.parts if one.name is name), None)


def summarize_part(part: Part) -> PartSummary:
    """Return the summary of a part, from its claims."""
    count = {status: sum(claim.status == status for claim in part.claims) for status in (Status.PASS, Status.FAIL, Status.NOT_TESTED)}
    return PartSummary(
        status=part.status,
        origin=part.origin,
        passed=count[Status.PASS],
        failed=count[Status.FAIL],
        not_tested=count[Status.NOT_TESTED],
    )


def build_predicate(parts: tuple[Part, ...], *, version: str, signer: str) -> Predicate:
    """Return what follows from the parts; the configuration's part names stack, class, mode and time."""
    configuration: Content = next(part.content for part in parts if part.name is PartName.CONFIGURATION and part.content is not None)
    return Predicate.model_validate(
        {
            "stack": configuration["stack"],
            "agentClass": configuration["agentClass"],
            "mode": configuration["mode"],
            "made": configuration["made"],
            "version": version,
            "signer": signer,
            "origin": combine_origins(part.origin for part in parts),
            "verdict": find_worst(Status(part.status) for part in parts),
            "parts": {part.name: summarize_part(part) for part in parts},
        }
    )


def build_statement(parts: tuple[Part, ...], predicate: Predicate) -> Statement:
    """Return the unsigned statement."""
    return Statement(
        subject=tuple(make_subject(part.name.value, digest_part(part)) for part in parts),
        predicate_type=PREDICATE_TYPE,
        predicate=dump_model(predicate),
    )


def make_envelope(statement: Statement) -> Envelope:
    """Return the envelope of a statement, without a signature."""
    return Envelope(statement.encode(), STATEMENT_PAYLOAD)


def digest_part(part: Part) -> str:
    """Return the digest of a part's canonical JSON."""
    return digest_json(dump_model(part))


def dump_model(model: EvidenceModel) -> dict[str, Any]:
    """Return a model as JSON with its published keys."""
    return model.model_dump(mode="json", by_alias=True)


def render_bundle(envelope: Envelope, parts: tuple[Part, ...]) -> str:
    """Return the bundle as JSON text."""
    return render_document({"schema": SCHEMA, "envelope": envelope.to_dict(), "parts": [dump_model(part) for part in parts]})


def render_document(document: Mapping[str, Any]) -> str:
    """Return a JSON object in the form that bundles have."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def parse_bundle(text: str) -> Bundle:
    """Return the bundle of a text; raise BundleError for any other text. Nothing in it is verified."""
    try:
        document = strict_json.load(text)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise BundleError(f"has not the schema {SCHEMA}")
        if {*document} != {"schema", "envelope", "parts"}:
            raise BundleError("has other keys than schema, envelope and parts")
        envelope = Envelope.parse(document["envelope"], frozenset({STATEMENT_PAYLOAD}))
        statement = parse_statement(envelope)
        if statement.predicate_type != PREDICATE_TYPE:
            raise BundleError(f"has the predicate type {statement.predicate_type}, not {PREDICATE_TYPE}")
        predicate = Predicate.model_validate(statement.predicate)
        if not isinstance(document["parts"], list):
            raise BundleError("parts: is no list")
        parts = tuple(Part.model_validate(one) for one in document["parts"])
    except ValidationError as error:
        model = Part if error.title == Part.__name__ else Predicate
        raise BundleError(summarize_findings(error, model, root=f"the bundle's {model.__name__.lower()}", most=1)) from None
    except (Refusal, StatementError, InputError) as error:
        raise BundleError(str(error)) from None
    except BundleError:
        raise
    except ValueError as error:
        raise BundleError(str(error)) from None
    return Bundle(envelope, statement, predicate, parts)
