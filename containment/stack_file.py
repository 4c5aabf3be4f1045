"""Reads stack files: one stack's own configuration, for questions asked without an engine, and what other stacks have.

Secrets stay encrypted and are left out: nothing the model needs is secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from containment.library import load_library
from containment.model.config import StackConfig
from containment.model.errors import InputError, Problem
from containment.model.names import PolicyMode
from containment.model.neighbour import Neighbour
from containment.model.parse import parse_config
from containment.model.preset import Library
from containment.model.spec import ContainmentSpec, resolve

PROJECT = "agent-containment"
NOT_SET = "(not set)"
NO_IMAGE = "ami-00000000"
"""Stands for the prepared image a deployment in enforce needs, which like the account is not in the shipped files."""


def read_stack(
    stack: str, overrides: Mapping[str, str] | None = None, folder: Path = Path(), library: Library | None = None
) -> ContainmentSpec:
    """Return the spec of a stack file, with the presets of this checkout or those given; raises InputError.

    What only a deployment needs, the Controller's account and a prepared image, may be missing here.
    """
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.exists():
        there = ", ".join(sorted(_stack_of(found) for found in folder.glob("Pulumi.*.yaml")))
        raise InputError(
            f"no stack {stack!r} here",
            [Problem(str(path), "does not exist", "a stack's class and mode stand in its file", f"use one of: {there or 'none found'}")],
        )
    raw = {"awsAccessAccount": NOT_SET, **_values_of(path), **(overrides or {})}
    if raw.get("policyMode") == PolicyMode.ENFORCE and not raw.get("agentImageId"):
        raw["agentImageId"] = NO_IMAGE
    return resolve_beside(raw, stack, folder, library)


def resolve_beside(raw: Mapping[str, Any], stack: str, folder: Path = Path(), library: Library | None = None) -> ContainmentSpec:
    """Return the spec of a stack, today and beside the other stack files of a folder; raises InputError with every problem."""
    others, problems = read_neighbours(stack, folder)
    file = f"Pulumi.{stack}.yaml"
    try:
        spec = resolve(raw, library or load_library(), stack, file, datetime.now(UTC).date(), others)
    except InputError as error:
        raise InputError(error.title, [*error.problems, *problems]) from None
    if problems:
        raise InputError(f"{file} cannot be deployed", problems)
    return spec


def read_neighbours(stack: str, folder: Path = Path()) -> tuple[list[Neighbour], list[Problem]]:
    """Return what the other stack files of a folder say, and a problem for each that cannot be read."""
    found, problems = list[Neighbour](), list[Problem]()
    why = f"whether {stack} may have its own network and names beside it cannot be told"
    for path in sorted(folder.glob("Pulumi.*.yaml")):
        other = _stack_of(path)
        if other == stack:
            continue
        try:
            config, _, wrong = parse_config({"awsAccessAccount": NOT_SET, **_values_of(path)}, path.name)
        except InputError as error:
            problems += [Problem(path.name, problem.what, why, "mend it, or remove the file") for problem in error.problems]
            continue
        clouded = sorted(wrong & {"vpcCidr", "namePrefix", "spokeGatewayName"})
        problems += [Problem(f"{path.name}:{key}", "cannot be read", why, "correct it, or remove the file") for key in clouded]
        if not clouded:
            found.append(neighbour(other, config, path.name))
    return found, problems


def neighbour(stack: str, config: StackConfig, file: str) -> Neighbour:
    """Return what a stack has that no other may have."""
    prefix = f"{config.name_prefix}-{stack}"
    return Neighbour(file, config.vpc_cidr, config.spoke_gateway_name or prefix, prefix)


def _stack_of(path: Path) -> str:
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml")


def _values_of(path: Path) -> dict[str, Any]:
    """Return the values a stack file gives this project, without those that are secret."""
    prefix = f"{PROJECT}:"
    return {key.removeprefix(prefix): value for key, value in _config_of(path).items() if key.startswith(prefix) and not _is_secure(value)}


def _config_of(path: Path) -> dict[str, Any]:
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from None
    config = {} if document is None else document.get("config") if isinstance(document, dict) else document
    config = {} if config is None else config
    if not isinstance(config, dict) or not all(isinstance(key, str) for key in config):
        raise _unreadable(path, "has no mapping of keys to values under `config:`")
    return config


def _unreadable(path: Path, what: str) -> InputError:
    return InputError(f"{path} cannot be read", [Problem(str(path), what, "a stack's class and mode stand in its file", "mend it")])


def _is_secure(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}
