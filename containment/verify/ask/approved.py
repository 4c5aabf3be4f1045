"""The approved names of a subject as a table and as data: what `prove` and `risk` add to their answers."""

from __future__ import annotations

from typing import Any

from containment.model.reach.subject import Subject
from containment.verify.answers import Section


def approved_section(subject: Subject) -> tuple[Section, ...]:
    """Return one table of approved names with owner and source, nothing when no name is approved."""
    rows = tuple((one.name, one.owner, one.source) for one in subject.approvals)
    return (Section("Approved names", ("name", "owner", "approved by"), rows),) if rows else ()


def approved_data(subject: Subject) -> list[dict[str, Any]]:
    """Return the same for JSON."""
    return [{"name": one.name, "owner": one.owner, "approvedBy": one.source} for one in subject.approvals]
