"""Only a fresh attestation of this policy, signed by a trusted key, counts; only its own word for a real place makes a bundle live."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.evidence.model import Origin, PartName
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.preflight.finding import Status
from containment.record.digests import PREFIX, canonicalize, digest_ruleset
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope
from tests.containment.evidence.desk import NOW, STACK, Desk, get_status, judge

NAME = "20261128T120000Z.json"
CHECKS = [
    {
        "id": "rules-read-back",
        "what": "the live rules are the reviewed ones",
        "status": "PASS",
        "detail": "equal",
        "witness": "",
        "fix": "",
    },
    {"id": "canary-deny", "what": "a denied request is in the log", "status": "PASS", "detail": "found", "witness": "", "fix": ""},
]


def format_time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def build_statement(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return an attestation's statement, with changes of its predicate."""
    digest = digest_ruleset(build_ruleset(desk.build_inputs().spec))
    predicate = {
        "stack": STACK,
        "time": format_time(NOW - timedelta(hours=1)),
        "mode": PolicyMode.ENFORCE.value,
        "place": "the AWS account of these credentials",
        "simulated": False,
        "revision": "0123abc",
        "reviewedPolicy": digest,
        "livePolicy": digest,
        "verdict": "PASSED",
        "checks": CHECKS,
        **changes,
    }
    subject = {"name": f"{predicate['stack']}/policy", "digest": {"sha256": predicate["reviewedPolicy"].removeprefix(PREFIX)}}
    kind = "https://agent-containment.example/attestation/v1"
    return {"_type": "https://in-toto.io/Statement/v1", "subject": [subject], "predicateType": kind, "predicate": predicate}


def write(desk: Desk, statement: dict[str, Any], key: Ed25519PrivateKey | None = None, name: str = NAME) -> Path:
    envelope = Envelope(canonicalize(statement), STATEMENT_PAYLOAD).sign(CryptoSigner(key or desk.key))
    return desk.write(f"attestations/{STACK}/{name}", envelope.to_dict())


@pytest.mark.parametrize(("simulated", "origin"), [(False, Origin.LIVE), (True, Origin.SIMULATED)])
def test_a_fresh_attestation_passes_with_the_place_that_it_names(desk: Desk, simulated: bool, origin: Origin) -> None:
    write(desk, build_statement(desk, simulated=simulated))
    part = judge(desk, PartName.ATTESTATIONS)
    assert (part.status, part.origin) == (Status.PASS, origin), part.claims


def test_without_an_attestation_nothing_is_tested(desk: Desk) -> None:
    part = judge(desk, PartName.ATTESTATIONS)
    assert (part.status, part.origin) == (Status.NOT_TESTED, None)
    assert f"containment attest {STACK}" in part.reason


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"stack": "coding-monitor"}, "stack"),
        ({"reviewedPolicy": PREFIX + "0" * 64}, "policy"),
        ({"time": format_time(NOW - timedelta(hours=25))}, "recent"),
        ({"time": format_time(NOW + timedelta(hours=1))}, "recent"),
        ({"checks": [{**CHECKS[0], "status": "FAIL", "detail": "a rule was added"}]}, "check-rules-read-back"),
    ],
)
def test_an_attestation_of_something_else_fails(desk: Desk, change: dict[str, Any], claim: str) -> None:
    write(desk, build_statement(desk, **change))
    part = judge(desk, PartName.ATTESTATIONS)
    assert (part.status, get_status(part, claim)) == (Status.FAIL, "FAIL")


def test_a_check_that_was_not_made_is_not_tested(desk: Desk) -> None:
    write(desk, build_statement(desk, checks=[CHECKS[0], {**CHECKS[1], "status": "NOT TESTED", "detail": "no log group"}]))
    assert judge(desk, PartName.ATTESTATIONS).status == Status.NOT_TESTED


def test_an_attestation_by_another_key_fails_and_is_not_live(desk: Desk) -> None:
    write(desk, build_statement(desk), Ed25519PrivateKey.generate())
    part = judge(desk, PartName.ATTESTATIONS)
    assert (part.status, part.origin, get_status(part, "signed")) == (Status.FAIL, Origin.UNKNOWN, "FAIL")


def test_a_simulated_attestation_that_was_changed_to_live_fails(desk: Desk) -> None:
    path = write(desk, build_statement(desk, simulated=True))
    envelope = json.loads(path.read_text())
    other = Envelope(canonicalize(build_statement(desk, simulated=False)), STATEMENT_PAYLOAD)
    path.write_text(json.dumps({**envelope, "payload": other.to_dict()["payload"]}))
    part = judge(desk, PartName.ATTESTATIONS)
    assert (part.status, part.origin) == (Status.FAIL, Origin.UNKNOWN)


def test_a_subject_that_is_not_the_predicates_fails(desk: Desk) -> None:
    statement = build_statement(desk)
    statement["subject"][0]["digest"]["sha256"] = "0" * 64
    write(desk, statement)
    assert get_status(judge(desk, PartName.ATTESTATIONS), "subject") == "FAIL"


def test_the_newest_attestation_counts(desk: Desk) -> None:
    write(desk, build_statement(desk))
    write(desk, build_statement(desk, checks=[{**CHECKS[0], "status": "FAIL", "detail": "changed"}]), name="20261128T123000Z.json")
    assert judge(desk, PartName.ATTESTATIONS).status == Status.FAIL


@pytest.mark.parametrize("document", [{}, {"payload": 3, "signatures": None}, {"signatures": [3]}, {"signatures": {"keyid": 3}}])
def test_a_file_that_is_no_attestation_fails(desk: Desk, document: Any) -> None:
    desk.write(f"attestations/{STACK}/{NAME}", document)
    assert judge(desk, PartName.ATTESTATIONS).status == Status.FAIL
