"""What a class declares for its hosts, as one plain document that also machines without the project can read.

Every list is optional and empty by default: what is not declared is a difference.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.discovery.known_data import load_harness_signs
from containment.errors import InputError, Problem
from containment.fixes.model_findings import list_problems
from containment.launcher.settings import SCHEMA as PROFILE_SCHEMA
from containment.loaders import strict_yaml
from containment.names import DENY_GROUPS, WebGroupId
from containment.renderings.tool_servers import build_tool_scope
from containment.reviewed_data import ReviewedModel
from containment.sandbox.profile import HostText, NetworkText, parse_profile
from containment.sandbox.section import SandboxSection
from containment.tool_scopes.server import ToolServer

SCHEMA: Final = "containment-declared/v1"
_TITLE: Final = "the declaration cannot be used"
_WHY: Final = "a declaration that is read in part would permit or report the wrong things"
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class DeclaredServer(ReviewedModel):
    """One MCP server: by its command or by its address, with the tools that it may offer."""

    name: Annotated[str, Field(min_length=1)]
    command: tuple[str, ...] = ()
    url: str = ""
    tools: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("needs either a command or a url")
        return self


class DeclaredSkill(ReviewedModel):
    """One skill; without a digest its content is not compared."""

    name: Annotated[str, Field(min_length=1)]
    digest: Annotated[str, Field(pattern=_DIGEST.pattern)] | None = None


class Declared(ReviewedModel):
    """The document.

    Attributes:
        harnesses: ids of harnesses.
        programs: absolute paths, with one `*` in the last part.
        models: names of hosts, or patterns, to which connections are permitted.
        denied_models: names that are denied although a pattern of `models` matches.
        networks: addresses to which connections without a name are permitted.
        local_ports: ports of local model servers and agent gateways.
        mcp_servers: MCP servers.
        skills: skills, plugins, commands and subagents.
    """

    schema_: Annotated[Literal["containment-declared/v1"], Field(alias="schema")] = SCHEMA
    stack: str = ""
    agent_class: str = ""
    harnesses: tuple[str, ...] = ()
    programs: tuple[Annotated[str, Field(pattern=r"^/")], ...] = ()
    models: tuple[HostText, ...] = ()
    denied_models: tuple[HostText, ...] = ()
    networks: tuple[NetworkText, ...] = ()
    local_ports: tuple[Annotated[int, Field(ge=1, le=65535, strict=True)], ...] = ()
    mcp_servers: tuple[DeclaredServer, ...] = ()
    skills: tuple[DeclaredSkill, ...] = ()

    @property
    def name(self) -> str:
        """The stack, with its class."""
        return f"{self.stack} ({self.agent_class})" if self.stack else "the declaration"

    @property
    def digest(self) -> str:
        """SHA-256 of the declaration's text."""
        return f"sha256:{hashlib.sha256(format_declared(self).encode()).hexdigest()}"

    def parse_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the networks."""
        return tuple(ip_network(text) for text in self.networks)

    def merge(self, other: Self) -> Self:
        """Return a declaration with the entries of both; what either denies is denied."""
        lists = {
            name: (*getattr(self, name), *getattr(other, name))
            for name in ("harnesses", "programs", "models", "denied_models", "networks", "local_ports", "mcp_servers", "skills")
        }
        return self.model_copy(update={**lists, "stack": self.stack or other.stack, "agent_class": self.agent_class or other.agent_class})


def declare_stack(spec: ContainmentSpec, library: Library) -> Declared:
    """Return what a stack declares for its hosts, by its class with its MCP servers, its harness and its own destinations."""
    servers = declare_servers(build_tool_scope(spec, library).servers)
    return declare_spec(spec, library.get_sandbox(spec.preset, spec.harness), servers)


def declare_spec(spec: ContainmentSpec, sandbox: SandboxSection, servers: Sequence[DeclaredServer] = ()) -> Declared:
    """Return what a stack declares.

    Args:
        spec: the stack.
        sandbox: the section of its class and harness.
        servers: the MCP servers of the class.
    """
    names = {group: [pattern.text for pattern in found.patterns] for group, found in spec.destinations.items()}
    gateway = [str(spec.credential_gateway.address)] if spec.credential_gateway else []
    cidrs = [str(network) for network in spec.config.model_gateway_networks]
    return Declared(
        stack=spec.stack,
        agent_class=spec.preset.name,
        harnesses=_list_harnesses(spec.harness.value),
        programs=tuple(dict.fromkeys(one.path for one in sandbox.programs)),
        models=tuple(sorted(name for group, found in names.items() if group not in DENY_GROUPS for name in found)),
        denied_models=tuple(sorted(names.get(WebGroupId.UNAPPROVED_MODELS, []))),
        networks=tuple(dict.fromkeys([*cidrs, *gateway])),
        mcp_servers=tuple(servers),
    )


def declare_servers(servers: Iterable[ToolServer]) -> tuple[DeclaredServer, ...]:
    """Return the declarations of MCP servers that a class defines."""
    return tuple(
        DeclaredServer(name=one.name, command=one.command or (), url=one.url or "", tools=tuple(tool.name for tool in one.tools))
        for one in servers
    )


def _list_harnesses(harness: str) -> tuple[str, ...]:
    parts = next((one.runs for one in load_harness_signs().harnesses if one.id == harness), ())
    return () if harness == "none" else (harness, *parts)


def read_declared(path: Path) -> Declared:
    """Return the declaration of a file: this document in JSON or YAML, or a launcher's profile.

    Raises:
        InputError: the file cannot be read or is wrong; has every problem.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = strict_yaml.load(text)
    except (OSError, ValueError) as error:
        what, fix = strict_yaml.explain_error(error)
        raise InputError(_TITLE, [Problem(str(path), what, _WHY, fix)]) from None
    if isinstance(document, dict) and document.get("schema") == PROFILE_SCHEMA:
        return _convert_profile(text, str(path))
    try:
        return Declared.model_validate(document if isinstance(document, dict) else {"schema": None})
    except ValidationError as error:
        fix = "write the value as containment discover --write-declared FILE writes it"
        raise InputError(_TITLE, list_problems(str(path), error, Declared, why=_WHY, fix=fix)) from None


def _convert_profile(text: str, name: str) -> Declared:
    """Return what a launcher's profile declares: harness, programs and destinations."""
    profile = parse_profile(text, name)
    return Declared(
        stack=profile.stack,
        agent_class=profile.agent_class,
        harnesses=_list_harnesses(profile.harness),
        programs=profile.programs,
        models=_list_unique(one.host for one in profile.egress),
        networks=_list_unique(network for one in profile.egress for network in one.networks),
    )


def _list_unique(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def format_declared(declared: Declared) -> str:
    """Return the text of a declaration."""
    return json.dumps(declared.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2, ensure_ascii=False) + "\n"
