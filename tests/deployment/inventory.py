"""Everything that stands in the lab's AWS and on its Controller, as plain data that can be compared; read with boto3 and HTTPS alone."""

from __future__ import annotations

from typing import Any

from containment_lab.home import LabHome
from tests.deployment.lab import Lab
from tests.support.cloud_inventory import Things, read_inventory


def aws_inventory(lab: Lab) -> Things:
    """Return what stands in every service the lab's AWS serves."""
    return read_inventory(LabHome(lab.home))


def controller_inventory(lab: Lab) -> dict[str, Any]:
    """Return what stands on the Controller, without what is only history (finished tasks, the log of route changes)."""
    held = lab.controller()
    return {
        "dcf": held["features"]["microseg"],
        "default_action": {key: held["default_action"][key] for key in ("action", "logging")},
        **{
            key: held[key]
            for key in (
                "app_domains",
                "policy_list",
                "rulesets",
                "groups",
                "attachment_points",
                "tls_profiles",
                "gateways",
                "syslog",
                "copilot",
            )
        },
    }
