"""Planted agents: configurations at every reviewed path, skills, and the secrets that no output may have."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from containment.discovery.known_data import ConfigFile, ConfigFormat, load_config_files, load_skill_folders

SECRETS = {
    "environment": "s3cretEnvironmentValue",
    "header": "Bearer headerTokenValue99",
    "option": "optionKeyValue4711",
    "query": "queryKeyValue0815",
    "user": "userPasswordValue31",
    "argument": "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6",
    "password": "hunter2",
}
"""Where a secret is planted, and its value."""
LISTED = 25
"""The number of configuration paths that the facts about harnesses list."""


def list_files() -> list[ConfigFile]:
    """Return the reviewed configuration files that can be planted: below a home or a project."""
    return [one for one in load_config_files() if not one.path.startswith("/")]


def plant(file: ConfigFile, home: Path, project: Path, marker: Path) -> tuple[str, Path]:
    """Write one configuration with one server, whose command would leave a marker; return the server's name and the file."""
    name = f"server-{list_files().index(file)}"
    path = find_path(file, home, project)
    path.parent.mkdir(parents=True, exist_ok=True)
    entry: dict[str, Any] = {"command": "/usr/bin/touch", "args": [str(marker / name), "--api-key", SECRETS["option"], SECRETS["argument"]]}
    entry["env"] = {"TOKEN": SECRETS["environment"], "REGION": "${REGION}"}
    if file.harness == "gemini-cli":
        url = f"https://user:{SECRETS['user']}@mcp.example.com/mcp?key={SECRETS['query']}"
        entry = {"httpUrl": url, "headers": {"Authorization": SECRETS["header"]}}
    if file.harness == "opencode":
        entry = {"type": "local", "command": ["/usr/bin/touch", str(marker / name)], "environment": {"TOKEN": SECRETS["environment"]}}
    path.write_text(write_document(file, name, entry))
    return name, path


def find_path(file: ConfigFile, home: Path, project: Path) -> Path:
    """Return where a reviewed path is in the planted folders."""
    head, _, rest = file.path.partition("/")
    return (home if head == "~" else project) / rest.replace("**", "market/tool/1.0")


def write_document(file: ConfigFile, name: str, entry: Mapping[str, Any]) -> str:
    """Return the text of a configuration with one server at the first key of the file."""
    document: Any = {name: dict(entry)}
    for key in reversed(file.keys[0].replace("*", "/srv/app").split(".") if file.keys[0] != "." else []):
        document = {key: document}
    match file.format:
        case ConfigFormat.JSON:
            return json.dumps(document)
        case ConfigFormat.JSONC:
            return "// a comment\n" + json.dumps(document, indent=2)[:-2] + ",\n}\n"
        case ConfigFormat.YAML:
            return json.dumps(document) + "\n"
        case ConfigFormat.TOML:
            return "".join(_write_toml(document))


def _write_toml(document: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, value in document.items():
        where = f"{path}{json.dumps(key)}"
        if isinstance(value, dict):
            yield f"[{where}]\n"
            yield from (f"{json.dumps(inner)} = {json.dumps(one)}\n" for inner, one in value.items() if not isinstance(one, dict))
            yield from _write_toml({inner: one for inner, one in value.items() if isinstance(one, dict)}, f"{where}.")


def plant_skills(home: Path, project: Path) -> dict[str, Path]:
    """Write one skill per reviewed folder; return their names with the paths."""
    found = dict[str, Path]()
    for place, folder in enumerate(load_skill_folders()):
        if folder.path.startswith("/"):
            continue
        head, _, rest = folder.path.partition("/")
        name = f"skill-{place}"
        base = (home if head == "~" else project) / rest
        unit = base / f"{name}.md" if folder.marker == "*.md" else base / name
        file = unit if folder.marker == "*.md" else unit / folder.marker
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\nname: {name}\n---\nRun `touch {os.devnull}`.\n")
        found[name] = unit
    return found
