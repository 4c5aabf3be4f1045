"""Launch templates: a change is a new version."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from containment_lab.providers.aws.compute.metadata_defaults import METADATA_OPTIONS
from containment_lab.providers.aws.resource import Resource, map_names
from containment_lab.providers.aws.shapes import convert_from_aws, convert_to_aws, is_within
from containment_lab.providers.handler import Call, Props

_DATA = map_names(
    "blockDeviceMappings capacityReservationSpecification cpuOptions creditSpecification disableApiStop disableApiTermination ebsOptimized "
    "enclaveOptions iamInstanceProfile imageId instanceInitiatedShutdownBehavior instanceType keyName metadataOptions monitoring "
    "networkInterfaces placement privateDnsNameOptions tagSpecifications userData",
    vpcSecurityGroupIds="SecurityGroupIds",
    securityGroupNames="SecurityGroups",
)


class LaunchTemplate(Resource):
    """A launch template; a change creates a new version."""

    token = "aws:ec2/launchTemplate:LaunchTemplate"
    autoname = "name"
    computed_in = {"metadataOptions": METADATA_OPTIONS}
    kind = "LaunchTemplate"
    show = map_names(name="LaunchTemplateName", latestVersion="LatestVersionNumber", defaultVersion="DefaultVersionNumber")
    also = frozenset({"name"})
    also_in_place = frozenset({*_DATA, "description", "updateDefaultVersion", "defaultVersion"})

    def make(self, call: Call, inputs: Props) -> str:
        """Create the template and its first version."""
        args = {**self.create_args(call, inputs), "LaunchTemplateName": inputs["name"], "LaunchTemplateData": _template_data(inputs)}
        if inputs.get("description"):
            args["VersionDescription"] = inputs["description"]
        return str(self.call_aws(call, inputs, "create_launch_template", **args)["LaunchTemplate"]["LaunchTemplateId"])

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the latest version's data, in the form of the state where both mean the same."""
        out = super().build_outputs(call, ident, thing, state)
        args = {"LaunchTemplateId": ident, "Versions": ["$Latest"]}
        version = self.call_aws(call, state, "describe_launch_template_versions", **args)["LaunchTemplateVersions"][0]
        live = version["LaunchTemplateData"]
        asked = _template_data(state)
        for key, aws in _DATA.items():
            if aws in asked and is_within(asked[aws], live.get(aws)):
                out[key] = state[key]
            elif aws in live:
                out[key] = convert_from_aws(_rename_groups(aws, live[aws]))
        out["description"] = version.get("VersionDescription")
        return out

    def find_renewed(self, changed: Iterable[str], inputs: Props) -> Iterable[str]:
        """Return the version outputs that a new version changes (aws_launch_template: computed when its data changes)."""
        if not {*_DATA, "description"}.isdisjoint(changed):
            yield "latestVersion"
            if inputs.get("updateDefaultVersion"):
                yield "defaultVersion"

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Create a new version when the data differs."""
        keys = (*_DATA, "description")
        if any(not self.is_same(key, live.get(key), inputs.get(key)) and (key in inputs or key not in self.computed) for key in keys):
            args = {"LaunchTemplateId": ident, "LaunchTemplateData": _template_data(inputs)}
            if inputs.get("description"):
                args["VersionDescription"] = inputs["description"]
            version = self.call_aws(call, inputs, "create_launch_template_version", **args)["LaunchTemplateVersion"]["VersionNumber"]
            if inputs.get("updateDefaultVersion"):
                self.call_aws(call, inputs, "modify_launch_template", LaunchTemplateId=ident, DefaultVersion=str(version))
        if inputs.get("defaultVersion") and inputs["defaultVersion"] != live["defaultVersion"]:
            self.call_aws(call, inputs, "modify_launch_template", LaunchTemplateId=ident, DefaultVersion=str(inputs["defaultVersion"]))


def _template_data(inputs: Props) -> Props:
    data = {aws: convert_to_aws(inputs[key]) for key, aws in _DATA.items() if inputs.get(key) not in (None, [], {}, "")}
    if "EbsOptimized" in data and isinstance(data["EbsOptimized"], str):
        data["EbsOptimized"] = data["EbsOptimized"] == "true"
    for nic in data.get("NetworkInterfaces", ()):
        if "SecurityGroups" in nic:
            nic["Groups"] = nic.pop("SecurityGroups")
        if "Ipv6Addresses" in nic:
            nic["Ipv6Addresses"] = [{"Ipv6Address": each} for each in nic["Ipv6Addresses"]]
        nic.setdefault("DeviceIndex", 0)
    return {key: value for key, value in data.items() if value not in ([], {})}


def _rename_groups(name: str, value: Any) -> Any:
    """Return template data with the interfaces' groups under the provider's name."""
    if name == "NetworkInterfaces":
        return [{("SecurityGroups" if key == "Groups" else key): item for key, item in each.items()} for each in value]
    return value


TYPES = (LaunchTemplate,)
