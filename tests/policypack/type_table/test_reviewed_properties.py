"""A property of a judged Aviatrix type that no review covers is refused, nested ones included, and what is reviewed passes."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.graph.plain_data import UNKNOWN
from policypack.type_table.reviewed_properties import find_unreviewed, load_reviewed
from policypack.type_table.table import load_lines
from tests.policypack.type_table.programs import found_in, made

RULESET = "aviatrix:index/dcfRuleset:DcfRuleset"
LIST = "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList"
SMART_GROUP = "aviatrix:index/smartGroup:SmartGroup"
SPOKE = "aviatrix:index/spokeGateway:SpokeGateway"
RULE = {"name": "x", "action": "DENY", "protocol": "TCP", "portRanges": [{"lo": 443}], "srcSmartGroups": ["a"], "dstSmartGroups": ["b"]}


def found(token: str, props: dict[str, Any], **more: Any) -> list[str]:
    return [each.partition(" is ")[0] for each in find_unreviewed(made(token, props=props, **more))]


def test_every_judged_type_of_aviatrix_has_its_reviewed_properties() -> None:
    judged = {token for token, line in load_lines().items() if token.startswith("aviatrix:") and (line.is_judged or line.bounds)}
    assert judged == set(load_reviewed())


@pytest.mark.parametrize("token", sorted(load_reviewed()))
@pytest.mark.parametrize("value", [True, "some", 7, ["x"], {"a": "b"}, UNKNOWN], ids=str)
def test_a_new_property_of_any_of_them_is_refused_whatever_its_value(token: str, value: Any) -> None:
    assert found(token, {"bypassTarget": value}) == ["bypassTarget"]


@pytest.mark.parametrize(
    ("token", "props", "path"),
    [
        (RULESET, {"rules": [RULE, {**RULE, "bypass": True}]}, "rules.bypass"),
        (RULESET, {"rules": {**RULE, "bypass": True}}, "rules.bypass"),
        (RULESET, {"rules": [{**RULE, "portRanges": [{"lo": 443, "except": [80]}]}]}, "rules.portRanges.except"),
        (RULESET, {"rules": [{**RULE, "bypass": UNKNOWN}]}, "rules.bypass"),
        (RULESET, {"rules": "all"}, "rules"),
        (LIST, {"policies": [{**RULE, "exemptions": ["x"]}]}, "policies.exemptions"),
        (SMART_GROUP, {"selector": {"matchExpressions": [{"cidr": "10.0.0.0/8", "negate": True}]}}, "selector.matchExpressions.negate"),
        (SMART_GROUP, {"selector": {"matchExpressions": [{"cidr": "10.0.0.0/8"}], "exceptions": ["x"]}}, "selector.exceptions"),
        (SPOKE, {"privateSubnetEgressTarget": "nat-0123456789abcdef0"}, "privateSubnetEgressTarget"),
    ],
)
def test_a_nested_property_is_named_by_its_path(token: str, props: dict[str, Any], path: str) -> None:
    assert found(token, props) == [path]
    assert path in found_in(made(token, props=props))["one"]


@pytest.mark.parametrize(
    ("token", "props"),
    [
        (RULESET, {"name": "r", "attachTo": "x", "rules": [{**RULE, "egressPath": "EGRESS_PATH_LOCAL", "watch": True}]}),
        (RULESET, {"rules": UNKNOWN}),
        (RULESET, {"rules": [UNKNOWN]}),
        (SMART_GROUP, {"name": "g", "selector": {"matchExpressions": [{"type": "vm", "tags": {"Role": "agent", "negate": "x"}}]}}),
        (SPOKE, {"gwName": "g", "tags": {"anything": "x"}, "singleIpSnat": True}),
        (SPOKE, {"later": False, "laterToo": "", "laterStill": [], "laterLast": 0, "__defaults": ["later"]}),
    ],
)
def test_what_is_reviewed_or_left_at_nothing_passes(token: str, props: dict[str, Any]) -> None:
    assert found(token, props) == []


@pytest.mark.parametrize(("key", "token"), [("rules", RULESET), ("policies", LIST)])
@pytest.mark.parametrize("value", ["EGRESS_PATH_DIRECT", "egress_path_local", 7])
def test_an_egress_path_that_no_review_knows_is_refused(key: str, token: str, value: Any) -> None:
    assert "egressPath" in found_in(made(token, props={key: [{**RULE, "egressPath": value}]}))["one"]
