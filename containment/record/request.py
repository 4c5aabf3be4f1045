"""Requests: files with an unsigned decision, bound to the digest of what is requested, that approvers sign one after the other."""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.fixes.model_findings import summarize_findings
from containment.record.decision import Decision, DecisionKind
from containment.record.digests import digest_json
from containment.record.envelope import Envelope
from containment.record.files import write_whole
from containment.record.refusal import Refusal
from containment.record.subjects import Subject
from containment.times import format_time


def build_decision(
    kind: DecisionKind,
    *,
    stack: str,
    agent_class: str,
    subject: Subject,
    requester: str,
    reason: str,
    previous: str,
    now: datetime,
    days: int,
    policy_digest: str | None = None,
) -> Decision:
    """Return a decision that is valid from now on for some days; raise InputError for values that make none."""
    start = now.replace(microsecond=0)
    try:
        decision = Decision(
            kind=kind,
            stack=stack,
            agent_class=agent_class,
            subject=subject,
            subject_digest=digest_json(subject),
            policy_digest=policy_digest,
            requester=requester,
            reason=reason,
            nonce=secrets.token_hex(16),
            not_before=start,
            expires=start + timedelta(days=days),
            previous=previous,
        )
        return Envelope(decision.encode()).decision
    except (ValueError, Refusal) as error:
        what = summarize_findings(error, Decision, root="decision") if isinstance(error, ValidationError) else str(error)
        problem = Problem("request", what, "approvers decide about exactly this", "correct the option; reason and name need words")
        raise InputError("no decision can be requested", [problem]) from None


def write_request(path: Path, envelope: Envelope) -> None:
    """Write a request, whole or not at all; raise RecordError."""
    write_whole(path, (json.dumps(envelope.to_dict(), indent=2) + "\n").encode())


def read_request(path: Path) -> Envelope:
    """Return the envelope of a request file; raise InputError for any other file."""
    why, fix = "nothing could be approved", "name one file that `containment request` wrote"
    try:
        envelope = Envelope.parse(input_files.read_json(path))
        assert envelope.decision
    except input_files.InputFileError as error:
        raise InputError("no request", [error.make_problem(why, fix)]) from None
    except Refusal as refusal:
        raise InputError("no request", [Problem(str(path), f"is no request: {refusal.what}", why, fix)]) from None
    return envelope


def describe_decision(decision: Decision) -> list[tuple[str, str]]:
    """Return every field of a decision as text, what is decided first."""
    subject = [(f"subject.{key}", str(value)) for key, value in decision.subject.items()]
    return [
        ("kind", decision.kind.value),
        ("stack", decision.stack),
        ("class", decision.agent_class),
        *subject,
        ("policy", decision.policy_digest or "(none)"),
        ("requester", decision.requester),
        ("reason", decision.reason),
        ("valid", f"{format_time(decision.not_before)} to {format_time(decision.expires)}"),
        ("digest", decision.subject_digest),
        ("nonce", decision.nonce),
    ]
