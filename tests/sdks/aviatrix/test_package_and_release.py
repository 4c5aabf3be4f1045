"""The engine is told which provider to fetch: once a deployment, at the release the program chose, on every request."""

from __future__ import annotations

import asyncio
import base64
import contextvars
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aviatrix as aviatrix
import pytest
from pulumi.runtime import rpc

from containment_lab.wire import convert_to_plain, convert_to_struct

PACKAGE_DIR = Path(aviatrix.__file__).parent
REMOTE = "registry.opentofu.org/aviatrixsystems/aviatrix"
POINT = {"getDcfAttachmentPoint": {"attachmentPointId": "p-1", "id": "p-1", "name": "TERRAFORM_BEFORE_UI_MANAGED"}}


def two_groups_and_a_lookup() -> None:
    provider = aviatrix.Provider("ctl", controller_ip="127.0.0.1", username="admin", password="pw")
    for name in ("a", "b"):
        aviatrix.SmartGroup(name, opts=pulumi.ResourceOptions(provider=provider), selector={"match_expressions": [{"cidr": "10.0.0.0/8"}]})
    aviatrix.get_dcf_attachment_point(name="TERRAFORM_BEFORE_UI_MANAGED", opts=pulumi.InvokeOptions(provider=provider))


def at_release(version: str, program: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> None:
        aviatrix.use_release(version)
        program()

    return run


def test_the_package_is_registered_once_and_as_the_bridge_expects(engine: Any) -> None:
    sent = engine(two_groups_and_a_lookup, outputs=POINT)
    (request,) = sent.packages
    assert (request.name, request.version, request.download_url) == ("terraform-provider", "1.1.1", "")
    assert (request.parameterization.name, request.parameterization.version) == ("aviatrix", "9.0.10")
    assert json.loads(request.parameterization.value) == {"remote": {"url": REMOTE, "version": "9.0.10"}}


def test_every_request_carries_the_package_reference_and_no_version_of_its_own(engine: Any) -> None:
    sent = engine(two_groups_and_a_lookup, outputs=POINT)
    requests = [*sent.resources, *sent.invokes]
    assert len(requests) == 4
    assert {request.packageRef for request in requests} == {"ref-9.0.10"}
    assert {request.version for request in requests} == {""}


@pytest.mark.parametrize("version", ["8.1.30", "8.2.20", "9.0.10", "10.0.1"])
def test_the_program_chooses_the_release(engine: Any, version: str) -> None:
    sent = engine(at_release(version, two_groups_and_a_lookup), outputs=POINT)
    (request,) = sent.packages
    assert request.parameterization.version == version
    assert json.loads(request.parameterization.value)["remote"]["version"] == version
    assert {item.packageRef for item in sent.resources} == {f"ref-{version}"}


def test_deployments_in_one_process_each_have_their_release(engine: Any) -> None:
    for version in ("8.2.20", "10.0.1", "8.2.20"):
        sent = engine(at_release(version, two_groups_and_a_lookup), outputs=POINT)
        assert [item.parameterization.version for item in sent.packages] == [version]
    assert [item.parameterization.version for item in engine(two_groups_and_a_lookup, outputs=POINT).packages] == ["9.0.10"]


def test_a_second_different_release_is_refused(engine: Any) -> None:
    engine(at_release("8.2.20", at_release("10.0.1", two_groups_and_a_lookup)), error="this deployment already uses 8.2.20")
    engine(at_release("8.2.20", at_release("8.2.20", two_groups_and_a_lookup)), outputs=POINT)


def test_a_release_named_after_the_first_resource_is_refused(engine: Any) -> None:
    def late() -> None:
        aviatrix.ConfigFeature("dcf", feature_name="microseg", is_enabled=True)
        aviatrix.use_release("10.0.1")

    engine(late, error="this deployment already uses 9.0.10")


@pytest.mark.parametrize("version", ["", "9.0", "v9.0.10", "9.0.10 ", "latest", "9.0.10\n"])
def test_a_release_that_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match=r"MAJOR\.MINOR\.PATCH"):
        aviatrix.use_release(version)


