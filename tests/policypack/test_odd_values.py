"""Whatever a program, a preview or a state file states, it is judged: no value, known or not, makes a rule raise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policypack.graph.plain_data import UNKNOWN
from policypack.standalone_checks import check_stack
from tests.policypack.firewall_holes import policies, vended

values: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, "", "x", "PERMIT", "ANY", 0, -1, 70000, 3.5, True, UNKNOWN),
        *([], [UNKNOWN], [None], ["nope"], [{}], [{"lo": 5}], [{"lo": 9, "hi": 2}], [{"hi": 3}]),
        *({}, {"matchExpressions": UNKNOWN}, {"matchExpressions": []}, {"matchExpressions": [{}]}),
        *(
            {"matchExpressions": [{"cidr": "x"}]},
            {"matchExpressions": [{"snifilter": "a..b"}]},
            {"matchExpressions": [{"snifilter": UNKNOWN}]},
        ),
    ]
)
fields = st.sampled_from(
    [
        *("name", "action", "priority", "protocol", "srcSmartGroups", "dstSmartGroups", "webGroups", "portRanges"),
        *("logging", "watch", "enforcement", "flowAppRequirement", "tlsProfile", "decryptPolicy"),
    ]
)
places = st.sampled_from(sorted(vended().props))
keys = st.sampled_from(["name", "selector", "tags", "cidrBlock", "vpcId", "subnetId", "action", "attachTo", "policies", "verifySni"])


@pytest.mark.slow
@settings(max_examples=150, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, 8), fields, values), max_size=3), st.lists(st.tuples(places, keys, values), max_size=2), st.booleans()
)
def test_no_value_makes_a_rule_raise(in_rules: list[tuple[int, str, Any]], elsewhere: list[tuple[str, str, Any]], known: bool) -> None:
    stack = vended()
    rules = policies(stack)
    for number, field, value in in_rules:
        rules[number % len(rules)][field] = value
    for place, key, value in elsewhere:
        stack.props[place][key] = value
    assert isinstance(check_stack(stack.graph(known).resources), list)
