"""Two resources are in one place only when region and account are certainly the same; a default elsewhere requires nothing here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.facts.routing.region import is_same_place
from policypack.graph.known_types import ENCRYPTION_DEFAULT, METADATA_DEFAULTS
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Provider, Resource
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import compliant

KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
IMDS = "agent-host-requires-imdsv2"
ROLE = {"roleArn": "arn:aws:iam::444455556666:role/x"}
HERE = Provider("p::here", "pulumi:providers:aws", {"region": "us-east-1"})


def provider(name: str, **settings: Any) -> Provider:
    return Provider(f"p::{name}", "pulumi:providers:aws", settings)


def made(by: Provider | None, **props: Any) -> Resource:
    return Resource("urn", "aws:x/y:Z", "one", props, provider=by)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (made(None), made(None), True),
        (made(HERE), made(HERE), True),
        (made(provider("silent")), made(provider("silent")), True),
        (made(HERE, region="us-east-1"), made(HERE), True),
        (made(HERE), made(provider("same", region="us-east-1")), True),
        (made(HERE), made(provider("same", region="us-east-1", defaultTags='{"tags": {"Team": "a"}}')), True),
        (made(HERE), made(None), False),
        (made(HERE, region="eu-west-1"), made(HERE), False),
        (made(HERE, region=UNKNOWN), made(HERE), False),
        (made(provider("silent"), region="us-east-1"), made(provider("silent")), False),
        (made(HERE), made(provider("far", region="eu-west-1")), False),
        (made(HERE), made(provider("silent")), False),
        (made(HERE), made(provider("unknown", region=UNKNOWN)), False),
        (made(HERE), made(provider("other", region="us-east-1", assumeRoles=f"[{ROLE}]".replace("'", '"'))), False),
        (made(HERE), made(provider("other", region="us-east-1", profile="other")), False),
        (made(HERE), made(provider("other", region="us-east-1", accessKey=UNKNOWN)), False),
    ],
)
def test_an_unknown_or_a_difference_is_not_the_same_place(one: Resource, other: Resource, expected: bool) -> None:
    assert is_same_place(one, other) is expected
    assert is_same_place(other, one) is expected


def refused_with(kind: str, props: dict[str, Any], by: Provider, known: bool) -> set[tuple[str, str]]:
    stack = compliant()
    stack.props["agent"].pop("metadataOptions")
    if kind == ENCRYPTION_DEFAULT:
        stack.props["agent"].update(metadataOptions={"httpTokens": "required"}, rootBlockDevice={"encrypted": False})
    stack.add(kind, "default", props)
    stack.depends["agent"].append("default")
    resources = [replace(one, provider=by if one.name == "default" else HERE) for one in stack.resources(known)]
    return {(finding.id, finding.where.rsplit("::", 1)[-1]) for finding in check_stack(resources)}


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    IMDS: (METADATA_DEFAULTS, {"httpTokens": "required"}),
    "agent-volumes-are-encrypted": (ENCRYPTION_DEFAULT, {"enabled": True}),
}


@KNOWN
@pytest.mark.parametrize("rule", CASES)
def test_a_default_of_the_hosts_own_region_and_account_is_a_requirement(rule: str, known: bool) -> None:
    kind, props = CASES[rule]
    assert refused_with(kind, props, HERE, known) == set()
    assert refused_with(kind, {**props, "region": "us-east-1"}, HERE, known) == set()
    assert refused_with(kind, props, provider("same", region="us-east-1"), known) == set()


@KNOWN
@pytest.mark.parametrize("rule", CASES)
def test_a_default_elsewhere_is_none(rule: str, known: bool) -> None:
    kind, props = CASES[rule]
    assert refused_with(kind, {**props, "region": "eu-west-1"}, HERE, known) == {(rule, "agent")}
    assert refused_with(kind, {**props, "region": UNKNOWN}, HERE, known) == {(rule, "agent")}
    for by in (provider("far", region="eu-west-1"), provider("silent"), provider("role", region="us-east-1", assumeRole=ROLE)):
        assert refused_with(kind, props, by, known) == {(rule, "agent")}
