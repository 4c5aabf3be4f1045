"""Checks of the canaries: each was sent from the host, decided by the expected rule, and found in its log.

Rules kept here: a canary that was not sent is NOT TESTED; one that was sent and is in no log is FAIL, because the same is true of an
attack; a deny that is applied must not be answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from containment.attestation.canaries import CanaryKind, CanaryPlan, CannotSendError, Sender, SentCanary, build_host_command, read_sent
from containment.attestation.log_checks import (
    GatewayHit,
    UnreadLogError,
    await_found,
    find_flow_line,
    find_gateway_line,
    find_query_line,
    get_flow_group,
    get_query_group,
)
from containment.attestation.reviewed import ReviewedPolicy
from containment.attestation.statement import CheckedItem
from containment.errors import InputError
from containment.logs.aws import FirewallAction
from containment.names import PolicyMode
from containment.policy.flow import PolicyVerdict
from containment.policy.rules import Rule
from containment.preflight.finding import Status

Found = TypeVar("Found")

_WHATS: Final = {
    "canary-permit": "a permitted request is delivered, and the gateway's log has it under a permit of this stack",
    "canary-deny": "a request to a denied name is in the gateway's log under the rule that denies it",
    "canary-dns": "a DNS query is in the log group of queries",
    "canary-flow": "the permitted request is in the log group of flows",
}
_FIX: Final = "follow the log from the gateway to where it is read; meanwhile an attack would not be seen either"


@dataclass(frozen=True, kw_only=True)
class LogPlaces:
    """Where canaries are looked for: paths of the gateway's log (or why there are none), and CloudWatch Logs (or why it is not read)."""

    gateway: tuple[str, ...] | str
    logs: Any | str
    seconds: float


def check_canaries(
    reviewed: ReviewedPolicy,
    plan: CanaryPlan,
    send: Sender | str,
    places: LogPlaces,
    rules: Mapping[str, str] | None,
    hosts: Sequence[str],
    now: Callable[[], datetime],
) -> list[CheckedItem]:
    """Send the canaries and return one check per log.

    Args:
        reviewed: the policy with the rules that are expected to decide.
        plan: the canaries.
        send: runs a script on the host, or why it cannot be run.
        places: the logs.
        rules: names of the live rules by uuid; None if they were not read.
        hosts: private addresses of the stack's hosts.
        now: the clock.
    """
    started = now()
    if isinstance(send, str):
        return list(_mark_unsent(send, reviewed))
    try:
        sent = read_sent(send(plan.build_script()))
    except CannotSendError as error:
        return list(_mark_unsent(str(error), reviewed))
    search = _Search(reviewed, plan, places, rules or {}, tuple(hosts), started)
    return [
        search.check_permit(sent.get(CanaryKind.PERMIT)),
        search.check_deny(sent.get(CanaryKind.DENY)),
        search.check_dns(sent.get(CanaryKind.DNS)),
        search.check_flow(sent.get(CanaryKind.PERMIT)),
    ]


def _mark_unsent(why: str, reviewed: ReviewedPolicy) -> Iterator[CheckedItem]:
    fix = f"run on the host: {build_host_command(reviewed.spec)}"
    for ident, what in _WHATS.items():
        yield CheckedItem(ident, what, Status.NOT_TESTED, f"not sent: {why}", fix=fix)


