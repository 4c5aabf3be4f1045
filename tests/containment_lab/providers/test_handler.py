"""Changes are what the Terraform bridge would call changes, and nothing else."""

from __future__ import annotations

import json

import pytest

from containment_lab.providers.handler import Handler, add_unknowns, narrow_to_keys
from containment_lab.wire import UNKNOWN


class Kind(Handler):
    token = "test:index:Kind"
    computed = frozenset({"address", "options"})
    computed_in = {"options": frozenset({"endpoint"})}
    sets = frozenset({"groups"})
    documents = frozenset({"policy"})


KIND = Kind()


def test_order_in_a_set_and_layout_of_a_document_are_no_change() -> None:
    policy = {"Statement": [{"Action": ["b", "a"], "Resource": ["*"]}]}
    other = {"Statement": {"Resource": "*", "Action": ["a", "b"]}}
    old = {"groups": ["a", "b"], "policy": json.dumps(policy)}
    new = {"groups": ["b", "a"], "policy": json.dumps(other, indent=3)}
    assert KIND.find_changes(old, {}, new) == []
    assert KIND.find_changes(old, {}, {**new, "groups": ["b"]}) == ["groups"]
    assert KIND.find_changes({"groups": ["a"]}, {}, {"groups": ["a", "a"]}) == ["groups"]


@pytest.mark.parametrize("key", ["plain", "policy", "groups"])
def test_an_unknown_is_always_a_change(key: str) -> None:
    assert KIND.find_changes({key: "x"}, {}, {key: UNKNOWN}) == [key]


def test_saying_what_is_so_already_is_no_change_and_saying_otherwise_is() -> None:
    assert KIND.find_changes({}, {"flag": False}, {"flag": False}) == []
    assert KIND.find_changes({}, {"flag": False}, {"flag": True}) == ["flag"]
    assert KIND.find_changes({}, {}, {"flag": True}) == ["flag"]


def test_taking_an_input_away_is_a_change_unless_the_cloud_computes_it() -> None:
    assert KIND.find_changes({"note": "x"}, {"note": "x"}, {}) == ["note"]
    assert KIND.find_changes({"address": "x"}, {"address": "x"}, {}) == []


def test_a_preview_has_unknown_for_what_only_the_cloud_returns() -> None:
    assert add_unknowns({"options": {"tokens": "required"}, "name": "x"}, KIND) == {
        "address": UNKNOWN,
        "options": {"endpoint": UNKNOWN, "tokens": "required"},
        "name": "x",
    }


def test_a_refresh_takes_drift_in_and_what_the_cloud_adds_not() -> None:
    live = {"options": {"tokens": "optional", "endpoint": "on"}, "address": "1.2.3.4", "groups": ["b", "a"]}
    old = {"options": {"tokens": "required"}, "groups": ["a", "b"], "local": "kept"}
    assert KIND.derive_inputs(old, live, None) == {"options": {"tokens": "optional"}, "groups": ["a", "b"], "local": "kept"}
    assert KIND.derive_inputs({}, live, frozenset({"groups"})) == {"groups": ["b", "a"]}


def test_narrowing_keeps_only_what_was_given() -> None:
    assert narrow_to_keys({"a": 1}, {"a": 2, "b": 3}) == {"a": 2}
    assert narrow_to_keys([{"a": 1}], [{"a": 2, "b": 3}]) == [{"a": 2}]
    assert narrow_to_keys([1], [1, 2]) == [1, 2]
