"""The file of a stack that does not exist yet: class and mode from its name, and a network that no other stack has.

Rules kept here:
- the network is in the site's ranges where the stack has a site, and outside every site's ranges where it has none;
- a stack file that cannot be read may have any network, so nothing is proposed beside it;
- what only the account knows (networks outside the project) is compared by `containment preflight`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final

from containment.config.spec import ContainmentSpec
from containment.config.stack_config import StackConfig
from containment.config.stack_name import StackName, find_name_problem, find_site_problem, parse_stack_name
from containment.errors import InputError, Problem
from containment.fixes.nearest_word import make_proposal
from containment.fixes.networks import PRIVATE_RANGES, find_free_inside, find_next_free
from containment.fleet.loader import FILE, FleetFile, load_fleet
from containment.loaders.presets import find_class_names
from containment.loaders.stack_file import PROJECT, find_stacks, read_other_stacks, resolve_new_stack
from containment.names import PolicyMode

_TITLE: Final = "no stack file is written"
_WHY: Final = "two stacks on one network cannot be told apart"


@dataclass(frozen=True, slots=True)
class NewStack:
    """A stack without a file."""

    stack: str
    agent_class: str
    mode: PolicyMode
    network: IPv4Network

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"Pulumi.{self.stack}.yaml"

    @property
    def values(self) -> dict[str, str]:
        """The values that its file sets, by key."""
        return {"agentClass": self.agent_class, "policyMode": self.mode.value, "vpcCidr": str(self.network)}

    @property
    def line(self) -> str:
        """The content of its file in one line."""
        return f"config: {{{', '.join(f'{PROJECT}:{key}: {value}' for key, value in self.values.items())}}}"

    @property
    def text(self) -> str:
        """The content of its file."""
        lines = "".join(f"  {PROJECT}:{key}: {value}\n" for key, value in self.values.items())
        head = f"# Class {self.agent_class}, mode {self.mode.value}; containment plan --stack {self.stack} prints the open questions.\n"
        return f"{head}config:\n{lines}"


def resolve_stack(new: NewStack, folder: Path) -> ContainmentSpec:
    """Return the spec of a new stack; raise InputError for a class that needs more in the file than its name gives, such as a waiver."""
    try:
        return resolve_new_stack(new.stack, new.values, folder)
    except InputError as error:
        what = f"cannot write {new.file}: a person decides the keys below"
        fix = f"add {new.file} with {new.line} and those keys, then leave --new-stack out"
        problem = Problem("--new-stack", what, "the class does not accept a stack without them", fix)
        raise InputError(_TITLE, [problem, *error.problems]) from None


def find_stack(stack: str, folder: Path, *, is_new: bool) -> tuple[NewStack | None, list[Problem]]:
    """Return the stack file that a request adds, None for a stack that has one, and the problems of the stack that it names.

    Args:
        stack: the stack's name, "" for none.
        folder: the folder with Pulumi.yaml, stack files and fleet.yaml.
        is_new: whether the request adds the stack's file.
    """
    stacks = find_stacks(folder)
    if not stack:
        return None, []
    if stack in stacks:
        fix = "leave --new-stack out; the agent is added to the stack"
        problem = Problem("--new-stack", f"Pulumi.{stack}.yaml exists already", "a reviewed stack file is never overwritten", fix)
        return None, [problem] if is_new else []
    try:
        new = propose_stack(stack, folder)
    except InputError as error:
        return None, [_make_no_file_problem(stack, stacks, None), *error.problems]
    return (new, []) if is_new and new else (None, [_make_no_file_problem(stack, stacks, new)])


def _make_no_file_problem(stack: str, stacks: Sequence[str], new: NewStack | None) -> Problem:
    fix = make_proposal(stack, stacks, f"write Pulumi.{stack}.yaml first")
    if new is not None:
        fix = f"add {new.file} with {new.line}, or let --new-stack write it"
    return Problem("--stack", f"has no file Pulumi.{stack}.yaml", "class, mode and network are in it", fix)


def propose_stack(stack: str, folder: Path) -> NewStack | None:
    """Return the file of a new stack with the next free network; None for a name that does not say class and mode.

    Raises InputError where no network is free, and for files that cannot be read.

    Args:
        stack: the stack's name.
        folder: the folder with Pulumi.yaml, stack files and fleet.yaml.
    """
    classes = find_class_names()
    name, fleet = parse_stack_name(stack, classes), load_fleet(folder)
    if find_name_problem(stack) or name.agent_class is None or not _is_clear(name, fleet) or find_site_problem(name, classes):
        return None
    others, problems = read_other_stacks(stack, folder)
    if problems:
        raise InputError(_TITLE, problems)
    taken = [network for one in others for network in (one.vpc_cidr, *one.permitted)]
    return NewStack(stack, name.agent_class, name.mode or PolicyMode.MONITOR, find_network(name.site, fleet, taken))


def _is_clear(name: StackName, fleet: FleetFile) -> bool:
    """Return whether a name is one of a new stack and no mistyped one: it ends in a mode, or in a site that fleet.yaml names."""
    return name.site in fleet.sites or (name.mode is not None and not (name.site and fleet.sites))


def find_network(site_name: str, fleet: FleetFile, taken: list[IPv4Network]) -> IPv4Network:
    """Return the first free network of a site, or outside all sites; raise InputError when none is free.

    Args:
        site_name: the site in the stack's name, "" for none.
        fleet: the sites, and the one of stacks whose name has none.
        taken: the networks of other stacks, and those that they may reach.
    """
    used = site_name or fleet.default or ""
    if (site := fleet.sites.get(used)) is not None:
        if (free := find_free_inside(site.cidrs, taken)) is not None:
            return free
        where, ranges = f"{FILE}:sites.{used}.cidrs", ", ".join(map(str, site.cidrs))
        more = find_network("", FleetFile(sites=fleet.sites), taken)
        raise InputError(_TITLE, [Problem(where, f"has no free /16 left ({ranges})", _WHY, f"add a free network such as {more}")])
    wanted = IPv4Network(str(StackConfig.model_fields["vpc_cidr"].default))
    free = find_next_free(wanted, [*taken, *(cidr for one in fleet.sites.values() for cidr in one.cidrs)])
    if free is None:
        what = f"have no free /16 left ({PRIVATE_RANGES})"
        fix = "remove the file of a stack that is not used any more, or narrow the vpcCidr of one to a /24"
        raise InputError(_TITLE, [Problem("Pulumi.*.yaml:vpcCidr", what, _WHY, fix)])
    return free
