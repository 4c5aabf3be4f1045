"""Every widening of a rendered file is found, with a counterexample; the unedited file is proved."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.analysis.proofs import ProofStatus
from containment.renderings.kinds import RenderingKind
from tests.containment.renderings.artifacts import document_of, edit, prover_of, text_of

WIDENINGS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "widenings.yaml").read_text(encoding="utf-8"))
STACK = "coding-enforce"


@functools.cache
def is_proved(kind: RenderingKind, stack: str) -> bool:
    proofs = prover_of(stack).prove_rendering(kind, text_of(kind, document_of(kind, stack)), "file")
    return not [proof for proof in proofs if proof.verdict is ProofStatus.BROKEN]


@pytest.mark.parametrize("widening", WIDENINGS, ids=lambda one: one["id"])
def test_a_widening_is_found_with_a_counterexample(widening: dict[str, Any]) -> None:
    kind, stack = RenderingKind(widening["kind"]), widening.get("stack", STACK)
    document = document_of(kind, stack)
    assert is_proved(kind, stack)
    edit(document, widening["at"], widening)
    proofs = {proof.id: proof for proof in prover_of(stack).prove_rendering(kind, text_of(kind, document), "file")}
    found = proofs.get(widening["proof"])
    assert found is not None, sorted(proofs)
    assert found.verdict is ProofStatus.BROKEN, {key: proof.shown for key, proof in proofs.items()}
    assert any(widening["shows"] in shown for _, shown in found.shown), found.shown


def test_the_widenings_are_many_and_of_different_kinds() -> None:
    assert len(WIDENINGS) >= 25
    assert len({(*map(str, one["at"]), str(one.get("set", one.get("append")))) for one in WIDENINGS}) >= 25
