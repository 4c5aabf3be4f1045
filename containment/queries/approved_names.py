"""The approved names of a subject, as a table and as data, for `prove` and `risk`."""

from __future__ import annotations

from typing import Any

from containment.analysis.subject import Subject
from containment.queries.results import Section


def build_approved_section(subject: Subject) -> tuple[Section, ...]:
    """Return the table of approved names with owner and source; empty if no name is approved."""
    rows = tuple((one.name, one.owner, one.source) for one in subject.approvals)
    return (Section("Approved names", ("name", "owner", "approved by"), rows),) if rows else ()


def build_approved_data(subject: Subject) -> list[dict[str, Any]]:
    """Return the approved names as JSON data."""
    return [{"name": one.name, "owner": one.owner, "approvedBy": one.source} for one in subject.approvals]
