"""Every host of a stack is judged, whichever of several agents it is; a stack without hosts passes only where it declares that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from containment.names import HOSTS_TAG, NO_HOSTS
from policypack.graph import known_types as kt
from policypack.graph.resources import Resource
from policypack.standalone_checks import check_stack
from tests.containment.vending.files import write_agent, write_stacks
from tests.policypack.product import registrations_in
from tests.policypack.record import FORMS, resource_of
from tests.policypack.stacks import Ref, Stack

STACK = "coding-enforce"
NAMES = ("builder", "reviewer", "tester")


@cache
def made(*names: str, until: str = "2099-03-31") -> dict[str, tuple[Resource, ...]]:
    """Return what the program registers with agents, as a first preview and with every id known."""
    with TemporaryDirectory() as folder:
        write_stacks(Path(folder), STACK)
        for name in names:
            write_agent(Path(folder), name, stack=STACK, until=until)
        found = registrations_in(Path(folder), STACK)
    assert found["error"] is None, found["error"]
    return {form: tuple(map(resource_of, found[form])) for form in FORMS}


def found_at(resources: tuple[Resource, ...]) -> set[tuple[str, str]]:
    """Return (rule, name of the resource) of every finding."""
    return {(finding.id, finding.where.rpartition("::")[2]) for finding in check_stack(resources)}


def changed(resources: tuple[Resource, ...], name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> tuple[Resource, ...]:
    """Return the resources with the inputs of one changed."""
    assert any(one.name == name for one in resources)
    return tuple(
        replace(one, props=change(dict(one.props)), outputs=change(dict(one.outputs))) if one.name == name else one for one in resources
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_stack_of_several_agents_passes(form: str) -> None:
    resources = made(*NAMES)[form]
    assert sum(one.type == kt.INSTANCE for one in resources) == len(NAMES)
    assert found_at(resources) == set()


BREAKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "public address": ("instance", {"associatePublicIpAddress": True}, "agent-host-has-no-public-ip"),
    "IMDSv1": ("instance", {"metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "optional"}}, "agent-host-requires-imdsv2"),
    "plain disk": ("instance", {"rootBlockDevice": {"encrypted": False}}, "agent-volumes-are-encrypted"),
    "key pair": ("instance", {"keyName": "laptop"}, "agent-host-has-no-login"),
    "ingress": (
        "sg",
        {"ingress": [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["10.0.0.0/8"]}]},
        "agent-host-takes-no-ingress",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("broken", BREAKS)
def test_a_hole_in_any_one_host_is_found(form: str, name: str, broken: str) -> None:
    part, inputs, rule = BREAKS[broken]
    where = f"agent-{name}-{part}"
    resources = changed(made(*NAMES)[form], where, lambda props: {**props, **inputs})
    assert {found for found, _ in found_at(resources)} == {rule}
    assert any(name in at for _, at in found_at(resources))


@pytest.mark.parametrize("name", NAMES)
def test_a_host_that_the_rules_do_not_match_is_found(name: str) -> None:
    def strip(props: dict[str, Any]) -> dict[str, Any]:
        return {**props, "tags": {"Name": "x", "AgentClass": "coding"}, "tagsAll": {}, "subnetId": "subnet-elsewhere"}

    resources = changed(made(*NAMES)["known"], f"agent-{name}-instance", strip)
    found = found_at(resources)
    assert found
    assert any(name in at for _, at in found), found


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_stack_whose_agents_have_all_ended_passes(form: str) -> None:
    resources = made(*NAMES, until="2020-01-01")[form]
    assert not any(one.type == kt.INSTANCE for one in resources)
    assert found_at(resources) == set()


@pytest.mark.parametrize("form", FORMS)
def test_without_the_declaration_a_stack_without_hosts_is_refused(form: str) -> None:
    def forget(props: dict[str, Any]) -> dict[str, Any]:
        return {**props, "tags": {"Name": "x"}}

    resources = changed(made(*NAMES, until="2020-01-01")[form], "network-vpc", forget)
    assert "agent-host-is-found" in {rule for rule, _ in found_at(resources)}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize(("tags", "second"), [({HOSTS_TAG: "some"}, None), ({}, None), ({HOSTS_TAG: NO_HOSTS}, {})])
def test_each_vpc_must_declare_it(known: bool, tags: dict[str, str], second: dict[str, str] | None) -> None:
    stack = Stack()
    stack.add(kt.VPC, "vpc", {"cidrBlock": "10.42.0.0/16", "tags": tags})
    stack.add(kt.SUBNET, "agents", {"vpcId": Ref("vpc"), "cidrBlock": "10.42.10.0/24"})
    if second is not None:
        stack.add(kt.VPC, "other", {"cidrBlock": "10.43.0.0/16", "tags": second})
    assert "agent-host-is-found" in {rule for rule, _ in stack.refused(known)}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_the_declaration_excuses_no_compute(known: bool) -> None:
    stack = Stack()
    stack.add(kt.VPC, "vpc", {"cidrBlock": "10.42.0.0/16", "tags": {HOSTS_TAG: NO_HOSTS}})
    stack.add(kt.SUBNET, "agents", {"vpcId": Ref("vpc"), "cidrBlock": "10.42.10.0/24"})
    assert "agent-host-is-found" not in {rule for rule, _ in stack.refused(known)}
    stack.add(kt.INSTANCE, "untagged", {"subnetId": Ref("agents")})
    assert "agent-host-is-found" in {rule for rule, _ in stack.refused(known)}
