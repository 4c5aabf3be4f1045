"""The `sandbox:` section of a class file: what the processes on its hosts may read, write, run and call.

The default is nothing: every entry widens it, so every entry has an owner and a reason. Single values are checked here, and those that
contradict each other in `section_checks`.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from containment.fixes.nearest_word import make_proposal
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.reviewed_data import ReviewedModel, Words
from containment.sandbox.globs import has_unread_character
from containment.sandbox.paths import has_wildcard, normalize

INTERNAL_APIS: Final = "internal-apis"
MODEL_GATEWAY_CIDRS: Final = "model-gateway-cidrs"
TARGETS: Final = (*(group.value for group in WebGroupId if group not in DENY_GROUPS), INTERNAL_APIS, MODEL_GATEWAY_CIDRS)
"""Values of `to`: the destinations of the class, by WebGroup, and those that a stack names by address."""
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REQUEST: Final = re.compile(r"(?P<method>[A-Z*]+) (?P<path>/[A-Za-z0-9._~!$&'()+,;=:@*/-]*)")
_TOOL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")
_SLUG: Final = re.compile(r"[a-z][a-z0-9-]*")


def _check_path(raw: str) -> str:
    normal = normalize(raw)
    if normal is None:
        parts = [part for part in raw.split("/") if part not in ("", ".", "..")]
        near = "/" + "/".join(parts)
        why = "has '..', which depends on symbolic links" if ".." in raw.split("/") else "is not an absolute path"
        raise UnfitError(why, f"write {near}", near if raw.startswith("/") else NO_VALUE)
    if normal != raw:
        raise UnfitError("is not in normal form (no final slash, no '//', no '.')", f"write {normal}", normal)
    return raw


def _check_plain_path(raw: str) -> str:
    if has_wildcard(raw):
        raise UnfitError("has a wildcard; a folder contains everything below it", f"write the folder: {_cut_wildcard(raw)}")
    return _check_path(raw)


def _cut_wildcard(raw: str) -> str:
    return re.split(r"[*?\[{]", raw, maxsplit=1)[0].rpartition("/")[0] or "/srv/agent"


def _check_program(raw: str) -> str:
    if has_unread_character(raw) or "**" in raw or "?" in raw:
        raise UnfitError("has a wildcard other than one '*' in its last part", f"name programs below {_cut_wildcard(raw)}")
    if "*" in raw.rpartition("/")[0]:
        raise UnfitError("has '*' in a folder's name", f"name programs below {_cut_wildcard(raw)}")
    return _check_path(raw)


def _check_target(raw: str) -> str:
    if raw not in TARGETS:
        raise UnfitError("is not a group of permitted destinations", make_proposal(raw, TARGETS, "name a group", most=len(TARGETS)))
    return raw


def _check_host(raw: str) -> str:
    try:
        return DomainPattern.parse(raw).text
    except ValueError as error:
        raise UnfitError(str(error), "write one host of the group, such as api.example.com") from None


def _check_request(raw: str) -> str:
    found = _REQUEST.fullmatch(raw)
    if found is None:
        raise UnfitError("is not METHOD /path", "write a method and a path, such as 'POST /v1/chat/completions' or 'GET /**'")
    method, path = found["method"], found["path"]
    if method not in METHODS:
        raise UnfitError(f"has the method {method}", make_proposal(method, METHODS, "name one method", verb="use", most=len(METHODS)))
    if {".", ".."} & {*path.split("/")} or "//" in path:
        raise UnfitError("has a path with '..', '.' or '//', which servers read differently", "write the path without them")
    return raw


def _check_tool(raw: str) -> str:
    if not _TOOL.fullmatch(raw):
        raise UnfitError("is not the exact name of one tool", "list each tool by its name, such as tickets.read")
    return raw


def _check_task(raw: str) -> str:
    if not _SLUG.fullmatch(raw):
        raise UnfitError("is not a name of small letters, digits and '-'", "write a name such as code-review")
    return raw


class Accepted(ReviewedModel):
    """A widening with its owner and the reason."""

    owner: Words
    reason: Words


class GrantedPath(Accepted):
    """A file or a folder with everything below it."""

    path: Annotated[str, AfterValidator(_check_plain_path)]


class GrantedEgress(ReviewedModel):
    """Destinations of the class that one program may reach.

    `hosts` narrows the group to some of its hosts, `requests` to methods and paths, `tasks` to the MCP tools of those tasks.
    """

    to: Annotated[str, AfterValidator(_check_target)]
    hosts: tuple[Annotated[str, AfterValidator(_check_host)], ...] = ()
    requests: tuple[Annotated[str, AfterValidator(_check_request)], ...] = ()
    tasks: tuple[Annotated[str, AfterValidator(_check_task)], ...] = ()


class GrantedProgram(Accepted):
    """A program that may be started, and its connections: none by default."""

    path: Annotated[str, AfterValidator(_check_program)]
    egress: tuple[GrantedEgress, ...] = ()


class GrantedTask(Accepted):
    """A task and the MCP tools that it may call."""

    name: Annotated[str, AfterValidator(_check_task)]
    tools: Annotated[tuple[Annotated[str, AfterValidator(_check_tool)], ...], Field(min_length=1)]


class Limits(ReviewedModel):
    """Resource limits of all processes of one command, in bytes where not a count."""

    processes: Annotated[int, Field(ge=1, le=65536, strict=True)] = 1024
    data_bytes: Annotated[int, Field(ge=1 << 20, strict=True)] = 4 << 30
    file_bytes: Annotated[int, Field(ge=1 << 20, strict=True)] = 4 << 30
    open_files: Annotated[int, Field(ge=16, le=1 << 20, strict=True)] = 8192
    temporary_bytes: Annotated[int, Field(ge=1 << 20, strict=True)] = 1 << 30
    shared_memory_bytes: Annotated[int, Field(ge=1 << 20, strict=True)] = 256 << 20


class SandboxSection(ReviewedModel):
    """The section of one class or harness; without entries nothing is permitted.

    `runtime_paths` accepts the paths that OpenShell adds to every policy with network rules.
    """

    read: tuple[GrantedPath, ...] = ()
    write: tuple[GrantedPath, ...] = ()
    programs: tuple[GrantedProgram, ...] = ()
    tasks: tuple[GrantedTask, ...] = ()
    runtime_paths: Accepted | None = None
    limits: Limits = Limits()

    @property
    def is_empty(self) -> bool:
        """Whether the section grants nothing."""
        return not (self.read or self.write or self.programs or self.tasks)

    def merge(self, other: SandboxSection) -> SandboxSection:
        """Return a section that grants what either grants; limits that this section leaves unset are those of the other."""
        return SandboxSection(
            read=(*self.read, *other.read),
            write=(*self.write, *other.write),
            programs=(*self.programs, *other.programs),
            tasks=(*self.tasks, *other.tasks),
            runtime_paths=self.runtime_paths or other.runtime_paths,
            limits=other.limits.model_copy(update={name: getattr(self.limits, name) for name in self.limits.model_fields_set}),
        )