def test_the_plugin_file_names_what_the_code_registers(engine: Any) -> None:
    plugin = json.loads((PACKAGE_DIR / "pulumi-plugin.json").read_text())
    (request,) = engine(two_groups_and_a_lookup, outputs=POINT).packages
    assert plugin["resource"] is True
    assert (plugin["name"], plugin["version"]) == (request.name, request.version)
    parameter = plugin["parameterization"]
    assert (parameter["name"], parameter["version"]) == (request.parameterization.name, request.parameterization.version)
    assert base64.b64decode(parameter["value"]) == request.parameterization.value


def test_the_distribution_has_the_default_releases_version() -> None:
    project = tomllib.loads((PACKAGE_DIR.parent / "pyproject.toml").read_text())["project"]
    assert project["version"] == json.loads((PACKAGE_DIR / "pulumi-plugin.json").read_text())["parameterization"]["version"]


def test_without_a_provider_the_engine_picks_its_default_one(engine: Any) -> None:
    sent = engine(lambda: aviatrix.ConfigFeature("dcf", feature_name="microseg", is_enabled=True))
    assert sent.named("dcf").provider == ""
    assert sent.named("dcf").packageRef == "ref-9.0.10"


def test_an_existing_resource_is_read_with_the_package_reference(engine: Any) -> None:
    state = {"name": "agents", "uuid": "u-1", "selector": {"matchExpressions": [{"type": "vm", "tags": {"Role": "agent"}}]}}

    def read() -> None:
        group = aviatrix.SmartGroup.get("theirs", "u-1")
        pulumi.export("uuid", group.uuid)
        pulumi.export("role", group.selector.apply(lambda selector: (selector.match_expressions[0].tags or {})["Role"]))

    sent = engine(read, outputs={"theirs": state})
    (request,) = sent.reads
    assert (request.type, request.id, request.packageRef) == ("aviatrix:index/smartGroup:SmartGroup", "u-1", "ref-9.0.10")
    assert sent.stack_outputs == {"uuid": "u-1", "role": "agent"}


def test_a_resource_is_rebuilt_from_its_urn(engine: Any) -> None:
    def rebuild() -> None:
        group = aviatrix.SmartGroup("again", pulumi.ResourceOptions(urn="urn:pulumi:s::p::aviatrix:index/smartGroup:SmartGroup::again"))
        pulumi.export("uuid", group.uuid)

    sent = engine(rebuild, outputs={"again": {"name": "n", "uuid": "u-2"}})
    assert sent.stack_outputs == {"uuid": "u-2"}
    assert sent.packages == []
    assert convert_to_plain(sent.invokes[0].args)["urn"].endswith("::again")


@pytest.mark.parametrize("version", ["", "8.1.30", "10.0.1"])
def test_a_resource_passed_by_reference_is_rebuilt_as_its_own_class(engine: Any, version: str) -> None:
    reference = convert_to_struct({"urn": "urn:pulumi:s::p::aviatrix:index/webGroup:WebGroup::w", "id": "u-3", "packageVersion": version})
    provider = convert_to_struct({"urn": "urn:pulumi:s::p::pulumi:providers:aviatrix::ctl", "id": "x", "packageVersion": version})
    seen: list[type] = []

    def program() -> None:
        seen.extend(type(rpc.deserialize_resource(item)) for item in (reference, provider))

    engine(program, outputs={"w": {"uuid": "u-3"}, "ctl": {}})
    assert seen == [aviatrix.WebGroup, aviatrix.Provider]


class Named(pulumi.runtime.Mocks):
    """Answers every resource with its inputs and a uuid made of its name."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"id-{args.name}", {**args.inputs, "uuid": f"uuid-{args.name}"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return {"attachmentPointId": "p-1", "id": "p-1", **args.args}, []


def test_repeated_mocks_work_and_each_starts_afresh() -> None:
    def one(version: str) -> list[str]:
        pulumi.runtime.set_mocks(Named())
        aviatrix.use_release(version)
        seen: list[str] = []

        def program() -> pulumi.Output[Any]:
            group = aviatrix.WebGroup("w", selector={"match_expressions": [{"snifilter": "github.com"}]})
            point = aviatrix.get_dcf_attachment_point_output(name="P")
            return pulumi.Output.all(group.uuid, group.selector.match_expressions[0].snifilter, point.attachment_point_id).apply(
                seen.extend
            )

        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
        return seen

    asyncio.set_event_loop(asyncio.new_event_loop())  # an earlier test of this process may have closed its own
    for version in ("8.2.20", "10.0.1"):
        assert contextvars.copy_context().run(one, version) == ["uuid-w", "github.com", "p-1"]
