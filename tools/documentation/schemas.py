"""The JSON Schemas of files that people write, by which editors complete and check them, made from the models of their loaders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from containment.fleet.loader import SITE_NAME, FleetFile
from containment.vending.agent import AgentContent

FOLDER: Final = "docs/schema"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def build_agent_schema() -> dict[str, Any]:
    """Return the JSON Schema of agent files."""
    schema = _build_schema(AgentContent, "Agent file (agents/<name>.yaml)")
    schema["properties"]["forbiddenActions"]["uniqueItems"] = True
    return schema


def build_fleet_schema() -> dict[str, Any]:
    """Return the JSON Schema of fleet.yaml."""
    schema = _build_schema(FleetFile, "Sites of a fleet (fleet.yaml)")
    schema["properties"]["default"] = {"type": "string", "description": schema["properties"]["default"]["description"]}
    schema["properties"]["sites"]["propertyNames"] = {"pattern": f"^{SITE_NAME.pattern}$"}
    return schema


def render_schemas(root: Path) -> Mapping[str, str]:  # noqa: ARG001 - the signature of all families of pages
    """Return file name -> content of every schema."""
    built = {"agent.schema.json": build_agent_schema(), "fleet.schema.json": build_fleet_schema()}
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in built.items()}


def _build_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    for part in (schema, *schema["$defs"].values()):
        for key in part.get("properties", {}).values():
            key.pop("title", None)  # pydantic's title is the key in another spelling
    return {"$schema": _DIALECT, **schema, "title": title}
