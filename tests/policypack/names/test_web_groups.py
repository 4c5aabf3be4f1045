"""Every name that a WebGroup's resource states is seen, in whichever field it is."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.graph import Resource
from policypack.known_types import WEB_GROUP
from policypack.names.web_groups import names_in
from policypack.plain import UNKNOWN


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
    assert names_in(group) == names
