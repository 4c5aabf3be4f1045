"""The plugin that serves a resource, and its form in a provider resource's inputs (after Pulumi's providers/registry.go)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from containment_lab.formats.state import State
from containment_lab.formats.values import Properties

INTERNAL = "__internal"


@dataclass(frozen=True)
class Package:
    """The plugin that serves a resource: the base plugin, and the package it is parameterized as, if any."""

    plugin: str
    version: str = ""
    url: str = ""
    parameter: tuple[str, str, bytes] | None = None

    @property
    def name(self) -> str:
        """The package in resource types."""
        return self.parameter[0] if self.parameter else self.plugin

    @property
    def default_name(self) -> str:
        """The name of this package's default provider resource."""
        version = self.parameter[1] if self.parameter else self.version
        cleaned = "".join(c if c.isalnum() or c in "_.-" else "_" for c in self.url)
        return "_".join(["default", *version.replace("-", ".").replace("+", ".").split("."), cleaned]).strip("_")

    def write_inputs(self, inputs: Properties) -> None:
        """Write version, url and parameterization into a provider resource's inputs, in Pulumi's places."""
        internal: Properties = {"pluginDownloadURL": self.url} if self.url else {}
        if self.version:
            inputs["version"] = self.version
        if self.parameter:
            _, inputs["version"], value = self.parameter
            internal |= {"name": self.plugin, "version": self.version, "parameterization": base64.b64encode(value).decode()}
        if self.version or internal:
            inputs[INTERNAL] = internal

    @classmethod
    def read_inputs(cls, state: State, inputs: Properties) -> Package:
        """Return the package in a provider resource's inputs."""
        name, internal, version = state.type.rpartition(":")[2], inputs.get(INTERNAL) or {}, str(inputs.get("version") or "")
        parameter = internal.get("parameterization")
        url, base = internal.get("pluginDownloadURL", ""), str(internal.get("version") or "")
        return cls(internal["name"], base, url, (name, version, base64.b64decode(parameter))) if parameter else cls(name, version, url)


def remove_internal(inputs: Properties) -> Properties:
    """Return a provider resource's inputs without the engine's own."""
    return {key: value for key, value in inputs.items() if key != INTERNAL}
