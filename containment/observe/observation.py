"""One observation: logs are ingested, the questions are run by DuckDB, and the answers become the evidence document."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from uuid import UUID

from containment.catalog.preset import Library
from containment.errors import InputError, Problem
from containment.observe import questions
from containment.observe.evidence import (
    WOULD_BE_DENIED,
    AddressWithoutName,
    Disagreement,
    DnsOnly,
    Evidence,
    Gap,
    NamedAgent,
    NeverUsed,
    NotTested,
    Window,
    WouldBeDenied,
)
from containment.observe.log_facts import NameIndex, find_gaps, find_unused_names, is_permitted, make_gap, parse_address
from containment.observe.reading.agents import AgentNetworks
from containment.observe.reading.decision_row import Source
from containment.observe.reading.ingest import Ingested, ingest_files, open_tables
from containment.observe.reading.rejects import Rejects
from containment.observe.reading.sources import Reading, find_log_files
from containment.policy.flow import PolicyVerdict
from containment.policy.rules import RuleSet


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What logs are joined with: the stack with its policy, its agents' networks and its deployed rules; the catalog; the window.

    `rules` is None without a rule table: then the uuids in logs have no names. `hosts` has the vended agents by address.
    """

    library: Library
    stack: str | None = None
    ruleset: RuleSet | None = None
    agents: Sequence[IPv4Network | IPv6Network] = ()
    region: str = "us-east-1"
    rules: Mapping[str, str] | None = None
    hosts: Sequence[NamedAgent] = ()
    since: datetime | None = None
    until: datetime | None = None
    longest_gap: timedelta = timedelta(minutes=60)


@dataclass(frozen=True)
class DayFlows:
    """Flows to one destination on one day that enforce mode would deny, with the bytes that left."""

    day: date
    destination: str
    count: int
    bytes_out: int


@dataclass(frozen=True)
class Observation:
    """The evidence, and the rows of the plots."""

    evidence: Evidence
    days: tuple[DayFlows, ...] = ()
    read: int = 0
    judged: int = 0
    """Lines with a decision of the policy; without one nothing is known about denials."""


def observe(
    paths: Sequence[str], scope: Scope, rejects: Path | None = None, report: Callable[[int, str], None] = lambda *_: None
) -> Observation:
    """Return what the logs show.

    Args:
        paths: Files, folders, `s3://` URLs, `logs:GROUP` and `lab:STACK`.
        scope: What they are joined with.
        rejects: The file for lines that cannot be used.
        report: Called now and then with the number of lines and the file.

    Raises:
        InputError: A path cannot be read, or no line of any file can be used.
    """
    with tempfile.TemporaryDirectory(prefix="containment-observe-") as folder:
        work = Path(folder)
        files = find_log_files(paths, work, Reading(scope.region if scope.stack else None, scope.since, scope.until))
        with Rejects(rejects) as refused:
            found = ingest_files(
                files,
                work,
                refused,
                stack=scope.stack or "",
                rules=scope.rules,
                agents=AgentNetworks.of(scope.agents),
                report=report,
            )
        if not any(found.lines[source.value] for source in Source):
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted((found.rejected + found.lines).items())) or "no line"
            what = f"have no usable log line ({counts})"
            fix = "give logs of the gateway, FlowIQ, the VPC or the resolver; --rejects FILE lists each line with the reason"
            why = "without decisions nothing is observed"
            whole = [Problem(place, reason, why, "export it again as the reason says") for place, reason in refused.files.items()]
            raise InputError("logs cannot be used", [Problem(", ".join(paths), what, why, fix), *whole])
        return _answer(found, scope)


def _answer(found: Ingested, scope: Scope) -> Observation:
    with open_tables(found, scope.since, scope.until) as tables:
        run, answers, decisions = tables.run, tables.answers, tables.decisions
        if not scope.agents and any(found.lines[source] for source in questions.POLICY_SOURCES):
            decisions = questions.restrict_to_agents(decisions)
        window = run(questions.ask_window(decisions))[0]
        index = NameIndex(scope.library, scope.region)
        denied = run(questions.ask_would_be_denied(decisions, count_unknown=scope.rules is not None))
        pairs = run(questions.ask_disagreements(decisions, answers))
        judged = int(window["judged"] or 0)
        unused, unlogged = _find_unused(scope, run(questions.ask_names(decisions)), judged)
        evidence = Evidence(
            stack=scope.stack,
            policy_digest=_digest(scope.ruleset),
            window=Window(
                start=window["start"],
                end=window["end"],
                days=window["days"] or 0,
                sessions=int(run(questions.ask_sessions(decisions))[0]["sessions"] or 0),
            ),
            gaps=tuple(_find_gaps(found, scope, run(questions.ask_minutes(decisions)))),
            rejected={kind: count for kind, count in sorted(found.rejected.items()) if count},
            lines={str(kind): count for kind, count in sorted(found.lines.items()) if count},
            would_be_denied=tuple(_make_would_be_denied(row, index) for row in denied if not _is_permitted_today(row, scope)),
            dns_only=tuple(_make_dns_only(row, index) for row in run(questions.ask_dns_only(decisions, answers))),
            address_without_name=tuple(_make_address(row) for row in run(questions.ask_address_without_name(decisions, answers))),
            disagreements=tuple(_make_disagreement(row) for row in pairs if _disagrees(row)),
            never_used=tuple(unused),
            not_tested=tuple(_find_not_tested(scope, window, pairs, unlogged)),
            agents=tuple(scope.hosts),
        )
        days = tuple(
            DayFlows(row["day"], row["destination"], row["count"], int(row["bytes_out"] or 0)) for row in run(questions.ask_days(decisions))
        )
    return Observation(evidence, days, found.read, judged)


