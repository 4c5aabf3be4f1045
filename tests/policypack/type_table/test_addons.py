"""An add-on's configuration may size and place the add-on, and leaves the pods' network and names as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource
from policypack.type_table.addons import ADDON, find_violations


def found(values: Any) -> list[str]:
    addon = Resource(urn="plugin", type=ADDON, name="plugin", props={"addonName": "vpc-cni", "configurationValues": values})
    return [what for _, what in find_violations(Graph([addon]))]


@pytest.mark.parametrize(
    "values",
    [
        None,
        "",
        UNKNOWN,
        json.dumps({"replicaCount": 2, "resources": {"limits": {"memory": "170Mi"}}}),
        json.dumps({"env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_IP_TARGET": "2"}}),
        "replicaCount: 2\ntolerations: []\n",
    ],
)
def test_what_sizes_an_addon_passes(values: Any) -> None:
    assert found(values) == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"eniConfig": {"create": True}}, "eniConfig"),
        ({"corefile": ".:53 { forward . 9.9.9.9 }"}, "corefile"),
        ({"env": {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}}, "env.AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"),
        ({"env": ["AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"]}, "env"),
        ({"replicaCount": 2, "keyOfALaterVersion": 1}, "keyOfALaterVersion"),
    ],
)
def test_every_other_key_is_refused_by_name(values: Any, named: str) -> None:
    (what,) = found(json.dumps(values))
    assert f"({named})" in what


@pytest.mark.parametrize("values", ["[1]", "just text", "a: b: c", "corefile: x\n"])
def test_what_is_no_object_or_only_yaml_is_read_or_refused(values: str) -> None:
    assert len(found(values)) == 1


@pytest.mark.parametrize(
    "values",
    [
        '{"env": {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}, "env": {}}',
        "env:\n  AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'true'\nenv: {}\n",
    ],
)
def test_a_key_that_is_set_twice_is_refused(values: str) -> None:
    assert len(found(values)) == 1
