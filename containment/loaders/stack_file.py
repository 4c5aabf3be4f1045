"""Loader of stack files: one stack's configuration, for queries without an engine, and the values of other stacks.

Secrets stay encrypted and are left out: no query needs one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from containment.catalog.preset import Library
from containment.config.other_stacks import OtherStack
from containment.config.parser import MistypedValue, is_shown, parse_config
from containment.config.pulumi_format.engine_values import convert_value, encode_for_engine, get_content
from containment.config.pulumi_format.project_file import TYPES, declare_keys, find_unread_keys
from containment.config.pulumi_format.stack_file import read_config
from containment.config.spec import ContainmentSpec, StackContext, check_without_destinations, resolve
from containment.config.stack_config import StackConfig
from containment.config.stack_name import complete_from_name, find_name_mistake, parse_stack_name
from containment.errors import InputError, Problem, StackNotFoundError
from containment.fixes.model_findings import format_value, quote_value
from containment.fixes.nearest_word import make_proposal
from containment.fixes.networks import find_free_network
from containment.fixes.unfit_value import NO_VALUE
from containment.loaders import address_bound, strict_yaml
from containment.loaders.aws_regions import read_aws_regions
from containment.loaders.presets import PresetsError, find_class_names, load_library
from containment.names import PolicyMode

PROJECT = "agent-containment"
_MOST_STACKS = 30
"""The longest list of stacks that a message names in full."""

_LONGEST_SHOWN = 60
"""Characters of an option's value that a message quotes."""

NOT_SET = "(not set)"
NO_IMAGE = "ami-00000000"
"""Placeholder for the prepared image that a deployment in enforce needs; like the account, it is not in the shipped files."""


def read_stack(
    stack: str, overrides: Mapping[str, str] | None = None, folder: Path = Path(), library: Library | None = None
) -> ContainmentSpec:
    """Return the spec of a stack file, with the presets of this checkout or those given; raises InputError with every problem.

    Values that only a deployment needs, the Controller's account and a prepared image, may be missing here.

    Args:
        stack: the stack's name.
        overrides: values of `-c KEY=VALUE` options by key; a mistake in one is reported at the option.
        folder: where the stack files are.
        library: the presets; those of this checkout by default.
    """
    if mistake := find_name_mistake("stack", stack):
        raise StackNotFoundError("no such stack", [mistake])
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.exists():
        raise _make_no_stack_error(stack, path)
    options = overrides or {}
    try:
        written = _read_values(path)
    except InputError as error:
        raise _add_other_problems(error, stack, folder, library) from None
    if not written and not options and not _has_secrets(path):
        raise _add_other_problems(_make_empty_error(path, stack, folder), stack, folder, library)
    raw = {"awsAccessAccount": NOT_SET, **written, **{key: _read_option(key, text) for key, text in options.items()}}
    return resolve_stack(_complete_values(raw, stack, library), stack, folder, library, options)


def resolve_new_stack(stack: str, values: Mapping[str, str], folder: Path = Path()) -> ContainmentSpec:
    """Return the spec of a stack whose file is not written yet; raises InputError with every problem.

    Args:
        stack: the stack's name.
        values: the values by key that the file will set.
        folder: where the other stack files are.
    """
    return resolve_stack(_complete_values({"awsAccessAccount": NOT_SET, **values}, stack, None), stack, folder)


def _complete_values(raw: Mapping[str, Any], stack: str, library: Library | None) -> dict[str, Any]:
    """Return a stack's values with class and mode from its name, and a placeholder for the image that enforce needs."""
    out = complete_from_name(raw, (), stack, _find_classes(library))
    if out.get("policyMode") == PolicyMode.ENFORCE and not out.get("agentImageId"):
        out["agentImageId"] = NO_IMAGE
    return out


def resolve_stack(
    raw: Mapping[str, Any],
    stack: str,
    folder: Path = Path(),
    library: Library | None = None,
    options: Mapping[str, str | None] | None = None,
) -> ContainmentSpec:
    """Return the spec of a stack, checked for today and against the other stack files of a folder.

    Raises InputError with every problem at once: of the stack, the presets, the bound file and the other stack files.

    Args:
        raw: the stack's values by key.
        stack: the stack's name.
        folder: where the stack files are.
        library: the presets; those of this checkout by default.
        options: texts of the values that options set and no file, None for a secret; a mistake in one is reported at the option.
    """
    file = f"Pulumi.{stack}.yaml"
    raw = complete_from_name(raw, _find_defaulted(raw, folder / file, options or {}), stack, _find_classes(library))
    others, problems = read_other_stacks(stack, folder)
    problems += _find_unread(folder / file)
    around = StackContext(
        day=datetime.now(UTC).date(),
        neighbours=others,
        regions=read_aws_regions(),
        most_addresses=address_bound.read_bound().addresses,
        requires_entries=True,
    )
    title = f"{file} cannot be deployed"
    try:
        known = library or load_library()
    except PresetsError as error:
        own = check_without_destinations(raw, error.presets, stack, file, replace(around, classes=error.classes))
        title = f"{title}, and presets cannot be used" if own or problems else error.title
        raise InputError(title, [*error.problems, *_locate_at_options(own, file, options or {}), *problems]) from None
    try:
        spec = resolve(raw, known, stack, file, around=around)
    except InputError as error:
        raise InputError(error.title, [*_locate_at_options(error.problems, file, options or {}), *problems]) from None
    if problems:
        raise InputError(title, problems)
    return spec


