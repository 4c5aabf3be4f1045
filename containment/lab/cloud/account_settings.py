"""EC2's account-wide switches that moto lacks: public sharing of snapshots and images, and the serial console;
and, for checks before a deployment, which snapshots are public and one more quota.

Each starts as in a new account: sharing not blocked, console off (EC2 user guide). State is by account and region.
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


def _of(request: Any) -> Answer:
    return _SWITCHES[request.current_account, request.region]


def get_snapshot_block_public_access_state(request: Any) -> Answer:
    """Return whether snapshots can be shared publicly."""
    return {"State": _of(request)["snapshots"], "ManagedBy": "account"}


def enable_snapshot_block_public_access(request: Any) -> Answer:
    """Block public sharing of snapshots: block-all-sharing or block-new-sharing."""
    _of(request)["snapshots"] = request._get_param("State")  # noqa: SLF001
    return {"State": _of(request)["snapshots"]}


def disable_snapshot_block_public_access(request: Any) -> Answer:
    """Let snapshots be shared publicly."""
    _of(request)["snapshots"] = "unblocked"
    return {"State": "unblocked"}


def get_image_block_public_access_state(request: Any) -> Answer:
    """Return whether images can be shared publicly."""
    return {"ImageBlockPublicAccessState": _of(request)["images"], "ManagedBy": "account"}


def enable_image_block_public_access(request: Any) -> Answer:
    """Block public sharing of images: block-new-sharing."""
    _of(request)["images"] = request._get_param("ImageBlockPublicAccessState")  # noqa: SLF001
    return {"ImageBlockPublicAccessState": _of(request)["images"]}


def disable_image_block_public_access(request: Any) -> Answer:
    """Let images be shared publicly."""
    _of(request)["images"] = "unblocked"
    return {"ImageBlockPublicAccessState": "unblocked"}


def get_serial_console_access_status(request: Any) -> Answer:
    """Return whether the serial console can be used."""
    return {"SerialConsoleAccessEnabled": _of(request)["console"], "ManagedBy": "account"}


def enable_serial_console_access(request: Any) -> Answer:
    """Let the serial console be used."""
    _of(request)["console"] = True
    return {"SerialConsoleAccessEnabled": True}


def disable_serial_console_access(request: Any) -> Answer:
    """Switch the serial console off."""
    _of(request)["console"] = False
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
    """Let moto, which gives every snapshot, honour the one question that matters here: which may everybody copy?"""
    everything: Any = EC2Response.describe_snapshots

    def describe_snapshots(self: Any) -> Any:
        answer = everything(self)
        if "all" in self._get_param("RestorableByUserIds", []):
            answer.result["Snapshots"] = [each for each in answer.result["Snapshots"] if "all" in each.create_volume_permission_groups]
        return answer

    EC2Response.describe_snapshots = describe_snapshots


def add_quotas() -> None:
    """Let moto, which knows the VPC service's quotas, answer for Elastic IPs too, with a new account's limit."""
    known = ServiceQuotasBackend.get_service_quota

    def answer(self: Any, service_code: str, quota_code: str) -> Answer:
        return ADDRESSES if (service_code, quota_code) == ("ec2", ADDRESSES["QuotaCode"]) else known(self, service_code, quota_code)

    ServiceQuotasBackend.get_service_quota = answer
