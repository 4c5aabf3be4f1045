"""Reads stack files: one stack's own configuration, for questions asked without an engine, and what other stacks have.

Secrets stay encrypted and are left out: nothing the model needs is secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from containment import strict_yaml
from containment.library import load_library
from containment.model.config import StackConfig
from containment.model.declared import TYPES
from containment.model.engine_values import content_of, engine_text
from containment.model.errors import InputError, Problem
from containment.model.names import PolicyMode
from containment.model.neighbour import Neighbour
from containment.model.parse import Mistyped, parse_config
from containment.model.preset import Library
from containment.model.spec import ContainmentSpec, resolve
from containment.model.stack_document import config_of

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
    raw = {"awsAccessAccount": NOT_SET, **_values_of(path), **{key: _option(key, text) for key, text in (overrides or {}).items()}}
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
    """Return the texts this project's program receives from a stack file, without those that are secret; see `engine_values`."""
    prefix = f"{PROJECT}:"
    return {
        key.removeprefix(prefix): _received(key.removeprefix(prefix), value)
        for key, value in _config_of(path).items()
        if key.startswith(prefix) and not is_secure(value)
    }


def _received(key: str, value: Any) -> str | Mistyped:
    try:
        problem = TYPES[key].problem(content_of(value)) if key in TYPES else None
        return engine_text(value) if problem is None else Mistyped(value, problem)
    except ValueError as error:
        return Mistyped(None, f"has a value that cannot be passed on ({error}); write it in quotes")


def _option(key: str, text: str) -> str | Mistyped:
    """Return what a program receives for a `--config` option: its text; for a list or an object, JSON text."""
    wanted = TYPES.get(key)
    if wanted is None or wanted.name in ("array", "object"):
        return text
    problem = wanted.problem(text)
    return text if problem is None else Mistyped(text, problem)


def _config_of(path: Path) -> dict[str, Any]:
    try:
        return config_of(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from None


def _unreadable(path: Path, what: str) -> InputError:
    return InputError(f"{path} cannot be read", [Problem(str(path), what, "a stack's class and mode stand in its file", "mend it")])


def is_secure(value: Any) -> bool:
    """Return whether a stack file's value is encrypted."""
    return isinstance(value, dict) and set(value) == {"secure"}
