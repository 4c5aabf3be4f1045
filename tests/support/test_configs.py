"""The configurations that tests draw, and the changes they make, cover every documented key."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings

from containment.config.pulumi_format.project_file import TYPES, declare_keys
from containment.config.spec import resolve
from containment.loaders.presets import load_library
from tests.support.configs import TODAY, as_pulumi, configs
from tests.support.key_changes import CHANGES

LIBRARY = load_library()
ONE_VALUE = {"programPrivateDefaultRoute", "singleIpSnat"}
"""Keys of which one value alone is valid in a stack that works."""


@pytest.mark.long
def test_every_documented_key_is_drawn_with_several_valid_values() -> None:
    seen: dict[str, set[str]] = {}

    @settings(max_examples=200, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(configs(LIBRARY))
    def collect(config: dict[str, object]) -> None:
        resolve(config, LIBRARY, "generated", today=TODAY)
        for key, value in config.items():
            seen.setdefault(key, set()).add(json.dumps(value, sort_keys=True))

    collect()
    assert seen.keys() == declare_keys().keys()
    assert {key for key, values in seen.items() if len(values) < 2} == ONE_VALUE


def test_every_documented_key_has_a_change() -> None:
    assert CHANGES.keys() == declare_keys().keys()
    same = {key for key, one in CHANGES.items() if one.after == (declare_keys()[key]["default"] if one.before is None else one.before)}
    assert same == {*ONE_VALUE, "enableGatewayVolumeEncryption", "syslogProtocol"}


def test_a_change_is_passed_on_as_the_type_that_the_key_declares() -> None:
    for key, change in CHANGES.items():
        for value in (change.before, change.after):
            if value is not None:
                text = next(iter(as_pulumi({key: value}).values()))
                if key not in TYPES:
                    assert isinstance(json.loads(text), list), (key, value)
                    continue
                data = json.loads(text) if TYPES[key].name in ("array", "object") else text
                assert TYPES[key].is_valid(data), (key, value)
