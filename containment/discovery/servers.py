"""Read MCP servers from configuration files. No server is started and no address is contacted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any, Final

from containment.discovery.files import FormatError, Root, UnreadableError, get_identity, parse, read_file
from containment.discovery.inventory import FoundServer, Reader, UnseenLog
from containment.discovery.known_data import ConfigFile, ConfigFormat
from containment.discovery.places import Place, expand, walk_folders
from containment.discovery.redaction import clean, is_reference, redact_address, redact_all, redact_arguments

_URL_KEYS: Final = ("url", "httpUrl", "serverUrl", "uri", "endpoint", "baseUrl")
_ENVIRONMENT_KEYS: Final = ("env", "environment", "headers", "http_headers", "requestInit")
_TOOL_KEYS: Final = (
    "tools", "allowedTools", "enabledTools", "enabled_tools", "includeTools", "autoApprove", "alwaysAllow", "autoAllowed", "toolFilter",
)  # fmt: skip
_NO_SERVERS: Final = frozenset({"servers", "timeout", "inputs", "defaults", "catalogRefresh"})
_SECRET_KEYS: Final = (
    "token",
    "apiKey",
    "api_key",
    "bearerToken",
    "bearer_token",
    "auth",
    "authorization",
    "oauth",
    "password",
    "credentials",
)
_ALL_KEYS: Final = ("mcp.servers", "mcpServers", "mcp_servers", "servers", "mcp")
_MOST_SERVERS: Final = 1000
_PLUGIN_DEPTH: Final = 8
_NO_SKIP: Final = frozenset({"node_modules", ".git"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredServer:
    """One server of a file, with the unredacted command for the comparison with processes; never printed."""

    found: FoundServer
    arguments: tuple[str, ...]
    place: Place


def read_servers(
    files: Iterable[ConfigFile], homes: list[Place], projects: list[Place], roots: list[Root], named: Iterable[Place], unseen: UnseenLog
) -> tuple[list[ConfiguredServer], int]:
    """Return the servers of every configuration file, and the number of files that were read.

    Args:
        files: the reviewed paths.
        homes: home folders.
        projects: project folders.
        roots: file systems, for absolute paths.
        named: files that a harness names on its command line.
        unseen: receives files that cannot be read.
    """
    found, count = list[ConfiguredServer](), 0
    seen = set[tuple[str, str] | tuple[int, int] | None]()
    extra = [(_describe_named(one), one) for one in named]
    listed = [(file, place) for file in files for place in _find_places(file, homes, projects, roots, unseen)]
    for file, place in (*listed, *extra):
        if (place.root.path, place.path) in seen:
            continue
        seen.add((place.root.path, place.path))
        try:
            identity = get_identity(place.root, place.path)
            if identity is None or (identity in seen and not place.root.is_own):
                continue  # nothing there, or the file of this machine seen through a container
            seen.add(identity)
            content = read_file(place.root, place.path) or b""
            document = parse(content, file.format)
        except (UnreadableError, FormatError) as error:
            unseen.add(Reader.CONFIGURATIONS, place.shown, str(error))
            continue
        count += 1
        found += _collect(file, place, document, unseen)
    return found, count


def _describe_named(place: Place) -> ConfigFile:
    """Return how a file is read that a command line names: its format by suffix, with the keys of every harness."""
    formats = {".toml": ConfigFormat.TOML, ".yaml": ConfigFormat.YAML, ".yml": ConfigFormat.YAML}
    format_ = formats.get(PurePosixPath(place.path).suffix, ConfigFormat.JSONC)
    return ConfigFile.model_construct(path=place.path, format=format_, keys=_ALL_KEYS, harness="", owner="", source="", reviewed=date.min)


def _find_places(file: ConfigFile, homes: list[Place], projects: list[Place], roots: list[Root], unseen: UnseenLog) -> Iterator[Place]:
    start, mark, name = file.path.partition("/**/")
    if not mark:
        yield from expand(file.path, homes, projects, roots)
        return
    for base in expand(start, homes, projects, roots):
        for folder in (base.path, *walk_folders(base.root, base.path, _PLUGIN_DEPTH, Reader.CONFIGURATIONS, unseen, _NO_SKIP)):
            yield Place(root=base.root, path=f"{folder}/{name}")


def _collect(file: ConfigFile, place: Place, document: Any, unseen: UnseenLog) -> Iterator[ConfiguredServer]:
    if document is None:
        return
    if not isinstance(document, dict):
        unseen.add(Reader.CONFIGURATIONS, place.shown, "is not an object at its top level")
        return
    taken, left = set[str](), _MOST_SERVERS
    for key in file.keys:
        for where, servers in _find_values(document, key):
            for name, entry in _iterate_servers(servers, place, unseen):
                if where + name in taken or (key in (".", "mcp") and not _is_server(entry)):
                    continue
                taken.add(where + name)
                left -= 1
                if left < 0:
                    unseen.add(Reader.CONFIGURATIONS, place.shown, f"has more than the {_MOST_SERVERS} servers that are listed")
                    return
                yield build_server(name, entry, file.harness, place)


def _find_values(document: Any, key: str, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values at a key such as `projects.*.mcpServers`, each with its place."""
    if key == ".":
        yield where, document
        return
    head, _, rest = key.partition(".")
    if not isinstance(document, dict):
        return
    for name in [*document] if head == "*" else [head]:
        if name not in document:
            continue
        if rest:
            yield from _find_values(document[name], rest, f"{where}{name}.")
        else:
            yield where, document[name]


