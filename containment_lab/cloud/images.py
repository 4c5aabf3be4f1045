"""The lab's machine images (`image_list`), and the public SSM parameters with their ids, for moto."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend
from moto.ssm.models import Parameter, ParameterDict

from containment_lab.cloud.image_list import AMAZON, CANONICAL, IMAGES

PARAMETERS = {image.parameter: image.id for image in IMAGES}
"""The public parameters, each with the id of its image."""


def add() -> None:
    """Add the images and their parameters to every region of moto, in this process."""
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
        for image in IMAGES:
            self.amis[image.id] = Ami(
                self,
                ami_id=image.id,
                name=image.name,
                description=image.name,
                owner_id=image.owner,
                owner_alias="amazon" if image.owner == AMAZON else None,
                public=True,
                virtualization_type="hvm",
                architecture=image.architecture,
                creation_date=datetime(2026, 9, 1, tzinfo=UTC),
                root_device_type="ebs",
                root_device_name="/dev/sda1" if image.owner == CANONICAL else "/dev/xvda",
                hypervisor="xen",
                image_location=f"{image.owner}/{image.name}",
            )

    AmiBackend._load_amis = loaded  # noqa: SLF001
