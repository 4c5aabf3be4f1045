"""Machine images the lab's AWS has beside moto's own old ones: what programs of today look up by owner and name.

Invented ids, real owners and name forms (Canonical's and Amazon's published naming). Nothing boots from them.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend

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


def add() -> None:
    """Let every region of moto have the images, in this process."""
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
