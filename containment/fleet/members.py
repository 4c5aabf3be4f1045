"""The members of a fleet: every stack file that is not left out, with its site, its spec, and what the site sets for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Final

from containment.catalog.preset import Library
from containment.config.pulumi_format.stack_file import read_config
from containment.config.spec import ContainmentSpec
from containment.config.stack_name import StackName, parse_stack_name
from containment.errors import InputError, Problem
from containment.fixes.nearest_word import make_proposal
from containment.fixes.networks import read_network
from containment.fleet.loader import FILE, PLATFORM, FleetFile, Site
from containment.loaders import strict_yaml
from containment.loaders.presets import load_library
from containment.loaders.stack_file import PROJECT, find_stacks, read_stack

ACCOUNT: Final = f"{PROJECT}:awsAccessAccount"
REGION: Final = f"{PROJECT}:awsRegion"
CONTROLLER: Final = "aviatrix:controllerIp"


@dataclass(frozen=True, kw_only=True)
class Member:
    """One stack of the fleet.

    Attributes:
        stack: its name.
        name: the parts of its name.
        site_name: its site, that of fleet.yaml's `default` where its name has none; empty without one.
        site: the site's entry, None if there is none.
        spec: the resolved stack, None if its file cannot be used.
        values: the texts of its file by full key, without encrypted ones.
        sealed: full keys whose value is encrypted.
    """

    stack: str
    name: StackName
    site_name: str = ""
    site: Site | None = None
    spec: ContainmentSpec | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    sealed: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        """The name of the stack file."""
        return f"Pulumi.{self.stack}.yaml"

    @property
    def agent_class(self) -> str:
        """The agent class; that of the name if the file cannot be used."""
        return self.spec.config.agent_class if self.spec else self.name.agent_class or ""

    @property
    def mode(self) -> str:
        """The policy mode; that of the name if the file cannot be used."""
        return self.spec.mode.value if self.spec else self.name.mode.value if self.name.mode else ""

    @property
    def network(self) -> IPv4Network | None:
        """The VPC's network; that of the file if the rest of it cannot be used."""
        return self.spec.config.vpc_cidr if self.spec else read_network(self.values.get(f"{PROJECT}:vpcCidr", ""))

    @property
    def controller(self) -> str:
        """The Controller's address in lower case, empty where neither file nor site has one."""
        return self.values.get(CONTROLLER, self.site.controller if self.site else "").lower()

    @property
    def platform(self) -> str:
        """The stack of platform/ that this stack relies on."""
        return self.site.platform if self.site else PLATFORM

    @property
    def needs_platform(self) -> bool:
        """Whether the stack attaches its rules to the platform; one that owns the Controller's policy list does not."""
        return self.spec is None or not self.spec.config.manage_controller_policy

    @property
    def site_values(self) -> dict[str, str]:
        """The values by full key that the site sets, because the stack file does not."""
        if self.site is None:
            return {}
        of_site = {ACCOUNT: self.site.account, REGION: self.site.region, CONTROLLER: self.site.controller}
        return {key: value for key, value in of_site.items() if key not in self.values and key not in self.sealed}


def read_members(folder: Path, fleet: FleetFile) -> tuple[list[Member], list[Problem]]:
    """Return the members of a fleet, and every problem of their files and sites; raise InputError if presets cannot be used."""
    library = load_library()
    members, problems = list[Member](), list[Problem]()
    there = find_stacks(folder)
    for stack in fleet.exclude:
        if stack not in there:
            fix = make_proposal(stack, there, "remove it")
            problems.append(Problem(f"{FILE}:exclude.{stack}", "has no stack file", "a stack meant by it would be deployed", fix))
    for stack in there:
        if stack not in fleet.exclude:
            member, found = _read_member(stack, folder, fleet, library)
            members.append(member)
            problems += found
    return members, problems


def _read_member(stack: str, folder: Path, fleet: FleetFile, library: Library) -> tuple[Member, list[Problem]]:
    name = parse_stack_name(stack, library.presets)
    site_name = name.site or fleet.default or ""
    site = fleet.sites.get(site_name)
    problems = [] if site or not site_name else [_make_site_problem(stack, site_name, fleet)]
    values, sealed = _read_values(folder / f"Pulumi.{stack}.yaml")
    member = Member(stack=stack, name=name, site_name=site_name, site=site, values=values, sealed=sealed)
    own = {key.removeprefix(f"{PROJECT}:"): value for key, value in member.site_values.items() if key.startswith(PROJECT)}
    try:
        spec = read_stack(stack, own if values or sealed else None, folder, library)
    except InputError as error:
        return member, [*problems, *(_rename_place(one, stack, own) for one in error.problems)]
    member = Member(stack=stack, name=name, site_name=site_name, site=site, spec=spec, values=values, sealed=sealed)
    return member, problems


def _rename_place(problem: Problem, stack: str, own: Mapping[str, str]) -> Problem:
    """Return a problem with the stack file as its place where a value of the site was reported at an option."""
    for key, value in own.items():
        if problem.where == f"-c {key}={value}":
            return Problem(f"{FILE}: {key} of {stack}", problem.what, problem.why, problem.fix)
    return problem


def _read_values(path: Path) -> tuple[dict[str, str], frozenset[str]]:
    """Return the plain texts of a stack file by full key, and the keys of encrypted values; `read_stack` reports what is wrong with it."""
    try:
        found: dict[str, Any] = read_config(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError):
        return {}, frozenset()
    sealed = frozenset(key for key, value in found.items() if isinstance(value, dict) and set(value) == {"secure"})
    return {key: str(value) for key, value in found.items() if isinstance(value, str | int | float) and value != ""}, sealed


def _make_site_problem(stack: str, site: str, fleet: FleetFile) -> Problem:
    what = f"has the site {site!r}, which {FILE} does not name"
    why = "its account, region, Controller and networks are unknown"
    otherwise = f"add sites.{site} with account, region, controller and cidrs to {FILE}"
    near = make_proposal(site, fleet.sites, otherwise, verb="rename the stack for the site") if fleet.sites else otherwise
    return Problem(f"Pulumi.{stack}.yaml", what, why, near if near == otherwise else f"{near}; or {otherwise}")
