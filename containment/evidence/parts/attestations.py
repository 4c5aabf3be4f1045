"""Part `attestations`: the newest signed attestation of the stack, its signature checked again by every verifier.

The attestation names the place that was read; a live one is the only source from which a bundle becomes live.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from pydantic import AwareDatetime

from containment.evidence.bundle import StatementError, parse_statement
from containment.evidence.inputs import Inputs, read_json_file
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, UnfitContentError
from containment.evidence.parts.form import (
    CheckContent,
    ContentModel,
    PartForm,
    judge_check,
    make_claim,
    make_recent,
    make_yes_or_no,
    parse_content,
)
from containment.evidence.parts.policy import ConfigurationContent, parse_configuration
from containment.loaders.approvers import find_key_problem
from containment.preflight.finding import Status
from containment.record.digests import PREFIX
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope, parse_public_key
from containment.record.refusal import Refusal

FOLDER: Final = "attestations"
MOST_HOURS: Final = 24
_HOW: Final = "make a new one: containment attest STACK"


class Predicate(ContentModel):
    """What the attestation states."""

    stack: str
    time: AwareDatetime
    simulated: bool
    reviewed_policy: str
    checks: tuple[CheckContent, ...]


class Signer(ContentModel):
    """A trusted key when the bundle was made."""

    keyid: str
    owner: str
    pem: str


class AttestationsContent(ContentModel):
    """The facts that the judges read."""

    file: str
    envelope: dict[str, Any]
    trusted: tuple[Signer, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the newest attestation by the name of its file, which is its time; raises InputError for a file that cannot be read."""
    folder = inputs.attestations or inputs.folder / FOLDER / inputs.stack
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not paths:
        return Collected(None, f"no attestation is in {FOLDER}/{inputs.stack}/: containment attest {inputs.stack} makes one")
    found = read_json_file(paths[-1], _HOW)
    if not isinstance(found.document, dict):
        return Collected(None, f"{found.source.file} is no attestation")
    named = {str(one.get("keyid")) for one in found.document.get("signatures") or [] if isinstance(one, dict)}
    trusted = [{"keyid": keyid, "owner": key.owner, "pem": key.pem} for keyid, key in sorted(inputs.trusted.items()) if keyid in named]
    content = {"file": found.source.file, "envelope": found.document, "trusted": trusted, "count": len(paths)}
    return Collected(content, sources=(found.source,))


def judge(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the attestation; one that nobody trusted signed shows nothing, so its origin is unknown."""
    found = parse_content(AttestationsContent, content)
    configuration = parse_configuration(contents)
    try:
        envelope = Envelope.parse(found.envelope, frozenset({STATEMENT_PAYLOAD}))
        statement = parse_statement(envelope)
        predicate = parse_content(Predicate, statement.predicate)
    except (Refusal, StatementError, UnfitContentError) as error:
        return Judgement((make_claim("signed", "the attestation is signed by a trusted key", Status.FAIL, str(error)),), Origin.UNKNOWN)
    signers = [one.owner for one in found.trusted if _is_signed_by(envelope, one)]
    signed = make_yes_or_no(
        "signed", "the attestation is signed by a trusted key", bool(signers), "no trusted key signed exactly this content"
    )
    if not signers:
        return Judgement((signed,), Origin.UNKNOWN)
    subjects = [(one.name, one.digest) for one in statement.subject]
    expected = [(f"{predicate.stack}/policy", {"sha256": predicate.reviewed_policy.removeprefix(PREFIX)})]
    claims = (
        signed,
        make_yes_or_no("subject", "the attestation is about the policy that it names", subjects == expected, "its subject is another one"),
        *_judge_predicate(predicate, configuration),
        *(judge_check(one) for one in predicate.checks),
    )
    return Judgement(claims, Origin.SIMULATED if predicate.simulated else Origin.LIVE)


def _is_signed_by(envelope: Envelope, signer: Signer) -> bool:
    if find_key_problem(signer.pem):
        return False
    key = parse_public_key(signer.pem)
    return any(one.keyid == key.keyid and envelope.is_signed_by(one, key) for one in envelope.signatures)


def _judge_predicate(predicate: Predicate, configuration: ConfigurationContent) -> Iterator[Claim]:
    stack = configuration.stack
    yield make_yes_or_no("stack", f"the attestation is of {stack}", predicate.stack == stack, f"it is of {predicate.stack}")
    is_same = predicate.reviewed_policy == configuration.policy_digest
    yield make_yes_or_no("policy", "the configured policy was attested", is_same, f"it is about the policy {predicate.reviewed_policy}")
    recent = f"the attestation is at most {MOST_HOURS} hours old"
    yield make_recent("recent", recent, configuration.made, predicate.time, timedelta(hours=MOST_HOURS))


PART = PartForm(
    PartName.ATTESTATIONS, "Attestation", "Is what was reviewed in force now, by reading it back and by packets?", collect, judge
)
