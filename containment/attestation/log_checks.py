"""The path of the logs: checks of its settings, and the search of canaries at its ends.

The settings are CoPilot and the syslog collector on the Controller, and the log groups of flows and DNS queries. A stack that names no
collector is NOT TESTED, because its logs go nowhere that this check knows of. Canaries are searched in the gateway's lines in files or
S3, and in flow records and DNS queries in CloudWatch Logs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from containment.attestation.statement import CheckedItem
from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.errors import ContainmentError
from containment.logs.aws import FlowRecord, QueryRecord
from containment.logs.gateway import SessionLine, parse_gateway_line
from containment.logs.record import LogFormatError
from containment.observe.reading.sources import find_log_files
from containment.preflight.access import Clients
from containment.preflight.facts import UnreadFact
from containment.preflight.finding import Status

COPILOT, SYSLOG, FLOWS, QUERIES = "copilot-gets-logs", "syslog-is-sent", "flow-logs-are-delivered", "query-logs-are-delivered"
_WHATS: Final = {
    COPILOT: "CoPilot is associated, and the gateways send their logs to it",
    SYSLOG: "the gateways send their logs to the configured collector",
    FLOWS: "the VPC's flow logs go to the stack's log group, for all traffic",
    QUERIES: "the VPC's DNS queries go to the stack's log group",
}
_AGAIN: Final = "restore it: pulumi up (in the lab: containment lab up)"


def get_flow_group(stack: str) -> str:
    """Return the name of a stack's log group of VPC flows."""
    return f"/containment/{stack}/flow-logs"


def get_query_group(stack: str) -> str:
    """Return the name of a stack's log group of DNS queries."""
    return f"/containment/{stack}/dns-queries"


def check_collectors(spec: ContainmentSpec, address: ControllerAddress | UnreadFact) -> list[CheckedItem]:
    """Return the checks of CoPilot and of the syslog collector."""
    config = spec.config
    named = [ident for ident, value in ((COPILOT, config.copilot_private_ip), (SYSLOG, config.syslog_server)) if value]
    if not named:
        why = "the stack names neither CoPilot (copilotPrivateIp) nor another collector (syslogServer)"
        return [_skip(COPILOT, why, "name the one that the logs go to")]
    if isinstance(address, UnreadFact):
        return [_skip(ident, f"the Controller was not read: {address.why}", "make it reachable, and repeat") for ident in named]
    return [_attempt(ident, partial(_check_collector, ident, spec, address)) for ident in named]


def _check_collector(ident: str, spec: ContainmentSpec, address: ControllerAddress) -> CheckedItem:
    config, reader = spec.config, ControllerReader(address)
    index, server = config.syslog_index, str(config.syslog_server)
    if ident == COPILOT:
        index, server = config.copilot_syslog_index, str(config.copilot_private_ip)
        found = reader.get_copilot()
        known = {str(found.get("ip")), str(found.get("public_ip"))}
        if found.get("status") is not True or server not in known:
            return _fail(ident, f"CoPilot {server} is not associated with the Controller", str(found), _AGAIN)
    profile = reader.get_syslog(index)
    if str(profile.get("status")) == "disabled" or not profile.get("server"):
        return _fail(ident, f"the Controller's syslog profile {index} is not set", str(profile), _AGAIN)
    if str(profile["server"]) not in (server, str(config.copilot_public_ip) if ident == COPILOT else server):
        return _fail(ident, f"the Controller's syslog profile {index} sends to {profile['server']}, not to {server}", str(profile), _AGAIN)
    return CheckedItem(ident, _WHATS[ident], Status.PASS, f"syslog profile {index} sends to {profile['server']}:{profile.get('port')}")


