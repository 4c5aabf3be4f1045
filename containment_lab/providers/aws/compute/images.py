"""Errors about machine images: AWS's own message, and the images of the lab's cloud."""

from __future__ import annotations

from typing import Final

from containment_lab.cloud.image_list import IMAGES

BAD_IMAGE: Final = frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable"})
"""EC2's error codes for an image that cannot be launched."""


def describe_unknown_image(name: str, image: str, error: str) -> str:
    """Return the error for a launch from an image that the lab's cloud lacks, with the images that it has."""
    return f"{name}: {error}. {image} is not in the lab's cloud, which has no resource of your account. {describe_images()}"


def describe_images() -> str:
    """Return a sentence with the lab's images and the setting that chooses one."""
    listed = ", ".join(f"{each.id} ({each.name.rpartition('/')[2]})" for each in IMAGES)
    return f"Fix: --config agentImageId={IMAGES[0].id}, or another of the lab's images: {listed}."
