"""The tables of a bundle, which every format of it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.evidence.bundle import Bundle
from containment.evidence.controls import find_controls, judge_controls
from containment.evidence.model import Origin, Part, PartName
from containment.evidence.registry import FORMS
from containment.human_gate.exact_text import show_text
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.queries.results import Section
from containment.times import format_time
from containment.vending.agent import NOT_ENFORCED

CLAIM_COLUMNS: Final = ("part", "claim", "status", "statement", "reason", "origin", "controls", "part digest")
_ORIGINS: Final = {
    Origin.LIVE: "LIVE: everything that was observed, was observed in the real account and on the real Controller.",
    Origin.SIMULATED: "SIMULATED: everything that was observed, was observed in the lab on one machine. Nothing was observed on AWS or on a"
    " real Controller.",
    Origin.MIXED: "SIMULATED IN PART: some parts were observed in the lab on one machine (see the table of parts).",
    Origin.UNKNOWN: "UNKNOWN ORIGIN: the facts do not show whether they were observed in a real account, so they do not count as live.",
    Origin.FILES: "NOT OBSERVED: everything here was computed from files. Nothing was observed in a deployment.",
}
_VERDICTS: Final = {
    Status.PASS: "PASS: every claim was tested and is true.",
    Status.FAIL: "FAIL: at least one claim is false.",
    Status.NOT_TESTED: "NOT TESTED: no claim is false, and at least one was not tested. This is no pass.",
}


def describe_origin(origin: Origin) -> str:
    """Return where the facts were observed, in a sentence."""
    return _ORIGINS[origin]


def describe_verdict(bundle: Bundle) -> str:
    """Return the verdict in a sentence, with the mode, and with what stays possible."""
    watched = " The stack is in MONITOR mode: denies are logged, not applied." if bundle.predicate.mode is PolicyMode.MONITOR else ""
    return f"{_VERDICTS[Status(bundle.predicate.verdict)]}{watched} {_count_open(bundle)}"


def _count_open(bundle: Bundle) -> str:
    risks, techniques = _list_rows(bundle, PartName.RESIDUAL, "risks"), _list_open_techniques(bundle)
    sent = bundle.get_part(PartName.EVASION)
    opened = f"{len(techniques)} techniques get through" if sent and sent.content else "open techniques were not looked for"
    return f"{len(risks)} residual risks remain, and {opened}."


def build_sections(bundle: Bundle) -> tuple[Section, ...]:
    """Return the tables in the order of the page."""
    return (
        _build_facts(bundle),
        _build_parts(bundle),
        _build_findings(bundle),
        _build_controls(bundle),
        *(_build_claims(part) for part in bundle.parts if part.claims),
        *(one for one in _build_lists(bundle) if one.rows),
        _build_sources(bundle),
    )


def build_claim_rows(bundle: Bundle) -> Iterator[tuple[str, ...]]:
    """Yield one row per claim, and one per part that has none."""
    digests = {subject.name: subject.digest["sha256"] for subject in bundle.statement.subject}
    for part in bundle.parts:
        origin, digest = part.origin or "", digests.get(part.name, "")
        if not part.claims:
            yield (part.name, "", part.status, FORMS[part.name].question, part.reason, origin, "", digest)
        for one in part.claims:
            controls = ", ".join(find_controls(part.name, one.id))
            yield (part.name, one.id, one.status, one.statement, one.reason, origin, controls, digest)


def _build_facts(bundle: Bundle) -> Section:
    stated = bundle.predicate
    rows = (
        ("stack", stated.stack),
        ("class", stated.agent_class),
        ("mode", stated.mode.value),
        ("origin", describe_origin(stated.origin)),
        ("verdict", describe_verdict(bundle)),
        ("made", format_time(stated.made)),
        ("signed by", f"{stated.signer} (key {', '.join(one.keyid[:16] for one in bundle.envelope.signatures) or 'none'})"),
        ("version", f"containment {stated.version}"),
    )
    return Section("Bundle", ("what", "is"), rows)


def _build_parts(bundle: Bundle) -> Section:
    rows = tuple((FORMS[part.name].title, part.status, part.origin or "", FORMS[part.name].question, part.reason) for part in bundle.parts)
    return Section("Parts", ("part", "status", "origin", "question", "reason"), rows)


def _build_findings(bundle: Bundle) -> Section:
    rows: list[tuple[str, ...]] = [
        (status, FORMS[part.name].title, claim.statement, claim.reason)
        for status in (Status.FAIL, Status.NOT_TESTED)
        for part in bundle.parts
        for claim in part.claims
        if claim.status == status
    ]
    rows += [(part.status, FORMS[part.name].title, "the whole part", part.reason) for part in bundle.parts if not part.claims]
    return Section("Failed or not tested", ("status", "part", "statement", "reason"), tuple(rows))


def _build_controls(bundle: Bundle) -> Section:
    rows = tuple(
        (one.control.question, one.status, "; ".join(one.shown_by), one.reason, one.control.source) for one in judge_controls(bundle.parts)
    )
    return Section("Control questions", ("question", "status", "shown by", "reason", "source"), rows)


def _build_claims(part: Part) -> Section:
    rows = tuple((one.id, one.status, one.statement, one.reason) for one in part.claims)
    return Section(FORMS[part.name].title, ("claim", "status", "statement", "reason"), rows)


def _build_lists(bundle: Bundle) -> Iterator[Section]:
    keys: tuple[str, ...] = ("priority", "name", "action", "watch", "why")
    rules = _list_rows(bundle, PartName.RULES, "rules")
    yield Section("Rules in order", keys, tuple(_get_cells(one, *keys) for one in rules))
    risks = _list_rows(bundle, PartName.RESIDUAL, "risks")
    rows = tuple(_get_cells(one, "id", "what", "closedBy", missing="None") for one in risks)
    yield Section("What stays possible", ("risk", "what", "closed by"), rows)
    keys = ("name", "purpose", "dataClassification", "until")
    rows = tuple(
        (*(str(one.get(key) or "not set") for key in keys), str(one.get("forbiddenActions") or "none recorded"))
        for one in _list_rows(bundle, PartName.STAKEHOLDERS, "agents")
    )
    yield Section("Agents", ("name", "purpose", "data classification", "until", f"forbidden actions ({NOT_ENFORCED})"), rows)
    techniques = _list_open_techniques(bundle)
    rows = tuple(_get_cells(one, "id", "why", "close", missing="None") for one in techniques)
    yield Section("Techniques that get through", ("technique", "why", "closed by"), rows)
    keys = ("number", "time", "decision", "requester")
    entries = _list_rows(bundle, PartName.DECISIONS, "entries")
    rows = tuple((*_get_cells(one, *keys), ", ".join(map(str, one.get("by", [])))) for one in entries)
    yield Section("Decisions about this stack", (*keys, "signed by"), rows)
    keys = ("requestedAt", "kind", "tool", "state")
    actions = _list_rows(bundle, PartName.ACTIONS, "actions")
    rows = tuple((*map(show_text, _get_cells(one, *keys)), ", ".join(map(str, one.get("approvedBy", [])))) for one in actions)
    yield Section("Actions of agents", ("requested at", "kind", "tool", "state", "approved by"), rows)


def _get_cells(row: dict[str, Any], *keys: str, missing: str = "") -> tuple[str, ...]:
    return tuple(str(row.get(key, missing)) for key in keys)


def _build_sources(bundle: Bundle) -> Section:
    digests = {subject.name: subject.digest["sha256"] for subject in bundle.statement.subject}
    rows = [(part.name.value, "part of this bundle", digests.get(part.name, "")) for part in bundle.parts]
    rows += [(part.name.value, source.file, source.digest.removeprefix("sha256:")) for part in bundle.parts for source in part.sources]
    return Section("Digests", ("part", "file", "SHA-256"), tuple(rows))


def _list_rows(bundle: Bundle, name: PartName, key: str) -> list[dict[str, Any]]:
    part = bundle.get_part(name)
    found = (part.content or {}).get(key) if part else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _list_open_techniques(bundle: Bundle) -> list[dict[str, Any]]:
    """Return the reviewed techniques that got through in the run."""
    through = {one.get("id") for one in _list_rows(bundle, PartName.EVASION, "evasion") if one.get("result") == "OPEN"}
    return [one for one in _list_rows(bundle, PartName.EVASION, "open") if one.get("id") in through]
