"""What the instances of a stack have in common: metadata options, an encrypted disk, and the form of their groups' rules."""

from __future__ import annotations

from typing import Any, Final

METADATA_OPTIONS: Final = {
    "http_endpoint": "enabled",
    "http_tokens": "required",
    "http_put_response_hop_limit": 1,
    "instance_metadata_tags": "disabled",
}
"""Metadata only by IMDSv2; with a hop limit of 1, answers end at the host."""


def build_disk(gigabytes: int) -> dict[str, Any]:
    """Return an encrypted root disk, which is deleted with its instance."""
    return {"encrypted": True, "volume_type": "gp3", "volume_size": gigabytes, "delete_on_termination": True}


def build_group_rule(port: int, networks: list[str], why: str, protocol: str = "tcp") -> dict[str, Any]:
    """Return one rule of a security group, for one port.

    Args:
        port: the port; 0 with the protocol "-1", which has none.
        networks: the CIDRs of the other side.
        why: the rule's description.
        protocol: the protocol, "-1" for every one.
    """
    return {"protocol": protocol, "from_port": port, "to_port": port, "cidr_blocks": networks, "description": why}