def _is_permitted_today(row: Mapping[str, Any], scope: Scope) -> bool:
    """Return whether a flow that an unknown rule permitted, such as one of an earlier policy, is permitted by today's policy by name."""
    return scope.ruleset is not None and bool(row["unknown"]) and is_permitted(scope.ruleset, row["destination"])


def _find_unused(scope: Scope, names: list[dict[str, Any]], judged: int) -> tuple[list[NeverUsed], list[str]]:
    """Return the unused names and the unlogged rules; without decisions of the policy no use would be seen."""
    if scope.ruleset is None or not judged:
        return [], []
    return find_unused_names(scope.ruleset, (row["server_name"] for row in names))


def _find_not_tested(scope: Scope, window: Mapping[str, Any], pairs: list[dict[str, Any]], unlogged: list[str]) -> Iterator[NotTested]:
    if not window["judged"]:
        yield NotTested(question=WOULD_BE_DENIED, reason="the logs have no decision of the gateway")
    if window["unknown"] and scope.rules is None:
        reason = "permitted by rules without a name: give --stack or --rules, because the broad permit of monitor mode may be one of them"
        yield NotTested(question=WOULD_BE_DENIED, reason=reason, count=window["unknown"])
    if untested := sum(not row["answered"] and not _disagrees(row) for row in pairs):
        yield NotTested(question="SNI and address", reason="the logs have no answer of the resolver for the name", count=untested)
    if scope.ruleset is None:
        yield NotTested(question="permitted and never used", reason="no stack is given: --stack names the policy")
    elif not window["judged"]:
        yield NotTested(question="permitted and never used", reason="the logs have no decision of the gateway")
    if unlogged:
        reason = f"rules without a log: {', '.join(unlogged)}"
        yield NotTested(question="permitted and never used", reason=reason, count=len(unlogged))


def _find_gaps(found: Ingested, scope: Scope, minutes: list[dict[str, Any]]) -> list[Gap]:
    holes = [make_gap(*hole) for hole in found.holes if _is_in_window(hole[1], hole[2], scope)]
    return sorted([*find_gaps(minutes, scope.longest_gap), *holes], key=lambda gap: (gap.start, gap.source))


def _is_in_window(start: datetime, end: datetime, scope: Scope) -> bool:
    return (scope.since is None or end >= scope.since) and (scope.until is None or start < scope.until)


def _disagrees(row: Mapping[str, Any]) -> bool:
    """Return whether a flow's address is not its name's; a name that is an address itself is another one than the flow's."""
    if parse_address(row["server_name"]) is not None:
        return True
    return not row["matched"] if row["answered"] else bool(row["moved"])


def _make_would_be_denied(row: Mapping[str, Any], index: NameIndex) -> WouldBeDenied:
    facts = index.find_facts(row["destination"])
    return WouldBeDenied(
        name=row["destination"],
        registrable_domain=facts.registrable_domain,
        rule=name_rule(row["rule"]),
        bytes_out=_to_count(row["bytes_out"]),
        bytes_in=_to_count(row["bytes_in"]),
        in_catalog=facts.catalog_set is not None,
        catalog_set=facts.catalog_set,
        flags=facts.flags,
        **_collect_seen(row),
    )


def _make_dns_only(row: Mapping[str, Any], index: NameIndex) -> DnsOnly:
    return DnsOnly(
        name=row["server_name"],
        registrable_domain=index.find_facts(row["server_name"]).registrable_domain,
        rule=row["rule"] or "",
        verdict=(PolicyVerdict.DENY if row["denied"] else PolicyVerdict.PERMIT).value,
        **_collect_seen(row),
    )


def _make_address(row: Mapping[str, Any]) -> AddressWithoutName:
    return AddressWithoutName(
        address=row["address"],
        port=None if row["port"] < 0 else row["port"],
        protocol=row["protocol"],
        rule=name_rule(row["rule"]),
        verdict=(PolicyVerdict.DENY.value if row["applied"] else "WOULD-DENY") if row["denied"] else PolicyVerdict.PERMIT.value,
        bytes_out=_to_count(row["bytes_out"]),
        bytes_in=_to_count(row["bytes_in"]),
        **_collect_seen(row),
    )


def _make_disagreement(row: Mapping[str, Any]) -> Disagreement:
    return Disagreement(name=row["server_name"], address=row["address"], **_collect_seen(row))


def _collect_seen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("agent", "count", "first_seen", "last_seen", "days")}


def name_rule(rule: str) -> str:
    """Return a rule's name; a uuid that the rule table lacks is named as such."""
    try:
        return f"unknown rule {UUID(rule)}"
    except ValueError:
        return rule


def _to_count(value: Any) -> int | None:
    return None if value is None else int(value)


def _digest(ruleset: RuleSet | None) -> str | None:
    """Return the policy's digest, which the record of decisions defines; None where that package is not installed."""
    if ruleset is None or find_spec("containment.record") is None:
        return None
    digest: str = import_module("containment.record.digests").digest_ruleset(ruleset)
    return digest
