"""Release checks: parameters that a later release added, and TLS decryption together with SNAT before 9.0.10.

The answer of a real Controller of an older release is not documented; the simulator refuses, so that a deployment that would not work
fails early. Sources: Aviatrix Terraform provider, release notes 10.1.0; Aviatrix blueprints, agentcore-aws ("coexists in 9.0.10+").
"""

from __future__ import annotations

from typing import Final

from containment_lab.controller.core import Call, Controller
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.store import Json

DECRYPTION_WITH_SNAT: Final = (9, 0, 10)
"""First release whose gateways can decrypt TLS while SNAT is on."""
V10_1: Final = (10, 1, 0)


def refuse_before(controller: Controller, first: tuple[int, int, int], what: str) -> None:
    """Refuse a parameter or action before its first release.

    Args:
        controller: The Controller with its release.
        first: The first release that has it.
        what: The parameter or action, for the message.

    Raises:
        RefusedError: The Controller's release is older.
    """
    if controller.settings.release < first:
        raise RefusedError(f"{what} is not known to release {controller.settings.version}.")


def refuse_decryption_with_snat(controller: Controller, state: Json) -> None:
    """Refuse a rule that decrypts together with a gateway that has SNAT on, where the release does not support both."""
    if controller.settings.release >= DECRYPTION_WITH_SNAT:
        return
    lists = (state["policy_list"], *(each["policies"] for each in state["rulesets"].values()))
    rule = next((rule["name"] for rules in lists for rule in rules if rule.get("decrypt_policy") == "DECRYPT_ALLOWED"), None)
    gateway = next((name for name, each in state["gateways"].items() if each["enable_nat"] == "yes"), None)
    if rule and gateway:
        first = ".".join(map(str, DECRYPTION_WITH_SNAT))
        raise RefusedError(f"Rule {rule} decrypts TLS and gateway {gateway} has SNAT on: releases before {first} do not support both.")


def refuse_private_subnet(controller: Controller, call: Call) -> None:
    """Refuse an egress target of the gateway's own subnet, which needs high performance encryption and is not simulated."""
    if not call.get_text("private_subnet_egress_target", ""):
        return
    refuse_before(controller, V10_1, "private_subnet_egress_target")
    needs = "" if call.is_true("insane_mode") else " It requires insane_mode."
    raise RefusedError(f"private_subnet_egress_target is not simulated.{needs}")
