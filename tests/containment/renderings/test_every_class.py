"""Every class, with every harness, in both modes: each rendering is proved, linted and accepted by OpenShell's protos."""

from __future__ import annotations

import pytest

from containment.analysis.proofs import ProofStatus
from containment.catalog.preset import Harness
from containment.loaders.presets import find_class_names
from containment.names import PolicyMode
from containment.renderings.kinds import RenderingKind
from containment.renderings.openshell.document import read_document
from containment.renderings.openshell.schema import check_schema, find_package
from containment.renderings.proofs import prove_stack
from containment.renderings.render import render
from tests.containment.renderings.artifacts import library, spec_of

CLASSES = sorted(find_class_names())
SKIPPED = {"openshell-programs"}
"""Statements that a rendering cannot answer, with its reason."""


@pytest.mark.parametrize("mode", list(PolicyMode))
@pytest.mark.parametrize("harness", list(Harness))
@pytest.mark.parametrize("name", CLASSES)
def test_every_rendering_is_proved(name: str, harness: Harness, mode: PolicyMode) -> None:
    proofs = prove_stack(spec_of(f"{name}-{mode.value}", harness.value), library())
    assert {proof.kind for proof in proofs} == {*RenderingKind}
    wrong = [proof for proof in proofs if proof.verdict is not ProofStatus.PROVED]
    has_tasks = bool(library().presets[name].tools.tasks)
    unscoped = set() if has_tasks else {"cedar-rendered", "harness-rendered"}
    unscoped |= {"harness-rendered"} if harness is Harness.NONE else set()
    assert {f"{proof.kind.value}-{proof.id}" for proof in wrong} == SKIPPED | unscoped
    assert all(proof.why for proof in wrong)


@pytest.mark.skipif(find_package() is None, reason="the package openshell is not installed: pip install openshell==0.1.5")
@pytest.mark.parametrize("harness", list(Harness))
@pytest.mark.parametrize("name", CLASSES)
def test_openshells_protos_accept_every_policy(name: str, harness: Harness) -> None:
    text = render(RenderingKind.OPENSHELL, spec_of(f"{name}-enforce", harness.value), library())
    check_schema(read_document(text, "policy.yaml"), "policy.yaml")


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_grants_something_with_owner_and_reason(name: str) -> None:
    section = library().presets[name].sandbox
    assert not section.is_empty
    for one in (*section.read, *section.write, *section.programs, *section.tasks):
        assert one.owner
        assert one.reason
