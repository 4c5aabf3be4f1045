"""fleet.yaml: its model (sites, the site of stacks that name none, stacks that are left out), and its loader.

The loader reads strict YAML, and reports every problem of the file at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from containment.config.stack_name import StackName, find_site_problem
from containment.errors import InputError, Problem
from containment.fixes.nearest_word import make_proposal
from containment.fixes.networks import read_network
from containment.loaders import strict_yaml
from containment.loaders.aws_regions import read_aws_regions
from containment.loaders.presets import find_class_names

FILE: Final = "fleet.yaml"
PLATFORM: Final = "platform"
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
SITE_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _require_network(value: Any) -> Any:
    """Refuse a network that is no text, or that has host bits; the message has the fix after a semicolon."""
    if not isinstance(value, str):
        raise ValueError(f"is {value!r}, which is not an IPv4 network; write it as text, such as 10.64.0.0/12")
    found = read_network(value)
    if found is None or "/" not in value:
        raise ValueError(f"is {value!r}, which is not an IPv4 network; write ADDRESS/LENGTH, such as {found or '10.64.0.0/12'}")
    if str(found) != value.strip():
        raise ValueError(f"is {value!r}, which has bits set after its length; write {found}")
    return value.strip()


def _require_host(value: str) -> str:
    if not _HOST.fullmatch(value):
        near = re.sub(r"^[a-z]+://", "", value).partition("/")[0].partition(":")[0]
        fix = f"write {near}" if _HOST.fullmatch(near) else "write one name or address, such as controller.example.com"
        raise ValueError(f"is {value!r}, which is not one host name or address; {fix}")
    return value.lower()


def _require_site_name(value: str) -> str:
    if not SITE_NAME.fullmatch(value):
        near = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or "us-east"
        raise ValueError(f"is named {value!r}, and the name is part of stack names; write {near}")
    return value


def _require_text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write it out")
    return value.strip()


Text = Annotated[str, AfterValidator(_require_text)]
Network = Annotated[IPv4Network, BeforeValidator(_require_network, json_schema_input_type=str)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, title=None)


class Site(_Model):
    """One site: the account, region, Controller and networks of the stacks whose name ends in it."""

    account: Text = Field(strict=True, description="The Controller's name for the AWS account (awsAccessAccount).")
    region: Text = Field(strict=True, description="AWS region (awsRegion).")
    controller: Annotated[str, AfterValidator(_require_host)] = Field(
        strict=True, description="Name or address of the Aviatrix Controller (aviatrix:controllerIp)."
    )
    cidrs: tuple[Network, ...] = Field(min_length=1, description="Networks that contain the VPC of every stack of the site.")
    platform: Text = Field(default=PLATFORM, strict=True, description="Stack of platform/ on this site's Controller.")


class FleetFile(_Model):
    """The content of fleet.yaml."""

    sites: dict[Annotated[str, AfterValidator(_require_site_name)], Site] = Field(default={}, description="Sites by name.")
    default: Text | None = Field(default=None, strict=True, description="The site of stacks whose name has no site.")
    exclude: dict[str, Text] = Field(default={}, description="Stacks that are not in the fleet, each with the reason.")


_WHY: Final = "stacks could be deployed to another account, region, Controller or network than was reviewed"
_EXAMPLES: Final = {
    "account": "account: NAME, the Controller's name for the AWS account",
    "region": "region: us-east-1",
    "controller": "controller: controller.example.com",
    "cidrs": "cidrs: [10.64.0.0/12]",
}


def load_fleet(folder: Path = Path()) -> FleetFile:
    """Return the content of a folder's fleet.yaml, an empty one without a file; raise InputError with every problem."""
    return parse_fleet(strict_yaml.read_if_exists(folder / FILE, _WHY))


