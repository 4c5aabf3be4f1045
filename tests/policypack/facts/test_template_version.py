"""A host is judged by the version of the launch template that it starts from; a version that is not known passes no rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import Ref, Stack, compliant

READERS = {
    "agent-host-has-no-login",
    "agent-host-has-no-public-ip",
    "agent-host-requires-imdsv2",
    "agent-host-takes-no-ingress",
    "agent-role-is-minimal",
    "agent-volumes-are-encrypted",
    "user-data-holds-no-secret",
}
"""Every rule that reads launch templates."""
SOUND = {
    "name": "agents",
    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
    "networkInterfaces": [{"associatePublicIpAddress": "false"}],
}
KINDS = ("instance", "scaling group", "mixed instances", "mixed override", "node group", "fleet", "spot fleet")


def started(kind: str, version: Any, template: Any = None, **settings: Any) -> Stack:
    """Return a stack whose agents start from a template, in one of the ways there are."""
    stack = compliant()
    stack.add(kt.LAUNCH_TEMPLATE, "template", {**SOUND, **settings})
    tags = stack.props["agent"]["tags"]
    named = template if template is not None else Ref("template")
    by_id = {"id": named, **({} if version is None else {"version": version})}
    by_long_id = {"launchTemplateId": named, **({} if version is None else {"version": version})}
    if kind == "instance":
        del stack.props["agent"]["metadataOptions"]
        stack.props["agent"]["launchTemplate"] = by_id
        return stack
    stack.drop("agent")
    subnets: dict[str, Any] = {
        "vpcZoneIdentifiers": [Ref("agents")],
        "tags": [{"key": "Role", "value": tags["Role"], "propagateAtLaunch": True}],
    }
    latest = {"launchTemplateId": Ref("template"), "version": "$Latest"}
    scaling = {
        "scaling group": {"launchTemplate": by_id},
        "mixed instances": {"mixedInstancesPolicy": {"launchTemplate": {"launchTemplateSpecification": by_long_id}}},
        "mixed override": {
            "mixedInstancesPolicy": {
                "launchTemplate": {"launchTemplateSpecification": latest, "overrides": [{"launchTemplateSpecification": by_long_id}]}
            }
        },
    }
    if kind in scaling:
        stack.add(kt.SCALING_GROUP, "agent", {**subnets, **scaling[kind]})
    elif kind == "node group":
        stack.add(kt.NODE_GROUP, "agent", {"subnetIds": [Ref("agents")], "launchTemplate": by_id, "tags": tags})
    elif kind == "fleet":
        placed = [{"subnetId": Ref("agents")}]
        stack.add(
            kt.FLEET, "agent", {"launchTemplateConfigs": [{"launchTemplateSpecification": by_long_id, "overrides": placed}], "tags": tags}
        )
    else:
        placed = [{"subnetId": Ref("agents")}]
        stack.add(
            kt.SPOT_FLEET, "agent", {"launchTemplateConfigs": [{"launchTemplateSpecification": by_id, "overrides": placed}], "tags": tags}
        )
    return stack


def refusing(stack: Stack, known: bool, **versions: Any) -> set[str]:
    """Return the rules that refuse the host for the version it starts from; `versions` are outputs of the template."""
    resources = [
        replace(one, outputs={**one.outputs, **versions}) if one.type == kt.LAUNCH_TEMPLATE else one for one in stack.resources(known)
    ]
    return {one.id for one in check_stack(resources) if one.where.endswith("::agent") and "starts from" in one.what}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["1", 1, "$Default", None, ""])
def test_an_older_version_is_refused_by_every_rule_that_reads_templates(kind: str, version: Any) -> None:
    assert refusing(started(kind, version), True, latestVersion=2, defaultVersion=1) == READERS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["2", 2, "$Latest"])
def test_the_version_described_passes(kind: str, version: Any) -> None:
    assert refusing(started(kind, version), True, latestVersion=2, defaultVersion=1) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_version_passes_when_it_is_the_latest(kind: str) -> None:
    assert refusing(started(kind, None), True, latestVersion=3, defaultVersion=3) == set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [None, "$Default", "1", "$Latest", Ref("template", "latestVersion")])
def test_in_a_first_preview_the_version_to_come_is_the_first(kind: str, version: Any) -> None:
    assert refusing(started(kind, version), False) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_first_preview_no_other_number_can_be_pinned(kind: str) -> None:
    assert refusing(started(kind, "2"), False) == READERS


@pytest.mark.parametrize("version", [None, "$Default", "1", "2", "3"])
def test_while_a_template_gets_a_new_version_none_but_the_latest_is_described(version: Any) -> None:
    changing = {"id": "lt-1", "arn": "arn:lt-1", "latestVersion": UNKNOWN, "defaultVersion": 1}
    assert refusing(started("instance", version), False, **changing) == READERS
    assert refusing(started("instance", "$Latest"), False, **changing) == set()


def test_the_templates_own_latest_version_passes_while_it_is_unknown() -> None:
    changing = {"id": "lt-1", "latestVersion": UNKNOWN, "defaultVersion": 1}
    assert refusing(started("instance", Ref("template", "latestVersion")), False, **changing) == set()


def test_an_unknown_version_that_may_come_from_something_else_is_refused() -> None:
    stack = started("instance", Ref("vpc", "arn"))
    assert refusing(stack, False) == READERS
    assert refusing(started("instance", UNKNOWN), True, latestVersion=2, defaultVersion=2) == READERS


def test_a_default_that_follows_the_latest_version_passes() -> None:
    changing = {"id": "lt-1", "latestVersion": UNKNOWN, "defaultVersion": UNKNOWN}
    assert refusing(started("instance", None, updateDefaultVersion=True), False, **changing) == set()
    assert refusing(started("instance", None, updateDefaultVersion=UNKNOWN), False, **changing) == READERS


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [None, "$Default"])
@pytest.mark.parametrize(
    "kept", [{"defaultVersion": 1}, {"defaultVersion": 2}, {"defaultVersion": UNKNOWN}, {"updateDefaultVersion": False}]
)
def test_a_default_that_the_program_keeps_from_following_is_refused(kind: str, version: Any, kept: dict[str, Any], known: bool) -> None:
    outputs = {"latestVersion": 2, "defaultVersion": 2} if known else {}
    assert refusing(started(kind, version, **kept), known, **outputs) == READERS


@pytest.mark.parametrize("version", ["$Latest", "2", 2])
def test_a_kept_default_is_no_matter_to_a_host_that_names_the_latest_version(version: Any) -> None:
    assert refusing(started("instance", version, updateDefaultVersion=False), True, latestVersion=2, defaultVersion=1) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_first_preview_a_template_by_its_id_is_none_of_the_program(kind: str) -> None:
    stack = started(kind, "1", "lt-0123456789abcdef0")
    assert refusing(stack, False) == READERS


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_that_is_not_in_the_program_is_refused(kind: str) -> None:
    assert refusing(started(kind, "1", "lt-0123456789abcdef0"), True) == READERS


def test_a_template_that_cannot_be_traced_is_refused() -> None:
    assert refusing(started("instance", "1", UNKNOWN), True) == READERS


def test_a_template_known_by_name_is_judged_by_its_version_too() -> None:
    stack = started("instance", None)
    stack.props["agent"]["launchTemplate"] = {"name": "agents", "version": "1"}
    assert refusing(stack, True, latestVersion=2, defaultVersion=2) == READERS
    stack.props["agent"]["launchTemplate"] = {"name": "agents", "version": "2"}
    assert refusing(stack, True, latestVersion=2, defaultVersion=2) == set()


def test_an_instance_that_requires_imdsv2_itself_leaves_nothing_of_it_to_a_template() -> None:
    stack = started("instance", "1")
    stack.props["agent"]["metadataOptions"] = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    assert refusing(stack, True, latestVersion=2, defaultVersion=2) == READERS - {"agent-host-requires-imdsv2"}
    stack.props["agent"]["metadataOptions"] = {"httpTokens": "required"}
    assert "agent-host-requires-imdsv2" in refusing(stack, True, latestVersion=2, defaultVersion=2)
