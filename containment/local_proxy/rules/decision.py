"""The decision on a connection or a request, by (programs, host, port, content) and the profile.

Rules kept here:
- every program that shares a connection has to be permitted by itself; none is no program;
- a name is decided by patterns alone, before it is resolved: without a pattern that matches it, it is never looked up;
- what the proxy cannot see is not permitted: an entry with `requests` permits no tunnel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.destination import Address, Destination
from containment.local_proxy.rules.grants import Grant, build_grants, has_program
from containment.sandbox.profile import LauncherProfile

_TOOL_CALL: Final = "tools/call "
_SHOWN: Final = 6
"""Requests that a reason lists."""
_PLAIN: Final = re.compile(r"/[A-Za-z0-9._~!$&'()+,;=:@*/-]*")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_ESCAPED: Final = frozenset(b' "<>^`{|}[]') | frozenset(range(0x80, 0x100))
"""Bytes that a path can have in no other form."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A decision for a connection: the entries that permit it, per program; none is empty."""

    grants: tuple[tuple[Grant, ...], ...]

    @property
    def rule(self) -> str:
        """The keys of the entries that decide, for the record."""
        return ", ".join(dict.fromkeys(each[0].name for each in self.grants))

    @property
    def tls_only(self) -> bool:
        """Whether some program may send nothing but TLS."""
        return any(all(grant.to.tls for grant in each) for each in self.grants)

    @property
    def is_by_content(self) -> bool:
        """Whether some program may send listed requests only."""
        return any(all(grant.to.requests is not None for grant in each) for each in self.grants)

    def narrow(self, addresses: Sequence[Address]) -> Permit | Denial:
        """Return the permit for connections to these addresses, or why one of them is denied."""
        remaining = []
        for each in self.grants:
            fitting = tuple(grant for grant in each if all(grant.explain_address(one) is None for one in addresses))
            if not fitting:
                reasons = [why for grant in each for one in addresses if (why := grant.explain_address(one))]
                return Denial(DenyRule.ADDRESS, reasons[0])
            remaining.append(fitting)
        return Permit(tuple(remaining))


class Policy:
    """A profile, prepared for decisions."""

    def __init__(self, profile: LauncherProfile, task: str | None = None) -> None:
        """Prepare the decisions for a task of a profile; None: no task, whose tools would limit the calls further."""
        self.profile = profile
        self._grants = build_grants(profile)
        self._task = task
        self._tools = None if task is None else {tool for one in profile.tasks if one.name == task for tool in one.tools}

    def decide_tunnel(self, programs: Sequence[str], destination: Destination) -> Permit | Denial:
        """Decide a tunnel (CONNECT), whose content the proxy does not see."""
        return self._decide(programs, destination, lambda program, grants: _permit_tunnel(program, destination, grants))

    def decide_contents(
        self, programs: Sequence[str], destination: Destination, contents: Sequence[str], *, is_tls: bool
    ) -> Permit | Denial:
        """Decide a request that the proxy sees.

        Args:
            programs: the programs of the connection.
            destination: the host and the port.
            contents: `METHOD /path` without the query, or the calls of an MCP message; each of them has to be listed.
            is_tls: whether the request is inside TLS that ends here.
        """
        texts = self._refuse_other_tools(contents)
        if isinstance(texts, Denial):
            return texts
        return self._decide(
            programs, destination, lambda program, grants: _permit_contents(program, destination, grants, texts, is_tls=is_tls)
        )

    def has_calls(self, programs: Sequence[str], destination: Destination) -> bool:
        """Return whether some program may send MCP calls to a destination."""
        found = [self._find_grants(program, destination) for program in programs]
        return any(grant.has_calls for grants in found if not isinstance(grants, Denial) for grant in grants)

    def _refuse_other_tools(self, contents: Sequence[str]) -> Sequence[str] | Denial:
        """Return the contents; a denial if they call a tool that is not one of the task's."""
        for one in contents:
            tool = one.removeprefix(_TOOL_CALL)
            if self._tools is not None and tool != one and tool not in self._tools:
                return Denial(DenyRule.CONTENT, f"task {self._task} may not call the tool {tool}")
        return contents

    def _decide(
        self, programs: Sequence[str], destination: Destination, permit: Callable[[str, list[Grant]], tuple[Grant, ...] | Denial]
    ) -> Permit | Denial:
        if not programs:
            return Denial(DenyRule.PROGRAM_UNKNOWN, "no program could be named for the connection")
        grants = []
        for program in dict.fromkeys(programs):
            listed = self._find_grants(program, destination)
            found = listed if isinstance(listed, Denial) else permit(program, listed)
            if isinstance(found, Denial):
                return found
            grants.append(found)
        return Permit(tuple(grants))

    def _find_grants(self, program: str, destination: Destination) -> list[Grant] | Denial:
        """Return the entries for a program and a destination, or why there are none."""
        if not has_program(self.profile.programs, program):
            return Denial(DenyRule.PROGRAM_UNLISTED, f"{program} is no program of class {self.profile.agent_class}")
        named = [grant for grant in self._grants if grant.has_destination(destination)]
        own = [grant for grant in named if has_program([grant.program], program)]
        found = [grant for grant in own if grant.has_port(destination.port)]
        if found:
            return found
        if own:
            ports = ", ".join(dict.fromkeys(str(port) for grant in own for port in grant.to.ports))
            return Denial(DenyRule.PORT, f"{program} may reach {destination.host} at port {ports}, not at {destination.port}")
        if named:
            others = ", ".join(sorted({grant.program for grant in named}))
            return Denial(DenyRule.PROGRAM_EGRESS, f"{destination.host} is permitted to {others}, not to {program}")
        if destination.address is not None:
            return Denial(DenyRule.ADDRESS_LITERAL, f"{destination.host} is in no network that the profile lists; use a name that it lists")
        return Denial(DenyRule.DEFAULT, f"class {self.profile.agent_class} permits {destination.host} to no program")


