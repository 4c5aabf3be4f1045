"""The resources of `platform/`: DCF, the default action and the attachment points of agent stacks."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aviatrix as aviatrix

from components.aviatrix.intrusion import IntrusionPrevention
from containment.config.archive import ARCHIVE_KEYS, ArchiveSettings, parse_archive
from containment.config.controller_release import ControllerRelease
from containment.errors import ContainmentError, InputError
from containment.loaders.presets import get_shipped_stacks
from containment.names import AttachmentPoint, ControllerVersion, make_attachment_point


@dataclass(frozen=True)
class PlatformSettings:
    """What the platform deploys.

    Attributes:
        version: the Controller's version.
        stacks: the agent stacks that get an attachment point.
        archive: the archive of decision heads, if there is one.
        intrusion_detection: whether intrusions are dropped.
    """

    version: ControllerVersion
    stacks: tuple[str, ...]
    archive: ArchiveSettings | None = None
    intrusion_detection: bool = False


def read_settings() -> PlatformSettings:
    """Return the platform's settings: the shipped stacks (every class in both modes), those in `extraStacks`, and the archive's keys."""
    config = pulumi.Config()
    raw = config.get("controllerVersion") or ControllerVersion.V9_0.value
    line = _parse_line(raw)
    if line is None or not line.has_rulesets:
        known = ", ".join(version.value for version in ControllerVersion if version.has_rulesets)
        raise pulumi.RunError(
            f"platform/Pulumi.{pulumi.get_stack()}.yaml:controllerVersion: {raw!r} is not one of {known}, or a whole release of one\n"
            "    why: agent stacks attach their rules to attachment points, which exist from 8.2 on\n"
            "    fix: set your Controller's MAJOR.MINOR, or set manageControllerPolicy: true in the one agent stack of an 8.1 Controller"
        )
    extra = config.get_object("extraStacks") or []
    if not isinstance(extra, list) or not all(isinstance(stack, str) and stack for stack in extra):
        raise pulumi.RunError(
            f"platform/Pulumi.{pulumi.get_stack()}.yaml:extraStacks: {extra!r} is not a list of stack names\n"
            "    why: each name gets an attachment point\n"
            "    fix: write a list, such as [coding-eu-enforce]"
        )
    try:
        shipped = get_shipped_stacks()
    except ContainmentError as error:
        raise pulumi.RunError(str(error)) from None
    try:
        archive = parse_archive(
            {key: value for key in ARCHIVE_KEYS if (value := config.get(key)) is not None}, f"platform/Pulumi.{pulumi.get_stack()}.yaml"
        )
    except InputError as error:
        raise pulumi.RunError(str(error)) from None
    intrusions = _read_intrusion_detection(config, line)
    stacks = tuple(sorted({*shipped, *extra}))
    return PlatformSettings(version=line, stacks=stacks, archive=archive, intrusion_detection=intrusions)


def _read_intrusion_detection(config: pulumi.Config, line: ControllerVersion) -> bool:
    """Return whether the platform sets the Controller's intrusion profile; raise RunError on an older Controller."""
    where = f"platform/Pulumi.{pulumi.get_stack()}.yaml:intrusionDetection"
    raw = (config.get("intrusionDetection") or "false").lower()
    if raw not in ("true", "false"):
        raise pulumi.RunError(f"{where}: {raw!r} is neither true nor false\n    why: it is a switch\n    fix: write true or false")
    if raw == "true" and not line.has_scoped_decryption:
        raise pulumi.RunError(
            f"{where}: needs a Controller 9.0 or newer, and controllerVersion is {line.value}\n"
            "    why: older releases have no intrusion profile for the whole Controller\n"
            "    fix: bring the Controller to 9.0 and name it in controllerVersion, or write false"
        )
    return raw == "true"


def _parse_line(stated: str) -> ControllerVersion | None:
    """Return the release line of a release as configured, None if it is not a known one."""
    try:
        return ControllerRelease.parse(stated).line
    except ValueError:
        return None


class Platform(pulumi.ComponentResource):
    """The Controller-wide objects that agent stacks rely on: DCF, its default action and the attachment points."""

    def __init__(self, name: str, settings: PlatformSettings, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:platform:Platform", name, {}, opts)
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        enabled = aviatrix.ConfigFeature(f"{name}-dcf", feature_name="microseg", is_enabled=True, opts=kept)
        # Looked up before DCF is on, early 8.2 Controllers return a wrong uuid (AVX-75145).
        point = aviatrix.get_dcf_attachment_point_output(
            name=AttachmentPoint.BEFORE_UI.value, opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[enabled])
        )
        group = aviatrix.DcfPolicyGroup(
            f"{name}-agents",
            name="agent-containment",
            attach_to=point.attachment_point_id,
            attachment_points=[
                {"name": make_attachment_point(stack), "priority": 10 * (index + 1)} for index, stack in enumerate(settings.stacks)
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        aviatrix.DistributedFirewallingDefaultActionRule(
            f"{name}-default-action",
            action="DENY",
            logging=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[enabled, group], retain_on_delete=True),
        )
        if settings.intrusion_detection:
            IntrusionPrevention("intrusion", "agent-containment", opts=pulumi.ResourceOptions(parent=self, depends_on=[enabled]))
        self.register_outputs({})
        pulumi.export("attachmentPoints", [make_attachment_point(stack) for stack in settings.stacks])
        pulumi.export("policyGroup", group.id)
