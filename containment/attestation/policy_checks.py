"""Checks of the Controller: the rules in force are the reviewed ones, they are attached and applied, and every rule is logged.

The rules are read back from the Controller, joined with the ids in the stack's state, and compared as digests; the witness of a difference
is the first rule that differs, with the field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from containment.attestation import tls_checks
from containment.attestation.reviewed import ReviewedPolicy
from containment.attestation.statement import CheckedItem
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.names import WellKnownObject
from containment.policy.rules import RuleSet
from containment.preflight.controller import find_profile_faults
from containment.preflight.facts import UnreadFact
from containment.preflight.finding import Status
from containment.queries.account.controller import read_controller
from containment.queries.account.joined_stack import join
from containment.queries.account.reading import Reading
from containment.record.digests import describe_ruleset, digest_ruleset
from policypack.firewall.parsed_policy import parse_policy
from policypack.graph import known_types as kt
from policypack.graph.plain_data import get_field
from policypack.graph.resources import Graph, Resource

_SHOWN: Final = 300
_LATE: Final = WellKnownObject.LOG_END.value
_OF_CONTROLLER: Final = frozenset(
    {kt.RULESET, kt.POLICY_LIST, kt.SMART_GROUP, kt.WEB_GROUP, kt.DEFAULT_ACTION, kt.FIREWALLING_CONFIG, kt.TLS_PROFILE}
)
STATE, LIVE, APPLIED, LOGGED = "policy-is-deployed", "policy-is-live", "policy-is-applied", "rules-are-logged"
_WHATS: Final = {
    STATE: "the stack's state has the reviewed policy",
    LIVE: "the Controller has the reviewed rules, groups and names, in the reviewed order",
    APPLIED: "Distributed Cloud Firewall is on, the rules are attached, and the default action is DENY, logged",
    LOGGED: "every rule writes a log line when a flow starts",
}


@dataclass(frozen=True)
class LivePolicy:
    """The rules as read back: their checks, digest and names by uuid; digest None and no names if they were not read."""

    checks: tuple[CheckedItem, ...]
    digest: str | None = None
    names: Mapping[str, str] | None = None


def check_policy(reviewed: ReviewedPolicy, state: Iterable[Resource], address: ControllerAddress | UnreadFact) -> LivePolicy:
    """Return the checks of the policy in the state and on the Controller.

    Args:
        reviewed: the policy that the stack's files build.
        state: the stack's recorded resources.
        address: the Controller to read, or why there is none.
    """
    resources = list(state)
    graph = Graph(resources)
    first = _compare(STATE, reviewed, _parse(graph), "deploy the stack: its files were changed since")
    if isinstance(address, UnreadFact):
        return LivePolicy((first, *_mark_unread(address.why)))
    reading = Reading(is_lab=False)
    read_controller(reading, address, graph)
    if reading.unread:
        unread = sorted(reading.unread, key=lambda one: one.what)
        return LivePolicy((first, *_mark_unread("; ".join(f"{one.what}: {one.why}" for one in unread))))
    live = _use_live_values(join(resources, reading).graph, reading)
    found = _parse(live)
    checks = (
        first,
        _compare(LIVE, reviewed, found, "restore it: pulumi up (in the lab: containment lab up), then find out who changed it"),
        _check_applied(graph, live, _find_intrusion_faults(reviewed, address)),
        tls_checks.check_tls(reviewed.ruleset, graph, live, has_profiles=reviewed.spec.config.controller_version.line.has_rulesets),
        _check_logging(live),
    )
    return LivePolicy(checks, digest_ruleset(found) if found else None, dict(_iterate_names(live)))


def _use_live_values(joined: Graph, reading: Reading) -> Graph:
    """Return the graph with the Controller's objects as they were read, and without those that it does not have."""
    read = {(one.type, one.get_output("id")): one for one in reading.resources}
    kept = []
    for one in joined.resources:
        found = read.get((one.type, one.get_output("id")))
        if one.type not in _OF_CONTROLLER:
            kept.append(one)
        elif found is not None:
            kept.append(replace(one, props=found.props, outputs=found.outputs))
    return Graph(kept)


def _parse(graph: Graph) -> RuleSet | None:
    stated = parse_policy(graph)
    return stated.ruleset if stated else None


def _mark_unread(why: str) -> Iterator[CheckedItem]:
    for ident, what in ((LIVE, _WHATS[LIVE]), (APPLIED, _WHATS[APPLIED]), (tls_checks.ID, tls_checks.WHAT), (LOGGED, _WHATS[LOGGED])):
        yield CheckedItem(ident, what, Status.NOT_TESTED, f"the Controller was not read: {why}", fix="make it reachable, and repeat")


def _compare(ident: str, reviewed: ReviewedPolicy, found: RuleSet | None, fix: str) -> CheckedItem:
    if found is None:
        return CheckedItem(ident, _WHATS[ident], Status.FAIL, "there is no rule of this stack", fix=fix)
    digest = digest_ruleset(found)
    if digest == reviewed.digest:
        return CheckedItem(ident, _WHATS[ident], Status.PASS, f"{len(found.rules)} rules", digest)
    return CheckedItem(
        ident, _WHATS[ident], Status.FAIL, f"{digest} differs from {reviewed.digest}", _find_difference(reviewed.ruleset, found), fix
    )