def parse_fleet(document: Any) -> FleetFile:
    """Return the content of a parsed document; raise InputError with every problem."""
    if document is None:
        return FleetFile()
    if not isinstance(document, dict):
        fix = "write sites:, and each site below it, as docs/fleet.md shows"
        raise InputError(f"{FILE} cannot be used", [Problem(FILE, "is not a mapping with sites", _WHY, fix)])
    try:
        found = FleetFile.model_validate(document)
    except ValidationError as error:
        errors = [one for one in error.errors(include_url=False) if not (one["type"] == "too_short" and one["input"])]
        # A list whose entries are all wrong also counts as too short.
        raise InputError(f"{FILE} cannot be used", [_convert_error(one) for one in errors]) from None
    if problems := [*_find_name_problems(found), *_find_region_problems(found.sites), *_find_conflicts(found.sites)]:
        raise InputError(f"{FILE} cannot be used", problems)
    return found


def _convert_error(error: Any) -> Problem:
    """Return the problem of one error of the model."""
    place = [str(one) for one in error["loc"] if one != "[key]"]
    where, key = f"{FILE}:{'.'.join(place)}", place[-1] if place else ""
    match error["type"]:
        case "missing":
            return Problem(where, "is not set", _WHY, f"write {_EXAMPLES.get(key, key)}")
        case "extra_forbidden":
            model: type[BaseModel] = FleetFile if len(place) == 1 else Site
            return Problem(where, "is not a key here", _WHY, make_proposal(key, model.model_fields, "remove it"))
        case "string_type":
            return Problem(where, f"is {error['input']!r}, which is not text", _WHY, f'write it in quotes: {key}: "{error["input"]}"')
        case "value_error":
            what, _, fix = str(error["ctx"]["error"]).partition("; ")
            return Problem(where, what, _WHY, fix)
        case _:
            fix = f"write {_EXAMPLES[key]}" if key in _EXAMPLES else "write it as docs/fleet.md shows"
            return Problem(where, f"is {error['input']!r}: {error['msg'].lower()}", _WHY, fix)


def _find_name_problems(found: FleetFile) -> Iterator[Problem]:
    for name in found.sites:
        if problem := find_site_problem(StackName(name, site=name), find_class_names()):
            yield Problem(f"{FILE}:sites.{name}", problem, "the parts of a stack's name would be ambiguous", "rename the site")
    if found.default is not None and found.default not in found.sites:
        fix = make_proposal(found.default, found.sites, "add it to sites, or remove default")
        yield Problem(f"{FILE}:default", f"is {found.default!r}, which is none of the sites", _WHY, fix)


def _find_region_problems(sites: Mapping[str, Site]) -> Iterator[Problem]:
    known = read_aws_regions()
    for name, site in sites.items():
        if site.region not in known:
            fix = make_proposal(site.region, sorted(known), "write an AWS region such as us-east-1")
            yield Problem(f"{FILE}:sites.{name}.region", f"is {site.region!r}, which is not an AWS region", _WHY, fix)


def _find_conflicts(sites: Mapping[str, Site]) -> Iterator[Problem]:
    """Yield the conflicts between sites: networks that overlap, and platform stacks that do not match Controllers one to one."""
    for name, site in sites.items():
        for first, second in combinations(site.cidrs, 2):
            if first.overlaps(second):
                narrow = max(first, second, key=lambda network: network.prefixlen)
                why = "one of the two is superfluous, or wrong"
                yield Problem(f"{FILE}:sites.{name}.cidrs", f"has {first} and {second}, which overlap", why, f"remove {narrow}")
    for (one_name, one), (two_name, two) in combinations(sites.items(), 2):
        for first, second in ((first, second) for first in one.cidrs for second in two.cidrs if first.overlaps(second)):
            what = f"has {second}, which overlaps {first} of the site {one_name}"
            why = "an address could not be assigned to one site"
            yield Problem(f"{FILE}:sites.{two_name}.cidrs", what, why, f"write a network outside {first}")
        if (one.controller == two.controller) != (one.platform == two.platform):
            same = one.controller == two.controller
            what = (
                f"is {two.platform!r}, and the site {one_name} on the same Controller has {one.platform!r}"
                if same
                else f"is {two.platform!r}, which the site {one_name} on another Controller has too"
            )
            fix = f"write platform: {one.platform}" if same else f"write platform: platform-{two_name}, and add that stack to platform/"
            yield Problem(f"{FILE}:sites.{two_name}.platform", what, "each Controller has one platform stack", fix)
