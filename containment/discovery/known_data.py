"""Reviewed data of discovery: harnesses, runtimes, configuration files, skill folders and ports, each with its source."""

from __future__ import annotations

import functools
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, Field

from containment.loaders.strict_yaml import load
from containment.reviewed_data import ReviewedModel, check_source

FOLDER: Final = Path(__file__).with_name("known")
_Text = Annotated[str, Field(min_length=1)]
_Model = TypeVar("_Model", bound=ReviewedModel)


class Reviewed(ReviewedModel):
    """An entry with its owner, its source and the day of its review."""

    owner: _Text
    source: Annotated[str, AfterValidator(check_source)]
    reviewed: date


class HarnessSign(Reviewed):
    """How one harness is recognized among processes; `runs` are harnesses that are part of it."""

    id: _Text
    title: _Text
    programs: tuple[_Text, ...]
    packages: tuple[_Text, ...]
    modules: tuple[_Text, ...]
    runs: tuple[_Text, ...] = ()


class Runtime(Reviewed):
    """One interpreter: its usual names, a text that its program file contains, and the options that take code."""

    id: _Text
    programs: Annotated[tuple[_Text, ...], Field(min_length=1)]
    marker: str
    inline_options: tuple[_Text, ...]


class HarnessSigns(ReviewedModel):
    """`known/harnesses.yaml`."""

    harnesses: Annotated[tuple[HarnessSign, ...], Field(min_length=1)]
    runtimes: Annotated[tuple[Runtime, ...], Field(min_length=1)]


class ConfigFormat(StrEnum):
    """Formats of configuration files."""

    JSON = "json"
    JSONC = "jsonc"
    TOML = "toml"
    YAML = "yaml"


class ConfigFile(Reviewed):
    """One file that names MCP servers."""

    path: Annotated[str, Field(pattern=r"^(~|<project>)?/.+")]
    format: ConfigFormat
    keys: Annotated[tuple[_Text, ...], Field(min_length=1)]
    harness: _Text


class ConfigFiles(ReviewedModel):
    """`known/mcp_files.yaml`."""

    files: Annotated[tuple[ConfigFile, ...], Field(min_length=1)]


class SkillFolder(Reviewed):
    """One folder of skills."""

    path: Annotated[str, Field(pattern=r"^(~|<project>)?/.+")]
    kind: _Text
    marker: _Text
    harness: _Text


class SkillFolders(ReviewedModel):
    """`known/skill_folders.yaml`."""

    folders: Annotated[tuple[SkillFolder, ...], Field(min_length=1)]


class ModelPort(Reviewed):
    """One port of a local model server."""

    port: Annotated[int, Field(ge=1, le=65535, strict=True)]
    title: _Text


class ModelPorts(ReviewedModel):
    """`known/model_ports.yaml`."""

    ports: Annotated[tuple[ModelPort, ...], Field(min_length=1)]


def _read(name: str, model: type[_Model]) -> _Model:
    return model.model_validate(load((FOLDER / name).read_text(encoding="utf-8")))


@functools.cache
def load_harness_signs() -> HarnessSigns:
    """Return how harnesses and runtimes are recognized."""
    return _read("harnesses.yaml", HarnessSigns)


@functools.cache
def load_config_files() -> tuple[ConfigFile, ...]:
    """Return the configuration files that name MCP servers."""
    return _read("mcp_files.yaml", ConfigFiles).files


@functools.cache
def load_skill_folders() -> tuple[SkillFolder, ...]:
    """Return the folders of skills."""
    return _read("skill_folders.yaml", SkillFolders).folders


@functools.cache
def load_model_ports() -> dict[int, str]:
    """Return the titles of local model servers by port."""
    return {one.port: one.title for one in _read("model_ports.yaml", ModelPorts).ports}