def check_log_groups(spec: ContainmentSpec, clients: Clients | UnreadFact, vpcs: Iterable[str]) -> list[CheckedItem]:
    """Return the checks of the log groups of flows and DNS queries.

    Args:
        spec: the stack.
        clients: the account's clients, or why there are none.
        vpcs: ids of the stack's VPCs.
    """
    known = tuple(vpcs)
    wanted = {
        FLOWS: (spec.config.enable_vpc_flow_logs, "enableVpcFlowLogs", _check_flow_logs),
        QUERIES: (spec.config.enable_dns_query_logs, "enableDnsQueryLogs", _check_query_logs),
    }
    out = []
    for ident, (is_on, key, check) in wanted.items():
        if not is_on:
            out.append(_skip(ident, f"{key} is false", f"set {key}: true"))
        elif isinstance(clients, UnreadFact):
            out.append(_skip(ident, f"the account was not read: {clients.why}", "log in to AWS, and repeat"))
        elif not known:
            out.append(_skip(ident, "the state has no id for the VPC of the agents", "deploy the stack"))
        else:
            out.append(_attempt(ident, partial(check, spec, clients, known)))
    return out


def _check_flow_logs(spec: ContainmentSpec, clients: Clients, vpcs: tuple[str, ...]) -> CheckedItem:
    group = get_flow_group(spec.stack)
    if missing := _find_missing_group(clients, group):
        return _fail(FLOWS, missing, "", _AGAIN)
    for vpc in vpcs:
        listed = clients("ec2").describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]
        own = [one for one in listed if one.get("LogGroupName") == group]
        if not own:
            return _fail(FLOWS, f"{vpc} has no flow log to {group}", f"{len(listed)} flow logs of {vpc}", _AGAIN)
        bad = [one for one in own if one.get("DeliverLogsStatus") == "FAILED" or one.get("TrafficType") != "ALL"]
        if len(bad) == len(own):
            said = bad[0].get("DeliverLogsErrorMessage") or bad[0].get("TrafficType")
            return _fail(FLOWS, f"{bad[0].get('FlowLogId')} does not deliver all traffic: {said}", "", _AGAIN)
    return CheckedItem(FLOWS, _WHATS[FLOWS], Status.PASS, f"to {group}")


def _check_query_logs(spec: ContainmentSpec, clients: Clients, vpcs: tuple[str, ...]) -> CheckedItem:
    group = get_query_group(spec.stack)
    if missing := _find_missing_group(clients, group):
        return _fail(QUERIES, missing, "", _AGAIN)
    resolver = clients("route53resolver")
    configs = {one["Id"]: str(one.get("DestinationArn")) for one in resolver.list_resolver_query_log_configs()["ResolverQueryLogConfigs"]}
    pairs = resolver.list_resolver_query_log_config_associations()["ResolverQueryLogConfigAssociations"]
    for vpc in vpcs:
        own = [
            one
            for one in pairs
            if one.get("ResourceId") == vpc and _names_group(configs.get(one.get("ResolverQueryLogConfigId"), ""), group)
        ]
        if not own:
            return _fail(QUERIES, f"{vpc} has no query logging to {group}", "", _AGAIN)
        if not any(one.get("Status") in ("ACTIVE", "CREATING") for one in own):
            return _fail(QUERIES, f"query logging of {vpc} is {own[0].get('Status')}", str(own[0].get("ErrorMessage") or ""), _AGAIN)
    return CheckedItem(QUERIES, _WHATS[QUERIES], Status.PASS, f"to {group}")


def _names_group(arn: str, group: str) -> bool:
    return arn.partition(":log-group:")[2].removesuffix(":*") == group


