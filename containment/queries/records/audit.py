"""The `audit` commands: list, show, verify, stats and anchor."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.human_gate.exact_text import show_text
from containment.input_reader import InputReader
from containment.loaders.approvers import load_approvers
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section
from containment.record.anchor import read_anchors, write_anchor
from containment.record.approval_checks import index_keys
from containment.record.entry import Entry, EntryKind
from containment.record.log import examine_log, read_head, read_log
from containment.record.request import describe_decision
from containment.record.statistics import ReviewerCount, count_prompts, count_reviewers, is_about_action
from containment.times import format_time

_COLUMNS = ("entry", "time", "what", "stack", "subject", "by", "requester")


def list_entries(folder: Path, stack: str | None) -> Answer:
    """Return every entry, of one stack if it is named."""
    entries, names = _read_record(folder)
    found = [(entry, row) for entry in entries if (row := _build_row(entry, names)) and stack in (None, row[3])]
    rows = tuple(row for _, row in found)
    data = {"entries": [dict(zip(_COLUMNS, row, strict=True)) for row in rows]}
    return Answer("audit", f"{len(rows)} entries", Exit.OK, (Section("Entries", _COLUMNS, _mark_rows(rows)),), data=data)


def show_entry(folder: Path, number: int) -> Answer:
    """Return one entry with everything that it contains; raise InputError if there is none with this number."""
    entries, names = _read_record(folder)
    if number > len(entries):
        fix = f"write a number from 1 to {len(entries)}" if entries else "there is no decision yet"
        raise InputError("no such entry", [Problem(f"entry {number}", "does not exist", "nothing can be shown", fix)])
    entry = entries[number - 1]
    rows = [("entry", str(number)), ("recorded", f"{entry.kind} at {format_time(entry.time)}")]
    if not entry.kind.is_signed:
        rows += _describe_unsigned(entry)
    else:
        rows += describe_decision(entry.envelope.decision)
        rows += [("signed by", names.get(one.keyid, f"key {one.keyid}")) for one in entry.envelope.signatures]
    rows += [("previous", entry.previous), ("digest of the entry", entry.digest)]
    data: dict[str, Any] = {"entry": {"kind": entry.kind.value, "number": number, "digest": entry.digest, "body": dict(entry.body)}}
    return Answer("audit", f"entry {number}: {entry.kind}", Exit.OK, (Section("Entry", ("field", "value"), _mark_rows(rows)),), data=data)


def _read_record(folder: Path) -> tuple[Sequence[Entry], dict[str, str]]:
    """Return the entries of the log, and the name of the person of each key id."""
    reader = InputReader("the record cannot be read")
    log, people = reader.read(lambda: read_log(folder)), reader.read(lambda: load_approvers(folder))
    reader.require()
    return log.value, {keyid: person.name for keyid, (person, _) in index_keys(people.value.people).items()}


def verify_record(folder: Path, anchor: str | None) -> Answer:
    """Return every problem of the log; the exit code is NO if there is one."""
    reader = InputReader("the record cannot be verified")
    anchored = reader.read(lambda: read_anchors(anchor) if anchor is not None else {})
    examined = reader.read(lambda: examine_log(folder, anchored.get_or({})))
    reader.require()
    heads, log = anchored.value, examined.value
    problems = log.problems
    cases = [
        Case(f"log-{one.kind}", one.what, Status.FAIL, f"decisions/log.jsonl:{one.line}" if one.line else "decisions/log.jsonl")
        for one in problems
    ]
    head = None if problems else log.head
    if head is not None:
        cases.append(Case("log", f"{head.entries} entries are whole, in order and signed; the head is {head.digest}", Status.PASS))
    if anchor is None:
        title = "no head that is kept elsewhere was compared (--anchor), so a log taken back together with its head is not found"
        cases.append(Case("log-anchor", title, Status.NOT_TESTED))
    elif not problems:
        cases.append(Case("log-anchor", f"the log continues {len(heads)} anchored heads", Status.PASS, anchor))
    return Answer(
        "audit",
        f"{'REFUSED' if problems else 'PASSED'}: {len(problems)} problems of the log",
        Exit.NO if problems else Exit.OK,
        cases=tuple(cases),
        data={
            "problems": [{"kind": one.kind.value, "line": one.line, "what": one.what} for one in problems],
            "entries": head.entries if head else None,
            "head": head.digest if head else None,
            "anchors": sorted(heads),
        },
    )


def count_reviews(folder: Path, per_hour: int, rate: float) -> Answer:
    """Return decisions per hour and the share of approvals of each reviewer, with warnings about approval fatigue.

    Decisions about actions of agents are counted once more on their own, with how often agents put one before a person.
    """
    reader = InputReader("the record cannot be read")
    log, people = reader.read(lambda: read_log(folder)), reader.read(lambda: load_approvers(folder))
    reader.require()
    entries, approvers = log.value, people.value
    prompts = count_prompts(entries)
    counts = {
        "reviewers": count_reviewers(entries, approvers),
        "actions": count_reviewers([one for one in entries if is_about_action(one)], approvers),
    }
    signs = {kind: {one.name: sign for one in found if (sign := one.find_fatigue(per_hour, rate))} for kind, found in counts.items()}
    warnings = {
        **signs["reviewers"],
        **{f"{name}, about actions": sign for name, sign in signs["actions"].items()},
        **({"actions": sign} if (sign := prompts.find_fatigue(per_hour)) else {}),
    }
    refused = sum(entry.kind is EntryKind.REFUSAL for entry in entries)
    cases = tuple(
        Case("approval-fatigue", f"{name}: {sign}; spread requests, or name more approvers", Status.WARN) for name, sign in warnings.items()
    )
    columns = ("reviewer", "approved", "rejected", "approval rate", "per hour", "most in an hour")
    sections = [Section("Reviewers", columns, _build_count_rows(counts["reviewers"]))]
    if prompts.prompts:
        row = (str(prompts.prompts), f"{prompts.per_hour:.1f}", str(prompts.most_per_hour), str(prompts.started))
        sections += [
            Section("Actions of agents", ("prompts", "per hour", "most in an hour", "started"), (row,)),
            Section("Reviewers of actions", columns, _build_count_rows(counts["actions"])),
        ]
    actions = {
        "prompts": prompts.prompts,
        "perHour": round(prompts.per_hour, 2),
        "mostPerHour": prompts.most_per_hour,
        "started": prompts.started,
        "fatigue": prompts.find_fatigue(per_hour),
        "reviewers": _build_count_data(counts["actions"], signs["actions"]),
    }
    return Answer(
        "audit",
        f"{len(counts['reviewers'])} reviewers, {refused} refusals, {len(warnings)} signs of approval fatigue",
        Exit.OK,
        tuple(sections),
        cases,
        data={"reviewers": _build_count_data(counts["reviewers"], signs["reviewers"]), "refusals": refused, "actions": actions},
    )


def _build_count_rows(counts: Sequence[ReviewerCount]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (one.name, str(one.approved), str(one.rejected), f"{one.rate:.0%}", f"{one.per_hour:.1f}", str(one.most_per_hour)) for one in counts
    )


def _build_count_data(counts: Sequence[ReviewerCount], signs: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "approved": one.approved,
            "rejected": one.rejected,
            "approvalRate": round(one.rate, 4),
            "perHour": round(one.per_hour, 2),
            "mostPerHour": one.most_per_hour,
            "fatigue": signs.get(one.name, ""),
        }
        for one in counts
    ]


def anchor_head(folder: Path, target: str) -> Answer:
    """Put the head of the log at a target and return its place."""
    head = read_head(folder)
    place = write_anchor(target, head)
    data = {"place": place, "entries": head.entries, "head": head.digest}
    return Answer("audit", f"the head of {head.entries} entries is at {place}", Exit.OK, data=data)


def _build_row(entry: Entry, names: dict[str, str]) -> tuple[str, ...]:
    first = (str(entry.sequence), format_time(entry.time))
    if entry.kind in (EntryKind.REFUSAL, EntryKind.STOP):
        body = entry.body
        words, what = f"refused: {body.get('code')}", str(body.get("what"))
        if entry.kind is EntryKind.STOP:
            hosts = ", ".join(map(str, body.get("hosts", ())))
            words = "stopped" if body.get("action") == "stop" else "returned"
            what = f"{body.get('agent') or 'every host'} ({hosts}): {body.get('reason')}"
        return (*first, words, str(body.get("stack", "")), what, "", str(body.get("requester", "")))
    if not entry.kind.is_signed:
        return (*first, *_summarize_step(entry))
    decision = entry.envelope.decision
    words = decision.kind.value if entry.kind is EntryKind.DECISION else f"{decision.kind.value} rejected"
    subject = ", ".join(str(value) for key, value in decision.subject.items() if key not in ("stack", "file"))
    by = ", ".join(names.get(one.keyid, one.keyid[:16]) for one in entry.envelope.signatures)
    return (*first, words, decision.stack, subject, by, decision.requester)


def _summarize_step(entry: Entry) -> tuple[str, ...]:
    """Return the rest of the row of an action's request or execution."""
    body = entry.body
    if entry.kind is EntryKind.ACTION_REQUEST:
        action = body["action"]
        subject = ", ".join((action["kind"], action["tool"], action["target"], body["request"]))
        return ("action requested", body["stack"], subject, "", action["requestedBy"])
    return (f"action {body.get('state')}", str(body.get("stack", "")), str(body.get("request")), "", "")


def _describe_unsigned(entry: Entry) -> list[tuple[str, str]]:
    """Return the fields of an entry that is not signed."""
    rows = []
    for key, value in entry.body.items():
        rows += [(f"{key}.{part}", of_part) for part, of_part in value.items()] if isinstance(value, dict) else [(key, value)]
    return [(key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for key, value in rows]


def _mark_rows(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return rows with marks for what an agent could have hidden in a text."""
    return tuple(tuple(map(show_text, row)) for row in rows)
