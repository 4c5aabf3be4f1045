"""Profiles for tests of the local proxy."""

from __future__ import annotations

from typing import Any

from containment.sandbox.profile import LauncherProfile

PROGRAM = "/usr/bin/curl"
OTHER = "/usr/bin/git"


def make_entry(program: str = PROGRAM, host: str | None = "api.example.com", **changed: Any) -> dict[str, Any]:
    """Return one entry of `egress`."""
    entry = {
        "program": program,
        "scheme": "https",
        "host": host,
        "networks": [],
        "ports": [{"first": 443, "last": 443}],
        "requests": None,
    }
    return entry | changed


def make_profile(*egress: dict[str, Any], programs: tuple[str, ...] = (PROGRAM, OTHER), **changed: Any) -> LauncherProfile:
    """Return a profile with these entries."""
    document = {
        "schema": "containment-launcher-profile/v1",
        "stack": "coding-monitor",
        "agentClass": "coding",
        "harness": "openclaw",
        "default": "deny",
        "network": "proxy",
        "files": {"readOnly": ["/usr"], "readWrite": []},
        "programs": list(programs),
        "egress": list(egress),
        "tasks": [{"name": "review", "tools": ["tickets.read"]}],
        "limits": {},
    }
    return LauncherProfile.model_validate(document | changed)
