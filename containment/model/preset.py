"""Presets: what each agent class may and may not reach, as data.

Owns the shape of `presets/<class>.yaml` (one agent class a file) and of `presets/harnesses.yaml` (which core sets a
harness needs). A new class is one more file and no Python. Combining a preset with a stack's configuration is `spec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from containment.model.catalog import CatalogSet, Reviewed


class Harness(StrEnum):
    """The agent software a host is prepared for (published reference, `install_mode`)."""

    NONE = "none"
    OPENCLAW = "openclaw"
    NEMOCLAW = "nemoclaw"
    HERMES = "hermes"


class Preset(Reviewed):
    """One agent class. `permit_sets` and `deny_sets` name catalog sets; the harness's core sets come on top.

    `stance` and `denies` quote the seeds' class tables, for people; rules are made of the sets alone.
    """

    name: str
    title: Annotated[str, Field(min_length=1)]
    stance: Annotated[str, Field(min_length=1)]
    permits: tuple[str, ...]
    denies: tuple[str, ...]
    harness: Harness
    permit_sets: Annotated[tuple[str, ...], Field(min_length=1)]
    deny_sets: Annotated[tuple[str, ...], Field(min_length=1)]
    strict_logging: bool = False
    package_installs: bool = False
    public_reference: bool = False


class HarnessSets(Reviewed):
    """`presets/harnesses.yaml`: the catalog sets that fill wg-openclaw-core for each harness."""

    core_sets: dict[Harness, tuple[str, ...]]


@dataclass(frozen=True)
class Library:
    """Everything under `presets/`, read and cross-checked (`containment.library` reads it)."""

    sets: Mapping[str, CatalogSet]
    presets: Mapping[str, Preset]
    harness_sets: Mapping[Harness, tuple[str, ...]]
