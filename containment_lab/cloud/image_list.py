"""The machine images that the lab's cloud adds to moto's own old ones, as data.

Invented ids, real owners and name forms (Canonical's and Amazon's published naming). Nothing boots from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CANONICAL: Final = "099720109477"
AMAZON: Final = "137112412989"

_UBUNTU: Final = "/aws/service/canonical/ubuntu/server/"
_AL2023: Final = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image; `parameter` is the public SSM parameter whose value is its id."""

    id: str
    owner: str
    name: str
    architecture: str
    parameter: str


def _make_ubuntu(number: int, release: str, codename: str, disk: str, architecture: str) -> Image:
    arch = "amd64" if architecture == "x86_64" else "arm64"
    folder = "hvm-ssd-gp3" if disk == "gp3" else "hvm-ssd"
    return Image(
        id=f"ami-{number:017d}",
        owner=CANONICAL,
        name=f"ubuntu/images/{folder}/ubuntu-{codename}-{release}-{arch}-server-20260901",
        architecture=architecture,
        parameter=f"{_UBUNTU}{release}/stable/current/{arch}/hvm/ebs-{disk}/ami-id",
    )


def _make_amazon_linux(number: int, architecture: str) -> Image:
    return Image(
        id=f"ami-{number:017d}",
        owner=AMAZON,
        name=f"al2023-ami-2023.9.20260901.0-kernel-6.1-{architecture}",
        architecture=architecture,
        parameter=f"{_AL2023}{architecture}",
    )


IMAGES: Final[Sequence[Image]] = (
    _make_ubuntu(22041, "22.04", "jammy", "gp2", "x86_64"),
    _make_ubuntu(22042, "22.04", "jammy", "gp2", "arm64"),
    _make_ubuntu(24041, "24.04", "noble", "gp3", "x86_64"),
    _make_ubuntu(24042, "24.04", "noble", "gp3", "arm64"),
    _make_amazon_linux(20231, "x86_64"),
    _make_amazon_linux(20232, "arm64"),
)
