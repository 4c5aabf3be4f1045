"""Whatever the order and the form of its rules, a DNS firewall is closed only when a name on no list is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant, rule

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
    "only an alert": ([allow("a.openclaw.ai"), alert()], {"rule-1"}),
    "an alert first": ([alert(), block()], {"rule-0"}),
    "a block whose place is not known": ([block(priority=UNKNOWN)], {"rule-0"}),
    "a permit whose place is not known": ([allow("*", priority=UNKNOWN), block()], {"rule-0"}),
    "nothing for every name": ([allow("a.openclaw.ai"), block("b.openclaw.ai")], {"vpc"}),
    "one type of record": ([block(qType="TXT")], {"vpc"}),
    "names not known": ([block(UNKNOWN)], {"vpc"}),
    "a list of another program": ([block(firewallDomainListId="rslvr-fdl-1")], {"vpc"}),
    "a top-level domain": ([allow("*.com", "a.openclaw.ai"), block()], {"rule-0"}),
    "a top-level domain, spelled otherwise": ([allow("*\u3002\uff43OM.", "a.openclaw.ai"), block()], {"rule-0"}),
    "every name of one type of record": ([allow("*", qType="A"), block()], {"rule-0"}),
    "a list of another program that is allowed": ([allow("a.openclaw.ai", firewallDomainListId="rslvr-fdl-1"), block()], {"rule-0"}),
    "allowed names that are not known": ([allow("a.openclaw.ai", UNKNOWN), block()], {"rule-0"}),
    "a zone that no permit reaches": ([allow("*.exfil.example"), block()], {"rule-0"}),
    "a name that no permit reaches": ([allow("openclaw.ai", "drop.exfil.example"), block()], {"rule-0"}),
    "a name that no permit reaches, of one type": ([allow("drop.exfil.example", qType="TXT"), block()], {"rule-0"}),
    "a name under the domain of models": ([allow("*.api.x.ai"), block()], {"rule-0"}),
    "a service of AWS while no region is known": ([allow("s3.us-east-1.amazonaws.com"), block()], {"rule-0"}),
    "a name that only an alert meets": ([{"action": "ALERT", "names": ["drop.exfil.example"]}, block()], {"rule-0"}),
}
CLOSED = {
    "another name of a permitted domain": [allow("status.openclaw.ai"), block()],
    "a denied model, so that the deny names it": [allow("api.openai.com", "api.x.ai"), block()],
    "a domain for private use": [allow("*.acme.internal"), block()],
    "names that AWS answers": [allow("*.dkr-cache.amazonaws.com", "d111111abcdef8.on.amazonaws.com"), block()],
    "allowed, then nothing": [allow("a.openclaw.ai", "*.openclaw.ai"), block()],
    "everything stopped": [block()],
    "stopped before it is allowed": [block(), allow("*")],
    "by type, then every type": [allow("a.openclaw.ai", qType="A"), block("a.openclaw.ai"), block()],
    "a top-level domain that is stopped": [block("*.zip"), allow("a.openclaw.ai"), block()],
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
    assert places(firewall(allow("a.openclaw.ai"), alert(), mode="monitor"), known) == set()


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
    stack = firewall(allow("a.openclaw.ai"), block(blockResponse=response, blockOverrideDomain="sink.example"), block("b.openclaw.ai"))
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
    assert places(firewall(allow("a.openclaw.ai"), vended=False), known) == set()
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


@KNOWN
@pytest.mark.parametrize(
    ("network", "name", "where"),
    [
        ("10.8.0.0/24", "git.acme.example", set()),
        ("10.8.0.0/24", "*.acme.example", {"rule-0"}),
        ("10.0.0.0/8", "git.acme.example", {"rule-0"}),
        ("10.42.7.0/24", "git.acme.example", {"rule-0"}),
    ],
)
def test_a_name_of_an_internal_service_is_reached_by_its_addresses(network: str, name: str, where: set[str], known: bool) -> None:
    stack = firewall(allow(name), block())
    group = stack.add(kt.SMART_GROUP, "git", {"name": "git", "selector": {"matchExpressions": [{"cidr": network}]}})
    stack.props["rules"]["policies"].append(rule("allow-git", 42, "PERMIT", Ref("agent-workload"), group))
    assert places(stack, known) == where


def test_a_group_of_few_addresses_that_no_permit_uses_reaches_no_name() -> None:
    stack = firewall(allow("git.acme.example"), block())
    stack.add(kt.SMART_GROUP, "git", {"name": "git", "selector": {"matchExpressions": [{"cidr": "10.8.0.0/24"}]}})
    assert places(stack, True) == {"rule-0"}


@KNOWN
@pytest.mark.parametrize(("region", "where"), [("us-east-1", set()), ("eu-west-3", {"rule-0"})])
def test_a_service_of_aws_is_answered_in_the_hosts_region_alone(region: str, where: set[str], known: bool) -> None:
    stack = firewall(allow("s3.us-east-1.amazonaws.com", "*.dkr.ecr.us-east-1.amazonaws.com"), block())
    stack.props["spoke"].update(vpcReg=region)
    assert places(stack, known) == where


@KNOWN
def test_names_are_not_compared_with_rules_of_another_program(known: bool) -> None:
    stack = firewall(allow("*.acme.example"), block())
    stack.drop("rules")
    assert "rule-0" not in places(stack, known)
