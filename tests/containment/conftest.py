"""The library as shipped, and specs made from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec, resolve
from containment.loaders.presets import load_library

SpecOf = Callable[..., ContainmentSpec]


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library()


@pytest.fixture(scope="session")
def spec_of(library: Library) -> SpecOf:
    """Return a function from camelCase configuration to a spec; `stack` names the stack."""

    def make(stack: str = "made-up", **config: Any) -> ContainmentSpec:
        return resolve({"awsAccessAccount": "aws-lab", "agentImageId": "ami-0123456789abcdef0", **config}, library, stack)

    return make


@pytest.fixture(scope="session")
def shipped(library: Library, spec_of: SpecOf) -> dict[tuple[str, str], ContainmentSpec]:
    """Return the spec of every shipped class in every mode, by (class, mode)."""
    return {
        (name, mode): spec_of(f"{name}-{mode}", agentClass=name, policyMode=mode)
        for name in library.presets
        for mode in ("monitor", "enforce")
    }
