"""Checks of launches that EC2 makes and moto does not: missing images, types, keys, subnets, groups and disk keys.

Without them a host from an image that does not exist would start here and never on AWS. Each check raises EC2's error. Source: EC2 API
Reference, "Error codes for the Amazon EC2 API" and `RunInstances`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any, Final

from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES
from moto.ssm.models import ssm_backends

from containment_lab.cloud.checks.keys import require_disk_key
from containment_lab.cloud.checks.references import require_groups

_IMAGE_ID: Final = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")
_PARAMETER: Final = "resolve:ssm:"


def add() -> None:
    """Add the checks of launches to moto in this process."""
    original: Any = EC2Backend.run_instances

    @functools.wraps(original)
    def checked(self: Any, image_id: Any, count: int, user_data: Any, security_group_names: Any, **launch: Any) -> Any:
        image_id = _find_image_id(self, image_id, launch)
        _check_type(self, _require_image(self, image_id), launch["instance_type"])
        _check_key_pair(self, launch.get("key_name"))
        _check_network(self, launch)
        _check_disk_keys(self, launch.get("block_device_mappings") or ())
        return original(self, image_id, count, user_data, security_group_names, **launch)

    EC2Backend.run_instances = checked


def _find_image_id(backend: Any, stated: Any, launch: dict[str, Any]) -> str:
    """Return the id of the image, from the launch, its template or an SSM parameter."""
    if not stated and launch.get("launch_template"):
        stated = backend._get_template_from_args(launch["launch_template"]).data.get("ImageId")  # noqa: SLF001
    if not stated:
        raise EC2ClientError("MissingParameter", "The request must contain the parameter ImageId")
    if not str(stated).startswith(_PARAMETER):
        return str(stated)
    name = str(stated).removeprefix(_PARAMETER)
    found = ssm_backends[backend.account_id][backend.region_name].get_parameter(name)
    if found is None:
        raise EC2ClientError("InvalidParameterValue", f"SSM parameter {name} for the image does not exist.")
    return str(found.value)


def _require_image(backend: Any, ident: str) -> Any:
    if not _IMAGE_ID.fullmatch(ident):
        expected = "" if ident.startswith("ami-") else ' (expecting "ami-...")'
        raise EC2ClientError("InvalidAMIID.Malformed", f'Invalid id: "{ident}"{expected}')
    if ident not in backend.amis:
        raise InvalidAMIIdError([ident])
    return backend.amis[ident]


def _check_type(backend: Any, image: Any, name: str) -> None:
    """Refuse a type that does not exist, that the region does not offer, or whose processor cannot run the image."""
    if name not in INSTANCE_TYPES:
        raise EC2ClientError("InvalidParameterValue", f"Invalid value '{name}' for InstanceType.")
    offered = {each["InstanceType"] for each in INSTANCE_TYPE_OFFERINGS["region"].get(backend.region_name, ())}
    if offered and name not in offered:
        raise EC2ClientError("Unsupported", f"Your requested instance type ({name}) is not supported in {backend.region_name}.")
    runs = INSTANCE_TYPES[name]["ProcessorInfo"]["SupportedArchitectures"]
    if image.architecture not in runs:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"The architecture '{','.join(runs)}' of the specified instance type does not match the architecture "
            f"'{image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures.",
        )


def _check_key_pair(backend: Any, name: str | None) -> None:
    if name and name not in backend.key_pairs:
        raise EC2ClientError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")


def _check_network(backend: Any, launch: dict[str, Any]) -> None:
    """Refuse subnets and groups that do not exist, and groups of another VPC than the subnet's."""
    groups = [one for one in launch.get("security_group_ids") or () if isinstance(one, str)]
    interfaces = [nic for nic in launch.get("nics") or () if not nic.get("NetworkInterfaceId")]
    for subnet, used in [(launch.get("subnet_id"), groups), *((nic.get("SubnetId"), nic.get("Groups") or ()) for nic in interfaces)]:
        require_groups(backend, backend.get_subnet(subnet) if subnet else None, used)


def _check_disk_keys(backend: Any, mappings: Iterable[dict[str, Any]]) -> None:
    for mapping in mappings:
        require_disk_key(backend, mapping.get("Ebs", {}).get("KmsKeyId"))
