"""EC2's account-wide settings that moto lacks: public sharing of snapshots and images, and the serial console.

Also, for checks before a deployment, the list of public snapshots and one more quota. Each setting starts as in a new account: sharing not
blocked, console off (EC2 user guide). State is kept per account and region.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from moto.ec2.responses import EC2Response
from moto.servicequotas.models import ServiceQuotasBackend

Answer = dict[str, Any]
Call = Callable[[Any], Answer]
_SNAPSHOTS, _IMAGES, _CONSOLE = "State", "ImageBlockPublicAccessState", "SerialConsoleAccessEnabled"
_SETTINGS: defaultdict[tuple[str, str], Answer] = defaultdict(lambda: {_SNAPSHOTS: "unblocked", _IMAGES: "unblocked", _CONSOLE: False})
"""The settings, by the field that AWS returns each in."""
ADDRESSES = {"ServiceCode": "ec2", "ServiceName": "Amazon EC2", "QuotaCode": "L-0263D0A3", "QuotaName": "EC2-VPC Elastic IPs", "Value": 5.0}


def _get_setting(field: str, request: Any) -> Answer:
    return {field: _SETTINGS[request.current_account, request.region][field], "ManagedBy": "account"}


def _change_setting(field: str, value: Any, request: Any) -> Answer:
    """Set a setting to a value, or to the one in the request if `value` is None."""
    settings = _SETTINGS[request.current_account, request.region]
    settings[field] = request._get_param(field) if value is None else value  # noqa: SLF001
    return {field: settings[field]}


CALLS: dict[str, Call] = {
    "get_snapshot_block_public_access_state": partial(_get_setting, _SNAPSHOTS),
    "enable_snapshot_block_public_access": partial(_change_setting, _SNAPSHOTS, None),
    "disable_snapshot_block_public_access": partial(_change_setting, _SNAPSHOTS, "unblocked"),
    "get_image_block_public_access_state": partial(_get_setting, _IMAGES),
    "enable_image_block_public_access": partial(_change_setting, _IMAGES, None),
    "disable_image_block_public_access": partial(_change_setting, _IMAGES, "unblocked"),
    "get_serial_console_access_status": partial(_get_setting, _CONSOLE),
    "enable_serial_console_access": partial(_change_setting, _CONSOLE, True),
    "disable_serial_console_access": partial(_change_setting, _CONSOLE, False),
}
"""The calls by name. Public sharing is blocked in the way that the request names: block-all-sharing or block-new-sharing."""


def add_public_snapshots() -> None:
    """Make moto's `DescribeSnapshots` filter on snapshots that all accounts may copy; moto returns every snapshot."""
    everything: Any = EC2Response.describe_snapshots

    def describe_snapshots(self: Any) -> Any:
        answer = everything(self)
        if "all" in self._get_param("RestorableByUserIds", []):
            answer.result["Snapshots"] = [each for each in answer.result["Snapshots"] if "all" in each.create_volume_permission_groups]
        return answer

    EC2Response.describe_snapshots = describe_snapshots


def add_quotas() -> None:
    """Add the Elastic IP quota, with a new account's limit, to moto's quotas, which cover only the VPC service."""
    known = ServiceQuotasBackend.get_service_quota

    def answer(self: Any, service_code: str, quota_code: str) -> Answer:
        return ADDRESSES if (service_code, quota_code) == ("ec2", ADDRESSES["QuotaCode"]) else known(self, service_code, quota_code)

    ServiceQuotasBackend.get_service_quota = answer
