"""Checks of the Controller before the first resource: whether a stack's rules will be in force and replace no other owner's.

A stack with `manageControllerPolicy: true` owns the Controller-wide list. The provider writes the list whole without reading it, so a
list with rules of another owner stops the stack (a rule is the stack's if its source is the stack's source group). Every other stack
owns a ruleset on an attachment point that `platform/` creates. A Controller returns an id for an attachment point that does not exist,
and stores a ruleset there that is never applied; so a missing attachment point stops the stack.
"""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import get_config

from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.errors import InputError, Problem
from containment.loaders.presets import get_shipped_stacks
from containment.names import SmartGroupId, make_attachment_point
from containment.preflight.controller import find_attachment_points, find_foreign_rules, find_profile_faults


def require_place_for_rules(spec: ContainmentSpec) -> None:
    """Stop if this stack's rules would not be in force, or would replace those of another owner."""
    refuse_foreign_list(spec)
    refuse_missing_point(spec)
    refuse_missing_profile(spec)


def refuse_foreign_list(spec: ContainmentSpec) -> None:
    """Stop if this stack would overwrite another owner's rules, or if the Controller's list cannot be read."""
    if not spec.config.manage_controller_policy:
        return
    try:
        others = find_foreign_rules(ControllerReader(_read_address()), f"{spec.object_prefix}-{SmartGroupId.AGENT_WORKLOAD.value}")
    except ControllerError as error:
        raise pulumi.RunError(f"the owner of the Controller's policy list cannot be read, so the list is not taken over: {error}") from None
    if others:
        problem = Problem(
            f"Pulumi.{spec.stack}.yaml:manageControllerPolicy",
            f"is true, and the Controller's policy list contains rules of another owner: {', '.join(others[:5])}",
            "the list is written whole, so their rules would be deleted",
            "set manageControllerPolicy: false and deploy platform/ once, or first let their owner move them to a ruleset",
        )
        raise pulumi.RunError(str(InputError("the policy list belongs to another program", [problem])))


def refuse_missing_point(spec: ContainmentSpec) -> None:
    """Stop if the Controller has no attachment point for this stack: its rules would be stored and never applied."""
    if spec.config.manage_controller_policy:
        return
    address = _read_address()
    try:
        points = find_attachment_points(ControllerReader(address))
    except ControllerError as error:
        raise pulumi.RunError(
            f"cannot read whether the Controller has an attachment point for this stack, so the stack stops: {error}"
        ) from None
    if (point := make_attachment_point(spec.stack)) in points:
        return
    problem = Problem(
        f"Pulumi.{spec.stack}.yaml",
        f"the Controller {address.host} has no attachment point {point}, which this stack's rules are attached to",
        "without it the rules are stored on the Controller and never applied, and nothing reports it",
        suggest_platform_fix(spec.stack),
    )
    raise pulumi.RunError(str(InputError(f"{spec.stack} would not be contained", [problem])))


def refuse_missing_profile(spec: ContainmentSpec) -> None:
    """Stop if intrusions are to be dropped, and the Controller's default profile does not drop them."""
    if not spec.config.intrusion_detection or spec.config.manage_controller_policy:
        return
    try:
        profile = ControllerReader(_read_address()).get_default_intrusion_profile()
    except ControllerError as error:
        raise pulumi.RunError(f"the Controller's intrusion profile cannot be read, so the stack stops: {error}") from None
    if not (faults := find_profile_faults(profile)):
        return
    up = "-C platform --stack platform"
    problem = Problem(
        f"Pulumi.{spec.stack}.yaml:intrusionDetection",
        f"is true, and the Controller's default intrusion profile {profile.get('profile_name') or 'is not set and'} {'; '.join(faults)}",
        "every inspecting permit uses that profile",
        f"set agent-containment-platform:intrusionDetection: true in platform/Pulumi.platform.yaml, then pulumi up {up} "
        f"(in the lab: containment lab up {up})",
    )
    raise pulumi.RunError(str(InputError("intrusions would not be dropped", [problem])))


def suggest_platform_fix(stack: str) -> str:
    """Return the fix for a missing attachment point: the commands, and the configuration if the stack is not a shipped one."""
    up = "-C platform --stack platform"
    commands = f"pulumi up {up} (in the lab: containment lab up {up})"
    if stack in get_shipped_stacks():
        return f"deploy the platform stack, which creates it: {commands}"
    return (
        f"add {stack} to extraStacks in platform/Pulumi.platform.yaml (agent-containment-platform:extraStacks: [{stack}]), then {commands}"
    )


def _read_address() -> ControllerAddress:
    config = pulumi.Config("aviatrix")
    return ControllerAddress(
        host=config.require("controllerIp"),
        username=config.require("username"),
        password=get_config("aviatrix:password") or "",
        verify=config.get_bool("verifySslCertificate") is not False,
        authority=config.get("pathToCaCertificate"),
    )
