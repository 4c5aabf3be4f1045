"""Machine images the lab's AWS has beside moto's own old ones: what programs of today look up by owner and name.

Invented ids, real owners and name forms (Canonical's and Amazon's published naming). Nothing boots from them.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend
from moto.ssm.models import Parameter, ParameterDict

CANONICAL = "099720109477"
AMAZON = "137112412989"

IMAGES = (
    ("ami-00000000000022041", CANONICAL, "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260901", "x86_64"),
    ("ami-00000000000022042", CANONICAL, "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20260901", "arm64"),
    ("ami-00000000000024041", CANONICAL, "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260901", "x86_64"),
    ("ami-00000000000024042", CANONICAL, "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20260901", "arm64"),
    ("ami-00000000000020231", AMAZON, "al2023-ami-2023.9.20260901.0-kernel-6.1-x86_64", "x86_64"),
    ("ami-00000000000020232", AMAZON, "al2023-ami-2023.9.20260901.0-kernel-6.1-arm64", "arm64"),
)
_UBUNTU = "/aws/service/canonical/ubuntu/server/"
PARAMETERS = {
    f"{_UBUNTU}22.04/stable/current/amd64/hvm/ebs-gp2/ami-id": "ami-00000000000022041",
    f"{_UBUNTU}22.04/stable/current/arm64/hvm/ebs-gp2/ami-id": "ami-00000000000022042",
    f"{_UBUNTU}24.04/stable/current/amd64/hvm/ebs-gp3/ami-id": "ami-00000000000024041",
    f"{_UBUNTU}24.04/stable/current/arm64/hvm/ebs-gp3/ami-id": "ami-00000000000024042",
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64": "ami-00000000000020231",
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64": "ami-00000000000020232",
}
"""The public parameters that name the newest of them."""


def add() -> None:
    """Let every region of moto have the images and their parameters, in this process."""
    _add_images()
    _add_parameters()


def _add_parameters() -> None:
    check: Any = ParameterDict._check_loading_status  # noqa: SLF001

    @functools.wraps(check)
    def checked(self: Any, key: str) -> None:
        check(self, key)
        if image := PARAMETERS.get(str(key)):
            kept = dict.setdefault(self, str(key), [])
            if not kept or kept[-1].value != image:
                kept.append(
                    Parameter(
                        account_id=self.account_id,
                        name=str(key),
                        value=image,
                        parameter_type="String",
                        description=None,
                        allowed_pattern=None,
                        keyid=None,
                        last_modified_date=datetime(2026, 9, 1, tzinfo=UTC).timestamp(),
                        version=1,
                        data_type="aws:ec2:image",
                    )
                )

    ParameterDict._check_loading_status = checked  # noqa: SLF001


def _add_images() -> None:
    load: Any = AmiBackend._load_amis  # noqa: SLF001

    @functools.wraps(load)
    def loaded(self: Any) -> None:
        load(self)
        for image, owner, name, architecture in IMAGES:
            self.amis[image] = Ami(
                self,
                ami_id=image,
                name=name,
                description=name,
                owner_id=owner,
                owner_alias="amazon" if owner == AMAZON else None,
                public=True,
                virtualization_type="hvm",
                architecture=architecture,
                creation_date=datetime(2026, 9, 1, tzinfo=UTC),
                root_device_type="ebs",
                root_device_name="/dev/sda1" if owner == CANONICAL else "/dev/xvda",
                hypervisor="xen",
                image_location=f"{owner}/{name}",
            )

    AmiBackend._load_amis = loaded  # noqa: SLF001