def find_option_values(raw: Mapping[str, Any], stack: str, folder: Path = Path()) -> dict[str, str]:
    """Return the values that a program received and that neither the stack file nor a default sets: those of `-c` options.

    Empty when the stack file is missing or unreadable: the values that it sets are then unknown.
    """
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.exists():
        return {}
    try:
        written = _read_values(path)
    except InputError:
        return {}
    sealed = {key.partition(":")[2] for key, value in _read_config(path).items() if is_secure(value)}
    usual = {key: encode_for_engine(found["default"]) for key, found in declare_keys().items()}
    return {
        key: str(value)
        for key, value in raw.items()
        if value not in (written.get(key), usual.get(key)) and key not in sealed and isinstance(value, str)
    }


def _find_classes(library: Library | None) -> frozenset[str]:
    """Return the known classes; those of this checkout have a file, though it may be unusable."""
    return find_class_names() if library is None else frozenset(library.presets)


def _find_defaulted(raw: Mapping[str, Any], path: Path, options: Mapping[str, str | None]) -> set[str]:
    """Return the keys whose value a program received from their default: the official engine passes defaults like other values."""
    try:
        written = read_config(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError):
        return set()  # without a readable file, every value counts as set
    usual = {key: encode_for_engine(found["default"]) for key, found in declare_keys().items()}
    return {key for key, value in raw.items() if f"{PROJECT}:{key}" not in written and key not in options and value == usual.get(key)}


def _add_other_problems(error: InputError, stack: str, folder: Path, library: Library | None) -> InputError:
    """Return the error of an unusable stack file, with the mistakes of the presets and of other stack files added."""
    _, problems = read_other_stacks(stack, folder)
    try:
        if library is None:
            load_library()
    except PresetsError as found:
        problems += found.problems
    return InputError(error.title, [*error.problems, *problems])


def _make_no_stack_error(stack: str, path: Path) -> InputError:
    there = find_stacks(path.parent)
    folder = "this folder" if path.parent == Path() else str(path.parent)
    elsewhere = f"{folder} has no stack file: give the folder of Pulumi.yaml and the stack files with -C FOLDER"
    fix = make_proposal(stack, there, elsewhere, verb="use", most=_MOST_STACKS)
    return StackNotFoundError(
        f"no stack {stack!r} here", [Problem(str(path), "does not exist", "a stack's class and mode are in its file", fix)]
    )


def _make_empty_error(path: Path, stack: str, folder: Path) -> InputError:
    """Return the error of a stack file that sets nothing, with the lines to write."""
    taken = [other.vpc_cidr for other in read_other_stacks(stack, folder)[0]]
    network = find_free_network(str(StackConfig.model_fields["vpc_cidr"].default), taken, 16, 24)
    name = parse_stack_name(stack, _find_classes(None))
    mode = name.mode or PolicyMode.MONITOR
    agent_class = name.agent_class or stack.removesuffix(f"-{mode.value}")
    lines = f"agentClass: {agent_class}, policyMode: {mode.value}, vpcCidr: {network}"
    why = "a stack that sets nothing would be the default class on the default network, whatever its name"
    fix = f"write under `config:`, each with {PROJECT}: before it, such as {lines}"
    return InputError(f"{path} cannot be used", [Problem(str(path), "is empty: it sets no class, mode or network", why, fix)])


def _locate_at_options(problems: Iterable[Problem], file: str, options: Mapping[str, str | None]) -> Iterator[Problem]:
    """Yield the problems, with the option (`-c KEY=VALUE`) as location of those whose key an option sets."""
    for one in problems:
        key = one.where.removeprefix(f"{file}:")
        if key == one.where or key not in options:
            yield one
            continue
        text = options[key]
        if text is None:
            quoted = one.what.endswith(")") and " (" in one.what
            yield one._replace(where=f"--config-secret {key}", what=one.what.rpartition(" (")[0] if quoted else one.what)
            continue
        text = text if is_shown(key) else "..."
        cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
        yield one._replace(where=f"-c {key}={cut}", what=one.what.removesuffix(f" ({quote_value(text)})"))


def _find_unread(path: Path) -> list[Problem]:
    """Return a problem for every key of a stack's own file that nothing reads; none for a missing file."""
    if not path.exists():
        return []
    try:
        return list(find_unread_keys(strict_yaml.read(path), PROJECT, path.name))
    except (OSError, ValueError):
        return []  # `_read_values` reports a file that cannot be read


