"""Nothing in an agent's VPC answers a name that agents may reach; a zone for other names is no concern."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant, web_group

RULE = "dns-stays-with-the-resolver"
KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
REFUSED = (
    *("openclaw.ai", "docs.openclaw.ai", "OpenClaw.AI.", "ai", "com", "co.uk", "github.io"),
    *("amazonaws.com", "s3.amazonaws.com", "us-east-1.amazonaws.com", "api.aws", "aws", UNKNOWN, "", "*.corp.internal", "a b"),
)
HARMLESS = ("corp.internal", "agents.home.arpa", "lab.test", "example.org", "not-openclaw.ai", "internal")


def zone(stack: Stack, name: Any) -> None:
    stack.add(kt.ZONE, "answers", {"name": name, "vpcs": [{"vpcId": Ref("vpc")}]})


def namespace(stack: Stack, name: Any) -> None:
    stack.add(kt.NAMESPACE, "answers", {"name": name, "vpc": Ref("vpc")})


def associated(stack: Stack, name: Any) -> None:
    stack.add(kt.ZONE, "zone", {"name": name})
    stack.add(kt.ZONE_ASSOCIATION, "answers", {"zoneId": Ref("zone", "zoneId"), "vpcId": Ref("vpc")})


WAYS = pytest.mark.parametrize("way", [zone, namespace, associated])


@KNOWN
@WAYS
@pytest.mark.parametrize("name", REFUSED)
def test_a_zone_that_may_answer_a_permitted_or_an_aws_name_is_refused(name: Any, way: Any, known: bool) -> None:
    stack = compliant()
    way(stack, name)
    assert stack.refused(known) == {(RULE, "answers")}


@KNOWN
@WAYS
@pytest.mark.parametrize("name", HARMLESS)
def test_a_zone_for_names_that_no_group_matches_passes(name: str, way: Any, known: bool) -> None:
    stack = compliant()
    way(stack, name)
    assert stack.refused(known) == set()


@KNOWN
@pytest.mark.parametrize(
    ("pattern", "name", "is_refused"),
    [
        ("*.corp.internal", "corp.internal", True),
        ("*.corp.internal", "db.corp.internal", True),
        ("api.corp.internal", "corp.internal", True),
        ("api.corp.internal", "db.corp.internal", False),
        ("*", "corp.internal", True),
        (UNKNOWN, "corp.internal", True),
        ("not a name", "corp.internal", True),
    ],
)
def test_a_zone_is_compared_with_patterns_and_not_with_text(pattern: Any, name: str, is_refused: bool, known: bool) -> None:
    stack = compliant()
    web_group(stack, "more", pattern)
    zone(stack, name)
    assert ((RULE, "answers") in stack.refused(known)) is is_refused


@KNOWN
def test_the_host_of_a_url_pattern_counts(known: bool) -> None:
    stack = compliant()
    stack.add(kt.WEB_GROUP, "urls", {"selector": {"matchExpressions": [{"urlfilter": "https://wiki.corp.internal/page"}]}})
    zone(stack, "corp.internal")
    assert (RULE, "answers") in stack.refused(known)


@KNOWN
def test_where_the_policy_is_elsewhere_only_a_name_outside_public_dns_passes(known: bool) -> None:
    for name, expected in (("example.org", {(RULE, "answers")}), ("corp.internal", set()), ("agents.home.arpa", set())):
        stack = compliant()
        stack.drop("rules", "core", "shadow-models", "agent-workload", "resolver", "default-action")
        zone(stack, name)
        assert {found for found in stack.refused(known) if found[1] == "answers"} == expected


@KNOWN
def test_a_zone_of_another_vpc_is_no_concern(known: bool) -> None:
    stack = compliant()
    stack.add(kt.VPC, "other", {"cidrBlock": "10.77.0.0/16"})
    stack.add(kt.ZONE, "answers", {"name": "openclaw.ai", "vpcs": [{"vpcId": Ref("other")}]})
    stack.add(kt.ZONE, "public", {"name": "openclaw.ai"})
    stack.add(kt.PROFILE_ASSOCIATION, "profile", {"profileId": "rp-1", "resourceId": Ref("other")})
    stack.add(kt.RESOLVER_CONFIG, "config", {"resourceId": Ref("other"), "autodefinedReverseFlag": "DISABLE"})
    assert stack.refused(known) == set()


OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "a zone of another program": (kt.ZONE_ASSOCIATION, {"zoneId": "Z0123", "vpcId": Ref("vpc")}),
    "a zone that cannot be traced": (kt.ZONE_ASSOCIATION, {"zoneId": UNKNOWN, "vpcId": Ref("vpc")}),
    "an authorization": (kt.ZONE_AUTHORIZATION, {"zoneId": "Z0123", "vpcId": Ref("vpc")}),
    "a profile": (kt.PROFILE_ASSOCIATION, {"profileId": "rp-1", "resourceId": Ref("vpc")}),
    "a resolver endpoint": (kt.RESOLVER_ENDPOINT, {"ipAddresses": [{"subnetId": Ref("gateways")}, {"subnetId": Ref("agents")}]}),
    "reverse names": (kt.RESOLVER_CONFIG, {"resourceId": Ref("vpc"), "autodefinedReverseFlag": "DISABLE"}),
    "reverse names, perhaps": (kt.RESOLVER_CONFIG, {"resourceId": Ref("vpc"), "autodefinedReverseFlag": UNKNOWN}),
    "options of another program": (kt.DHCP_ASSOCIATION, {"vpcId": Ref("vpc"), "dhcpOptionsId": "dopt-1"}),
    "options that cannot be traced": (kt.DHCP_ASSOCIATION, {"vpcId": Ref("vpc"), "dhcpOptionsId": UNKNOWN}),
    "a forwarding rule that cannot be traced": (kt.FORWARD_ASSOCIATION, {"vpcId": Ref("vpc"), "resolverRuleId": UNKNOWN}),
    "a record in a zone of another program": (kt.RECORD, {"zoneId": "Z0123", "name": "docs.openclaw.ai", "type": "A"}),
}


@KNOWN
@pytest.mark.parametrize("case", OTHERS)
def test_what_else_may_answer_names_is_refused(case: str, known: bool) -> None:
    kind, props = OTHERS[case]
    stack = compliant()
    stack.add(kind, "answers", props)
    assert stack.refused(known) == {(RULE, "answers")}


@KNOWN
def test_the_regions_own_options_and_rules_pass(known: bool) -> None:
    stack = compliant()
    stack.add(kt.DEFAULT_DHCP_OPTIONS, "given", {})
    stack.add(kt.DHCP_ASSOCIATION, "use", {"vpcId": Ref("vpc"), "dhcpOptionsId": Ref("given")})
    stack.add(kt.FORWARD_ASSOCIATION, "reverse", {"vpcId": Ref("vpc"), "resolverRuleId": "rslvr-autodefined-rr-internet-resolver"})
    stack.add(kt.RECORD, "elsewhere", {"zoneId": "Z0123", "name": "www.example.org", "type": "A"})
    assert stack.refused(known) == set()