def _iterate_servers(servers: Any, place: Place, unseen: UnseenLog) -> Iterator[tuple[str, Any]]:
    if isinstance(servers, dict):
        yield from ((str(name), entry) for name, entry in servers.items() if not (name in _NO_SERVERS and not _is_server(entry)))
    elif isinstance(servers, list):
        yield from ((str(one.get("name", number)), one) for number, one in enumerate(servers) if isinstance(one, dict))
    elif servers is not None:
        unseen.add(Reader.CONFIGURATIONS, place.shown, "has servers that are neither an object nor a list")


def _is_server(entry: Any) -> bool:
    return isinstance(entry, dict) and any(key in entry for key in ("command", *_URL_KEYS))


def build_server(name: str, entry: Any, harness: str, place: Place) -> ConfiguredServer:
    """Return one server without its secrets; an entry of an unknown form is a server with neither command nor address."""
    fields = entry if isinstance(entry, dict) else {}
    arguments = _read_command(fields)
    command, secrets = redact_arguments(arguments)
    addresses = [str(fields[key]) for key in _URL_KEYS if isinstance(fields.get(key), str)]
    url, hidden = redact_address(addresses[0]) if addresses else ("", [])
    names = [*secrets, *hidden, *_find_secret_names(fields)]
    tools = dict.fromkeys(text for key in _TOOL_KEYS for text in _read_tools(fields.get(key)))
    is_enabled = not (fields.get("disabled") is True or fields.get("enabled") is False)
    kept = {"name": name, "command": command, "url": url, "secrets": sorted(names), "tools": sorted(tools), "enabled": is_enabled}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
    return ConfiguredServer(
        found=FoundServer(
            name=redact_all([name])[0],
            file=clean(place.shown),
            harness=harness,
            command=command,
            url=url,
            secrets=tuple(dict.fromkeys(names)),
            tools=redact_all(tools),
            enabled=is_enabled,
            container=place.root.label,
            digest=f"sha256:{digest}",
        ),
        arguments=arguments,
        place=place,
    )


def _read_command(fields: Mapping[str, Any]) -> tuple[str, ...]:
    command, arguments = fields.get("command"), fields.get("args", fields.get("arguments"))
    words = command if isinstance(command, list) else _split(command) if arguments is None else [command]
    return tuple(str(one) for one in (*(words or ()), *(arguments if isinstance(arguments, list) else ())) if one is not None)


def _split(command: Any) -> list[str]:
    """Return a command that was written as one text as words; a path with spaces stays one word."""
    if not isinstance(command, str):
        return []
    return [command] if PurePosixPath(command).is_absolute() and " -" not in command else command.split()


def _find_secret_names(fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of variables, headers and keys that have a value of their own; a reference to a variable is no value."""
    for key in _ENVIRONMENT_KEYS:
        values = fields.get(key)
        if isinstance(values, dict):
            yield from (f"{key} {clean(name)}" for name, value in values.items() if not is_reference(str(value)))
        elif isinstance(values, list):
            yield from (f"{key} {clean(str(one).partition('=')[0])}" for one in values if "=" in str(one))
    yield from (key for key in _SECRET_KEYS if fields.get(key) and not is_reference(str(fields[key])))


def _read_tools(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = [*value]
    return [str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in value] if isinstance(value, list) else []
