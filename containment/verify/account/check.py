"""`check --account`: the rules over a stack's state joined with the live account and Controller.

What could not be read is no pass: the answer is then inconclusive, unless something is violated anyway. A call that the lab's
simulator does not have is skipped with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from containment.verify.account.controller import read_controller
from containment.verify.account.hosts import read_hosts
from containment.verify.account.identity import read_identity
from containment.verify.account.join import join, scope_of
from containment.verify.account.names import read_names
from containment.verify.account.network import read_network
from containment.verify.account.reading import Clients, Reading, Unread
from containment.verify.account.strangers import strangers
from containment.verify.answers import Answer, Case, Exit, Status
from containment.verify.ask.check import advice_of, chosen_rules, findings_in
from containment.verify.controller import Address
from containment.verify.preflight.facts import Unread as NotConfigured
from containment.verify.preflight.places import Place
from policypack.finding import Finding
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts
from policypack.known_types import SPOKE_GATEWAY
from policypack.registry import RULES
from policypack.stored import deployed_in
from policypack.waiver_rule import root_of, rule_of
from policypack.waivers import Waivers, apply, load

STRANGER = "nothing-is-added"
"""The id of a case about something that is in the agents' network and in no state."""
NOT_READ = "account-is-read"
"""The id of a case about something that could not be read."""


def check_account(
    stack: str, state: Iterable[Resource], place: Place, region: str, only: Iterable[str] = (), is_lab: bool = False
) -> Answer:
    """Return every violation of a stack as it is live."""
    rules = chosen_rules(tuple(only))
    resources = list(state)
    graph = Graph(resources)
    hosts = find_hosts(graph)
    if not hosts:
        return Answer("check", f"NOTHING TO CHECK: no agent host in the state of {stack}", Exit.NOTHING)
    reading = Reading(provider=hosts[0].resource.provider, is_lab=is_lab)
    _read(reading, graph, place, region)
    joined = join(resources, reading)
    waivers = load(datetime.now(UTC).date(), {rule.id for rule in RULES})
    broken, waived = apply(findings_in(joined.graph, rules), waivers, root_of(joined.graph))
    if rules == RULES:
        broken += _about(waivers, graph)
    cases = [Case(one.finding.id, one.finding.what, Status.SKIPPED, stack, one.message) for one in waived]
    cases += [
        Case(one.id, one.what, Status.FAILED, f"{stack}: {one.where.rsplit('::', 1)[-1] or 'the stack'}", advice_of(one)) for one in broken
    ]
    fix = "fix: remove it, or declare it in the program so that the pack judges it"
    cases += [Case(STRANGER, what, Status.FAILED, f"{stack}: {one.name}", fix) for one, what in strangers(joined, reading)]
    cases += [_unread(stack, one) for one in reading.unread]
    ids = {case.id for case in cases if case.status is Status.FAILED}
    missing = [one for one in reading.unread if not one.is_skipped]
    cases += [Case(rule.id, rule.info, Status.PASSED, stack) for rule in rules if rule.id not in ids and not missing]
    failed = sum(case.status is Status.FAILED for case in cases)
    words = f"{failed} violations" if failed else f"{len(missing)} parts NOT READ" if missing else "no violation"
    verdict = "REFUSED" if failed else "NOT PROVED" if missing else "PASSED"
    count = deployed_in(joined.graph.resources)
    return Answer(
        "check",
        f"{verdict}: {words} of {len(rules)} rules in {count} resources of {stack}, live ({len(joined.added)} in no state)",
        Exit.FAILED if failed else Exit.INCONCLUSIVE if missing else Exit.OK,
        cases=tuple(cases),
        assumptions=(f"read from {place.said}", *(f"{one.label} is in the state and no longer in the account" for one in joined.gone)),
        data={"stack": stack, "resources": count, "rules": len(rules), "added": [one.name for one in joined.added]},
    )


def _read(reading: Reading, graph: Graph, place: Place, region: str) -> None:
    """Read the Controller first: it names the gateways whose interfaces the routes may lead to."""
    if isinstance(place.controller, Address):
        read_controller(reading, place.controller, graph)
    elif isinstance(place.controller, NotConfigured):
        reading.unread.append(Unread("the Controller", place.controller.why))
    scope = scope_of(graph, region)
    lived = [str(one.get("cloudInstanceId")) for one in reading.resources if one.type == SPOKE_GATEWAY and one.get("cloudInstanceId")]
    scope = replace(scope, gateways=tuple(dict.fromkeys([*scope.gateways, *lived])))
    if isinstance(place.clients, NotConfigured):
        reading.unread.append(Unread("the AWS account", place.clients.why))
        return
    clients: Clients = place.clients
    if not scope.vpcs:
        reading.unread.append(Unread("the agents' network", "the state does not have the id of the VPC the agents are in"))
        return
    ec2 = clients("ec2")
    read_network(reading, ec2, scope)
    read_hosts(reading, ec2, scope)
    read_names(reading, clients, scope)
    read_identity(reading, clients("iam"), graph)


def _about(waivers: Waivers, graph: Graph) -> list[Finding]:
    rule = rule_of(waivers)
    assert rule.check_stack is not None
    return [Finding(rule, fault.where, fault.what) for fault in rule.check_stack(graph)]


def _unread(stack: str, one: Unread) -> Case:
    if one.is_skipped:
        return Case(NOT_READ, f"{one.what}: skipped, the lab's simulator does not have the call", Status.SKIPPED, stack, one.why)
    return Case(NOT_READ, f"{one.what}: NOT READ", Status.INCONCLUSIVE, stack, one.why)
