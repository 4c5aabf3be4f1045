"""Digests of what a server lists about a tool: name, description and input schema, as canonical JSON (RFC 8785)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from containment.errors import InputError
from containment.record.digests import digest_json


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as its server lists it."""

    name: str
    description: str
    input_schema: dict[str, Any]

    @property
    def digest(self) -> str:
        """The digest of the listing; empty where it has no canonical form, so that it equals no pin."""
        try:
            return digest_json({"name": self.name, "description": self.description, "inputSchema": self.input_schema})
        except InputError:
            return ""

    @property
    def arguments(self) -> frozenset[str]:
        """The names of the arguments in the schema."""
        found = self.input_schema.get("properties")
        return frozenset(map(str, found)) if isinstance(found, dict) else frozenset()

    @property
    def required(self) -> frozenset[str]:
        """The names of the arguments that the schema requires."""
        found = self.input_schema.get("required")
        return frozenset(map(str, found)) if isinstance(found, list) else frozenset()
