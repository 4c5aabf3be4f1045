"""A run that was killed leaves nothing orphaned: what it made is adopted, and what is somebody else's is not touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

ANYWHERE = "def000ad-0000-0000-0000-000000000000"
RULE = {"name": "r", "action": "DENY", "priority": 1, "protocol": "TCP", "srcSmartGroups": [ANYWHERE], "dstSmartGroups": [ANYWHERE]}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "smartGroup": (
        {"name": "a", "selector": {"matchExpressions": [{"cidr": "10.1.0.0/24"}]}},
        {"selector": {"matchExpressions": [{"cidr": "10.2.0.0/24"}]}},
    ),
    "webGroup": (
        {"name": "b", "selector": {"matchExpressions": [{"snifilter": "a.b"}]}},
        {"selector": {"matchExpressions": [{"snifilter": "c.d"}]}},
    ),
    "dcfRuleset": ({"name": "c", "rules": [RULE]}, {"rules": [{**RULE, "action": "PERMIT"}]}),
    "dcfPolicyGroup": (
        {"name": "d", "attachmentPoints": [{"name": "p", "priority": 1}]},
        {"attachmentPoints": [{"name": "p", "priority": 2}]},
    ),
    "dcfTlsProfile": (
        {"displayName": "e", "certificateValidation": "CERTIFICATE_VALIDATION_NONE", "verifySni": True},
        {"verifySni": False},
    ),
    "remoteSyslog": ({"index": 3, "name": "f", "server": "10.0.0.5", "port": 514, "protocol": "UDP"}, {"port": 515}),
    "spokeGateway": (
        {
            "accountName": "lab",
            "cloudType": 1,
            "gwName": "g",
            "gwSize": "t3.medium",
            "subnet": "10.42.0.0/24",
            "vpcId": "vpc-1",
            "vpcReg": "us-east-1",
        },
        {"vpcId": "vpc-2"},
    ),
}


@pytest.fixture
def first(connect: Callable[..., Any]) -> Iterator[Any]:
    made = connect()
    yield made
    made.close()


@pytest.mark.parametrize("kind", CASES)
def test_the_same_thing_made_twice_exists_once(kind: str, first: Any) -> None:
    """The second create comes under another URN, so that only the Controller can know of the first."""
    inputs, other = CASES[kind]
    one, two, three = (first.of(kind, name) for name in ("one", "two", "three"))
    one.create(**inputs)
    two.create(**inputs)
    assert two.id == one.id
    with pytest.raises(Exception, match=r"exist|already enabled"):
        three.create(**{**inputs, **other})
    one.delete()
    two.delete()
    three.create(**{**inputs, **other})
    three.delete()


@pytest.mark.parametrize("kind", CASES)
def test_a_create_nobody_took_note_of_is_answered_again(kind: str, first: Any) -> None:
    inputs, _ = CASES[kind]
    thing = first.of(kind, "again")
    thing.create(**inputs)
    known = thing.id
    thing.create(**inputs)
    assert thing.id == known
    thing.delete()
    if kind in ("smartGroup", "dcfRuleset", "dcfPolicyGroup", "dcfTlsProfile"):
        with pytest.raises(Exception, match=r"not found|no ruleset"):
            thing.refresh()
    else:
        assert not thing.refresh()
