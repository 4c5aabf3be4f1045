"""Entries of the catalog and of stack files that are due: they have ended, end soon, or were reviewed long ago."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from containment.catalog.preset import Library
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.entries import iterate_entries, make_command
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section

REVIEW_DAYS: Final = 180
"""Days after which a review is due again."""


class DueState(StrEnum):
    """Why an entry is due."""

    ENDED = "ended"
    ENDS_SOON = "ends soon"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class DatedEntry:
    """One entry with its end or the day of its review; `renewal` is the command or the edit that renews it."""

    where: str
    name: str
    owner: str
    until: date | None
    reviewed: date | None
    target: str


@dataclass(frozen=True, slots=True)
class DueEntry:
    """One entry that is due, with the reason and the fix."""

    entry: DatedEntry
    state: DueState
    days: int
    fix: str


def list_entries(library: Library, configs: Mapping[str, StackConfig]) -> list[DatedEntry]:
    """Return the entries of all catalog sets and stacks; `configs` are the stacks' configurations by name."""
    out = [
        DatedEntry(f"presets/catalog/{name}.yaml:entries.{place}", one.pattern, one.owner, one.until, one.reviewed, f"--set {name}")
        for name, found in sorted(library.sets.items())
        for place, one in enumerate(found.entries)
    ]
    for stack, config in sorted(configs.items()):
        file = f"Pulumi.{stack}.yaml"
        out += [
            DatedEntry(f"{file}:{get_alias(field)}", one.name, one.owner, one.until, None, f"--stack {stack} --key {get_alias(field)}")
            for field, one in iterate_entries(config)
        ]
        apis = f"{file}:{get_alias('approved_internal_apis')}"
        out += [DatedEntry(apis, name, one.owner, one.until, None, "") for name, one in config.approved_internal_apis.items()]
        for field in ("upload_waivers", "sanctioned_model_providers"):
            exceptions = getattr(config, field)
            out += [DatedEntry(f"{file}:{get_alias(field)}", one.host, one.owner, one.until, None, "") for one in exceptions]
        waivers = f"{file}:{get_alias('harness_waivers')}"
        out += [DatedEntry(waivers, one.harness.value, one.owner, one.until, None, "") for one in config.harness_waivers]
    return out


def find_due(entries: Iterable[DatedEntry], today: date, days: int, review_days: int) -> Iterator[DueEntry]:
    """Yield the entries that are due, one reason each for its end and its review.

    Args:
        entries: the entries.
        today: the day to compare with.
        days: how many days before its end an entry is due.
        review_days: how many days after its review an entry is due.
    """
    for one in entries:
        if one.until is not None and one.until <= today + timedelta(days=days):
            state = DueState.ENDED if one.until < today else DueState.ENDS_SOON
            renewal = make_command([one.name], one.target, today, owner=one.owner) if one.target else "have its owner set a later until"
            yield DueEntry(one, state, (one.until - today).days, f"remove the entry, or renew it: {renewal}")
        if one.reviewed is not None and (today - one.reviewed).days > review_days:
            fix = f"review it, and set reviewed: {today}; or remove the entry"
            yield DueEntry(one, DueState.REVIEW, (today - one.reviewed).days, fix)


def describe_due(entries: Iterable[DatedEntry], today: date, days: int, review_days: int) -> Answer:
    """Return the answer of `catalog due`: NO when an entry is due, NOTHING when there is no entry; arguments as for `find_due`."""
    every = list(entries)
    order = list(DueState)
    due = sorted(find_due(every, today, days, review_days), key=lambda one: (order.index(one.state), one.entry.where, one.entry.name))
    counts = {state: sum(one.state is state for one in due) for state in DueState}
    told = f"{counts[DueState.ENDED]} ended, {counts[DueState.ENDS_SOON]} end within {days} days, {counts[DueState.REVIEW]} "
    told += f"reviewed over {review_days} days ago"
    columns = ("state", "name", "owner", "until", "reviewed", "where", "fix")
    rows = tuple(
        (
            one.state.value,
            one.entry.name,
            one.entry.owner,
            str(one.entry.until or "-"),
            str(one.entry.reviewed or "-"),
            one.entry.where,
            one.fix,
        )
        for one in due
    )
    cases = tuple(
        Case(f"entry-{one.state.name.lower().replace('_', '-')}", one.entry.name, Status.FAIL, one.entry.where, one.fix) for one in due
    )
    return Answer(
        verb="catalog due",
        headline=f"{today}: {told}, of {len(every)} entries" if every else "NOT TESTED: there is no entry",
        exit=Exit.NO if due else Exit.OK if every else Exit.NOTHING,
        sections=(Section("Due", columns, rows, ("fix", "reviewed")),) if rows else (),
        cases=cases,
        document={
            "schema": "containment-catalog-due/v1",
            "today": str(today),
            "days": days,
            "reviewDays": review_days,
            "entries": len(every),
            "due": [
                {
                    "state": one.state.value,
                    "name": one.entry.name,
                    "owner": one.entry.owner,
                    "until": None if one.entry.until is None else str(one.entry.until),
                    "reviewed": None if one.entry.reviewed is None else str(one.entry.reviewed),
                    "days": one.days,
                    "where": one.entry.where,
                    "fix": one.fix,
                }
                for one in due
            ],
        },
        sections_tell=True,
    )
