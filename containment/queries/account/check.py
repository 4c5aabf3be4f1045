"""The `check --account` command: the rules over a stack's state joined with the live account and Controller.

An unread part is no pass: the answer is then inconclusive, unless there is a violation anyway. A call that the lab's simulator does not
have is skipped with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from containment.controller_api.client import ControllerAddress
from containment.exit_code import Exit
from containment.preflight.access import Clients, LiveSystems
from containment.preflight.facts import UnreadFact as NotConfigured
from containment.preflight.finding import Status
from containment.queries.account.controller import read_controller
from containment.queries.account.hosts import read_hosts
from containment.queries.account.identity import read_identity
from containment.queries.account.joined_stack import find_scope, find_undeclared, join
from containment.queries.account.names import read_names
from containment.queries.account.network import read_network
from containment.queries.account.reading import Reading, UnreadPart
from containment.queries.check import check_graph, check_waivers_and_decisions, choose_rules, get_advice
from containment.queries.results import Answer, Case
from policypack.facts.hosts import find_hosts
from policypack.graph.known_types import SPOKE_GATEWAY
from policypack.graph.resources import Graph, Resource
from policypack.registry import RULES
from policypack.stored_resources import count_deployed
from policypack.waiver_rule import find_root
from policypack.waivers import apply_waivers, load_waivers

STRANGER = "nothing-is-added"
"""Case id of a resource that is in the agents' network and in no state."""
NOT_READ = "account-is-read"
"""Case id of a part of the account that could not be read."""


def check_account(
    stack: str, state: Iterable[Resource], place: LiveSystems, region: str, only: Iterable[str] = (), is_lab: bool = False
) -> Answer:
    """Return every violation of a stack as it is live.

    Args:
        stack: name of the stack, for the output.
        state: its recorded resources.
        place: the account and the Controller to read.
        region: AWS region of the stack.
        only: ids of the rules to apply; all rules if empty.
        is_lab: true for the lab, whose simulator lacks some calls.
    """
    rules = choose_rules(tuple(only))
    resources = list(state)
    graph = Graph(resources)
    hosts = find_hosts(graph)
    if not hosts:
        return Answer("check", f"NOTHING TO CHECK: no agent host in the state of {stack}", Exit.NOTHING)
    reading = Reading(provider=hosts[0].resource.provider, is_lab=is_lab)
    _read(reading, graph, place, region)
    joined = join(resources, reading)
    waivers = load_waivers(datetime.now(UTC).date(), {rule.id for rule in RULES})
    broken, waived = apply_waivers(check_graph(joined.graph, rules), waivers, find_root(joined.graph))
    if rules == RULES:
        broken += check_waivers_and_decisions(waivers, graph)
    cases = [Case(one.finding.id, one.finding.what, Status.SKIPPED, stack, one.message) for one in waived]
    cases += [
        Case(one.id, one.what, Status.FAIL, f"{stack}: {one.where.rsplit('::', 1)[-1] or 'the stack'}", get_advice(one)) for one in broken
    ]
    fix = "fix: remove it, or declare it in the program so that the pack checks it"
    cases += [Case(STRANGER, what, Status.FAIL, f"{stack}: {one.name}", fix) for one, what in find_undeclared(joined, reading)]
    cases += [_make_unread_case(stack, one) for one in reading.unread]
    ids = {case.id for case in cases if case.status is Status.FAIL}
    missing = [one for one in reading.unread if not one.is_skipped]
    cases += [Case(rule.id, rule.info, Status.PASS, stack) for rule in rules if rule.id not in ids and not missing]
    failed = sum(case.status is Status.FAIL for case in cases)
    words = f"{failed} violations" if failed else f"{len(missing)} parts NOT READ" if missing else "no violation"
    verdict = "REFUSED" if failed else "NOT PROVED" if missing else "PASSED"
    count = count_deployed(joined.graph.resources)
    return Answer(
        "check",
        f"{verdict}: {words} of {len(rules)} rules in {count} resources of {stack}, live ({len(joined.added)} in no state)",
        Exit.NO if failed else Exit.INCONCLUSIVE if missing else Exit.OK,
        cases=tuple(cases),
        assumptions=(f"read from {place.said}", *(f"{one.label} is in the state and not in the account" for one in joined.gone)),
        data={"stack": stack, "resources": count, "rules": len(rules), "added": [one.name for one in joined.added]},
    )


def _read(reading: Reading, graph: Graph, place: LiveSystems, region: str) -> None:
    """Read the Controller first: it names the gateways to whose interfaces routes may lead."""
    if isinstance(place.controller, ControllerAddress):
        read_controller(reading, place.controller, graph)
    elif isinstance(place.controller, NotConfigured):
        reading.unread.append(UnreadPart("the Controller", place.controller.why))
    scope = find_scope(graph, region)
    lived = [str(one.get("cloudInstanceId")) for one in reading.resources if one.type == SPOKE_GATEWAY and one.get("cloudInstanceId")]
    scope = replace(scope, gateways=tuple(dict.fromkeys([*scope.gateways, *lived])))
    if isinstance(place.clients, NotConfigured):
        reading.unread.append(UnreadPart("the AWS account", place.clients.why))
        return
    clients: Clients = place.clients
    if not scope.vpcs:
        reading.unread.append(UnreadPart("the agents' network", "the state has no id for the VPC of the agents"))
        return
    ec2 = clients("ec2")
    read_network(reading, ec2, scope)
    read_hosts(reading, ec2, scope)
    read_names(reading, clients, scope)
    read_identity(reading, clients("iam"), graph)


def _make_unread_case(stack: str, one: UnreadPart) -> Case:
    if one.is_skipped:
        return Case(NOT_READ, f"{one.what}: skipped, the lab's simulator does not have the call", Status.SKIPPED, stack, one.why)
    return Case(NOT_READ, f"{one.what}: NOT READ", Status.INCONCLUSIVE, stack, one.why)