def _find_difference(wanted: RuleSet, found: RuleSet) -> str:
    """Return the first difference between two policies, in words."""
    mine, theirs = describe_ruleset(wanted), describe_ruleset(found)
    names, live_names = [one["name"] for one in mine["rules"]], [one["name"] for one in theirs["rules"]]
    if missing := [name for name in names if name not in live_names]:
        return f"rule {missing[0]} is missing"
    if more := [name for name in live_names if name not in names]:
        return f"rule {more[0]} was added"
    for wanted_rule, rule in zip(mine["rules"], theirs["rules"], strict=True):
        if wanted_rule["name"] != rule["name"]:
            return f"rule {rule['name']} is where {wanted_rule['name']} was reviewed: the order differs"
        for field, value in wanted_rule.items():
            if rule[field] != value:
                return f"rule {rule['name']}, {field}: {_show_change(value, rule[field])}"
    return f"default action: {mine['default']} reviewed, {theirs['default']} live"


def _show_change(wanted: Any, found: Any) -> str:
    if isinstance(wanted, list) and isinstance(found, list):
        wanted, found = _flatten(wanted), _flatten(found)
        parts = [
            f"{word} {_show(one)}"
            for word, some, rest in (("added", found, wanted), ("removed", wanted, found))
            for one in some
            if one not in rest
        ]
        return "; ".join(parts)[:_SHOWN] or "the order differs"
    return f"{_show(wanted)} reviewed, {_show(found)} live"[:_SHOWN]


def _flatten(groups: list[Any]) -> list[Any]:
    """Return the members of all groups of a rule."""
    return [each for one in groups for each in one] if all(isinstance(one, list) for one in groups) else groups


def _show(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _find_intrusion_faults(reviewed: ReviewedPolicy, address: ControllerAddress) -> list[str]:
    """Return what keeps the Controller's intrusion profile from dropping intrusions, where the stack demands that."""
    if not reviewed.spec.config.intrusion_detection:
        return []
    try:
        profile = ControllerReader(address).get_default_intrusion_profile()
    except ControllerError as error:
        return [f"the intrusion profile cannot be read: {error}"]
    return [f"the intrusion profile {fault}" for fault in find_profile_faults(profile)]


def _check_applied(state: Graph, live: Graph, faults: Sequence[str]) -> CheckedItem:
    wrong = list(faults)
    switch = live.find_by_type(kt.FIREWALLING_CONFIG)
    if not any(one.get_output("enableDistributedFirewalling") is True for one in switch):
        wrong.append("Distributed Cloud Firewall is off")
    wrong += [
        f"the default action is {one.get_output('action')}, {'logged' if one.get_output('logging') else 'not logged'}"
        for one in live.find_by_type(kt.DEFAULT_ACTION)
        if (str(one.get_output("action")).upper(), one.get_output("logging")) != ("DENY", True)
    ]
    wanted = {one.get_output("id"): one.get_output("attachTo") or one.get("attachTo") for one in state.find_by_type(kt.RULESET)}
    for one in live.find_by_type(kt.RULESET):
        place = wanted.get(one.get_output("id"))
        if one.is_read is False and place and place != one.get_output("attachTo"):
            wrong.append(f"ruleset {one.name} is not attached to {place}")
    if wrong:
        return CheckedItem(
            APPLIED, _WHATS[APPLIED], Status.FAIL, "; ".join(wrong), fix="pulumi up of the platform stack, then of this stack"
        )
    return CheckedItem(APPLIED, _WHATS[APPLIED], Status.PASS, "on, attached, default DENY and logged")


def _iterate_names(live: Graph) -> Iterator[tuple[str, str]]:
    yield from ((str(one["uuid"]), str(one.get("name"))) for one in tls_checks.iterate_rules(live) if one.get("uuid"))


def _check_logging(live: Graph) -> CheckedItem:
    rules = list(tls_checks.iterate_rules(live))
    silent = [str(get_field(one, "name")) for one in rules if one.get("logging") is not True and one.get("watch") is not True]
    late = [str(one.get("name")) for one in rules if one.get("logProfile") == _LATE]
    fix = "restore the rules: pulumi up (in the lab: containment lab up)"
    if silent or late:
        what = [f"{len(silent)} rules write no log line"] if silent else []
        what += [f"{len(late)} rules write a line at the end of a flow only"] if late else []
        return CheckedItem(LOGGED, _WHATS[LOGGED], Status.FAIL, "; ".join(what), ", ".join([*silent, *late][:5]), fix)
    if not rules:
        return CheckedItem(LOGGED, _WHATS[LOGGED], Status.FAIL, "there is no rule of this stack", fix=fix)
    return CheckedItem(LOGGED, _WHATS[LOGGED], Status.PASS, f"{len(rules)} rules")
