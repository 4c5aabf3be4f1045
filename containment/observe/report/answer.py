"""An observation as an answer: one table per question for people, the evidence document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from containment.exit_code import Exit
from containment.observe.evidence import WOULD_BE_DENIED, Evidence, render_evidence
from containment.observe.observation import Observation
from containment.observe.reading.source_kinds import POLICY_SOURCES, UNREADABLE_FILE
from containment.queries.results import Answer, Section

_UNKNOWN: Final = "unknown"
_SEEN: Final = ("count", "first seen", "last seen", "days")


def build_answer(found: Observation) -> Answer:
    """Return the answer with its exit code."""
    evidence = found.evidence
    return Answer(
        verb="observe",
        headline=_write_headline(found),
        exit=choose_exit_code(found),
        sections=tuple(section.clean() for section in _build_sections(evidence) if section.rows),
        document=json.loads(render_evidence(evidence)),
    )


def choose_exit_code(found: Observation) -> Exit:
    """Return NO if something would be denied; INCONCLUSIVE if that is not known for some line, OK if nothing would be."""
    evidence = found.evidence
    if evidence.would_be_denied:
        return Exit.NO
    is_open = any(one.question == WOULD_BE_DENIED for one in evidence.not_tested)
    return Exit.INCONCLUSIVE if is_open or any(evidence.rejected.get(kind) for kind in (*POLICY_SOURCES, UNREADABLE_FILE)) else Exit.OK


def _write_headline(found: Observation) -> str:
    evidence = found.evidence
    names = {one.name for one in evidence.would_be_denied}
    window = evidence.window
    span = f"{_format_time(window.start)} to {_format_time(window.end)}" if window.start and window.end else "an empty window"
    denied = (
        f"enforce mode would deny {len(names)} destination{'s' if len(names) != 1 else ''}" if found.judged else "denials are NOT TESTED"
    )
    rejected = sum(evidence.rejected.values())
    return (
        f"{denied}: {found.read} lines, {rejected} rejected, {window.sessions} sessions on {window.days} days, {span}"
        f"{f', {len(evidence.gaps)} gaps' if evidence.gaps else ''}"
    )


def _build_sections(evidence: Evidence) -> Iterable[Section]:
    named = {one.address: f"{one.name} ({one.address})" for one in evidence.agents}
    yield Section(
        "Agents",
        ("agent", "address", "owner", "data steward", "data"),
        tuple((one.name, one.address, one.owner, one.data_steward, one.data_classification) for one in evidence.agents),
        ("data", "data steward"),
    )
    yield Section(
        "Would be denied",
        ("domain", "name", "agent", "rule", "count", "bytes out", "bytes in", "first seen", "last seen", "days", "catalog", "flags"),
        tuple(
            (
                *(one.registrable_domain, one.name, named.get(one.agent, one.agent), one.rule, str(one.count)),
                *(_format_bytes(one.bytes_out), _format_bytes(one.bytes_in)),
                *(_format_time(one.first_seen), _format_time(one.last_seen), str(one.days)),
                *(one.catalog_set or "no", ", ".join(one.flags)),
            )
            for one in sorted(evidence.would_be_denied, key=lambda one: (one.registrable_domain, one.name, one.agent, one.rule))
        ),
        ("bytes in", "days", "first seen", "agent", "domain", "bytes out"),
    )
    yield Section(
        "Resolved only",
        ("name", "agent", "rule", "verdict", *_SEEN),
        tuple(
            (
                *(one.name, named.get(one.agent, one.agent), one.rule, one.verdict, str(one.count)),
                *(_format_time(one.first_seen), _format_time(one.last_seen), str(one.days)),
            )
            for one in evidence.dns_only
        ),
    )
    yield Section(
        "Address without a name",
        ("address", "port", "protocol", "agent", "rule", "verdict", "bytes out", "bytes in", *_SEEN),
        tuple(
            (
                *(one.address, "" if one.port is None else str(one.port), one.protocol),
                *(named.get(one.agent, one.agent), one.rule, one.verdict),
                *(_format_bytes(one.bytes_out), _format_bytes(one.bytes_in)),
                *(str(one.count), _format_time(one.first_seen), _format_time(one.last_seen), str(one.days)),
            )
            for one in evidence.address_without_name
        ),
    )
    yield Section(
        "Name and address disagree",
        ("name", "address", "agent", *_SEEN),
        tuple(
            (
                *(one.name, one.address, named.get(one.agent, one.agent), str(one.count)),
                *(_format_time(one.first_seen), _format_time(one.last_seen), str(one.days)),
            )
            for one in evidence.disagreements
        ),
    )
    yield Section("Permitted and never used", ("name", "rule"), tuple((one.name, one.rule) for one in evidence.never_used))
    yield Section(
        "Gaps in the logs",
        ("source", "start", "end", "seconds"),
        tuple((one.source, _format_time(one.start), _format_time(one.end), str(one.seconds)) for one in evidence.gaps),
    )
    yield Section("Lines", ("kind", "lines"), _count_rows(evidence.lines.items()))
    yield Section("Rejected lines", ("kind", "lines"), _count_rows(evidence.rejected.items()))
    yield Section(
        "Not tested",
        ("question", "reason", "count"),
        tuple((one.question, one.reason, str(one.count) if one.count else "") for one in evidence.not_tested),
    )


def _count_rows(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, ...], ...]:
    return tuple((kind, str(count)) for kind, count in counts)


def _format_time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _format_bytes(count: int | None) -> str:
    return _UNKNOWN if count is None else str(count)
