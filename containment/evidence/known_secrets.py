"""The secrets that must not be in a bundle: those that this machine, the stack and the user know, by value."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from containment.errors import InputError, Problem
from containment.evidence.secret_scan import SHORTEST, Secret
from containment.files import input_files
from containment.loaders import strict_yaml

_NAME: Final = re.compile(r"(?:^|_|-)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)$", re.IGNORECASE)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER: Final = re.compile(r"[$<{%].*|\[secret\]", re.IGNORECASE)


def find_secrets(stack: str, folder: Path, files: Sequence[Path] = (), environment: Mapping[str, str] | None = None) -> tuple[Secret, ...]:
    """Return every secret that is known here.

    They are the values of environment variables and of keys of the stack file whose name ends in a word such as password, key or token,
    the running lab's Controller password, and the lines of files that the user names.

    Args:
        stack: the stack.
        folder: the folder of its file.
        files: files with one secret per line.
        environment: the environment; this process's by default.

    Raises:
        InputError: a named file cannot be read, or has a line that is too short to be searched for.
    """
    found = [
        *_find_in_environment(os.environ if environment is None else environment),
        *_find_in_stack_file(folder / f"Pulumi.{stack}.yaml"),
        *_find_in_lab(),
        *_read_files(files),
    ]
    return tuple({one.value: one for one in found}.values())


def is_secret_name(name: str) -> bool:
    """Return whether a name ends in a word for a secret: `AVIATRIX_PASSWORD`, `modelApiKey`, `aviatrix:password`."""
    return bool(_NAME.search("_".join(_CAMEL.split(name.rpartition(":")[2]))))


def _find_in_environment(environment: Mapping[str, str]) -> Iterator[Secret]:
    for name, value in sorted(environment.items()):
        if is_secret_name(name) and _is_value(value):
            yield Secret(f"${name}", value.encode("utf-8", "surrogateescape"))


def _find_in_stack_file(path: Path) -> Iterator[Secret]:
    try:
        document = strict_yaml.read(path)
    except (OSError, ValueError):
        return  # the loader of the stack reports it
    yield from _walk(document, path.name)


def _find_in_lab() -> Iterator[Secret]:
    """Yield the password of the running lab's Controller, nothing without a lab."""
    from containment.controller_api.client import ControllerAddress
    from containment.machine import live_systems

    home = live_systems.find_running_lab()
    controller = live_systems.find_lab_systems(home).controller if home else None
    if isinstance(controller, ControllerAddress) and _is_value(controller.password):
        yield Secret("the lab's Controller password", controller.password.encode())


def _walk(value: Any, where: str, key: str = "") -> Iterator[Secret]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, where, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, where, key)
    elif isinstance(value, str) and is_secret_name(key) and _is_value(value):
        yield Secret(f"{where}:{key}", value.encode())


def _read_files(files: Sequence[Path]) -> Iterator[Secret]:
    problems = []
    for path in files:
        try:
            lines = input_files.read_bytes(path).splitlines()
        except input_files.InputFileError as error:
            problems.append(error.make_problem("its secrets could be written", "name a file with one secret per line"))
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            if len(line.strip()) < SHORTEST:
                what = f"is shorter than {SHORTEST} characters"
                problems.append(Problem(f"{path}:{number}", what, "it would be found by chance", "name the whole secret"))
                continue
            yield Secret(f"{path.name}:{number}", line.strip())
    if problems:
        raise InputError("secrets cannot be searched for", problems)


def _is_value(value: str) -> bool:
    """Return whether a value is long enough to be searched for, and no reference to another one, nor the path of a file."""
    return len(value) >= SHORTEST and not _PLACEHOLDER.fullmatch(value) and not _is_file(value)


def _is_file(value: str) -> bool:
    try:
        return Path(value).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # no name of a file
        return False