def _permit_tunnel(program: str, destination: Destination, grants: list[Grant]) -> tuple[Grant, ...] | Denial:
    found = tuple(grant for grant in grants if grant.to.requests is None)
    if found:
        return found
    requests = list(dict.fromkeys(one for grant in grants for one in grant.to.requests or ()))
    listed = ", ".join(requests[:_SHOWN]) + (f" and {len(requests) - _SHOWN} more" if len(requests) > _SHOWN else "")
    what = f"may send only these requests to {destination.host}: {listed or 'none'}"
    return Denial(DenyRule.CONTENT_HIDDEN, f"{program} {what}; a tunnel hides which one is sent, so it needs the gateway that ends TLS")


def _permit_contents(
    program: str, destination: Destination, grants: list[Grant], contents: Sequence[str], *, is_tls: bool
) -> tuple[Grant, ...] | Denial:
    fitting = [grant for grant in grants if grant.to.tls is is_tls]
    if not fitting:
        return Denial(DenyRule.CLEAR_TEXT, f"{program} may reach {destination} by TLS alone: use https, for which clients send CONNECT")
    free = tuple(grant for grant in fitting if grant.to.requests is None)
    if free:
        return free
    for one in contents:
        path = one.partition(" ")[2]
        if path.startswith("/") and not is_unambiguous(path):
            return Denial(DenyRule.CONTENT, f"{one[:200]} has a path that servers read differently, and only listed requests are permitted")
        if not any(grant.has_request(one) for grant in fitting):
            return Denial(DenyRule.CONTENT, f"{program} may not send {one[:200]} to {destination}")
    return tuple(grant for grant in fitting if any(grant.has_request(one) for one in contents))


def is_unambiguous(path: str) -> bool:
    """Return whether a path has one meaning: no `.`, `..` or empty part, no escape of a character that needs none."""
    escapes = [int(one, 16) for one in _ESCAPE.findall(path)]
    if not _PLAIN.fullmatch(_ESCAPE.sub("x", path)) or not {*escapes} <= _ESCAPED or "//" in path:
        return False
    return not any(part.partition(";")[0] in (".", "..") for part in path.split("/"))