@dataclass(frozen=True)
class _Search:
    reviewed: ReviewedPolicy
    plan: CanaryPlan
    places: LogPlaces
    rules: Mapping[str, str]
    hosts: tuple[str, ...]
    started: datetime

    def check_permit(self, sent: SentCanary | None) -> CheckedItem:
        ident = "canary-permit"
        found = self._find(ident, sent) if self.plan.permitted else _skip(ident, "the stack permits no exact name")
        if isinstance(found, CheckedItem):
            return found
        sent, hit, rule = found
        if hit.record.verdict is not PolicyVerdict.PERMIT:
            return _fail(ident, f"{sent.target} is refused by {self._name(hit)}", hit.line)
        if rule is None or not rule.action.permits:
            return _fail(ident, f"{sent.target} is permitted by {self._name(hit)}, which is no permit of the reviewed policy", hit.line)
        if not sent.is_delivered:
            return _fail(ident, f"{sent.target} is permitted by {rule.name}, and did not answer", hit.line)
        return _pass(ident, f"{sent.target} by {rule.name}", hit.line)

    def check_deny(self, sent: SentCanary | None) -> CheckedItem:
        ident = "canary-deny"
        found = self._find(ident, sent) if self.plan.denied else _skip(ident, "the stack denies no exact name of a model provider")
        if isinstance(found, CheckedItem):
            return found
        sent, hit, rule = found
        if hit.record.verdict is not PolicyVerdict.DENY:
            return _fail(ident, f"{sent.target} is permitted by {self._name(hit)}", hit.line)
        if rule is None or not self._denies_models(rule):
            return _fail(ident, f"{sent.target} is refused by {self._name(hit)}, not by the deny of unapproved models", hit.line)
        if hit.record.enforced is rule.watch:
            applied = "applied" if hit.record.enforced else "only watched"
            return _fail(ident, f"{rule.name} is {applied}, and the reviewed policy has it the other way", hit.line)
        if hit.record.enforced and sent.is_delivered:
            return _fail(ident, f"{sent.target} is logged as denied by {rule.name}, and answered", hit.line)
        word = "would be denied" if self.reviewed.spec.mode is PolicyMode.MONITOR and rule.watch else "denied"
        return _pass(ident, f"{sent.target} {word} by {rule.name}", hit.line)

    def check_dns(self, sent: SentCanary | None) -> CheckedItem:
        ident, config = "canary-dns", self.reviewed.spec.config
        if not config.enable_dns_query_logs:
            return _skip(ident, "enableDnsQueryLogs is false")
        if sent is None:
            return _skip(ident, "the host did not report it")
        group = get_query_group(self.reviewed.spec.stack)
        what = f"the query for {sent.target} is not in {group}"
        found = self._await_log(ident, lambda logs: find_query_line(logs, group, sent.target, self.started), what)
        if isinstance(found, CheckedItem):
            return found
        line, record = found
        wanted = FirewallAction.ALERT if self.reviewed.spec.mode is PolicyMode.MONITOR else FirewallAction.BLOCK
        if config.enable_dns_firewall and record.firewall_rule_action is not wanted:
            action = record.firewall_rule_action or "no action"
            return _fail(ident, f"DNS Firewall logged {action} for {sent.target}, and {wanted} is configured", line)
        return _pass(ident, f"{sent.target} in {group}", line)

    def check_flow(self, sent: SentCanary | None) -> CheckedItem:
        ident = "canary-flow"
        if not self.reviewed.spec.config.enable_vpc_flow_logs:
            return _skip(ident, "enableVpcFlowLogs is false")
        if sent is None:
            return _skip(ident, "the host did not report the permitted request")
        if not self.hosts and not isinstance(self.places.logs, str):
            return _skip(ident, "the state has no address of the host")
        group = get_flow_group(self.reviewed.spec.stack)

        def find(logs: Any) -> str | None:
            lines = (find_flow_line(logs, group, host, (sent.port, 443), self.started) for host in self.hosts)
            return next((line for line in lines if line), None)

        found = self._await_log(ident, find, f"no flow of {', '.join(self.hosts)} to port 443 is in {group}")
        return found if isinstance(found, CheckedItem) else _pass(ident, f"in {group}", found)

    def _await_log(self, ident: str, find: Callable[[Any], Found | None], missing: str) -> Found | CheckedItem:
        """Return what CloudWatch Logs has within the time, or the check that failed or was not made."""
        logs = self.places.logs
        if isinstance(logs, str):
            return _skip(ident, logs)
        try:
            found = await_found(lambda: find(logs), self.places.seconds)
        except UnreadLogError as error:
            return _fail(ident, str(error), "")
        return _fail(ident, f"{missing} after {self.places.seconds:g} s", "") if found is None else found

    def _find(self, ident: str, sent: SentCanary | None) -> tuple[SentCanary, GatewayHit, Rule | None] | CheckedItem:
        """Return a canary with its line of the gateway's log and the rule that decided it, or the check that failed or was not made."""
        if sent is None:
            return _skip(ident, "the host did not report it")
        paths = self.places.gateway
        if isinstance(paths, str):
            return _skip(ident, paths, "name the gateway's log: --gateway-log PATH or s3://BUCKET/PREFIX")
        ports = frozenset([sent.port] if sent.port else [])
        try:
            hit = await_found(lambda: find_gateway_line(paths, sent.target, self.started, ports), self.places.seconds)
        except InputError as error:
            return _fail(ident, "; ".join(f"{one.where}: {one.what}" for one in error.problems), "")
        if hit is None:
            return _fail(ident, f"{sent.target} is in no line of {', '.join(paths)} after {self.places.seconds:g} s", "")
        return sent, hit, self._get_rule(hit)

    def _get_rule(self, hit: GatewayHit) -> Rule | None:
        name = self.rules.get(str(hit.record.rule_uuid))
        return next((one for one in self.reviewed.ruleset.rules if one.name == name), None)

    def _name(self, hit: GatewayHit) -> str:
        uuid = hit.record.rule_uuid
        return self.rules.get(str(uuid)) or (f"the rule {uuid}" if uuid else "the default action")

    def _denies_models(self, rule: Rule) -> bool:
        groups = self.reviewed.ruleset.web_groups
        named = [pattern for key in rule.web_groups for pattern in groups[key].patterns]
        return not rule.action.permits and any(str(one) == self.plan.denied for one in named)


def _skip(ident: str, why: str, fix: str = "") -> CheckedItem:
    return CheckedItem(ident, _WHATS[ident], Status.NOT_TESTED, why, fix=fix)


def _fail(ident: str, what: str, witness: str) -> CheckedItem:
    return CheckedItem(ident, _WHATS[ident], Status.FAIL, what, witness, _FIX)


def _pass(ident: str, detail: str, witness: str) -> CheckedItem:
    return CheckedItem(ident, _WHATS[ident], Status.PASS, detail, witness)
