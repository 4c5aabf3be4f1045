"""Systems Manager's Default Host Management: one setting gives every instance of a region a role, those without a profile too.

The host then has a role that no instance profile names. Source: AWS Systems Manager User Guide, "Managing EC2 instances
automatically with Default Host Management Configuration"; provider property `aws:ssm/serviceSetting`, `settingId`.
"""

from __future__ import annotations

from typing import Final

from policypack.graph import Resource
from policypack.plain import UNKNOWN

_SETTING: Final = "/managed-instance/default-ec2-instance-management-role"
_OFF: Final = frozenset({"", "$None"})
_SHARING: Final = "/documents/console/public-sharing-permission"


def fault_of_setting(setting: Resource) -> str:
    """Return how a service setting gives hosts a role, or documents to everybody, in words; empty when it does neither."""
    key, value = setting.get("settingId"), setting.get("settingValue")
    if key is UNKNOWN:
        return "sets a service setting that is not known before the update; it may give every instance of the region a role"
    if str(key or "").endswith(_SHARING) and value != "Disable":
        return "lets documents of the account be shared with everybody (public-sharing-permission is not Disable)"
    if not str(key or "").endswith(_SETTING) or (value is not UNKNOWN and str(value or "") in _OFF):
        return ""
    role = "a role that is not known before the update" if value is UNKNOWN else f"the role {value}"
    return f"gives every instance of the region {role} (Default Host Management), whatever its instance profile"
