"""Each served aws type lives a whole life against a real moto server: preview, create, no change, update, replace, read, delete."""

from __future__ import annotations

import json
from typing import Any

import pytest

from containment_lab.home import LabHome
from containment_lab.providers.aws import TYPES
from containment_lab.providers.aws.schema import read_type
from containment_lab.providers.handler import narrow_to_keys
from containment_lab.testing import cloud_faults as faults
from containment_lab.wire import UNKNOWN, unwrap_values
from tests.containment_lab.providers.account_lives import ACCOUNT
from tests.containment_lab.providers.conftest import Asker, Props
from tests.containment_lab.providers.edge_lives import EDGE
from tests.containment_lab.providers.host_lives import HOST
from tests.containment_lab.providers.life import Life
from tests.containment_lab.providers.network_lives import NETWORK
from tests.containment_lab.providers.resolver_lives import RESOLVER
from tests.containment_lab.providers.ways_in_lives import WAYS_IN
from tests.support.cloud_inventory import find_differences, read_inventory

pytestmark = pytest.mark.slow

LIVES = [*NETWORK, *EDGE, *HOST, *ACCOUNT, *RESOLVER, *WAYS_IN]


ELSEWHERE = {
    "cloudwatch": ("logs",),
    "ec2transitgateway": ("ec2",),
    "lb": ("elbv2", "ec2"),
    "route53": ("route53resolver", "ec2"),
    "vpc": ("ec2",),
}


def services_of(token: str) -> tuple[str, ...]:
    """Return the services where a type's things stand; that nothing is left in any other, `world` looks at the end."""
    module = token.split(":")[1].split("/")[0]
    return ELSEWHERE.get(module, (module,))


def resolved(given: Any, world: Any) -> Props:
    return given(world) if callable(given) else dict(given)


def changed(inputs: Props, change: Props) -> Props:
    return {key: value for key, value in {**inputs, **change}.items() if value is not None}


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token)
def test_a_type_lives_its_whole_life(life: Life, aws: Asker, world: Any, home: LabHome) -> None:
    before, program = read_inventory(home, services=services_of(life.token)), resolved(life.start, world)

    faults.take_calls(home)
    planned = aws.preview(life.token, "thing", program)
    assert {key for key in life.unknown if planned.get(key) == UNKNOWN} == set(life.unknown)
    assert narrow_to_keys(program, unwrap_values(planned)) == program, "a preview echoes what the program said"
    assert [call for call in faults.take_calls(home) if not faults.is_read(call)] == [], "a preview makes nothing"

    thing = aws.create(life.token, "thing", program)
    assert thing.id
    assert UNKNOWN not in json.dumps(thing.outputs)
    if life.seen:
        assert life.seen(world, thing.id, False)

    assert list(aws.diff(thing, aws.check(life.token, "thing", program, thing.inputs)).diffs) == []
    read = aws.read(thing)
    assert read is not None
    assert read.inputs == thing.inputs, "a refresh of what nobody touched finds no drift"
    assert read.outputs == thing.outputs

    if life.update is not None:
        news = aws.check(life.token, "thing", changed(program, resolved(life.update, world)), thing.inputs)
        difference = aws.diff(thing, news)
        assert set(difference.diffs) == set(resolved(life.update, world))
        assert list(difference.replaces) == []
        aws.update(thing, news, preview=True)
        assert aws.read(thing) == read, "the preview of an update changes nothing"
        thing = aws.update(thing, news)
        if life.seen:
            assert life.seen(world, thing.id, True)
        assert list(aws.diff(thing, news).diffs) == []
        assert aws.update(thing, news) == thing, "an update done twice is the same as once"
        read = aws.read(thing)
        assert read is not None
        assert read.inputs == thing.inputs

    if life.replace is not None:
        news = aws.check(life.token, "thing", changed(program, resolved(life.replace, world)), thing.inputs)
        replacing = set(aws.diff(thing, news).replaces)
        assert replacing == set(resolved(life.replace, world))

    aws.delete(thing)
    aws.delete(thing)  # what is gone already is no error
    if not life.stays:
        assert aws.read(thing) is None
        assert find_differences(before, read_inventory(home, services=services_of(life.token))) == []


def test_every_served_type_is_tried_here() -> None:
    assert {each.token for each in TYPES} == {life.token for life in LIVES}


def test_every_served_type_is_one_of_the_real_package_with_real_property_names() -> None:
    for kind in TYPES:
        known = read_type(kind.token)
        assert known.known, kind.token
        used = {*kind.send, *kind.in_place, *kind.also, *kind.also_in_place} - kind.idle
        assert used <= known.inputs, (kind.token, used - known.inputs)
        shown = set(kind.show)
        assert shown <= known.outputs, (kind.token, shown - known.outputs)


def test_a_secret_input_stays_secret_in_the_outputs(aws: Asker) -> None:
    from containment_lab.wire import is_secret, wrap_secret

    thing = aws.create("aws:ssm/parameter:Parameter", "hidden", {"name": "/lab/s", "type": "SecureString", "value": wrap_secret("s3cr3t")})
    assert is_secret(thing.outputs["value"])
    assert unwrap_values(thing.outputs)["value"] == "s3cr3t"
    aws.delete(thing)
