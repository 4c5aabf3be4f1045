"""A program's project file and its stack's configuration, merged as Pulumi merges them.

Precedence, highest first: `--config`, `Pulumi.<stack>.yaml`, the lab's overlay (only for keys that the stack file lacks), `config:` in
Pulumi.yaml. Keys are fully qualified (`namespace:name`), values are the texts the official engine passes (`engine_values`); a list or an
object given with `--config` is JSON text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from containment.config.pulumi_format.engine_values import ConfigType, encode_for_engine, get_content
from containment.config.pulumi_format.stack_file import find_empty_keys, read_config
from containment.loaders import strict_yaml
from containment_lab.errors import EngineError, Exit, LabError
from containment_lab.formats.crypt import Crypter

PACK_FILE = "PulumiPolicy.yaml"
"""The project file of a policy pack."""
_WHY_FILE = "the program and its configuration are described in it"


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
            what, why = f"{root / file}: runtime {language!r} is not supported by the lab engine", "it runs only Python programs"
            raise LabError(what, why=why, fix="write runtime: python, or deploy with the Pulumi CLI", exit_code=Exit.USAGE)
        return cls(root, str(settings.get("name") or root.name), settings)

    @property
    def python(self) -> str:
        """The interpreter: that of the `virtualenv` option, relative to the folder, else the one that runs this."""
        runtime = self.settings["runtime"]
        chosen = (runtime.get("options") or {}).get("virtualenv") if isinstance(runtime, dict) else None
        if not chosen:
            return sys.executable
        found = self.root / chosen / "bin" / "python"
        if not found.exists():
            what = f"{self.root}: virtualenv {chosen!r} does not exist (no {found})"
            fix = "create it, or correct `runtime.options.virtualenv`"
            raise LabError(what, why="the program runs in it", fix=fix)
        return str(found)

    @property
    def program(self) -> Path:
        """The folder with `__main__.py`: the project's folder, or its `main`."""
        main = self.root / (self.settings.get("main") or ".")
        folder = main if main.is_dir() else main.parent
        if not (folder / "__main__.py").exists():
            fix = f"name the folder of the program with -C, or write `main` in {self.root / 'Pulumi.yaml'}"
            raise LabError(f"no __main__.py in {folder}", why="it is the program", fix=fix)
        return folder

    def get_declarations(self) -> dict[str, dict[str, Any]]:
        """Return `config:` as {qualified key: declaration}; a bare value is short for its default."""
        found = self.settings.get("config")
        items = found.items() if isinstance(found, dict) else ()
        return {self.qualify(key): item if isinstance(item, dict) else {"default": item} for key, item in items}

    def qualify(self, key: str) -> str:
        """Return a configuration key with its namespace; the project's for a bare one."""
        return key if ":" in key else f"{self.name}:{key}"


