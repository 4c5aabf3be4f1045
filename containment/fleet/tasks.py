"""The tasks of a fleet command: platforms first on the way up and last on the way down, after the names of all were typed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from containment.fleet.backend import Task
from containment.fleet.checks import PLATFORM_FOLDER, PLATFORM_PROJECT, read_extra_stacks
from containment.fleet.deployment import Deployment
from containment.fleet.members import CONTROLLER, Member
from containment.fleet.names import Verb
from containment.fleet.site import PLATFORM


def build_up_tasks(verb: Verb, members: Sequence[Member], everyone: Sequence[Member], folder: Path, *, one_controller: bool) -> list[Task]:
    """Return the tasks of `up` or `preview`: every platform that a member needs, then the members.

    Args:
        verb: the command.
        members: the chosen stacks.
        everyone: all stacks of the fleet, which a shared platform serves.
        folder: the project's folder.
        one_controller: whether one platform serves every site, as in the lab.
    """
    tasks = list[Task]()
    for platform, config in _find_platforms(members, everyone, folder, one_controller=one_controller).items():
        tasks.append(Task(verb=verb, stack=platform, folder=folder / PLATFORM_FOLDER, config=config, is_platform=True))
    for member in members:
        needs = "" if verb is Verb.PREVIEW or not member.needs_platform else PLATFORM if one_controller else member.platform
        tasks.append(Task(verb=verb, stack=member.stack, folder=folder, config=member.site_values, needs=needs))
    return tasks


def build_destroy_tasks(stacks: Sequence[str], platforms: Sequence[str], folder: Path) -> list[Task]:
    """Return the tasks of `destroy`: the stacks, then the platforms."""
    return [
        *(Task(verb=Verb.DESTROY, stack=stack, folder=folder) for stack in stacks),
        *(
            Task(verb=Verb.DESTROY, stack=platform, folder=folder / PLATFORM_FOLDER, is_platform=True, is_last=True)
            for platform in platforms
        ),
    ]


def _find_platforms(
    members: Sequence[Member], everyone: Sequence[Member], folder: Path, *, one_controller: bool
) -> dict[str, dict[str, str]]:
    """Return the platforms that members need, each with the configuration that its file lacks."""
    needed = [member for member in members if member.needs_platform]
    if not one_controller:
        return {one.platform: {CONTROLLER: one.site.controller} if one.site else {} for one in needed}
    if not needed:
        return {}
    names = {member.platform for member in everyone if member.needs_platform} - {PLATFORM}
    extra = {stack for name in names | {PLATFORM} for stack in read_extra_stacks(folder, name)} if names else set[str]()
    return {PLATFORM: {f"{PLATFORM_PROJECT}:extraStacks": json.dumps(sorted(extra))} if extra else {}}


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deployed stack that would be deleted."""

    stack: str
    deployment: Deployment

    def describe(self) -> str:
        """Return the stack and what would be deleted, in one line."""
        found = self.deployment
        parts = [(found.resources, "resource"), (found.hosts, "agent host"), (found.networks, "VPC")]
        words = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count)
        more = f"; {found.interrupted} operations of an ended run are unfinished" if found.interrupted else ""
        return f"{self.stack}: {words or 'no resource'}{more}"


def list_deletions(stacks: Iterable[str], deployments: Mapping[str, Deployment]) -> list[Deletion]:
    """Return the stacks that are deployed, in the order of their names."""
    return [Deletion(stack, deployments[stack]) for stack in sorted(stacks) if stack in deployments]


def find_mistyped(typed: str, names: Sequence[str]) -> str | None:
    """Return how the typed names differ from those of the stacks, None when they are the same in any order."""
    words = typed.replace(",", " ").split()
    if unknown := [word for word in words if word not in names]:
        return f"{', '.join(unknown)}: not one of these stacks"
    missing = [name for name in names if name not in words]
    return f"{', '.join(missing)}: not typed" if missing else None
