"""Reads one stack's own configuration from its file, for questions asked without an engine.

Secrets stay encrypted and are left out: nothing the model needs is secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from containment.library import load_library
from containment.model.errors import InputError, Problem
from containment.model.names import PolicyMode
from containment.model.spec import ContainmentSpec, resolve

PROJECT = "agent-containment"
NOT_SET = "(not set)"
NO_IMAGE = "ami-00000000"
"""Stands for the prepared image a deployment in enforce needs, which like the account is not in the shipped files."""


def read_stack(stack: str, overrides: Mapping[str, str] | None = None, folder: Path = Path()) -> ContainmentSpec:
    """Return the spec of a stack file; raises InputError. What only a deployment needs, the
    Controller's account and a prepared image, may be missing here."""
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.exists():
        there = ", ".join(sorted(found.name.removeprefix("Pulumi.").removesuffix(".yaml") for found in folder.glob("Pulumi.*.yaml")))
        raise InputError(
            f"no stack {stack!r} here",
            [Problem(str(path), "does not exist", "a stack's class and mode stand in its file", f"use one of: {there or 'none found'}")],
        )
    config = _config_of(path)
    prefix = f"{PROJECT}:"
    raw = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix) and not _is_secure(value)}
    raw |= overrides or {}
    if raw.get("policyMode") == PolicyMode.ENFORCE and not raw.get("agentImageId"):
        raw["agentImageId"] = NO_IMAGE
    return resolve({"awsAccessAccount": NOT_SET, **raw}, load_library(), stack, path.name, datetime.now(UTC).date())


def _config_of(path: Path) -> dict[str, Any]:
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
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