@dataclass(frozen=True)
class Config:
    """The configuration of one run.

    Attributes:
        values: the values by key.
        secret_keys: keys whose values no output may contain.
        warnings: the warnings that the official engine would print.
        places: where a person has written each value, by key, such as `Pulumi.dev.yaml:agentImageId` or `--config agentImageId`.
    """

    values: dict[str, str]
    secret_keys: frozenset[str]
    warnings: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    def index_by_value(self) -> dict[str, str]:
        """Return the place of each text in the values; secrets are left out."""
        found: dict[str, str] = {}
        for key, place in self.places.items():
            if key not in self.secret_keys:
                found = dict.fromkeys(_list_texts(self.values[key]), place) | found  # defaults come last
        return found

    def build_environment(self) -> dict[str, str]:
        """Return the variables that pass the configuration to a Pulumi program or pack."""
        return {"PULUMI_CONFIG": json.dumps(self.values), "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(self.secret_keys))}

    def select_package(self, package: str) -> dict[str, tuple[str, bool]]:
        """Return {name: (value, is secret)} of one namespace: the inputs of a default provider."""
        mine = {key: key.partition(":")[2] for key in self.values if key.partition(":")[0] == package}
        return {name: (self.values[key], key in self.secret_keys) for key, name in mine.items()}


def _list_texts(value: str) -> list[str]:
    """Return a value, or the texts in the list or object that it is; none for a boolean or null."""
    try:
        parsed = json.loads(value)
    except ValueError:
        return [value]
    if isinstance(parsed, dict | list):
        return _list_leaves(parsed)
    return [] if parsed is None or isinstance(parsed, bool) else [value]


def _list_leaves(item: Any) -> list[str]:
    if isinstance(item, dict | list):
        return [text for one in (item.values() if isinstance(item, dict) else item) for text in _list_leaves(one)]
    return [item] if isinstance(item, str) else []


def find_stack_file(project: Project, stack: str) -> Path:
    """Return the path of a stack's configuration file."""
    return project.root / str(project.settings.get("stackConfigDir") or ".") / f"Pulumi.{stack}.yaml"


def read_salt(project: Project, stack: str) -> str:
    """Return the stack file's `encryptionsalt`, or ""."""
    return str(_read_yaml(find_stack_file(project, stack)).get("encryptionsalt") or "")


def merge(project: Project, stack: str, crypter: Crypter, overlay: dict[str, str], plain: dict[str, str], hidden: dict[str, str]) -> Config:
    """Return the configuration in force; one error reports all keys that are missing or of the wrong type.

    Args:
        project: The project.
        stack: The stack's name.
        crypter: Decrypts the stack file's secrets.
        overlay: The lab's values for keys that the stack file lacks.
        plain: Values of `--config`.
        hidden: Values of `--config-secret`.
    """
    file = find_stack_file(project, stack)
    try:
        written = read_config(_read_yaml(file), project.name)
    except ValueError as wrong:
        fix = "write `config:` as a mapping of keys to values"
        raise LabError(f"{file}: {wrong}", why=_WHY_FILE, fix=fix, exit_code=Exit.USAGE) from None
    contents: dict[str, Any] = {}
    secret_keys: set[str] = set()
    own = f"{project.name}:"
    places = {key: f"{file.name}:{key.removeprefix(own)}" for key in written}
    for key, raw in written.items():
        contents[key], is_secret = _decrypt_value(raw, crypter)
        if is_secret:
            secret_keys.add(key)
    for key, text in overlay.items():
        if key not in contents:
            contents[key] = text
            if is_hidden(key):
                secret_keys.add(key)
    declared = project.get_declarations()
    for given, as_secret in ((plain, False), (hidden, True)):
        for key, text in given.items():
            full = project.qualify(key)
            places[full] = f"{'--config-secret' if as_secret else '--config'} {full.removeprefix(own)}"
            contents[full] = _parse_option(text, ConfigType.parse(declared.get(full, {})))
            (secret_keys.add if as_secret else secret_keys.discard)(full)
    problems = []
    for key, declaration in sorted(declared.items()):
        fallback = declaration.get("default", declaration.get("value"))
        wanted = ConfigType.parse(declaration)
        if key not in contents and fallback is not None:
            contents[key], places[key] = fallback, f"Pulumi.yaml:{key.removeprefix(own)}"
        elif key not in contents:
            if key.startswith(f"{project.name}:"):
                problems.append(f"{key} is missing; set it in {file.name} or with --config {key.partition(':')[2]}=VALUE")
            continue
        elif declaration.get("secret") and key not in secret_keys:
            problems.append(f"{key} must be encrypted: Pulumi.yaml declares it secret")
            continue
        if wanted and (problem := _find_type_problem(contents[key], wanted)):
            shown = "a secret" if key in secret_keys else repr(contents[key])
            option = f"{places[key].partition(' ')[0]} " if places.get(key, "").startswith("--") else ""
            problems.append(f"{option}{key} {problem}; it is {shown}")
    values = {}
    for key, content in contents.items():
        try:
            values[key] = encode_for_engine(content)
        except ValueError as wrong:
            problems.append(f"{key}: {wrong}; write it in quotes")
    if problems:
        raise EngineError(f"configuration of stack {stack!r}:\n  " + "\n  ".join(problems))
    return Config(values, frozenset(secret_keys), tuple(find_empty_keys(written)), places)


def is_hidden(key: str) -> bool:
    """Return whether a key of the lab's overlay is secret."""
    return key.endswith("password")


def _decrypt_value(raw: Any, crypter: Crypter) -> tuple[Any, bool]:
    """Return a stack file's value with `secure:` parts decrypted, and whether there were any."""
    if isinstance(raw, dict):
        if raw.keys() == {"secure"} and isinstance(raw["secure"], str):
            return crypter.decrypt(raw["secure"]), True
        parts = {key: _decrypt_value(item, crypter) for key, item in raw.items()}
        return {key: value for key, (value, _) in parts.items()}, any(flag for _, flag in parts.values())
    if isinstance(raw, list):
        items = [_decrypt_value(item, crypter) for item in raw]
        return [value for value, _ in items], any(flag for _, flag in items)
    return raw, False


def _parse_option(text: str, wanted: ConfigType | None) -> Any:
    """Return the value of a `--config` option: its text, or the data of a list or an object in JSON."""
    if wanted and wanted.name in ("array", "object"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _find_type_problem(content: Any, wanted: ConfigType) -> str | None:
    try:
        return wanted.find_problem(get_content(content))
    except ValueError:
        return None  # a number that JSON does not have is refused where it is written as text


def _read_yaml(path: Path, required: bool = False) -> dict[str, Any]:
    if not path.exists() and not required:
        return {}
    try:
        found = strict_yaml.read(path)
    except (OSError, ValueError) as cause:
        what, fix = strict_yaml.explain_error(cause)
        option = "--policy-pack" if path.name.startswith("PulumiPolicy") else "-C"
        fix = f"give the folder of {path.name} with {option} FOLDER" if isinstance(cause, FileNotFoundError) else fix
        raise LabError(f"{path}: {what}", why=_WHY_FILE, fix=fix, exit_code=Exit.USAGE) from cause
    if found is not None and not isinstance(found, dict):
        raise LabError(f"{path}: is not a mapping of keys to values", why=_WHY_FILE, fix="write `key: value` lines", exit_code=Exit.USAGE)
    return found or {}
