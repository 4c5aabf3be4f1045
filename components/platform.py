"""The resources of `platform/`: DCF, the default action and the attachment points of agent stacks."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aviatrix as aviatrix

from containment.library import load_library
from containment.model.errors import ContainmentError
from containment.model.names import AttachmentPoint, ControllerVersion, PolicyMode, attachment_point_for


@dataclass(frozen=True)
class PlatformSettings:
    """The Controller's version and the agent stacks that get a place on it."""

    version: ControllerVersion
    stacks: tuple[str, ...]


def read_settings() -> PlatformSettings:
    """Return the platform's settings: every class in every mode, and the stacks that configuration adds."""
    config = pulumi.Config()
    raw = config.get("controllerVersion") or ControllerVersion.V9_0.value
    if raw not in {version.value for version in ControllerVersion if version.has_rulesets}:
        known = ", ".join(version.value for version in ControllerVersion if version.has_rulesets)
        raise pulumi.RunError(
            f"platform/Pulumi.{pulumi.get_stack()}.yaml:controllerVersion: {raw!r} is not one of {known}\n"
            "    why: agent stacks hang their rules on attachment points, which 8.2 brought\n"
            "    fix: set your Controller's MAJOR.MINOR, or set manageControllerPolicy: true in the one agent stack of an 8.1 Controller"
        )
    extra = config.get_object("extraStacks") or []
    if not isinstance(extra, list) or not all(isinstance(stack, str) and stack for stack in extra):
        raise pulumi.RunError(f"platform/Pulumi.{pulumi.get_stack()}.yaml:extraStacks: is not a list of stack names ({extra!r})")
    try:
        shipped = [f"{name}-{mode.value}" for name in load_library().presets for mode in PolicyMode]
    except ContainmentError as error:
        raise pulumi.RunError(str(error)) from None
    return PlatformSettings(ControllerVersion(raw), tuple(sorted({*shipped, *extra})))


class Platform(pulumi.ComponentResource):
    """Everything Controller-wide that agent stacks rely on."""

    def __init__(self, name: str, settings: PlatformSettings, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:platform:Platform", name, {}, opts)
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        enabled = aviatrix.ConfigFeature(f"{name}-dcf", feature_name="microseg", is_enabled=True, opts=kept)
        # Looked up before DCF is on, early 8.2 Controllers answer with a wrong uuid (AVX-75145).
        point = aviatrix.get_dcf_attachment_point_output(
            name=AttachmentPoint.BEFORE_UI.value, opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[enabled])
        )
        group = aviatrix.DcfPolicyGroup(
            f"{name}-agents",
            name="agent-containment",
            attach_to=point.attachment_point_id,
            attachment_points=[
                {"name": attachment_point_for(stack), "priority": 10 * (index + 1)} for index, stack in enumerate(settings.stacks)
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        aviatrix.DistributedFirewallingDefaultActionRule(
            f"{name}-default-action",
            action="DENY",
            logging=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[enabled, group], retain_on_delete=True),
        )
        self.register_outputs({})
        pulumi.export("attachmentPoints", [attachment_point_for(stack) for stack in settings.stacks])
        pulumi.export("policyGroup", group.id)
