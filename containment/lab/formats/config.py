"""A program's project file and its stack's configuration, merged as Pulumi merges them.

Precedence, highest first: `--config`, `Pulumi.<stack>.yaml`, the lab's overlay (only for what the stack file lacks), `config:` in
Pulumi.yaml. Keys are fully qualified (`namespace:name`), values are strings; objects and lists are JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from containment.lab.errors import EngineError, Exit
from containment.lab.formats.crypt import Crypter


@dataclass(frozen=True)
class Project:
    """A folder with a project file (Pulumi.yaml, or PulumiPolicy.yaml of a pack)."""

    root: Path
    name: str
    settings: dict[str, Any]

    @classmethod
    def load(cls, root: Path, file: str = "Pulumi.yaml") -> Project:
        """Read a project file; it must be a Python project."""
        settings = _read_yaml(root / file, required=True)
        runtime = settings.get("runtime")
        language = runtime.get("name") if isinstance(runtime, dict) else runtime
        if language != "python":
            raise EngineError(f"{root / file}: runtime {language!r} is not supported by the lab engine (only python)", exit_code=Exit.USAGE)
        return cls(root, str(settings.get("name") or root.name), settings)

    @property
    def python(self) -> str:
        """The interpreter: that of the `virtualenv` option, relative to the folder, else the one this runs on."""
        runtime = self.settings["runtime"]
        chosen = (runtime.get("options") or {}).get("virtualenv") if isinstance(runtime, dict) else None
        if not chosen:
            return sys.executable
        found = self.root / chosen / "bin" / "python"
        if not found.exists():
            raise EngineError(
                f"{self.root}: virtualenv {chosen!r} does not exist (no {found}); create it, or correct `runtime.options.virtualenv`"
            )
        return str(found)

    @property
    def program(self) -> Path:
        """The folder that holds `__main__.py` (the project's own, or `main`)."""
        main = self.root / (self.settings.get("main") or ".")
        folder = main if main.is_dir() else main.parent
        if not (folder / "__main__.py").exists():
            raise EngineError(f"no __main__.py in {folder}")
        return folder

    def declared(self) -> dict[str, dict[str, Any]]:
        """Return `config:` as {qualified key: declaration}; a bare value is short for its default."""
        found = self.settings.get("config")
        items = found.items() if isinstance(found, dict) else ()
        return {self.qualify(key): item if isinstance(item, dict) else {"default": item} for key, item in items}

    def qualify(self, key: str) -> str:
        """Return a config key with its namespace; a bare one is the project's."""
        return key if ":" in key else f"{self.name}:{key}"


@dataclass(frozen=True)
class Config:
    """The configuration of one run."""

    values: dict[str, str]
    secret_keys: frozenset[str]

    def environment(self) -> dict[str, str]:
        """Return how a Pulumi program or pack is told its configuration."""
        return {"PULUMI_CONFIG": json.dumps(self.values), "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(self.secret_keys))}

    def of_package(self, package: str) -> dict[str, tuple[str, bool]]:
        """Return {name: (value, is secret)} of one namespace: what a default provider is configured with."""
        mine = {key: key.partition(":")[2] for key in self.values if key.partition(":")[0] == package}
        return {name: (self.values[key], key in self.secret_keys) for key, name in mine.items()}


def stack_file(project: Project, stack: str) -> Path:
    """Return where a stack's configuration file is."""
    return project.root / str(project.settings.get("stackConfigDir") or ".") / f"Pulumi.{stack}.yaml"


def stack_salt(project: Project, stack: str) -> str:
    """Return the stack file's `encryptionsalt`, or ""."""
    return str(_read_yaml(stack_file(project, stack)).get("encryptionsalt") or "")


def merge(project: Project, stack: str, crypter: Crypter, overlay: dict[str, str], plain: dict[str, str], hidden: dict[str, str]) -> Config:
    """Return the configuration in force; keys that are missing or of the wrong type are all reported in one error."""
    values: dict[str, str] = {}
    secret_keys: set[str] = set()
    for key, raw in (_read_yaml(stack_file(project, stack)).get("config") or {}).items():
        value, is_secret = _plaintext(raw, crypter)
        values[project.qualify(key)] = _text(value)
        if is_secret:
            secret_keys.add(project.qualify(key))
    for key, text in overlay.items():
        if key not in values:
            values[key] = text
            if is_hidden(key):
                secret_keys.add(key)
    for given, as_secret in ((plain, False), (hidden, True)):
        for key, text in given.items():
            values[project.qualify(key)] = text
            (secret_keys.add if as_secret else secret_keys.discard)(project.qualify(key))
    problems = []
    for key, declaration in sorted(project.declared().items()):
        fallback = declaration.get("default", declaration.get("value"))
        if key not in values and fallback is not None:
            values[key] = _text(fallback)
        elif key not in values:
            if key.startswith(f"{project.name}:"):
                problems.append(
                    f"{key} is missing; set it in {stack_file(project, stack).name} or with --config {key.partition(':')[2]}=VALUE"
                )
        elif declaration.get("secret") and key not in secret_keys:
            problems.append(f"{key} must be encrypted: Pulumi.yaml declares it secret")
        elif not _has_type(values[key], declaration.get("type"), declaration.get("items")):
            problems.append(f"{key} must be of type {declaration['type']}; it is {'a secret' if key in secret_keys else repr(values[key])}")
    if problems:
        raise EngineError(f"configuration of stack {stack!r}:\n  " + "\n  ".join(problems))
    return Config(values, frozenset(secret_keys))


def is_hidden(key: str) -> bool:
    """Tell whether a key of the lab's overlay holds a secret."""
    return key.endswith("password")


def parse_pairs(pairs: list[str], option: str) -> dict[str, str]:
    """Return KEY=VALUE arguments as a dict; a value may hold more `=`."""
    for pair in pairs:
        if not pair.partition("=")[0] or "=" not in pair:
            raise EngineError(f"{option} {pair.partition('=')[0]!r}: write KEY=VALUE", exit_code=Exit.USAGE)
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def _plaintext(raw: Any, crypter: Crypter) -> tuple[Any, bool]:
    """Return a stack file's value with `secure:` parts decrypted, and whether there were any."""
    if isinstance(raw, dict):
        if raw.keys() == {"secure"} and isinstance(raw["secure"], str):
            return crypter.decrypt(raw["secure"]), True
        parts = {key: _plaintext(item, crypter) for key, item in raw.items()}
        return {key: value for key, (value, _) in parts.items()}, any(flag for _, flag in parts.values())
    if isinstance(raw, list):
        items = [_plaintext(item, crypter) for item in raw]
        return [value for value, _ in items], any(flag for _, flag in items)
    return raw, False


def _text(value: Any) -> str:
    if isinstance(value, (bool, dict, list)):
        return json.dumps(value, separators=(",", ":"), sort_keys=True, default=str)
    return "" if value is None else str(value)


def _has_type(text: Any, wanted: str | None, items: dict[str, Any] | None) -> bool:
    """Tell whether a value is of a declared type (`string`, `integer`, `boolean`, `array`, `object`; None: any)."""
    value = text
    if wanted in ("array", "object") and isinstance(text, str):
        try:
            value = json.loads(text)
        except ValueError:
            return False
    if wanted == "integer":
        return str(value).removeprefix("-").isdigit() and not isinstance(value, bool)
    if wanted == "boolean":
        return str(value).lower() in ("true", "false")
    if wanted == "array":
        return isinstance(value, list) and (not items or all(_has_type(each, items.get("type"), items.get("items")) for each in value))
    return isinstance(value, {"string": str, "object": dict}.get(wanted or "", object))


def _read_yaml(path: Path, required: bool = False) -> dict[str, Any]:
    if not path.exists() and not required:
        return {}
    try:
        found = yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError) as cause:
        raise EngineError(f"cannot read {path}: {getattr(cause, 'strerror', None) or cause}", exit_code=Exit.USAGE) from cause
    if not isinstance(found, dict):
        raise EngineError(f"{path} is not a mapping", exit_code=Exit.USAGE)
    return found
