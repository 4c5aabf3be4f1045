"""The live revision of a host: what is active, what the counter has, and how the last run ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from containment import strict_json
from containment.bundle.manifest import format_time
from containment.bundle.refusal import BundleRefusal
from containment.bundle.verify import VerifiedBundle
from containment.bundle_update.places import Places, read_trust_root
from containment.bundle_update.store import BundleStore
from containment.bundle_update.update import RunResult, read_mark
from containment.files.whole_files import write_whole

SCHEMA: Final = "containment-bundle-status/v1"
_LAST_RUN: Final = "containment-bundle-last-run/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a host has; `problems` is empty if the live revision is good and the last run accepted what it found."""

    document: dict[str, Any]
    problems: tuple[str, ...]


def read_status(places: Places, stack: str, host: str, now: datetime) -> Status:
    """Return the status of a host; whatever cannot be read is a problem."""
    problems: list[str] = []
    live: VerifiedBundle | None = None
    counter: dict[str, str] | None = None
    try:
        active = BundleStore(places).read_active(read_trust_root(places.trust_root), stack)
        live = active.bundle if active is not None else None
        if live is None:
            problems.append(f"the active bundle cannot be used: {active.problem}" if active is not None else "no bundle is active")
        mark = read_mark(places, stack, active)
        counter = {"revision": str(mark.revision), "digest": mark.digest} if mark is not None else None
        if live is not None and mark is not None and live.mark != mark:
            problems.append(f"revision {mark.revision} was accepted and is not active yet: run the updater again")
    except BundleRefusal as refusal:
        problems.append(f"{refusal.code}: {refusal.where}: {refusal.what}")
    if live is not None and now >= live.manifest.expires_at:
        problems.append(f"the active bundle expired at {format_time(live.manifest.expires_at)} and stays active")
    last = _read_last_run(places)
    if last is None:
        problems.append("the updater has not run, or its last result cannot be read")
    elif last["code"] is not None:
        problems.append(f"the last run refused a bundle: {last['code']}: {last['what']}")
    document = {
        "schema": SCHEMA,
        "stack": stack,
        "host": host,
        "time": format_time(now),
        "live": _describe(live) if live is not None else None,
        "counter": counter,
        "lastRun": last,
        "problems": problems,
    }
    return Status(document=document, problems=tuple(problems))


def write_last_run(places: Places, found: RunResult, now: datetime) -> None:
    """Write the result of a run; raises OSError."""
    refusal = found.refusal
    document = {
        "schema": _LAST_RUN,
        "time": format_time(now),
        "result": found.result.value,
        "code": refusal.code.value if refusal else None,
        "what": f"{refusal.where}: {refusal.what}" if refusal else None,
    }
    write_whole(places.last_run, json.dumps(document, indent=2) + "\n", 0o644)


def _read_last_run(places: Places) -> dict[str, Any] | None:
    try:
        found = strict_json.load(places.last_run.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    keys = ("time", "result", "code", "what")
    if not isinstance(found, dict) or found.get("schema") != _LAST_RUN or not {*keys} <= found.keys():
        return None
    return {key: found[key] for key in keys}


def _describe(live: VerifiedBundle) -> dict[str, Any]:
    manifest, index = live.manifest, live.index
    return {
        "revision": str(manifest.revision),
        "digest": manifest.digest,
        "id": manifest.id,
        "description": manifest.description,
        "notBefore": format_time(manifest.not_before),
        "expiresAt": format_time(manifest.expires_at),
        "agentClass": index.agent_class,
        "harness": index.harness,
        "mode": index.mode,
        "policyDigest": index.policy_digest,
        "signers": list(live.signers),
    }


def read_clock() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
