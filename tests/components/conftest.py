"""Specs for the tests of components: any class, mode and configuration, resolved as the program resolves them."""

from __future__ import annotations

from typing import Any

from containment.config.spec import ContainmentSpec, resolve
from containment.loaders.presets import load_library

LIBRARY = load_library()


def spec_of(agent_class: str = "coding", mode: str = "enforce", **config: Any) -> ContainmentSpec:
    """Return the spec of a stack."""
    raw = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-00000000", "agentClass": agent_class, "policyMode": mode, **config}
    return resolve(raw, LIBRARY, f"{agent_class}-{mode}")
