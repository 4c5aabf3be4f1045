"""The format of an OpenShell policy file: every key that OpenShell 0.1.5 reads, and no other.

The keys are those of the YAML file; `schema` compares the same document with OpenShell's protos, where some names differ.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from containment.errors import InputError, Problem
from containment.fixes.model_findings import describe_finding
from containment.fixes.nearest_word import make_proposal
from containment.loaders import strict_yaml

TITLE: Final = "the OpenShell policy cannot be used"
WHY: Final = "OpenShell refuses a policy with an unknown key, and a rule that is not understood protects nothing"
_RENAMED: Final = {
    "network": "network_policies: {NAME: {endpoints: [{host, ports}], binaries: [{path}]}}",
    "egress": "network_policies: {NAME: {endpoints: [{host, ports}], binaries: [{path}]}}",
    "filesystem": "filesystem_policy: {include_workdir, read_only, read_write}",
    "fs": "filesystem_policy: {include_workdir, read_only, read_write}",
    "read": "filesystem_policy.read_only",
    "write": "filesystem_policy.read_write",
    "deny": "nothing: what no rule names is denied",
    "allow": "network_policies: {NAME: {endpoints: [{host, ports}], binaries: [{path}]}}",
    "user": "process: {run_as_user, run_as_group}",
    "tools": "an endpoint of protocol mcp with rules: [{allow: {method: tools/call, tool: NAME}}]",
    "mcp": "an endpoint of protocol mcp with rules: [{allow: {method: tools/call, tool: NAME}}]",
    "inference": "an endpoint of protocol rest in network_policies",
    "domains": "endpoints: [{host, ports}]",
    "programs": "binaries: [{path}]",
}
"""Keys that other descriptions of OpenShell use -> the key of the real format."""
_Port = Annotated[int, Field(ge=1, le=65535, strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _check_network(text: str) -> str:
    return str(ip_network(text, strict=False))


class AnyOf(_Part):
    """A list of globs, of which one must match."""

    any: Annotated[tuple[str, ...], Field(min_length=1)]


Matcher = str | AnyOf


class Call(_Part):
    """One request: method and path, or for MCP the method and the tool."""

    method: str = ""
    path: str = ""
    command: str = ""
    query: dict[str, Matcher] = {}
    operation_type: str = ""
    operation_name: str = ""
    fields: tuple[str, ...] = ()
    tool: Matcher | None = None
    params: dict[str, Any] = {}


class AllowRule(_Part):
    """A permitted request."""

    allow: Call


class McpOptions(_Part):
    """Options of an MCP endpoint."""

    max_body_bytes: int = 0
    strict_tool_names: bool | None = None
    allow_all_known_mcp_methods: bool | None = None
    versions: tuple[str, ...] = ()


class JsonRpcOptions(_Part):
    """Options of a JSON-RPC endpoint."""

    max_body_bytes: int = 0


class CredentialBinding(_Part):
    """The provider whose credential may be used."""

    provider: str = ""


class PolicyEndpoint(_Part):
    """One destination; `enforcement` is `audit` where it is not set."""

    host: str = ""
    path: str = ""
    port: _Port | None = None
    ports: tuple[_Port, ...] = ()
    protocol: str = ""
    tls: str = ""
    enforcement: str = ""
    access: str = ""
    rules: tuple[AllowRule, ...] = ()
    deny_rules: tuple[Call, ...] = ()
    allowed_ips: tuple[Annotated[str, AfterValidator(_check_network)], ...] = ()
    allow_encoded_slash: bool = False
    websocket_credential_rewrite: bool = False
    request_body_credential_rewrite: bool = False
    allow_uninspected_credentials: bool = False
    credential_signing: str = ""
    signing_service: str = ""
    signing_region: str = ""
    credential_binding: CredentialBinding | None = None
    persisted_queries: str = ""
    graphql_persisted_queries: dict[str, Any] = {}
    graphql_max_body_bytes: int = 0
    json_rpc: JsonRpcOptions | None = None
    mcp: McpOptions | None = None

    @property
    def all_ports(self) -> tuple[int, ...]:
        """The ports of both keys."""
        return self.ports or ((self.port,) if self.port is not None else ())


class Binary(_Part):
    """A program by path, which may be a glob."""

    path: str


class PolicyRule(_Part):
    """Endpoints and the programs that may reach them."""

    name: str = ""
    endpoints: tuple[PolicyEndpoint, ...] = ()
    binaries: tuple[Binary, ...] = ()


class FilesystemPolicy(_Part):
    """Paths with everything below them."""

    include_workdir: bool = False
    read_only: tuple[str, ...] = ()
    read_write: tuple[str, ...] = ()


class LandlockPolicy(_Part):
    """`best_effort` where it is not set: on a kernel without Landlock, nothing is restricted."""

    compatibility: str = ""


class ProcessPolicy(_Part):
    """User and group of the processes."""

    run_as_user: str | int = ""
    run_as_group: str | int = ""


class Policy(_Part):
    """The whole file."""

    version: Annotated[int, Field(ge=1, le=1, strict=True)]
    filesystem_policy: FilesystemPolicy | None = None
    landlock: LandlockPolicy | None = None
    process: ProcessPolicy | None = None
    network_policies: dict[str, PolicyRule] = {}
    network_middlewares: dict[str, Any] = {}


def read_document(text: str, name: str) -> dict[str, Any]:
    """Return the mapping of a policy's text; raise InputError for other text."""
    try:
        found = strict_yaml.load(text)
    except strict_yaml.StrictYamlError as error:
        raise InputError(TITLE, [Problem(name, error.what, WHY, error.fix)]) from None
    if not isinstance(found, dict):
        raise InputError(TITLE, [Problem(name, "is not a mapping of keys to values", WHY, "render it: containment render --as openshell")])
    return found


def parse_policy(text: str, name: str) -> Policy:
    """Return the policy of a text; raise InputError with every problem, each with the right key.

    Args:
        text: the content of the file.
        name: the name of the file, for the problems.
    """
    document = read_document(text, name)
    try:
        return Policy.model_validate(document)
    except ValidationError as error:
        raise InputError(TITLE, [_make_problem(name, one) for one in error.errors(include_url=False)]) from None


def _make_problem(name: str, found: Any) -> Problem:
    place = tuple(part for part in found["loc"] if part not in ("str", "AnyOf"))
    where = f"{name}:{'.'.join(map(str, place)) or '(whole file)'}"
    if found["type"] != "extra_forbidden":
        said = describe_finding(found, Policy)
        return Problem(where, said.what, WHY, said.fix or "write the value as OpenShell's policy has it")
    key = str(place[-1])
    model = _find_model(place[:-1])
    known = sorted(model.model_fields)
    fix = f"write {_RENAMED[key]}" if key in _RENAMED and key not in known else make_proposal(key, known, "remove it", most=len(known))
    return Problem(where, f"has {key!r}, which is not a key of OpenShell here", WHY, fix)


_MODELS: Final[dict[str, type[BaseModel]]] = {
    "filesystem_policy": FilesystemPolicy,
    "landlock": LandlockPolicy,
    "process": ProcessPolicy,
    "network_policies": PolicyRule,
    "endpoints": PolicyEndpoint,
    "binaries": Binary,
    "rules": AllowRule,
    "allow": Call,
    "deny_rules": Call,
    "mcp": McpOptions,
    "json_rpc": JsonRpcOptions,
    "credential_binding": CredentialBinding,
}


def _find_model(place: tuple[Any, ...]) -> type[BaseModel]:
    return next((_MODELS[part] for part in reversed(place) if part in _MODELS), Policy)
