"""Baselines as answers: tables for people, a document for programs, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from containment.baseline.checking import Comparison, Deviation
from containment.baseline.estate import Estate
from containment.baseline.profile import NotMeasured, PairProfile, Profile, Usual
from containment.baseline.reading import Reading
from containment.baseline.scores import format_number
from containment.exit_code import Exit
from containment.queries.results import Answer, Section

CHECK_SCHEMA: Final = "containment-baseline-check/v1"
ESTATE_SCHEMA: Final = "containment-baseline-estate/v1"
NOT_MEASURED: Final = "NOT MEASURED"


def describe_profile(profile: Profile) -> Answer:
    """Return what was learned; the document is the profile itself."""
    learned = f"{_count(len(profile.pairs), 'pair')} of {_count(len({one.agent for one in profile.pairs}), 'agent')}"
    columns = ("agent", "endpoint", "log", "exchanges", "days", "request", "response", "ratio", "gap s", "run", "hours UTC")
    return Answer(
        verb="baseline learn",
        headline=f"learned {learned}, {_format_span(profile.start, profile.end)}",
        exit=Exit.OK,
        sections=tuple(
            _clean([Section("Usual", columns, tuple(map(_make_usual_row, profile.pairs))), _list_missing(profile.not_measured)])
        ),
        document=profile.model_dump(mode="json", by_alias=True),
    )


def describe_comparison(found: Comparison, reading: Reading) -> Answer:
    """Return the deviations: NO if there is one, INCONCLUSIVE if something was not measured, else OK."""
    checked = [one for one in found.pairs if one.exchanges is not None]
    count = len(found.deviations)
    what = _count(count, "deviation") if checked or count else NOT_MEASURED
    columns = ("day", "agent", "endpoint", "rule", "value", "usual", "reason")
    pairs = tuple(
        (one.agent, one.endpoint, one.source.value, NOT_MEASURED if one.exchanges is None else str(one.exchanges), str(one.days))
        for one in found.pairs
    )
    return Answer(
        verb="baseline check",
        headline=f"{what}: {len(checked)} of {len(found.pairs)} learned pairs compared, {_format_span(reading.start, reading.end)}",
        exit=Exit.NO if found.deviations else Exit.INCONCLUSIVE if found.not_measured or not checked else Exit.OK,
        sections=tuple(
            _clean(
                [
                    Section("Deviations", columns, tuple(map(_make_deviation_row, found.deviations))),
                    Section("Compared", ("agent", "endpoint", "log", "exchanges", "days"), pairs),
                    _list_missing(found.not_measured),
                    _list_missing(found.not_applicable, "Rules that do not apply"),
                ]
            )
        ),
        document={
            "schema": CHECK_SCHEMA,
            "start": _format_time(reading.start),
            "end": _format_time(reading.end),
            "deviations": [
                {
                    "agent": one.agent,
                    "endpoint": one.endpoint,
                    "day": one.day.isoformat(),
                    "rule": one.rule.value,
                    "value": one.value,
                    "most": one.most,
                    "unit": one.unit,
                    "count": one.count,
                    "basis": one.basis,
                    "reason": one.meaning,
                }
                for one in found.deviations
            ],
            "pairs": [asdict(one) for one in found.pairs],
            "notMeasured": _dump(found.not_measured),
            "notApplicable": _dump(found.not_applicable),
            "lines": dict(reading.lines),
            "rejected": dict(reading.rejected),
        },
    )


def describe_estate(found: Estate, vended: Sequence[object]) -> Answer:
    """Return the sources outside: NO if there is one, INCONCLUSIVE if something was not measured, else OK."""
    columns = ("source", "endpoint", "set", "exchanges", "refused", "queries", "bytes out", "bytes in", "first seen", "last seen", "logs")
    rows = tuple(
        (
            *(one.agent, one.endpoint, one.catalog_set, str(one.exchanges), str(one.refused), str(one.queries)),
            *(_format_count(one.bytes_out), _format_count(one.bytes_in), _format_time(one.first_seen), _format_time(one.last_seen)),
            ", ".join(sorted(one.sources)),
        )
        for one in found.outside
    )
    sources = len({one.agent for one in found.outside})
    has_lines = bool(found.lines)
    what = f"{_count(sources, 'source')} outside the agents' networks" if has_lines else NOT_MEASURED
    return Answer(
        verb="baseline estate",
        headline=f"{what}: {_count(len(found.outside), 'pair')} of source and LLM endpoint outside, {found.inside} inside",
        exit=Exit.NO if found.outside else Exit.INCONCLUSIVE if found.not_measured else Exit.OK,
        sections=tuple(
            _clean([Section("Outside", columns, rows, ("queries", "refused", "first seen", "logs")), _list_missing(found.not_measured)])
        ),
        document={
            "schema": ESTATE_SCHEMA,
            "vended": [str(one) for one in vended],
            "outside": [
                {
                    "source": one.agent,
                    "endpoint": one.endpoint,
                    "catalogSet": one.catalog_set,
                    "exchanges": one.exchanges,
                    "refused": one.refused,
                    "queries": one.queries,
                    "bytesOut": one.bytes_out,
                    "bytesIn": one.bytes_in,
                    "firstSeen": _format_time(one.first_seen),
                    "lastSeen": _format_time(one.last_seen),
                    "logs": sorted(one.sources),
                    "senders": sorted(one.senders),
                }
                for one in found.outside
            ],
            "inside": found.inside,
            "notMeasured": _dump(found.not_measured),
            "lines": found.lines,
            "rejected": found.rejected,
        },
    )


def _make_usual_row(one: PairProfile) -> tuple[str, ...]:
    busy = [hour for hour, count in enumerate(one.hours) if count * 48 >= one.exchanges]
    return (
        *(one.agent, one.endpoint, one.source.value, str(one.exchanges), str(one.days)),
        *(_format_usual(one.request_bytes), _format_usual(one.response_bytes), _format_usual(one.ratio), _format_usual(one.gap_seconds)),
        str(one.longest_run),
        ", ".join(f"{hour:02}" for hour in busy),
    )


def _make_deviation_row(one: Deviation) -> tuple[str, ...]:
    usual = f"at most {format_number(one.most)} ({one.basis})" if one.most else one.basis
    return (one.day.isoformat(), one.agent, one.endpoint, one.rule.value, f"{format_number(one.value)} {one.unit}", usual, one.meaning)


def _list_missing(missing: Sequence[NotMeasured], title: str = "Not measured") -> Section:
    rows = tuple((one.agent, one.endpoint, one.feature, one.reason) for one in missing)
    return Section(title, ("agent", "endpoint", "feature", "reason"), rows)


def _dump(missing: Iterable[NotMeasured]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", by_alias=True) for one in missing]


def _clean(sections: Iterable[Section]) -> Iterable[Section]:
    """Return the tables with rows, without control characters."""
    return (one.clean() for one in sections if one.rows)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _format_usual(usual: Usual | None) -> str:
    return NOT_MEASURED if usual is None else f"{format_number(usual.median)} (x{usual.spread:.2f}, q99 {format_number(usual.q99)})"


def _format_count(count: int | None) -> str:
    return NOT_MEASURED if count is None else str(count)


def _format_time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _format_span(start: datetime | None, end: datetime | None) -> str:
    return f"{_format_time(start)} to {_format_time(end)}" if start and end else "an empty window"
