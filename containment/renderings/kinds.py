"""The renderings of a class, by name."""

from __future__ import annotations

from enum import StrEnum


class RenderingKind(StrEnum):
    """A system that a class is rendered for."""

    OPENSHELL = "openshell"
    LAUNCHER = "launcher"
    WEBGROUPS = "webgroups"
    CEDAR = "cedar"
    HARNESS = "harness"

    @property
    def enforced_by(self) -> str:
        """Where the rendering is enforced, in words."""
        return {
            RenderingKind.OPENSHELL: "rendered here, enforced only where OpenShell runs",
            RenderingKind.LAUNCHER: "enforced by the launcher on the host",
            RenderingKind.WEBGROUPS: "enforced by the Aviatrix gateway",
            RenderingKind.CEDAR: "enforced by the tool gateway on the host; AgentCore takes the same text, and nothing here deploys it",
            RenderingKind.HARNESS: "obeyed by the harness itself, which is no boundary; the launcher is",
        }[self]

    @property
    def file_name(self) -> str:
        """The usual name of its file."""
        return {
            RenderingKind.OPENSHELL: "openshell-policy.yaml",
            RenderingKind.LAUNCHER: "launcher-profile.json",
            RenderingKind.WEBGROUPS: "webgroups.json",
            RenderingKind.CEDAR: "tools.cedar",
            RenderingKind.HARNESS: "harness-tools.json",
        }[self]
