"""Events of the Open Cybersecurity Schema Framework (OCSF), class Application Lifecycle (6002): the live revision and its changes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from containment.bundle.refusal import BundleRefusal
from containment.bundle.verify import VerifiedBundle
from containment.logs.ocsf import build_class, build_device, build_metadata, build_outcome

_CLASS: Final = 6002
_UPDATE, _OTHER = 8, 99


class EventKind(StrEnum):
    """What an event is about."""

    ACTIVATION = "activation"
    """Written before the link is replaced: what is not recorded does not happen."""
    LIVE = "live revision"
    REFUSAL = "refused bundle"


def build_event(
    kind: EventKind, *, stack: str, host: str, time: datetime, live: VerifiedBundle | None, refusal: BundleRefusal | None = None
) -> dict[str, Any]:
    """Return one event.

    Args:
        kind: what happened.
        stack: the stack of the host.
        host: the name of the host.
        time: the time of the event.
        live: the bundle that is active, or that is about to be; None if there is none.
        refusal: why a bundle is refused.
    """
    activity, name = (_UPDATE, "Update") if kind is not EventKind.LIVE else (_OTHER, "Other")
    event: dict[str, Any] = {
        **build_class(_CLASS, "Application Lifecycle", "Application Activity", activity, name, time.timestamp()),
        **build_outcome(is_refused=refusal is not None, has_succeeded=refusal is None),
        "message": _describe(kind, live, refusal),
        "metadata": build_metadata(("host", "security_control")),
        "device": build_device(host),
        "app": {"name": "containment-bundle-update", "vendor_name": "agent-containment"},
        "unmapped": {"stack": stack},
    }
    if refusal is not None:
        event["status_code"], event["status_detail"] = refusal.code.value, f"{refusal.where}: {refusal.what}"
    if live is not None:
        found = live.index
        event["policy"] = {
            "name": f"{found.stack} ({found.agent_class})",
            "uid": found.policy_digest,
            "version": str(live.manifest.revision),
        }
        event["unmapped"] |= {
            "agent_class": found.agent_class,
            "harness": found.harness,
            "bundle_digest": live.manifest.digest,
            "revision": str(live.manifest.revision),
        }
    return event


def _describe(kind: EventKind, live: VerifiedBundle | None, refusal: BundleRefusal | None) -> str:
    now = f"revision {live.manifest.revision}" if live is not None else "no revision"
    if refusal is not None:
        return f"{kind}: {refusal.code}; {now} stays active"
    return f"{kind}: {now}"
