"""Every type of the pinned providers is judged, harmless or refused; a line of the table is what lets a type pass.

An upgrade of a provider changes the committed names and adds refusals only.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from policypack.finding import Violation
from policypack.graph.known_types import INSTANCE
from policypack.graph.resources import Graph, Resource
from policypack.rules import compute_and_routing_are_known as rule
from policypack.type_table import table
from policypack.type_table.table import BoundKind
from tests.policypack.mutants.type_table import nested
from tests.policypack.type_table.names import AVIATRIX, AWS, committed, installed_aws

HOST = Resource("urn:host", INSTANCE, "host", props={"tags": {"AgentStack": "walk"}})
LINES = dict(table.load_lines())
WITH_RELATIONS = ("aviatrix:index/spokeHaGateway:SpokeHaGateway", "aviatrix:index/spokeTransitAttachment:SpokeTransitAttachment")
"""Judged types that do not pass alone: what they belong to must be in the program."""


def faults(token: str, props: dict[str, Any] | None = None) -> list[Violation]:
    """Return what the rule finds at one resource of a type next to a host."""
    one = Resource("urn:one", token, "one", props=props or {})
    return [fault for fault in rule.check_stack(Graph([HOST, one])) if fault.where == one.urn]


def least(token: str) -> dict[str, Any]:
    """Return the properties that a line demands."""
    demanded: dict[str, Any] = {}
    for bound in LINES[token].bounds:
        if bound.kind in (BoundKind.ON, BoundKind.SET, BoundKind.STATED_OFF):
            demanded |= nested(bound.path, bound.kind is not BoundKind.STATED_OFF)
    return demanded


def verdict(token: str) -> str:
    line = LINES.get(token)
    return "refused" if line is None else "judged" if line.is_judged else "harmless"


def test_the_committed_names_are_those_of_the_installed_package() -> None:
    assert committed(AWS) == installed_aws()


@pytest.mark.parametrize("path", [AWS, *AVIATRIX], ids=lambda path: path.stem)
def test_the_table_decides_about_every_type(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version, types = committed(path)
    assert len(types) == len(set(types))
    for token in types:
        is_refused = bool(faults(token, least(token) if token in LINES else None))
        assert is_refused is (token not in LINES or token in WITH_RELATIONS), token
    counts = Counter(map(verdict, types))
    with capsys.disabled():
        print(
            f"\n{path.stem} {version}: {len(types)} types: "
            + ", ".join(f"{counts[one]} {one}" for one in ("judged", "harmless", "refused"))
        )
    assert set(counts) <= {"judged", "harmless", "refused"}
    assert counts["refused"] > counts["judged"]


def test_every_type_of_the_table_is_one_that_a_provider_has() -> None:
    known = {token for path in (AWS, *AVIATRIX) for token in committed(path)[1]}
    elsewhere = {token for token in LINES if token.startswith(("aws:", "aviatrix:"))} - known
    assert elsewhere == {"aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive"}  # its token in states of other releases


@pytest.mark.parametrize("token", sorted(LINES))
def test_a_type_whose_line_is_taken_away_is_refused(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = token.removeprefix("pulumi:providers:")
    without = {name: line for name, line in LINES.items() if name != token}
    monkeypatch.setattr(rule, "load_lines", lambda: without)
    (fault,) = [one for one in faults(token, least(token)) if "no reviewed table" in one.what]
    assert token in fault.what
    assert package in fault.what


@pytest.mark.parametrize(
    "token",
    [
        "made-up:module:Type",
        "made-up:index/type:Type",
        "aws:made/up:Up",
        "aws:index/instance:Instance",
        "aws:ec2/instance:instance",
        "aws-native:s3:Bucket",
        "awscc:index/s3Bucket:S3Bucket",
        "command:local:Command",
        "docker:index/container:Container",
        "kubernetes:core/v1:ConfigMap",
        "pulumi-nodejs:dynamic:Resource",
        "pulumi-python:dynamic:Resource",
        "azure-native:storage:Blob",
        "gcp:storage/bucket:Bucket",
        "terraform-provider:index/any:Any",
        "pulumi:providers:made-up",
        "pulumi:providers:kubernetes",
        "pulumi:providers:aws-native",
    ],
)
def test_a_type_of_another_package_is_refused_by_name(token: str) -> None:
    (fault,) = faults(token)
    assert fault.what.startswith(f"{token} is in no reviewed table of types: ")


def test_a_micro_vm_is_refused_by_name() -> None:
    """It has a public way out unless its connector is named, and nothing here judges connectors."""
    found = [one for one in committed(AWS)[1] if "microvm" in one.lower()]
    assert "aws:lambdamicrovms/microvm:Microvm" in found
    for token in found:
        (fault,) = faults(token)
        assert fault.what.startswith(f"{token} is in no reviewed table of types: ")


def test_the_ways_out_of_a_refusal_are_in_its_message() -> None:
    for way in ("policypack/waivers.yaml", "at most 90 days", "policypack/types.yaml", "within one year", "a separate program"):
        assert way in rule.RULE.fix
