"""An MCP server that a class may use, as reviewed data: how it is reached, what lies behind it, and which of its tools may be called.

A tool without a digest was not reviewed, and is refused. `containment tools pin` computes digests; a person writes them into the file.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StrictStr, model_validator

from containment.fixes.unfit_value import UnfitError
from containment.patterns.domain import DomainPattern
from containment.reviewed_data import ReviewedModel, Words
from containment.sandbox.section import SandboxSection
from containment.tool_scopes.arguments import Argument, Name
from containment.tool_scopes.kinds import ActionKind, Reach

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_TOOL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_URL: Final = re.compile(r"https://(?P<host>[^/:@?#\s]+)(:443)?(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:/-]*)?")
_HOST_PART: Final = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PLAIN_TOOL: Final = re.compile(r"[A-Za-z0-9_.-]+")


def check_tool_name(raw: str) -> str:
    """Return the name of a tool; raise UnfitError for a name that two readers could read differently."""
    if not _TOOL.fullmatch(raw):
        plain = "".join(_PLAIN_TOOL.findall(raw))
        raise UnfitError(
            "is not a tool name of ASCII letters, digits, '_', '.' and '-'", f"write {plain or 'the name that the server lists'}"
        )
    if "___" in raw:
        raise UnfitError("contains '___', which separates server and tool", "rename the tool, or leave it out")
    return raw


def _check_digest(raw: str) -> str:
    if not _DIGEST.fullmatch(raw):
        raise UnfitError("is not a digest (sha256: and 64 hexadecimal digits)", "copy it from `containment tools pin`")
    return raw


def _check_url(raw: str) -> str:
    found = _URL.fullmatch(raw)
    if found is None:
        host = _HOST_PART.sub("", raw.rpartition("@")[2]).partition("/")[0].partition(":")[0] or "mcp.example.com"
        what = "is not an https:// address of one host on port 443, without a user, a query or a fragment"
        raise UnfitError(what, f"write https://{host}/mcp")
    try:
        host_pattern = DomainPattern.parse(found["host"])
    except ValueError as error:
        raise UnfitError(str(error), "write a host name such as mcp.example.com") from None
    if not host_pattern.is_exact:
        raise UnfitError("has a wildcard for a host", f"name one host, such as mcp.{found['host'].strip('*.') or 'example.com'}")
    return raw


def _check_program(raw: tuple[str, ...]) -> tuple[str, ...]:
    if not raw[0].startswith("/"):
        raise UnfitError(
            "starts a program by its name, which depends on PATH", f"write its path, such as /usr/bin/{raw[0].rpartition('/')[2] or 'node'}"
        )
    if any("\0" in word for word in raw):
        raise UnfitError("contains a NUL", "remove it")
    return raw


ToolName = Annotated[StrictStr, AfterValidator(check_tool_name)]


class ReachEntry(ReviewedModel):
    """One thing that a server reaches, by kind, and exactly what."""

    kind: Reach
    what: Words


class ServerTool(ReviewedModel):
    """One tool of a server.

    `digest` covers name, description and input schema as the server lists them; without it the tool is refused. `arguments` are those that
    a call may use, `omitted` those of the server's own schema that no call may use. A tool with an `action` waits for a person.
    """

    name: ToolName
    digest: Annotated[str, AfterValidator(_check_digest)] | None = None
    arguments: dict[Name, Argument] = {}
    omitted: tuple[Name, ...] = ()
    action: ActionKind | None = None

    @model_validator(mode="after")
    def _check_omitted(self) -> Self:
        if both := sorted({*self.omitted} & {*self.arguments}):
            raise UnfitError(f"omits {both[0]}, which is in arguments", f"remove {both[0]} from one of the two")
        return self


class ToolServer(ReviewedModel):
    """One MCP server: started here by `command`, in a sandbox of its own, or remote at `url`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    purpose: Words
    owner: Words
    reason: Words
    command: Annotated[tuple[StrictStr, ...], Field(min_length=1), AfterValidator(_check_program)] | None = None
    url: Annotated[StrictStr, AfterValidator(_check_url)] | None = None
    reaches: Annotated[tuple[ReachEntry, ...], Field(min_length=1)]
    sandbox: SandboxSection = SandboxSection()
    tools: Annotated[tuple[ServerTool, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_transport(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise UnfitError("has both command and url, or neither", "keep the one by which the server is reached")
        if self.url is not None and not self.sandbox.is_empty:
            raise UnfitError("is remote and has a sandbox, which would confine nothing", "remove sandbox")
        names = [tool.name for tool in self.tools]
        for name in names:
            if names.count(name) > 1:
                raise UnfitError(f"lists the tool {name} twice", "remove one of the two entries")
        if self.command is not None and self.command[0] not in {one.path for one in self.sandbox.programs}:
            raise UnfitError(f"starts {self.command[0]}, which its sandbox does not list", f"add {self.command[0]} to sandbox.programs")
        return self

    @property
    def host(self) -> str | None:
        """The host of a remote server."""
        found = None if self.url is None else _URL.fullmatch(self.url)
        return None if found is None else found["host"]

    def get_tool(self, name: str) -> ServerTool | None:
        """Return a tool by its exact name."""
        return next((tool for tool in self.tools if tool.name == name), None)
