"""`python -m tests.policypack.soak`: the pack refuses nothing of what this repository's program may be configured to.

Every class in each mode with 200 valid configurations each, in a first preview, and every documented key changed on every deployed
stack. Minutes; prints a line for each count, and every refusal; exit code 1 when there is one.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, given, settings

from containment.config.spec import StackContext, resolve
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.names import PolicyMode
from policypack.standalone_checks import check_stack
from tests.policypack.loosened import CONNECTION, Config, tightened
from tests.policypack.product import UPDATE, registrations, updates
from tests.policypack.record import resource_of
from tests.support.configs import TODAY, as_pulumi, configs
from tests.support.deploy import stack_config
from tests.support.key_changes import CHANGES

LIBRARY: Final = load_library()
STACKS: Final = tuple((name, mode.value) for name in LIBRARY.presets for mode in PolicyMode)
EACH: Final = 200
PLAINEST: Final = 5
"""How many configurations are drawn before those that differ much from the defaults."""
PREFIX: Final = "agent-containment:"
STACK: Final = "generated"
NETWORK: Final = "10.98.0.0/16"
"""A network that no stack file of this repository has."""

BATCH: Final = 100
"""How many programs run before their answers are judged: a recorded program takes megabytes."""


T = TypeVar("T")


@dataclass(frozen=True)
class Update:
    """One key changed on one deployed stack: the configurations, as a program receives them."""

    key: str
    deployed_as: str
    before: dict[str, str]
    after: dict[str, str]


def drawn_for(agent_class: str, mode: str, count: int) -> list[Config]:
    """Return valid configurations of a class in a mode, the same on every run; the first ones, the plainest, are drawn and left out."""
    found: dict[str, Config] = {}

    @settings(max_examples=3 * count + PLAINEST, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(configs(LIBRARY, agent_class, mode))
    def collect(config: Config) -> None:
        found[str(config)] = config

    collect()
    chosen = list(found.values())[-count:]
    assert len(chosen) == count, f"{agent_class}-{mode}: {len(chosen)} configurations were drawn"
    return chosen


@cache
def every_update() -> tuple[Update, ...]:
    """Return every documented key's change on every shipped stack where both configurations are valid, each once."""
    found: dict[str, Update] = {}
    deployable: dict[str, bool] = {}
    for agent_class, mode in STACKS:
        shipped = stack_config(f"{agent_class}-{mode}", vpcCidr=NETWORK)
        for key, change in CHANGES.items():
            before = {**shipped, **as_pulumi(dict(change.needed)), **({} if change.before is None else as_pulumi({key: change.before}))}
            after = {**before, **as_pulumi({key: change.after})}
            if str(before) not in deployable:  # most keys are changed on the same deployed configuration
                deployable[str(before)] = _is_valid(before)
            if deployable[str(before)] and _is_valid(after):
                found.setdefault(str((key, before)), Update(key, f"{agent_class}-{mode}", before, after))
    return tuple(found.values())


def _is_valid(config: Mapping[str, str]) -> bool:
    """Return whether the program itself takes a configuration: a class may demand what a key would switch off."""
    raw = {key.removeprefix(PREFIX): value for key, value in config.items() if key.startswith(PREFIX)}
    try:
        resolve(raw, LIBRARY, STACK, around=StackContext(day=TODAY, requires_entries=True))
    except InputError:
        return False
    return True


def refused_in(made: Mapping[str, Any], form: str) -> list[str]:
    """Return what is refused of one run, by rule and resource; a program that did not run is refused as well."""
    if made["error"] is not None:
        return [f"the program did not run: {made['error']}"]
    return [f"{one.id}: {one.where}: {one.what}" for one in check_stack(map(resource_of, made[form]))]


def refused_updates(wanted: Iterable[Update]) -> Iterator[str]:
    """Yield a line for every refusal of a change on a deployed stack."""
    for batch in _batches(list(wanted)):
        runs = updates((STACK, one.before, one.after) for one in batch)
        for one, made in zip(batch, runs, strict=True):
            yield from (f"{one.key} changed on {one.deployed_as}: {line}" for line in refused_in(made, UPDATE))


def refused_previews(agent_class: str, mode: str, count: int) -> Iterator[str]:
    """Yield a line for every refusal of a valid configuration in a first preview."""
    for batch in _batches(drawn_for(agent_class, mode, count)):
        runs = registrations(((STACK, {**CONNECTION, **as_pulumi(tightened(config))}) for config in batch), ["preview"])
        for config, made in zip(batch, runs, strict=True):
            yield from (f"{agent_class}-{mode}: {line}\n    {config}" for line in refused_in(made, "preview"))


def _batches(items: list[T]) -> Iterator[list[T]]:
    return (items[first : first + BATCH] for first in range(0, len(items), BATCH))


def main() -> int:
    """Print every refusal, and the counts."""
    started, refused = time.monotonic(), 0
    for agent_class, mode in STACKS:
        lines = list(refused_previews(agent_class, mode, EACH))
        refused += len(lines)
        print(*lines, f"{agent_class}-{mode}: {EACH} valid configurations in a first preview, {len(lines)} refusals", sep="\n", flush=True)
    wanted = every_update()
    lines = list(refused_updates(wanted))
    refused += len(lines)
    keys = Counter(one.key for one in wanted)
    print(*lines, sep="\n")
    print(f"{len(STACKS)} stacks x {EACH} valid configurations in a first preview: {len(STACKS) * EACH}")
    print(f"{len(keys)} of {len(CHANGES)} documented keys changed on deployed stacks, {len(wanted)} updates: {len(lines)} refusals")
    print(f"{refused} refusals in all, {time.monotonic() - started:.0f} s")
    return 1 if refused or len(keys) < len(CHANGES) else 0


if __name__ == "__main__":
    sys.exit(main())
