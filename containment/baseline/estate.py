"""Estate: sources outside every vended network that talk to LLM endpoints, which are agents that were not requested.

Vended networks are the CIDRs of every stack file of a folder, and those of options.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from pathlib import Path
from typing import Any

from containment.baseline import attribution
from containment.baseline.profile import NotMeasured
from containment.baseline.reading import LogScope, ModelTables, Unattributed, open_logs
from containment.baseline.unmeasured import explain_unattributed
from containment.errors import InputError, Problem
from containment.loaders.stack_file import read_configs
from containment.observe.reading.decision_row import Source


@dataclass(kw_only=True)
class OutsideSource:
    """One source outside the agents' networks and one LLM endpoint, over all logs; bytes are None where no log has them."""

    agent: str
    endpoint: str
    catalog_set: str
    first_seen: datetime
    last_seen: datetime
    exchanges: int = 0
    refused: int = 0
    queries: int = 0
    bytes_out: int | None = None
    bytes_in: int | None = None
    sources: set[str] = field(default_factory=set)
    senders: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """The sources outside, the number of pairs inside, what was not measured, and the counts of lines."""

    outside: tuple[OutsideSource, ...]
    inside: int
    not_measured: tuple[NotMeasured, ...]
    lines: dict[str, int]
    rejected: dict[str, int]


def find_outside_sources(paths: Sequence[str], scope: LogScope, vended: Sequence[IPv4Network | IPv6Network]) -> Estate:
    """Return the sources outside the agents' networks that talk to LLM endpoints.

    Args:
        paths: The logs.
        scope: What they are joined with; agents are looked for in all private networks.
        vended: The networks of vended VPCs.

    Raises:
        InputError: A path cannot be read.
    """
    with open_logs(paths, scope) as tables:
        found = _collect(tables)
        left = [
            Unattributed(row["agent"], row["source"], row["reason"], row["count"], row["addresses"])
            for row in tables.logs.run(attribution.ask_unattributed(tables.logs.decisions, tables.logs.answers, tables.models))
        ]
        lines = {str(kind): count for kind, count in sorted(tables.ingested.lines.items()) if count}
        rejected = {kind: count for kind, count in sorted(tables.ingested.rejected.items()) if count}
    outside = [one for one in found if not _is_inside(one.agent, vended)]
    missing = [NotMeasured(feature=kind, reason=f"{count} lines cannot be used") for kind, count in rejected.items()]
    if not any(lines.get(source.value) for source in Source):
        missing.append(NotMeasured(feature="logs", reason="the logs have no usable line"))
    missing += [
        NotMeasured(agent=one.agent, feature=one.source, reason=explain_unattributed(one))
        for one in left
        if not _is_inside(one.agent, vended)
    ]
    return Estate(
        outside=tuple(sorted(outside, key=lambda one: (-(one.bytes_out or 0), one.agent, one.endpoint))),
        inside=len(found) - len(outside),
        not_measured=tuple(missing),
        lines=lines,
        rejected=rejected,
    )


def _is_inside(agent: str, vended: Sequence[IPv4Network | IPv6Network]) -> bool:
    address = ip_address(agent)
    return any(address in network for network in vended)


def _collect(tables: ModelTables) -> list[OutsideSource]:
    """Return every pair; the same flow in several logs is counted once: the largest count and the largest number of bytes are taken."""
    decisions, found = tables.logs.decisions, dict[tuple[str, str], OutsideSource]()
    flows = attribution.attribute_flows(decisions, tables.logs.answers, tables.models)
    exchanges = attribution.ask_exchanges(flows)
    totals = exchanges.group_by(["agent", "endpoint", "source", "denied"]).agg(
        count=exchanges.count(),
        first_seen=exchanges.time.min(),
        last_seen=exchanges.time.max(),
        bytes_out=exchanges.bytes_out.sum(),
        bytes_in=exchanges.bytes_in.sum(),
        sized_out=exchanges.bytes_out.count(),
        sized_in=exchanges.bytes_in.count(),
    )
    sets = {row["name"]: row["catalog_set"] for row in tables.logs.run(tables.models)}
    for row in tables.logs.run(totals.order_by(["agent", "endpoint", "source", "denied"])):
        one = _find_or_add(found, row["agent"], row["endpoint"], sets, row)
        one.sources.add(row["source"])
        if row["denied"]:
            one.refused = max(one.refused, row["count"])
            continue
        one.exchanges = max(one.exchanges, row["count"])
        if row["source"] != Source.GATEWAY_L4.value:  # an L4 line counts both directions together
            one.bytes_out = _choose_most(one.bytes_out, row["bytes_out"] if row["sized_out"] else None)
            one.bytes_in = _choose_most(one.bytes_in, row["bytes_in"] if row["sized_in"] else None)
    for row in tables.logs.run(flows.select("agent", "endpoint", "sender").distinct()):
        if row["sender"]:
            found[row["agent"], row["endpoint"]].senders.add(row["sender"])
    asked = decisions.filter((decisions.source == Source.RESOLVER.value) & decisions.by_agent)
    asked = asked.semi_join(tables.models, [("server_name", "name")])
    queries = asked.group_by(["agent", "server_name"]).agg(
        count=asked.count(), first_seen=asked.time.min(), last_seen=asked.time.max(), senders=asked.sender.collect()
    )
    for row in tables.logs.run(queries):
        one = _find_or_add(found, row["agent"], row["server_name"], sets, row)
        one.queries = row["count"]
        one.sources.add(Source.RESOLVER.value)
        one.senders.update(sender for sender in row["senders"] if sender)
    return list(found.values())


def _find_or_add(
    found: dict[tuple[str, str], OutsideSource], agent: str, endpoint: str, sets: dict[str, str], row: dict[str, Any]
) -> OutsideSource:
    first, last = row["first_seen"], row["last_seen"]
    one = found.setdefault(
        (agent, endpoint), OutsideSource(agent=agent, endpoint=endpoint, catalog_set=sets[endpoint], first_seen=first, last_seen=last)
    )
    one.first_seen, one.last_seen = min(one.first_seen, first), max(one.last_seen, last)
    return one


def _choose_most(one: int | None, two: Any) -> int | None:
    return one if two is None else int(two) if one is None else max(one, int(two))


Network = IPv4Network | IPv6Network
_WHY = "a network that is listed by mistake hides agents that were not requested"


def find_vended_networks(folder: Path, named: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of the stack files of a folder, and of `--vended` options.

    Raises:
        InputError: A stack file or an option is wrong, or there is no network at all.
    """
    configs, problems = read_configs(folder)
    networks: list[Network] = [config.vpc_cidr for config in configs.values()]
    for text in named:
        try:
            network = ip_network(text)
        except ValueError as error:
            problems.append(Problem(f"--vended {text}", f"is no network ({error})", _WHY, _suggest_network(text)))
            continue
        if network.prefixlen == 0:
            problems.append(Problem(f"--vended {text}", "contains every address", _WHY, "give the CIDR of each VPC with agents"))
        networks.append(network)
    if not networks and not problems:
        fix = "give -C FOLDER with the stack files, or --vended CIDR for each VPC with agents"
        problems.append(Problem(str(folder), "has no stack file, and no --vended is given", "without them every source is outside", fix))
    if problems:
        raise InputError("no network of agents is known", problems)
    return tuple(sorted(set(networks), key=lambda one: (one.version, one)))


def _suggest_network(text: str) -> str:
    try:
        return f"write --vended {ip_interface(text).network}"
    except ValueError:
        return "write a CIDR such as --vended 10.42.0.0/16"
