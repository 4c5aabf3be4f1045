"""EC2's account-wide settings that moto lacks: public sharing of snapshots and images, and the serial console.

Also, for checks before a deployment, the list of public snapshots and one more quota. Each setting starts as in a new account: sharing not
blocked, console off (EC2 user guide). State is kept per account and region.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from moto.ec2.responses import EC2Response
from moto.servicequotas.models import ServiceQuotasBackend

Answer = dict[str, Any]
_SWITCHES: defaultdict[tuple[str, str], Answer] = defaultdict(lambda: {"snapshots": "unblocked", "images": "unblocked", "console": False})
ADDRESSES = {"ServiceCode": "ec2", "ServiceName": "Amazon EC2", "QuotaCode": "L-0263D0A3", "QuotaName": "EC2-VPC Elastic IPs", "Value": 5.0}


def _get_switches(request: Any) -> Answer:
    return _SWITCHES[request.current_account, request.region]


def get_snapshot_block_public_access_state(request: Any) -> Answer:
    """Return whether snapshots can be shared publicly."""
    return {"State": _get_switches(request)["snapshots"], "ManagedBy": "account"}


def enable_snapshot_block_public_access(request: Any) -> Answer:
    """Block public sharing of snapshots: block-all-sharing or block-new-sharing."""
    _get_switches(request)["snapshots"] = request._get_param("State")  # noqa: SLF001
    return {"State": _get_switches(request)["snapshots"]}


def disable_snapshot_block_public_access(request: Any) -> Answer:
    """Let snapshots be shared publicly."""
    _get_switches(request)["snapshots"] = "unblocked"
    return {"State": "unblocked"}


def get_image_block_public_access_state(request: Any) -> Answer:
    """Return whether images can be shared publicly."""
    return {"ImageBlockPublicAccessState": _get_switches(request)["images"], "ManagedBy": "account"}


def enable_image_block_public_access(request: Any) -> Answer:
    """Block public sharing of images: block-new-sharing."""
    _get_switches(request)["images"] = request._get_param("ImageBlockPublicAccessState")  # noqa: SLF001
    return {"ImageBlockPublicAccessState": _get_switches(request)["images"]}


def disable_image_block_public_access(request: Any) -> Answer:
    """Let images be shared publicly."""
    _get_switches(request)["images"] = "unblocked"
    return {"ImageBlockPublicAccessState": "unblocked"}


def get_serial_console_access_status(request: Any) -> Answer:
    """Return whether the serial console can be used."""
    return {"SerialConsoleAccessEnabled": _get_switches(request)["console"], "ManagedBy": "account"}


def enable_serial_console_access(request: Any) -> Answer:
    """Let the serial console be used."""
    _get_switches(request)["console"] = True
    return {"SerialConsoleAccessEnabled": True}


def disable_serial_console_access(request: Any) -> Answer:
    """Switch the serial console off."""
    _get_switches(request)["console"] = False
    return {"SerialConsoleAccessEnabled": False}


CALLS: tuple[Callable[[Any], Answer], ...] = (
    get_snapshot_block_public_access_state,
    enable_snapshot_block_public_access,
    disable_snapshot_block_public_access,
    get_image_block_public_access_state,
    enable_image_block_public_access,
    disable_image_block_public_access,
    get_serial_console_access_status,
    enable_serial_console_access,
    disable_serial_console_access,
)


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
