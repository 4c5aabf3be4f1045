"""A permit that decrypts TLS without a search for intrusions is found; a policy that decrypts nothing has no such statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from containment.analysis.proofs import Proof, ProofStatus, prove
from containment.analysis.subject import Subject
from containment.config.spec import resolve
from containment.loaders.presets import load_library
from containment.names import Action
from containment.queries.subject.subjects import build_subject

LIBRARY = load_library()
ID = "decrypted-flows-are-inspected"


def make_subject(**config: object) -> Subject:
    spec = resolve({"awsAccessAccount": "lab", **config}, LIBRARY, "made-up", today=date(2026, 11, 28))
    return build_subject(spec, LIBRARY)


def find_proof(subject: Subject) -> Proof | None:
    return next((proof for proof in prove(subject) if proof.id == ID), None)


def test_a_policy_that_decrypts_nothing_has_no_statement() -> None:
    assert find_proof(make_subject()) is None


@pytest.mark.parametrize("disabled", [False, True])
def test_a_permit_that_decrypts_and_does_not_inspect_is_shown(disabled: bool) -> None:
    subject = make_subject(tlsDecryptionUrls=["api.acme.example/v1/*"], controllerVersion="9.0.10")
    proof = find_proof(subject)
    assert proof is not None
    assert proof.verdict is ProofStatus.PROVED
    rules = tuple(
        replace(rule, action=Action.PERMIT, disabled=disabled) if rule.decrypts and rule.action.permits else rule
        for rule in subject.ruleset.rules
    )
    blind = find_proof(replace(subject, ruleset=replace(subject.ruleset, rules=rules)))
    if disabled:
        assert blind is None
    else:
        assert blind is not None
        assert blind.verdict is ProofStatus.BROKEN
        assert [shown for _, shown in blind.shown] == ["decrypts, and its action is PERMIT"]
