"""Checks of the log path's settings: CoPilot and the syslog collector on the Controller, and the log groups of flows and DNS queries.

A stack that names no collector is NOT TESTED, because its logs go nowhere that this check knows of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from containment.attestation.checked import CheckedItem
from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.preflight.facts import UnreadFact
from containment.preflight.finding import Status
from containment.preflight.rights import Clients

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
