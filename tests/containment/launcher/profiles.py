"""A small profile for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PROGRAMS = ["/usr/bin/bash", "/usr/bin/cat", "/usr/bin/true", "/usr/bin/python3"]


def build_document(**changes: Any) -> dict[str, Any]:
    """Return a profile's document; `changes` are its keys."""
    limits = {"processes": 64, "dataBytes": 1 << 30, "fileBytes": 1 << 24, "openFiles": 128}
    return {
        "schema": "containment-launcher-profile/v1",
        "stack": "dev",
        "agentClass": "coding",
        "harness": "openclaw",
        "default": "deny",
        "network": "proxy",
        "files": {"readOnly": ["/usr"], "readWrite": ["/home/agent", "/tmp"]},
        "programs": PROGRAMS,
        "egress": [
            {
                "program": "/usr/bin/curl",
                "scheme": "https",
                "host": "api.example.com",
                "networks": [],
                "ports": [{"first": 443, "last": 443}],
                "requests": ["GET /**"],
            }
        ],
        "tasks": [{"name": "review", "tools": ["tickets.read"]}],
        "limits": limits | {"temporaryBytes": 1 << 24, "sharedMemoryBytes": 1 << 24},
    } | changes


def write_profile(folder: Path, **changes: Any) -> Path:
    """Write a profile's file and return its path."""
    path = folder / "profile.json"
    path.write_text(json.dumps(build_document(**changes)))
    return path
