"""The evidence document: what `containment observe --json` prints, and what `promote` and `enforce` read.

Times are timezone-aware (UTC); bytes are None if no log contains them. A document is about one stack, one window and one policy digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.fixes.model_findings import list_problems
from containment.record.digests import digest_json

SCHEMA: Final = "containment-observe/v1"
WOULD_BE_DENIED: Final = "would be denied"
"""The main question, as `notTested` names it."""
Count: TypeAlias = Annotated[int, Field(ge=0)]


class Flag(StrEnum):
    """What makes a destination more than an ordinary host."""

    UPLOAD = "upload"
    RELAY = "relay"
    MULTI_TENANT = "multi-tenant"
    UNAPPROVED_MODEL = "unapproved-model"
    DOH = "doh"
    PASTE_SITE = "paste-site"


class EvidenceModel(BaseModel):
    """Base of the document's parts: camelCase keys, no unknown keys, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Window(EvidenceModel):
    """The time that the logs cover: `days` are UTC dates with traffic; without traffic there is no start.

    `sessions` is how often an agent began to be used: its flows in consecutive half hours of one UTC day are one session.
    """

    start: AwareDatetime | None
    end: AwareDatetime | None
    days: Count
    sessions: Count


class Gap(EvidenceModel):
    """A time in which one source has no line while another source has traffic; `seconds` is 0 for a hole in a sequence of numbers."""

    source: str
    start: AwareDatetime
    end: AwareDatetime
    seconds: Count


class Seen(EvidenceModel):
    """Base of observations: how often, and when."""

    agent: str
    count: Count
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    days: Count


class WouldBeDenied(Seen):
    """A destination that enforce mode would deny; `name` is the address where a flow had no name."""

    name: str
    registrable_domain: str
    rule: str
    bytes_out: Count | None
    bytes_in: Count | None
    in_catalog: bool
    catalog_set: str | None
    flags: tuple[Flag, ...]


class DnsOnly(Seen):
    """A name that was resolved and never connected to; `verdict` is DENY where DNS Firewall blocked it, or would have."""

    name: str
    registrable_domain: str
    rule: str
    verdict: str


class AddressWithoutName(Seen):
    """A flow to an address for which no log has a name."""

    address: str
    port: int | None
    protocol: str
    rule: str
    verdict: str
    bytes_out: Count | None
    bytes_in: Count | None


class Disagreement(Seen):
    """A named flow to an address that is not the name's: the resolver never returned it, or the gateway connected to another one."""

    name: str
    address: str


class NeverUsed(EvidenceModel):
    """A name that the policy permits and no flow used; `rule` permits it."""

    name: str
    rule: str


class NotTested(EvidenceModel):
    """A question that the logs cannot answer, in full or for `count` rows, with the reason."""

    question: str
    reason: str
    count: Count = 0


class NamedAgent(EvidenceModel):
    """A vended agent whose host has, or had, an address; the texts are the host's tags, "" where one is unset."""

    address: str
    name: str
    owner: str
    data_steward: str
    data_classification: str


class Evidence(EvidenceModel):
    """The whole document."""

    schema_: Annotated[Literal["containment-observe/v1"], Field(alias="schema")] = SCHEMA
    stack: str | None
    policy_digest: str | None
    window: Window
    gaps: tuple[Gap, ...]
    rejected: Mapping[str, Count]
    lines: Mapping[str, Count]
    would_be_denied: tuple[WouldBeDenied, ...]
    dns_only: tuple[DnsOnly, ...]
    address_without_name: tuple[AddressWithoutName, ...]
    disagreements: tuple[Disagreement, ...]
    never_used: tuple[NeverUsed, ...]
    not_tested: tuple[NotTested, ...] = ()
    agents: tuple[NamedAgent, ...] = ()


def read_evidence(path: Path) -> tuple[Evidence, str]:
    """Return the evidence of a file and the digest of its canonical JSON; raise InputError for any other file."""
    title, how = "the evidence cannot be used", "write it with containment observe --stack STACK --json"
    needed = "counts and dates are read from it"
    with input_files.explain_errors(title, needed, how):
        document = input_files.read_json(path)
    if not isinstance(document, dict) or "schema" not in document:
        what = f"is no output of containment observe: it has no schema, which would be {SCHEMA}"
        raise InputError(title, [Problem(str(path), what, needed, how)])
    try:
        return Evidence.model_validate_json(json.dumps(document)), digest_json(document)
    except ValidationError as error:
        why = "a part that is missing or unknown could hide a destination"
        raise InputError(title, list_problems(str(path), error, Evidence, why=why, fix=how)) from None


def render_evidence(evidence: Evidence) -> str:
    """Return the document as JSON with its published keys; `agents` only where vended agents are known."""
    return evidence.model_dump_json(by_alias=True, indent=2, exclude=None if evidence.agents else {"agents"}) + "\n"
