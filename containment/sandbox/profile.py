"""The launcher's profile: a closed JSON document from which a launcher confines one command.

Rules kept here:
- the document has exactly these keys: one that is unknown, missing or set twice makes it unusable;
- everything that it does not name is denied, and `default` is `deny`;
- the only way to the network is the local proxy, which attributes each connection to a program.

The kernel names a running program by its file, whatever symbolic link started it, so a program that is listed by a link is permitted by
its real path as well. A connection of such a file is permitted if every listed path that leads to the file has it: which of two links
started a program cannot be seen from its connection, so the narrower one decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from containment.addresses.port_range import PortRange
from containment.errors import InputError, Problem
from containment.fixes.model_findings import list_problems
from containment.patterns.domain import DomainPattern
from containment.reviewed_data import ReviewedModel
from containment.sandbox.globs import is_match
from containment.sandbox.paths import resolve_aliases
from containment.sandbox.permissions import Endpoint, PathGrant, Permissions, ProgramEgress, Task
from containment.sandbox.section import Limits
from containment.strict_json import StrictJsonError, load

_TITLE: Final = "the launcher's profile cannot be used"
_WHY: Final = "a profile that is understood in part confines in part"
_FIX: Final = "render it again: containment render --as launcher"
_REQUEST: Final = re.compile(r"[A-Za-z*/]+( [A-Za-z0-9._~!$&'()+,;=:@*/-]+)?")
_Absolute = Annotated[str, Field(pattern=r"^/[^\x00]*$")]
_Port = Annotated[int, Field(ge=1, le=65535, strict=True)]


def _check_network(text: str) -> str:
    return str(ip_network(text))


def _check_host(text: str) -> str:
    return DomainPattern.parse(text).text


NetworkText = Annotated[str, AfterValidator(_check_network)]
HostText = Annotated[str, AfterValidator(_check_host)]
"""A host, or a pattern of hosts."""


def _check_request(text: str) -> str:
    path = text.partition(" ")[2]
    if not _REQUEST.fullmatch(text) or {".", ".."} & {*path.split("/")} or "//" in path:
        raise ValueError("is neither METHOD /path nor an MCP method with a tool, or has '..', '//' or an escape")
    return text


class ProfileFiles(ReviewedModel):
    """Paths with everything below them."""

    read_only: tuple[_Absolute, ...]
    read_write: tuple[_Absolute, ...]


class ProfilePorts(ReviewedModel):
    """A range of TCP ports, both ends included."""

    first: _Port
    last: _Port

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("first is higher than last")
        return self


class ProfileEgress(ReviewedModel):
    """Connections of one program through the proxy; `host` or `networks` is set, `requests` None is any content."""

    program: _Absolute
    scheme: Literal["https", "tcp"]
    host: HostText | None
    networks: tuple[NetworkText, ...]
    ports: Annotated[tuple[ProfilePorts, ...], Field(min_length=1)]
    requests: tuple[Annotated[str, AfterValidator(_check_request)], ...] | None


class ProfileTask(ReviewedModel):
    """The MCP tools of one task."""

    name: str
    tools: tuple[str, ...]


class LauncherProfile(ReviewedModel):
    """The whole document."""

    schema_: Annotated[Literal["containment-launcher-profile/v1"], Field(alias="schema")]
    stack: str
    agent_class: str
    harness: str
    default: Literal["deny"]
    network: Literal["proxy"]
    files: ProfileFiles
    programs: tuple[_Absolute, ...]
    egress: tuple[ProfileEgress, ...]
    tasks: tuple[ProfileTask, ...]
    limits: Limits


def render_profile(permissions: Permissions, limits: Limits, *, stack: str, agent_class: str, harness: str) -> str:
    """Return the text of the profile that grants some permissions."""
    profile = LauncherProfile(
        schema_="containment-launcher-profile/v1",
        stack=stack,
        agent_class=agent_class,
        harness=harness,
        default="deny",
        network="proxy",
        files=ProfileFiles(read_only=tuple(one.path for one in permissions.read), read_write=tuple(one.path for one in permissions.write)),
        programs=tuple(one.path for one in permissions.programs or ()),
        egress=tuple(_build_egress(one) for one in permissions.egress),
        tasks=tuple(ProfileTask(name=task.name, tools=task.tools) for task in permissions.tasks or ()),
        limits=limits,
    )
    return format_profile(profile)


def _build_egress(one: ProgramEgress) -> ProfileEgress:
    endpoint = one.endpoint
    return ProfileEgress(
        program=one.program,
        scheme="https" if endpoint.tls else "tcp",
        host=str(endpoint.host) if endpoint.host else None,
        networks=tuple(map(str, endpoint.networks)),
        ports=tuple(ProfilePorts(first=port.low, last=port.high) for port in endpoint.ports),
        requests=endpoint.requests,
    )


def format_profile(profile: LauncherProfile) -> str:
    """Return the text of a profile."""
    return json.dumps(profile.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n"


def parse_profile(text: str, name: str) -> LauncherProfile:
    """Return the profile of a text; raise InputError with every problem.

    Args:
        text: the content of the file.
        name: the name of the file, for the problems.
    """
    try:
        document = load(text)
    except StrictJsonError as error:
        raise InputError(_TITLE, [Problem(name, error.what, _WHY, _FIX)]) from None
    try:
        return LauncherProfile.model_validate(document)
    except ValidationError as error:
        raise InputError(_TITLE, list_problems(name, error, LauncherProfile, why=_WHY, fix=_FIX)) from None


def read_permissions(profile: LauncherProfile) -> Permissions:
    """Return the permissions that a profile grants."""
    return Permissions(
        read=tuple(PathGrant(path, f"files.readOnly.{place}") for place, path in enumerate(profile.files.read_only)),
        write=tuple(PathGrant(path, f"files.readWrite.{place}") for place, path in enumerate(profile.files.read_write)),
        programs=tuple(PathGrant(path, f"programs.{place}") for place, path in enumerate(profile.programs)),
        egress=tuple(ProgramEgress(one.program, _read_endpoint(one, f"egress.{place}")) for place, one in enumerate(profile.egress)),
        tasks=tuple(Task(name=one.name, tools=one.tools, origin=f"tasks.{place}") for place, one in enumerate(profile.tasks)),
    )


def _read_endpoint(one: ProfileEgress, origin: str) -> Endpoint:
    return Endpoint(
        host=DomainPattern(one.host) if one.host is not None else None,
        networks=tuple(map(ip_network, one.networks)),
        ports=tuple(PortRange(port.first, port.last) for port in one.ports),
        tls=one.scheme == "https",
        requests=one.requests,
        origin=origin,
    )


def add_real_programs(profile: LauncherProfile, real_paths: Mapping[str, str]) -> LauncherProfile:
    """Return a profile that permits each program by its real path as well.

    Args:
        profile: the profile.
        real_paths: each listed program of this machine, with symbolic links resolved.
    """
    paths = {resolve_aliases(path): resolve_aliases(real) for path, real in real_paths.items()}
    listed = [resolve_aliases(pattern) for pattern in profile.programs]
    reals = sorted({real for path, real in paths.items() if real != path and not any(is_match(each, real) for each in listed)})
    added = [each for real in sorted({*paths.values()}) for each in _list_added(profile, paths, real)]
    return profile.model_copy(update={"programs": (*profile.programs, *reals), "egress": (*profile.egress, *added)})


def _list_added(profile: LauncherProfile, paths: Mapping[str, str], real: str) -> Iterator[ProfileEgress]:
    """Yield the connections that every listed path of a file has, as those of its real path; without those that it has already."""
    spellings = [path for path, target in paths.items() if target == real]
    if spellings == [real]:
        return
    own = [_list_destinations(profile, path) for path in spellings]
    has_already = _list_destinations(profile, real)
    for destination in own[0]:
        if destination not in has_already and all(destination in each for each in own):
            yield destination.model_copy(update={"program": real})


def _list_destinations(profile: LauncherProfile, path: str) -> list[ProfileEgress]:
    """Return the entries of a program, with the program left out of the comparison."""
    found = [one for one in profile.egress if is_match(resolve_aliases(one.program), path)]
    return [one.model_copy(update={"program": "/"}) for one in found]
