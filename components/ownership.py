"""A stack that owns the Controller-wide policy list refuses to take it over from somebody else.

The provider writes the whole list and never looks at what was there. So a stack with `manageControllerPolicy: true` looks
first, and stops while nothing is registered. A rule is ours when its source is this stack's own source group.
"""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import get_config

from containment.model.errors import InputError, Problem
from containment.model.names import SmartGroupId
from containment.model.spec import ContainmentSpec
from containment.verify.controller import Address, ControllerReader, ControllerUnreadableError
from containment.verify.ownership import foreign_rules


def refuse_foreign_list(spec: ContainmentSpec) -> None:
    """Stop when this stack would overwrite rules that are not its own, or cannot tell."""
    if not spec.config.manage_controller_policy:
        return
    try:
        others = foreign_rules(ControllerReader(_address()), f"{spec.object_prefix}-{SmartGroupId.AGENT_WORKLOAD.value}")
    except ControllerUnreadableError as error:
        raise pulumi.RunError(f"whose policy list the Controller holds cannot be told, so it is not taken over: {error}") from None
    if others:
        problem = Problem(
            f"Pulumi.{spec.stack}.yaml:manageControllerPolicy",
            f"is true, and the Controller's policy list holds rules of another owner: {', '.join(others[:5])}",
            "the list is written whole, so theirs would be gone",
            "set manageControllerPolicy: false and run platform/ once, or let their owner move them to a ruleset first",
        )
        raise pulumi.RunError(str(InputError("the policy list is not ours", [problem])))


def _address() -> Address:
    config = pulumi.Config("aviatrix")
    return Address(
        host=config.require("controllerIp"),
        username=config.require("username"),
        password=get_config("aviatrix:password") or "",
        verify=config.get_bool("verifySslCertificate") is not False,
        authority=config.get("pathToCaCertificate"),
    )
