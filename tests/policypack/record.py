"""What each sample program registers, as a policy pack would be told.

`python -m tests.policypack.record` answers a folder, and whether its twin is wanted, with form -> registrations, a registration being
{urn, type, name, parent, inputs, outputs, dependencies, propertyDependencies}. The program runs two or four times against a monitor of its
own: as it is and repaired, as a first preview (ids unknown) and as an update (ids known).
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import set_root_resource

from policypack.graph.plain_data import make_plain
from policypack.graph.resources import Provider, Resource
from tests.support import stack_traces
from tests.support.child import ask_all, serve

FORMS = ("preview", "known")
"""What a pack is told: a first preview, in which ids are not known, and an update, in which they are."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
COMPUTED = {
    "aws:ec2/instance:Instance": (
        ("associatePublicIpAddress", "metadataOptions", "ipv6AddressCount", "ipv6Addresses", "privateIp", "publicIp"),
        ("primaryNetworkInterfaceId", "networkInterfaces", "launchTemplate", "sourceDestCheck", "tagsAll"),
    ),
    "aws:ec2/routeTable:RouteTable": (("routes", "propagatingVgws", "tagsAll"),),
    "aws:ec2/subnet:Subnet": (("ipv6CidrBlock", "tagsAll"),),
    "aws:ec2/networkInterface:NetworkInterface": (("ipv6AddressCount", "ipv6Addresses", "attachments"),),
    "aws:ec2/launchTemplate:LaunchTemplate": (("metadataOptions", "name"),),
    "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList": (("policies",),),
}
"""Optional+Computed outputs that the real providers leave unknown in preview when the program does not state them."""


MADE = ("id", "uuid", "arn", "primaryNetworkInterfaceId", "mainRouteTableId", "defaultRouteTableId", "cloudInstanceId")
MADE_BY_TYPE = {
    "aws:ec2/vpc:Vpc": ("defaultSecurityGroupId",),
    "aws:ec2/keyPair:KeyPair": ("keyName",),
    "aws:autoscaling/group:Group": ("name",),
}
"""Outputs that only a create gives."""
FIRST = {"aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1, "defaultVersion": 1}}
"""Outputs that only a create gives, whose first value is always the same."""


class Nothing(mocks.Mocks):
    """Answers of data sources; resources are answered by the monitor."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Echo the arguments with an id."""
        return {**args.args, "id": "looked-up"}, []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Answer a resource that is read."""
        return str(args.resource_id), dict(args.inputs)


class Monitor(mocks.MockMonitor):
    """Keeps what is registered, and answers as a provider would in a preview or after a create."""

    def __init__(self, known: bool, answers: mocks.Mocks | None = None, deployed: Collection[str] = ()) -> None:
        """Make a monitor; `deployed` are the URNs of resources whose ids are known while those of others are not (an update)."""
        super().__init__(answers or Nothing())
        self.known, self.deployed = known, frozenset(deployed)
        self.registered: list[dict[str, Any]] = []

    def RegisterResource(self, request: Any) -> Any:
        """Record one registration and answer it."""
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs = json_format.MessageToDict(request.object)
        outputs = dict(inputs)
        custom = bool(request.custom)
        known = self.known or urn in self.deployed
        if custom and not known:
            outputs |= {key: UNKNOWN for group in COMPUTED.get(request.type, ()) for key in group if key not in inputs}
        if custom:
            made = (*MADE, *MADE_BY_TYPE.get(request.type, ()))
            outputs |= {key: f"{request.name}-{key}" if known else UNKNOWN for key in made if key not in inputs}
            outputs |= {key: value if known else UNKNOWN for key, value in FIRST.get(request.type, {}).items() if key not in inputs}
            if "name" not in inputs and request.type.startswith("aws:ec2/launch"):
                outputs["name"] = f"{request.name}-1234567"
                inputs["name"] = outputs["name"]  # auto-naming happens in the provider's Check
        self.registered.append(
            {
                "urn": urn,
                "type": request.type,
                "name": request.name,
                "parent": request.parent,
                "inputs": inputs,
                "outputs": outputs,
                "dependencies": list(request.dependencies),
                "propertyDependencies": {key: list(value.urns) for key, value in request.propertyDependencies.items()},
                "provider": self._provider_of(request) if custom else None,
            }
        )
        answer = json_format.ParseDict(outputs, resource_pb2.RegisterResourceResponse().object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id" if custom and known else "", object=answer)

    def _provider_of(self, request: Any) -> dict[str, Any] | None:
        """Return the provider that an engine would name: the one asked for, or the package's default one."""
        if request.type.startswith("pulumi:providers:"):
            return None
        urn = request.provider.rpartition("::")[0]
        asked = next((one for one in self.registered if one["urn"] == urn), None)
        if asked is not None:
            return {"urn": urn, "type": asked["type"], "inputs": asked["inputs"]}
        kind = f"pulumi:providers:{request.type.split(':')[0]}"
        return {"urn": self.make_urn("", kind, "default"), "type": kind, "inputs": {}}


def resource_of(registration: Mapping[str, Any]) -> Resource:
    """Return a registration as rules see it."""
    by = registration.get("provider")
    return Resource(
        urn=registration["urn"],
        type=registration["type"],
        name=registration["name"],
        props=make_plain(registration["inputs"]),
        outputs=make_plain(registration["outputs"]),
        parent=registration["parent"] or None,
        dependencies=tuple(registration["dependencies"]),
        property_dependencies={key: tuple(urns) for key, urns in registration["propertyDependencies"].items()},
        provider=Provider(by["urn"], by["type"], make_plain(by["inputs"])) if by else None,
        is_component=by is None and not registration["type"].startswith("pulumi:providers:"),
    )


def run(folder: Path, repaired: bool, known: bool) -> list[dict[str, Any]]:
    """Return what one program registers."""
    monitor = Monitor(known)
    set_root_resource(None)  # the last program's transformations hang on its root
    mocks.set_mocks(Nothing(), project=folder.name, stack="dev", preview=not known, monitor=monitor)
    pulumi.runtime.set_all_config({f"{folder.name}:repaired": str(repaired).lower()})
    path = list(sys.path)

    @mocks.test  # type: ignore[untyped-decorator]
    def program() -> None:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

    program()
    sys.path[:] = path
    for shared in ("base", "place", "place_policy"):
        sys.modules.pop(shared, None)
    return monitor.registered


def recordings(folders: Collection[Path], twins: Collection[Path] | None = None) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return folder -> form -> registrations; the repaired twins of `twins` only, when they are given."""
    asked = [(str(folder), twins is None or folder in twins) for folder in folders]
    return dict(zip((folder for folder, _ in asked), ask_all("tests.policypack.record", asked), strict=True))


def answer(task: tuple[str, bool]) -> dict[str, list[dict[str, Any]]]:
    """Run one program in each of its forms: as it is, and with the twin repaired as well."""
    folder, has_twin = task
    return {
        f"{'repaired' if repaired else 'bad'}-{'known' if known else 'preview'}": run(Path(folder), repaired, known)
        for repaired in (False, True)[: 1 + has_twin]
        for known in (False, True)
    }


if __name__ == "__main__":
    stack_traces.leave_out()
    serve(answer)
