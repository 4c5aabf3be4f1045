"""Whatever the order and the form of its rules, a DNS firewall is closed only when a name on no list is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant

DNS = "dns-firewall-is-closed"
KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])


def firewall(*rules: dict[str, Any], mode: str = "enforce", vended: bool = True, **association: Any) -> Stack:
    """Return a stack with one rule group of these rules; `names` in a rule is the list it is for."""
    stack = compliant(mode)
    if vended:
        stack.props["agent"]["tags"]["AgentStack"] = "coding"
    stack.add(kt.DNS_GROUP, "group", {})
    for number, given in enumerate(rules):
        rule = {"priority": 10 * number, "firewallRuleGroupId": Ref("group"), **given}
        stack.add(kt.DNS_LIST, f"list-{number}", {"domains": rule.pop("names")})
        stack.add(kt.DNS_RULE, f"rule-{number}", {"firewallDomainListId": Ref(f"list-{number}"), **rule})
    stated = {"vpcId": Ref("vpc"), "firewallRuleGroupId": Ref("group"), "priority": 101, **association}
    stack.add(kt.DNS_ASSOCIATION, "use", stated)
    return stack


def allow(*names: Any, **more: Any) -> dict[str, Any]:
    return {"action": "ALLOW", "names": list(names), **more}


def block(*names: Any, **more: Any) -> dict[str, Any]:
    return {"action": "BLOCK", "blockResponse": "NODATA", "names": list(names or ["*"]), **more}


def alert(**more: Any) -> dict[str, Any]:
    return {"action": "ALERT", "names": ["*"], **more}


def places(stack: Stack, known: bool) -> set[str]:
    return {where for rule, where in stack.refused(known) if rule == DNS}


OPEN = {
    "everything allowed": ([allow("*")], {"rule-0"}),
    "everything allowed first": ([allow("*"), block()], {"rule-0"}),
    "everything allowed by a lower number": ([block(priority=20), allow("*", priority=10)], {"rule-1"}),
    "everything allowed, with a dot": ([allow("*."), block()], {"rule-0"}),
    "an action not known": ([{"action": UNKNOWN, "names": ["*"]}, block()], {"rule-0"}),
    "only an alert": ([allow("a.example"), alert()], {"rule-1"}),
    "an alert first": ([alert(), block()], {"rule-0"}),
    "a block whose place is not known": ([block(priority=UNKNOWN)], {"rule-0"}),
    "a permit whose place is not known": ([allow("*", priority=UNKNOWN), block()], {"rule-0"}),
    "nothing for every name": ([allow("a.example"), block("b.example")], {"vpc"}),
    "one type of record": ([block(qType="TXT")], {"vpc"}),
    "names not known": ([block(UNKNOWN)], {"vpc"}),
    "a list of another program": ([block(firewallDomainListId="rslvr-fdl-1")], {"vpc"}),
    "a top-level domain": ([allow("*.com", "a.example"), block()], {"rule-0"}),
    "a top-level domain, spelled otherwise": ([allow("*\u3002\uff43OM.", "a.example"), block()], {"rule-0"}),
    "every name of one type of record": ([allow("*", qType="A"), block()], {"rule-0"}),
    "a list of another program that is allowed": ([allow("a.example", firewallDomainListId="rslvr-fdl-1"), block()], {"rule-0"}),
    "allowed names that are not known": ([allow("a.example", UNKNOWN), block()], {"rule-0"}),
}
CLOSED = {
    "allowed, then nothing": [allow("a.example", "*.b.example"), block()],
    "everything stopped": [block()],
    "stopped before it is allowed": [block(), allow("*")],
    "by type, then every type": [allow("a.example", qType="A"), block("a.example"), block()],
    "a top-level domain that is stopped": [block("*.zip"), allow("a.example"), block()],
}


@KNOWN
@pytest.mark.parametrize("case", OPEN)
def test_a_firewall_that_answers_names_on_no_list_is_refused(case: str, known: bool) -> None:
    rules, where = OPEN[case]
    assert places(firewall(*rules), known) == where


@KNOWN
@pytest.mark.parametrize("case", CLOSED)
def test_a_firewall_that_stops_them_passes(case: str, known: bool) -> None:
    assert places(firewall(*CLOSED[case]), known) == set()


@KNOWN
def test_an_alert_is_enough_while_every_host_is_in_monitor(known: bool) -> None:
    assert places(firewall(allow("a.example"), alert(), mode="monitor"), known) == set()


@KNOWN
def test_a_group_for_another_vpc_is_none(known: bool) -> None:
    assert places(firewall(block(), vpcId="vpc-elsewhere"), known) == {"vpc"}


@KNOWN
def test_a_group_of_another_program_is_not_taken_at_its_word(known: bool) -> None:
    assert places(firewall(block(), firewallRuleGroupId="rslvr-frg-1"), known) == {"use", "vpc"}


@KNOWN
@pytest.mark.parametrize(("state", "where"), [("ENABLED", {"closed"}), (UNKNOWN, {"closed"}), ("DISABLED", set()), (None, set())])
def test_a_firewall_that_fails_open_is_refused(state: Any, where: set[str], known: bool) -> None:
    stack = firewall(block())
    stack.add(kt.DNS_CONFIG, "closed", {"resourceId": Ref("vpc"), "firewallFailOpen": state})
    assert places(stack, known) == where


@KNOWN
@pytest.mark.parametrize(("state", "where"), [("DISABLED", {"use"}), (UNKNOWN, {"use"}), ("ENABLED", set()), (None, set())])
def test_an_association_that_may_be_removed_is_refused(state: Any, where: set[str], known: bool) -> None:
    assert places(firewall(block(), mutationProtection=state), known) == where


@KNOWN
@pytest.mark.parametrize(
    ("response", "where"), [("OVERRIDE", {"rule-1"}), ("override", {"rule-1"}), (UNKNOWN, {"rule-1"}), ("NXDOMAIN", set()), (None, set())]
)
def test_a_block_that_answers_with_another_name_is_refused(response: Any, where: set[str], known: bool) -> None:
    stack = firewall(allow("a.example"), block(blockResponse=response, blockOverrideDomain="sink.example"), block("b.example"))
    assert places(stack, known) == where


@KNOWN
@pytest.mark.parametrize("at", [1, 100, 9000, UNKNOWN])
def test_a_group_that_is_not_in_the_program_is_refused_whatever_its_priority(at: Any, known: bool) -> None:
    stack = firewall(block())
    for name, group in (("literal", "rslvr-frg-1"), ("untraced", UNKNOWN)):
        stack.add(kt.DNS_ASSOCIATION, name, {"vpcId": Ref("vpc"), "firewallRuleGroupId": group, "priority": at})
    assert places(stack, known) == {"literal", "untraced"}


@KNOWN
def test_an_association_in_another_region_than_the_vpc_is_refused(known: bool) -> None:
    stack = firewall(block(), region="eu-west-1")
    assert places(stack, known) == set()
    stack.props["vpc"].update(region="us-east-1")
    assert places(stack, known) == {"use"}


@KNOWN
def test_a_small_program_without_a_firewall_needs_none(known: bool) -> None:
    assert places(compliant(), known) == set()
    assert places(firewall(allow("a.example"), vended=False), known) == set()
    assert places(firewall(allow("*"), vended=False), known) == {"rule-0"}


@KNOWN
def test_a_place_whose_vpc_is_elsewhere_is_reported_at_its_host(known: bool) -> None:
    stack = firewall(block())
    stack.props["agent"]["subnetId"] = "subnet-elsewhere"
    assert places(stack, known) == {"agent"}


@KNOWN
@pytest.mark.parametrize(
    "stated", [{}, {"domains": ["docs.openclaw.ai"], "domainFileUrl": "s3://names/all.txt"}, {"domainFileUrl": UNKNOWN}]
)
def test_a_list_whose_names_are_not_in_the_program_is_not_allowed(stated: dict[str, Any], known: bool) -> None:
    stack = firewall(allow("docs.openclaw.ai"), block())
    assert places(stack, known) == set()
    stack.props["list-0"].clear()
    stack.props["list-0"].update(stated)
    assert places(stack, known) == {"rule-0"}
