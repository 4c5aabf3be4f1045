"""Checks between stacks, sites and platforms, so that nothing is started while a file disagrees with another.

Networks that two stack files share, and names that two stacks make, are problems of the stack files already (`loaders.stack_file`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from containment.config.pulumi_format.stack_file import read_config
from containment.errors import InputError, Problem
from containment.fixes.networks import find_free_inside, find_next_free
from containment.fleet.loader import FILE, FleetFile, load_fleet
from containment.fleet.members import ACCOUNT, CONTROLLER, REGION, Member, read_members
from containment.loaders import strict_yaml
from containment.loaders.presets import get_shipped_stacks
from containment.loaders.stack_file import find_stacks
from containment.vending.agent import Agent
from containment.vending.hosts import plan_hosts
from containment.vending.loader import find_unknown_stacks, read_agents

PLATFORM_FOLDER = "platform"
PLATFORM_PROJECT = "agent-containment-platform"


class FleetFacts:
    """What the files of a fleet define, and every problem in them.

    Args:
        folder: the project's folder.
        one_controller: whether all stacks share one Controller whatever their files name, as in the lab.
    """

    def __init__(self, folder: Path, *, one_controller: bool) -> None:
        self.folder = folder
        self.file: FleetFile = FleetFile()
        problems = list[Problem]()
        try:
            self.file = load_fleet(folder)
        except InputError as error:
            problems += error.problems
        self.members, found = read_members(folder, self.file)
        is_read = not problems
        if not is_read:  # an unusable fleet.yaml names no site and no platform, so every stack with a site would be reported again
            found = [one for one in found if f"which {FILE} does not name" not in one.what]
        files = read_agents(folder)
        self.agents = files.agents
        self.by_request = files.by_request
        problems += [problem for _, problem in files.problems]
        problems += find_unknown_stacks(files, find_stacks(folder))
        problems += [*found, *find_site_problems(self.members), *find_shared_lists(self.members, one_controller=one_controller)]
        problems += find_host_problems(self.members, self.agents, datetime.now(UTC).date())
        if is_read:
            problems += find_missing_points(self.members, folder)
        self.problems = tuple(sorted(set(problems)))

    def require_usable(self) -> None:
        """Raise InputError with every problem, if there is one."""
        if self.problems:
            raise InputError("the fleet cannot be deployed", self.problems)


def find_site_problems(members: Sequence[Member]) -> Iterator[Problem]:
    """Yield where a stack file and its site disagree: account, region, Controller, network."""
    for member in members:
        site = member.site
        if site is None:
            continue
        where = f"{FILE}: sites.{member.site_name}"
        for key, wanted in ((ACCOUNT, site.account), (REGION, site.region), (CONTROLLER, site.controller)):
            short = key.rpartition(":")[2] if key != CONTROLLER else key
            value = member.values.get(key)
            if value is not None and value.lower() != wanted.lower():
                what = f"is {value!r}, and the site {member.site_name} has {wanted!r}"
                why = "the stack would be deployed to another place than its name states"
                yield Problem(f"{member.file}:{short}", what, why, f"remove it, so that {where} sets it; or write {wanted}")
            elif key in member.sealed:
                what = f"is encrypted, so it cannot be compared with {wanted!r} of the site {member.site_name}"
                yield Problem(f"{member.file}:{short}", what, "a mismatch would not be found", f"remove it, so that {where} sets it")
        yield from _find_network_problem(member, members)


def _find_network_problem(member: Member, members: Sequence[Member]) -> Iterator[Problem]:
    assert member.site is not None
    vpc = member.network
    if vpc is None or any(vpc.subnet_of(network) for network in member.site.cidrs):
        return
    taken = [one.network for one in members if one.network is not None]
    free = find_free_inside(member.site.cidrs, taken)
    networks = ", ".join(map(str, member.site.cidrs))
    what = f"is {vpc}, which no network of the site {member.site_name} contains ({networks})"
    fix = (
        f"write {free}"
        if free
        else f"add {vpc} to sites.{member.site_name}.cidrs, or write a free network such as {find_next_free(vpc, taken)}"
    )
    yield Problem(f"{member.file}:vpcCidr", what, "routes and other sites count on the networks of a site", fix)


def find_host_problems(members: Sequence[Member], agents: Sequence[Agent], today: date) -> Iterator[Problem]:
    """Yield the agents that their stack cannot have."""
    for member in members:
        if member.spec is not None:
            try:
                plan_hosts(member.spec, [agent for agent in agents if agent.stack == member.stack], today)
            except InputError as error:
                yield from error.problems


def find_shared_lists(members: Sequence[Member], *, one_controller: bool) -> Iterator[Problem]:
    """Yield stacks that own the policy list of a Controller that other stacks use too."""
    for member in members:
        if member.needs_platform:
            continue
        others = [one.stack for one in members if one is not member and (one_controller or one.controller == member.controller)]
        if not others:
            continue
        some = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        where = "in the lab" if one_controller else f"on {member.controller}" if member.controller else "on the same Controller"
        what = f"is true, so {member.stack} owns the whole policy list, and {some} {'are' if len(others) > 1 else 'is'} {where}"
        why = "the list is written whole: the rules of the others would be removed"
        fix = f"leave the stack out (exclude: {{{member.stack}: REASON}} in {FILE}), or give it a site with a separate Controller"
        yield Problem(f"{member.file}:manageControllerPolicy", what, why, fix)


def find_missing_points(members: Sequence[Member], folder: Path) -> Iterator[Problem]:
    """Yield stacks for which no platform makes an attachment point: their rules would never be applied."""
    shipped = set(get_shipped_stacks())
    for platform in sorted({member.platform for member in members if member.needs_platform}):
        where = f"{PLATFORM_FOLDER}/Pulumi.{platform}.yaml"
        why = "without an attachment point the Controller stores rules and never applies them"
        try:
            extra = read_extra_stacks(folder, platform)
        except (OSError, ValueError) as error:
            what, fix = strict_yaml.explain_error(error)
            if isinstance(error, FileNotFoundError):
                what, fix = "does not exist", f"write it with `config:`, and run pulumi stack init {platform} -C {PLATFORM_FOLDER}"
            yield Problem(where, what, why, fix)
            continue
        needed = [member.stack for member in members if member.needs_platform and member.platform == platform]
        if missing := [stack for stack in needed if stack not in shipped and stack not in extra]:
            what = f"does not contain {', '.join(missing)}"
            wanted = ", ".join(sorted({*extra, *missing}))
            yield Problem(f"{where}:extraStacks", what, why, f"write {PLATFORM_PROJECT}:extraStacks: [{wanted}] under config:")


def read_extra_stacks(folder: Path, platform: str) -> list[str]:
    """Return the stacks for which a platform stack makes attachment points in addition to the shipped ones; raises OSError, ValueError."""
    document: Any = strict_yaml.read(folder / PLATFORM_FOLDER / f"Pulumi.{platform}.yaml")
    found = read_config(document, PLATFORM_PROJECT).get(f"{PLATFORM_PROJECT}:extraStacks") or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError("has extraStacks that is not a list of stack names; write a list")
    return found
