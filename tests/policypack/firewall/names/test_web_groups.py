"""Every name that a WebGroup's resource states is seen, in whichever field it is."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.firewall.names.web_groups import read_names
from policypack.graph.known_types import WEB_GROUP
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ({"snifilter": "openclaw.ai"}, ["openclaw.ai"]),
        ({"urlfilter": "https://files.example.com/a"}, ["files.example.com"]),
        ({"snifilter": "openclaw.ai", "urlfilter": "https://files.example.com/a"}, ["openclaw.ai", "files.example.com"]),
        ({"snifilter": UNKNOWN, "urlfilter": "https://files.example.com/a"}, [UNKNOWN, "files.example.com"]),
        ({"snifilter": "openclaw.ai", "urlfilter": UNKNOWN}, ["openclaw.ai", UNKNOWN]),
        ({}, [""]),
    ],
    ids=str,
)
def test_every_name_of_an_expression_is_seen(expression: dict[str, Any], names: list[Any]) -> None:
    group = Resource("group", WEB_GROUP, "group", {"selector": {"matchExpressions": [expression]}})
    assert read_names(group) == names
