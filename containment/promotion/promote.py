"""A promotion from request to result: names are checked, the change is judged, and the file is written whole or not at all.

The patterns are the narrowest that cover the hosts: exact hosts, or one wildcard per domain where wildcards are wanted. The rules of other
owners, with which the change is judged, come from a file, the lab of this folder while it runs, or the configured Controller.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.errors import InputError, Problem
from containment.machine.live_systems import find_controller_address, find_lab_systems, find_running_lab
from containment.observe.evidence import Evidence
from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.public_suffix import find_registrable_domain
from containment.preflight.facts import UnreadFact
from containment.promotion.file_change import FileChange, change_file
from containment.promotion.judgement import ChainSource, Judgement, find_refusals, judge_change, read_project
from containment.promotion.observations import Observation, find_observations
from containment.promotion.pull_request import build_sections
from containment.promotion.request import SAMPLE_NAME, Request, check_request
from containment.queries.results import Section
from containment.queries.subject.controller_chain import ControllerChain, read_chain_file, read_live_chain
from containment.ternary import Ternary

_FIX = "give --policy FILE with the Controller's rules, or a Controller that can be read"


def compare_own_only(_: ContainmentSpec) -> str:
    """Return why only a stack's own rules are compared: nothing else was given."""
    return _FIX


def make_chain_source(policy: Path | None, use_controller: bool | None, folder: Path) -> ChainSource:
    """Return the source of a stack's chain.

    Args:
        policy: a file with the Controller's rules; it wins.
        use_controller: True if a Controller that cannot be read is an error, False to read none, None to read one if there is one.
        folder: the folder of the stack files.

    Raises:
        InputError: the file cannot be read.
    """
    if policy is not None:
        chain = read_chain_file(policy)
        return lambda _: chain
    if use_controller is False:
        return lambda _: f"no Controller was read; {_FIX}"
    read = functools.cache(_read_chain)

    def find_chain(spec: ContainmentSpec) -> ControllerChain | str:
        address = _find_address(spec, folder)
        found = read(address) if isinstance(address, ControllerAddress) else address
        if use_controller and isinstance(found, str):
            why = "the change is to be compared with the rules of other owners"
            raise InputError("cannot promote", [Problem("--controller", found, why, "correct that, or leave --controller out")])
        return found

    return find_chain


def _find_address(spec: ContainmentSpec, folder: Path) -> ControllerAddress | str:
    home = find_running_lab()
    found = find_lab_systems(home).controller if home else find_controller_address(spec.stack, folder)
    return found.why if isinstance(found, UnreadFact) else found


def _read_chain(address: ControllerAddress) -> ControllerChain | str:
    try:
        return read_live_chain(ControllerReader(address)) or f"the Controller {address.host} has no rule"
    except ControllerError as error:
        return str(error)


def find_narrowest(names: Sequence[str], *, wildcard: bool) -> list[str]:
    """Return the names to permit, in the order given.

    Several exact hosts of one registrable domain become `*.` and their longest common domain if `wildcard` is set. Text that is no name is
    returned unchanged: the validator of names reports it.
    """
    if not wildcard:
        return list(dict.fromkeys(names))
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        groups.setdefault(_find_group(name), []).append(name)
    return [found for domain, group in groups.items() for found in _cover(domain, group)]


def _find_group(name: str) -> str:
    """Return the registrable domain of an exact host; any other text is a group by itself."""
    try:
        pattern = DomainPattern.parse(name)
    except ValueError:
        return name
    return find_registrable_domain(pattern.text) if pattern.is_exact and "." in pattern.text else name


def _cover(domain: str, names: Sequence[str]) -> list[str]:
    if len(names) < 2:
        return list(names)
    pattern = DomainPattern(f"*.{_find_common_domain(domain, [DomainPattern.parse(name).text for name in names])}")
    left = [name for name in names if pattern.matches(DomainPattern.parse(name).text) is not Ternary.YES]
    return [*([pattern.text] if len(left) < len(names) else []), *left]


def _find_common_domain(domain: str, names: Iterable[str]) -> str:
    """Return the longest domain that is above every name, or the registrable domain."""
    parents = [name.split(".")[1:] if name != domain else name.split(".") for name in names]
    shared = takewhile(lambda labels: len(set(labels)) == 1, zip(*(reversed(one) for one in parents), strict=False))
    found = ".".join(reversed([labels[0] for labels in shared]))
    return found if found.endswith(domain) else domain


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion that is accepted: the file to write, what it opens, what was seen, and warnings for the reviewer."""

    request: Request
    change: FileChange
    judgement: Judgement | None
    observations: tuple[Observation, ...] | None
    notes: tuple[str, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The tables of the promotion; empty if it changes nothing."""
        return () if self.judgement is None else build_sections(self.request, self.change, self.judgement, self.observations, self.notes)


