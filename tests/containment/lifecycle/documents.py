"""Stack files and evidence for the tests of the lifecycle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.record.digests import digest_ruleset
from tests.support.entries import with_entries

NAME = "api.partner.example.com"
HEAD = "# Ours.\nconfig:\n  agent-containment:agentClass: coding  # the class\n"


def write_stack(folder: Path, stack: str, *lines: str, cidr: str = "10.60.0.0/16", mode: str | None = "monitor") -> Path:
    """Write a stack file with further lines, and return its path."""
    path = folder / f"Pulumi.{stack}.yaml"
    own = [f"  agent-containment:policyMode: {mode}  # reviewed\n"] if mode else []
    path.write_text(
        "".join([HEAD, *own, f"  agent-containment:vpcCidr: {cidr}\n", *(f"  agent-containment:{_with_entries(line)}\n" for line in lines)])
    )
    return path


def _with_entries(line: str) -> str:
    """Return a line in which permitted bare names are entries: enforce demands their owner and end."""
    document = yaml.safe_load(line)
    (key,) = document
    return f"{key}: {json.dumps(with_entries(document)[key])}"


def digest_of(stack: str, folder: Path) -> str:
    """Return the digest of a stack's policy as it is now."""
    return digest_ruleset(build_ruleset(read_stack(stack, folder=folder)))


def make_flow(name: str, **changes: Any) -> dict[str, Any]:
    """Return one would-be-denied destination."""
    return {
        "name": name,
        "registrableDomain": name,
        "agent": "10.60.10.7",
        "rule": "vca-openclaw-default-deny",
        "count": 3,
        "bytesOut": 10,
        "bytesIn": 10,
        "firstSeen": "2026-11-10T00:00:00Z",
        "lastSeen": "2026-11-12T00:00:00Z",
        "days": 2,
        "inCatalog": False,
        "catalogSet": None,
        "flags": [],
        **changes,
    }


def write_evidence(folder: Path, stack: str, /, *names: str, **changes: Any) -> Path:
    """Write the evidence of a stack's present policy, with names that it would deny, and return its path."""
    document = {
        "schema": "containment-observe/v1",
        "stack": stack,
        "policyDigest": digest_of(stack, folder),
        "window": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-10T00:00:00Z", "days": 9, "sessions": 40},
        "gaps": [],
        "rejected": {},
        "lines": {"gateway": 100},
        "wouldBeDenied": [make_flow(name) for name in names],
        "dnsOnly": [],
        "addressWithoutName": [],
        "disagreements": [],
        "neverUsed": [],
        **changes,
    }
    path = folder / "evidence.json"
    path.write_text(json.dumps(document))
    return path
