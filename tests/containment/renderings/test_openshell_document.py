"""A policy of another format is refused with the right keys, and the check by protos fails where it cannot run."""

from __future__ import annotations

from unittest import mock

import pytest

from containment.errors import InputError
from containment.renderings.kinds import RenderingKind
from containment.renderings.openshell import schema
from containment.renderings.openshell.document import parse_policy
from tests.containment.renderings.artifacts import document_of

NOT_THE_FORMAT = """
network:
  egress:
    deny: all
    allow: [api.example.com]
filesystem:
  read: [/usr]
tools: [tickets.read]
"""
"""The shape that articles show, which OpenShell does not read."""


def problems_of(text: str) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        parse_policy(text, "policy.yaml")
    return {one.where.removeprefix("policy.yaml:"): one.fix for one in raised.value.problems}


def test_keys_of_another_format_are_refused_with_the_right_ones() -> None:
    found = problems_of(NOT_THE_FORMAT)
    assert set(found) == {"network", "filesystem", "tools", "version"}
    assert "network_policies" in found["network"]
    assert "filesystem_policy" in found["filesystem"]
    assert "protocol mcp" in found["tools"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("version: 2", "version"),
        ("version: 1\nlandlock: {mode: strict}", "landlock.mode"),
        (
            "version: 1\nnetwork_policies: {a: {endpoints: [{host: a.example.com, ports: [70000]}]}}",
            "network_policies.a.endpoints.0.ports.0",
        ),
        ("version: 1\nnetwork_policies: {a: {endpoints: [{allowed_ips: [x]}]}}", "network_policies.a.endpoints.0.allowed_ips.0"),
        ("version: 1\nnetwork_policies: {a: {endpoints: [{rules: [{deny: {}}]}]}}", "network_policies.a.endpoints.0.rules.0.deny"),
        ("version: 1\nversion: 1", ""),
        ("- version: 1", ""),
        ("", ""),
    ],
)
def test_a_value_that_is_not_understood_is_refused_at_its_key(text: str, where: str) -> None:
    assert any(key.startswith(where) or key == "policy.yaml" for key in problems_of(text))


def test_a_check_by_protos_that_cannot_run_is_an_error() -> None:
    with mock.patch.object(schema, "find_package", return_value=None), pytest.raises(InputError, match="not installed"):
        schema.check_schema(document_of(RenderingKind.OPENSHELL, "research-enforce"), "policy.yaml")


@pytest.mark.skipif(schema.find_package() is None, reason="the package openshell is not installed: pip install openshell==0.1.5")
@pytest.mark.parametrize(
    ("key", "value"), [("network", {}), ("landlock", {"mode": "x"}), ("filesystem_policy", {"read": []}), ("version", "one")]
)
def test_openshells_protos_refuse_an_unknown_field(key: str, value: object) -> None:
    document = {**document_of(RenderingKind.OPENSHELL, "research-enforce"), key: value}
    with pytest.raises(InputError, match="protos"):
        schema.check_schema(document, "policy.yaml")
