"""Preflight names a class for which nobody approves: a warning for regulated classes, until somebody is named."""

from __future__ import annotations

import pytest

from containment.loaders.presets import load_library
from containment.names import REGULATED_CLASSES
from containment.preflight.finding import Status
from containment.preflight.stack_checks import check_approvers
from tests.containment.record.conftest import Office, office

__all__ = ["office"]


@pytest.mark.parametrize(
    ("agent_class", "text", "status"),
    [
        ("regulated-data", None, Status.WARN),
        ("healthcare-phi", "", Status.WARN),
        ("coding", "", Status.PASS),
        ("coding", "people: 1", Status.FAIL),
    ],
)
def test_nobody_is_named(office: Office, agent_class: str, text: str | None, status: Status) -> None:
    """A class without approvers is reported; an unusable file fails."""
    path = office.folder / "approvers.yaml"
    path.unlink()
    if text is not None:
        path.write_text(text)
    found = check_approvers(agent_class, is_regulated=False, folder=office.folder)
    assert found.status is status
    assert status is Status.FAIL or "names no approvers" in found.detail


def test_somebody_is_named(office: Office) -> None:
    """The people who approve are named, and nobody without the role."""
    found = check_approvers("regulated-data", is_regulated=True, folder=office.folder)
    assert found.status is Status.PASS
    assert "2 of Approver One, Approver Two, Approver Three approve" in found.detail


def test_regulated_classes_are_those_with_strict_logging() -> None:
    """The list of regulated classes, which the pack reads without presets, is the presets' own."""
    assert {name for name, preset in load_library().presets.items() if preset.strict_logging} == REGULATED_CLASSES
