"""Which plugin serves a resource, and how a provider resource's inputs say it (after Pulumi's providers/registry.go)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from containment.lab.formats.state import State
from containment.lab.formats.values import Properties

INTERNAL = "__internal"


@dataclass(frozen=True)
class Package:
    """Which plugin serves a resource: the base plugin, and the package it is parameterized as, if it is."""

    plugin: str
    version: str = ""
    url: str = ""
    parameter: tuple[str, str, bytes] | None = None

    @property
    def name(self) -> str:
        """The package that resource types name."""
        return self.parameter[0] if self.parameter else self.plugin

    @property
    def default_name(self) -> str:
        """The name of this package's default provider resource."""
        version = self.parameter[1] if self.parameter else self.version
        cleaned = "".join(c if c.isalnum() or c in "_.-" else "_" for c in self.url)
        return "_".join(["default", *version.replace("-", ".").replace("+", ".").split("."), cleaned]).strip("_")

    def mark(self, inputs: Properties) -> None:
        """Write version, url and parameterization into a provider resource's inputs, where Pulumi keeps them."""
        internal: Properties = {"pluginDownloadURL": self.url} if self.url else {}
        if self.version:
            inputs["version"] = self.version
        if self.parameter:
            _, inputs["version"], value = self.parameter
            internal |= {"name": self.plugin, "version": self.version, "parameterization": base64.b64encode(value).decode()}
        if self.version or internal:
            inputs[INTERNAL] = internal

    @classmethod
    def marked(cls, state: State, inputs: Properties) -> Package:
        """Return the package that a provider resource's inputs name."""
        name, internal, version = state.type.rpartition(":")[2], inputs.get(INTERNAL) or {}, str(inputs.get("version") or "")
        parameter = internal.get("parameterization")
        url, base = internal.get("pluginDownloadURL", ""), str(internal.get("version") or "")
        return cls(internal["name"], base, url, (name, version, base64.b64decode(parameter))) if parameter else cls(name, version, url)


def visible(inputs: Properties) -> Properties:
    """Return a provider resource's inputs without the engine's own."""
    return {key: value for key, value in inputs.items() if key != INTERNAL}