def _find_missing_group(clients: Clients, group: str) -> str:
    listed = clients("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return "" if any(one["logGroupName"] == group for one in listed) else f"there is no log group {group}"


def _attempt(ident: str, check: Callable[[], CheckedItem]) -> CheckedItem:
    try:
        return check()
    except (ControllerError, ClientError, BotoCoreError) as error:
        return _skip(ident, f"it could not be read: {error}", "correct what the error names, and repeat")


def _skip(ident: str, why: str, fix: str) -> CheckedItem:
    return CheckedItem(ident, _WHATS[ident], Status.NOT_TESTED, why, fix=fix)


def _fail(ident: str, what: str, witness: str, fix: str) -> CheckedItem:
    return CheckedItem(ident, _WHATS[ident], Status.FAIL, what, witness, fix)


SLACK: Final = timedelta(seconds=5)
"""Difference that clocks of two machines may have."""
_PAUSE: Final = 0.5
_T = TypeVar("_T")


class UnreadLogError(ContainmentError):
    """A log could not be read; the text has the reason."""


@dataclass(frozen=True, slots=True)
class GatewayHit:
    """A line of the gateway about a flow to a name."""

    line: str
    record: SessionLine


def await_found(search: Callable[[], _T | None], seconds: float) -> _T | None:
    """Return what a search finds, repeated for some seconds at most, because log lines arrive late."""
    until = time.monotonic() + seconds
    while True:
        found = search()
        if found is not None or time.monotonic() >= until:
            return found
        time.sleep(min(_PAUSE, max(0.0, until - time.monotonic())))


def find_gateway_line(paths: Sequence[str], name: str, since: datetime, ports: frozenset[int] = frozenset()) -> GatewayHit | None:
    """Return the gateway's line about a flow to a name; a line that may be about an earlier flow does not count.

    Args:
        paths: files, folders, `s3://` URLs and `lab:STACK`.
        name: the server name.
        since: when the flow began, at the earliest.
        ports: local ports of the flow. Where they are known, the line has one of them, or no port; where they are not, no difference
            of the clocks is allowed for, because an earlier flow to the same name looks the same.
    """
    hits = _iterate_gateway_hits(paths, name, since - SLACK if ports else since.replace(microsecond=0))
    if not ports:
        return next(hits, None)
    found = [one for one in hits if one.record.source_port in (*ports, 0)]  # 0: the format has no port
    return max(found, key=lambda one: one.record.source_port != 0, default=None)


def _iterate_gateway_hits(paths: Sequence[str], name: str, since: datetime) -> Iterator[GatewayHit]:
    marked = name.encode("ascii")
    with tempfile.TemporaryDirectory(prefix="containment-") as made:
        for file in find_log_files(paths, Path(made)):
            if file.is_parquet():
                continue
            with file.open_lines() as lines:
                for raw in iter(lines.readline, b""):
                    if marked not in raw:
                        continue
                    line = raw.decode("utf-8", "replace").strip()
                    try:
                        record = parse_gateway_line(line)
                    except LogFormatError:
                        continue  # a broken line is no witness
                    if isinstance(record, SessionLine) and record.sni_hostname == name and record.time >= since:
                        yield GatewayHit(line, record)


def find_query_line(logs: Any, group: str, name: str, since: datetime) -> tuple[str, QueryRecord] | None:
    """Return the resolver's line about a query for a name; raise UnreadLogError if the group cannot be read."""
    for line in _iterate_events(logs, group, f'"{name}"', since):
        try:
            record = QueryRecord.parse(line)
        except LogFormatError:
            continue
        if record is not None and record.query_name.rstrip(".").lower() == name.lower():
            return line, record
    return None


def find_flow_line(logs: Any, group: str, source: str, ports: tuple[int | None, int], since: datetime) -> str | None:
    """Return the record of one flow of a host, or None.

    Args:
        logs: the client of CloudWatch Logs.
        group: the log group.
        source: the host's address.
        ports: the local port (None: unknown) and the remote one. Without the local port, no difference of the clocks is allowed for.
        since: when the flow began, at the earliest.

    Raises:
        UnreadLogError: the group cannot be read.
    """
    local, remote = ports
    earliest = since.replace(microsecond=0) if local is None else since - SLACK
    for line in _iterate_events(logs, group, f'"{source}"', since):
        try:
            record = FlowRecord.parse(line)
        except LogFormatError:
            continue
        if record is None or (str(record.source), record.port) != (source, remote) or record.end < earliest:
            continue
        if local in (None, record.source_port):
            return line
    return None


def _iterate_events(logs: Any, group: str, pattern: str, since: datetime) -> Iterator[str]:
    try:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=pattern, startTime=int((since - SLACK).timestamp() * 1000)
        )
        for page in pages:
            yield from (one["message"] for one in page.get("events", ()))
    except (ClientError, BotoCoreError) as error:
        raise UnreadLogError(f"the log group {group} cannot be read: {error}") from None