def read_raw_values(stack: str, folder: Path = Path()) -> dict[str, Any]:
    """Return the values of a stack file by key, as the file has them; raise InputError if it cannot be read."""
    return _read_values(folder / f"Pulumi.{stack}.yaml")


def read_other_stacks(stack: str, folder: Path = Path()) -> tuple[list[OtherStack], list[Problem]]:
    """Return the values of the other stack files of a folder, and a problem for each file that cannot be read."""
    found, problems = list[OtherStack](), list[Problem]()
    why = f"the network and names of {stack} cannot be compared with those of this file"
    for path in sorted(folder.glob("Pulumi.*.yaml")):
        other = _get_stack(path)
        if other == stack:
            continue
        try:
            config, mistakes, wrong = parse_config({"awsAccessAccount": NOT_SET, **_read_values(path)}, path.name)
        except InputError as error:
            problems += [Problem(path.name, one.what, why, f"{one.fix}; or remove the file") for one in error.problems]
            continue
        clouded = wrong & {"vpcCidr", "namePrefix", "spokeGatewayName"}
        problems += [one._replace(why=why) for one in mistakes if one.where.removeprefix(f"{path.name}:") in clouded]
        if not clouded:
            found.append(describe_stack(other, config, path.name))
    return found, problems


def read_configs(folder: Path) -> tuple[dict[str, StackConfig], list[Problem]]:
    """Return the configuration of every stack file of a folder by stack, and every problem of a single value or file."""
    found, problems = dict[str, StackConfig](), list[Problem]()
    for path in sorted(folder.glob("Pulumi.*.yaml")):
        try:
            config, mistakes, _ = parse_config({"awsAccessAccount": NOT_SET, **_read_values(path)}, path.name)
        except InputError as error:
            problems += error.problems
            continue
        problems += mistakes
        found[_get_stack(path)] = config
    return found, problems


def describe_stack(stack: str, config: StackConfig, file: str) -> OtherStack:
    """Return the values of a stack that no other stack may have."""
    prefix = f"{config.name_prefix}-{stack}"
    networks = (*config.model_gateway_networks, *(cidr for api in config.approved_internal_apis.values() for cidr in api.cidrs))
    return OtherStack(file, config.vpc_cidr, config.spoke_gateway_name or prefix, prefix, networks)


def find_stacks(folder: Path) -> list[str]:
    """Return the stacks that have a file in a folder."""
    return sorted(_get_stack(path) for path in folder.glob("Pulumi.*.yaml"))


def _get_stack(path: Path) -> str:
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml")


def _read_values(path: Path) -> dict[str, Any]:
    """Return the texts that the program receives from a stack file, without secrets; see `engine_values`."""
    prefix = f"{PROJECT}:"
    return {
        key.removeprefix(prefix): _receive(key.removeprefix(prefix), value)
        for key, value in _read_config(path).items()
        if key.startswith(prefix) and not is_secure(value)
    }


def _has_secrets(path: Path) -> bool:
    """Return whether a stack file has an encrypted value of this project."""
    return any(key.startswith(f"{PROJECT}:") and is_secure(value) for key, value in _read_config(path).items())


def _receive(key: str, value: Any) -> str | MistypedValue:
    try:
        content = get_content(value)
        problem = TYPES[key].find_problem(content) if key in TYPES else None
    except ValueError as error:
        return MistypedValue(None, f"has a value that cannot be passed on ({error})", "write it in quotes")
    return encode_for_engine(value) if problem is None else _make_mistyped(key, value, problem)


def _make_mistyped(key: str, value: Any, problem: str) -> MistypedValue:
    """Return a value that the engine refuses, with the intended value where it is clear."""
    what, _, how = problem.partition(": ")
    near = convert_value(TYPES[key], value)
    return MistypedValue(value, what, how if near is NO_VALUE else f"{how}: {format_value(near)}", near)


def _read_option(key: str, text: str) -> str | MistypedValue:
    """Return what a program receives for a `--config` option: its text; for a list or an object, JSON text."""
    wanted = TYPES.get(key)
    if wanted is None or wanted.name in ("array", "object"):
        return text
    problem = wanted.find_problem(text)
    return text if problem is None else _make_mistyped(key, text, problem)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return read_config(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError) as error:
        raise _make_unreadable_error(path, *strict_yaml.explain_error(error)) from None


def _make_unreadable_error(path: Path, what: str, fix: str) -> InputError:
    why = "a stack's class and mode are in its file"
    return InputError(f"{path} cannot be read", [Problem(str(path), what, why, fix)])


def is_secure(value: Any) -> bool:
    """Return whether a stack file's value is encrypted."""
    return isinstance(value, dict) and set(value) == {"secure"}
