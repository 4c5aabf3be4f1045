"""What a company brings to each class: its own hosts and networks, so that every optional row of the seed is there somewhere.

The scenarios' tables have most of it (tests/scenarios); what the seed's rows need beyond them stands here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.support.entries import with_entries

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MORE: dict[str, dict[str, Any]] = {
    "coding": {"osUpdateDomains": ["security.ubuntu.com"]},
    "open-demo": {"tlsDecryptionUrls": ["api.acme.example/v1/*"], "controllerVersion": "9.0.10"},
    "regulated-data": {"approvedModelGatewayCidrs": ["10.201.0.0/28"]},
}


def brought(agent_class: str) -> dict[str, Any]:
    """Return a class's configuration beyond its stack file."""
    document = yaml.safe_load((SCENARIOS / f"{agent_class}.yaml").read_text(encoding="utf-8"))
    return {**document.get("config", {}), **MORE.get(agent_class, {})}


def options(agent_class: str) -> list[str]:
    """Return it as the command line takes it."""
    pairs = ((key, value if isinstance(value, str) else json.dumps(value)) for key, value in with_entries(brought(agent_class)).items())
    return [word for key, text in pairs for word in ("--config", f"{key}={text}")]