def prepare_promotion(
    request: Request, folder: Path, evidence: Evidence | None, today: date, find_chain: ChainSource = compare_own_only
) -> Promotion:
    """Return an accepted promotion, which writes nothing yet; raise InputError with every reason for which it is refused.

    Args:
        request: the request.
        folder: the project's folder.
        evidence: what was observed, None if no evidence is given.
        today: the day of the promotion.
        find_chain: returns the rules on a stack's Controller, or why they are not known.
    """
    names = find_narrowest(request.destinations, wildcard=request.wildcard)
    wide = [] if request.wildcard else [_refuse_wildcard(name) for name in names if "*" in name.partition("/")[0]]
    checked = check_request(request, [name for name in names if request.wildcard or "*" not in name.partition("/")[0]], today)
    problems = [*checked.problems, *wide]
    try:
        change = change_file(request, checked.entries, folder, today) if checked.entries else None
    except InputError as error:
        raise InputError("cannot promote", [*problems, *error.problems]) from None
    if change is None or not change.is_changed:
        if problems:
            raise InputError("cannot promote", problems)
        assert change is not None, "a request without entries has a problem"
        return Promotion(request, change, None, None, ())
    before, after = (read_project(folder, one, request.stack) for one in (None, change))
    problems += find_refusals(before, after, checked.entries, request.set_name)
    if request.set_name is not None and request.uploads is None and any("takes uploads" in one.what for one in problems):
        why = "without a review, third parties are taken to be able to store data there"
        problems.append(
            Problem("--uploads", "is not stated, so a new entry has uploads: true", why, "review the host, and give --no-uploads")
        )
    if problems:
        raise InputError("cannot promote", problems)
    judgement = judge_change(before, after, request.stack, request.set_name, find_chain)
    written = [str(one["name"]) for one in change.written]
    observations = None if evidence is None else tuple(find_observations(evidence, written))
    notes = [f"{one.stack}, edited on the Controller or not applied: {text}" for one in judgement.chains for text in one.drift]
    notes += _collect_notes(request, change, evidence, observations)
    return Promotion(request, change, judgement, observations, tuple(notes))


def require_options(request: Request, folder: Path, today: date) -> None:
    """Raise InputError with the problems of a request whose destinations could not be read: of its options and its file.

    Args:
        request: the request.
        folder: the project's folder.
        today: the day of the promotion.
    """
    checked = check_request(request, [SAMPLE_NAME], today)
    problems = list(checked.problems)
    try:
        if checked.entries:
            change_file(request, checked.entries, folder, today)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError("cannot promote", problems)


def _refuse_wildcard(name: str) -> Problem:
    why = "a wildcard also permits hosts that no agent was seen to use"
    return Problem(name, "is a wildcard, and --wildcard is not given", why, "name the exact hosts that were seen, or give --wildcard")


def _collect_notes(
    request: Request, change: FileChange, evidence: Evidence | None, observations: Sequence[Observation] | None
) -> list[str]:
    notes = [f"{one.name} is not in the evidence: no agent was seen to need it" for one in observations or () if not one.count]
    notes += [f"{one.name} is flagged in the evidence: {', '.join(one.flags)}" for one in observations or () if one.flags]
    if evidence is not None and evidence.stack is not None and request.stack not in (None, evidence.stack):
        notes.append(f"the evidence is of the stack {evidence.stack}, and the entry is for {request.stack}")
    if evidence is not None and evidence.gaps:
        notes.append(f"the logs of the evidence have {len(evidence.gaps)} gaps")
    notes += [
        f"{one['name']} is a wildcard: it also permits hosts that were not seen"
        for one in change.written
        if "*" in str(one["name"]).partition("/")[0]
    ]
    if request.set_name is not None:
        flags = {"uploads": request.uploads, "relays": request.relays, "foreignTenant": request.foreign_tenant}
        open_ = [name for name, value in flags.items() if value is None]
        if open_:
            notes.append(f"not stated and therefore true in a new entry: {', '.join(open_)} (--no-... after a review)")
    return notes


def build_document(promotion: Promotion, *, dry_run: bool, branch: str | None, commit: str | None, text: str) -> Mapping[str, Any]:
    """Return the promotion as data (`containment-promote/v1`)."""
    judgement, change = promotion.judgement, promotion.change
    return {
        "schema": "containment-promote/v1",
        "file": change.name,
        "stack": promotion.request.stack,
        "set": promotion.request.set_name,
        "key": None if promotion.request.set_name else promotion.request.key,
        "changed": change.is_changed,
        "dryRun": dry_run,
        "entries": list(change.entries),
        "written": list(change.written),
        "stacks": list(judgement.stacks) if judgement else [],
        "differences": judgement.difference.data["changes"] if judgement else [],
        "risk": [
            {
                "stack": one.stack,
                "change": "added" if one.is_added else "removed",
                "kind": one.kind,
                "rule": one.rule,
                "through": one.through,
                "remark": one.remark,
            }
            for one in (judgement.risk if judgement else ())
        ],
        "notCompared": list(judgement.not_compared) if judgement else [],
        "chains": [
            {
                "stack": one.stack,
                "wholeChain": not one.own_only,
                "origin": one.origin or None,
                "before": one.before,
                "after": one.after,
                "reason": one.own_only or None,
                "assumptions": list(one.assumptions),
                "drift": list(one.drift),
            }
            for one in (judgement.chains if judgement else ())
        ],
        "observed": [
            {
                "name": one.name,
                "count": one.count,
                "bytesOut": one.bytes_out,
                "bytesIn": one.bytes_in,
                "firstSeen": one.first_seen.isoformat() if one.first_seen else None,
                "lastSeen": one.last_seen.isoformat() if one.last_seen else None,
                "agents": list(one.agents),
                "flags": list(one.flags),
            }
            for one in promotion.observations or ()
        ],
        "warnings": list(promotion.notes),
        "branch": branch,
        "commit": commit,
        "pullRequest": text,
    }
