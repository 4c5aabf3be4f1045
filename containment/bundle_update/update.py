"""One run of the updater: read, verify, write the new version, raise the counter, record, and only then replace the link.

Rules kept here:
- whatever fails, the last good bundle stays active;
- the counter is raised before the link is replaced, so that the active revision never goes down, whenever the run ends;
- what cannot be recorded is not activated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.verify import HighWaterMark, VerifiedBundle, verify_bundle
from containment.bundle_update.counter import read_counter, write_counter
from containment.bundle_update.events import EventKind, build_event
from containment.bundle_update.places import Places, check_owned, create_folders, read_trust_root
from containment.bundle_update.sources import Source
from containment.bundle_update.store import ActiveBundle, BundleStore

Record = Callable[[Mapping[str, Any]], None]
"""Writes one event; raises OSError if it is not in the log."""


class Result(StrEnum):
    """How a run ended."""

    ACTIVATED = "activated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run of the updater needs."""

    stack: str
    host: str
    source: Source
    places: Places
    now: datetime
    record: Record
    harness: str | None = None
    """The harness of the host; None accepts the stack's bundle for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The end of a run; `live` is the bundle that is active then, None if there is none or it cannot be used."""

    result: Result
    live: VerifiedBundle | None
    refusal: BundleRefusal | None = None


def update(run: Run) -> RunResult:
    """Run the updater once and return how it ended; a refusal is a result, and every other error a defect."""
    live: VerifiedBundle | None = None
    try:
        create_folders(run.places)
        trust = read_trust_root(run.places.trust_root)
        store = BundleStore(run.places)
        with store.lock():
            active = store.read_active(trust, run.stack)
            live = active.bundle if active is not None else None
            counter = run.places.get_counter(run.stack)
            mark = read_mark(run.places, run.stack, active)
            found = verify_bundle(run.source.read(), trust, stack=run.stack, now=run.now, mark=mark, harness=run.harness)
            if live is not None and live.mark == found.mark:
                _record(run, EventKind.LIVE, live)
                return RunResult(result=Result.UNCHANGED, live=live)
            name = store.install(found)
            if mark != found.mark:
                write_counter(counter, run.stack, found.mark)
            _record(run, EventKind.ACTIVATION, found)
            store.activate(name)
            live = found
            store.remove_old_versions(name, active.name if active is not None else None)
            return RunResult(result=Result.ACTIVATED, live=live)
    except BundleRefusal as refusal:
        try:
            _record(run, EventKind.REFUSAL, live, refusal)
        except BundleRefusal as unrecorded:
            return RunResult(result=Result.REFUSED, live=live, refusal=unrecorded)
        return RunResult(result=Result.REFUSED, live=live, refusal=refusal)


def read_mark(places: Places, stack: str, active: ActiveBundle | None) -> HighWaterMark | None:
    """Return the high-water mark, None before the first bundle; raise BundleRefusal COUNTER_UNREADABLE if it cannot be relied on."""
    path = places.get_counter(stack)
    stored = read_counter(path, stack)
    if stored is not None:
        check_owned(path, BundleCode.COUNTER_UNREADABLE)
    if active is None:
        return stored
    if stored is None:
        raise BundleRefusal(BundleCode.COUNTER_UNREADABLE, str(path), f"is missing, and the bundle {active.name} is active")
    if active.bundle is not None:
        live = active.bundle.mark
        if live.revision > stored.revision:
            what = f"has the revision {stored.revision}, and revision {live.revision} is active"
            raise BundleRefusal(BundleCode.COUNTER_UNREADABLE, str(path), what)
        if live.revision == stored.revision and live.digest != stored.digest:
            what = f"has the digest {stored.digest} for revision {stored.revision}, and the active bundle has {live.digest}"
            raise BundleRefusal(BundleCode.COUNTER_UNREADABLE, str(path), what)
    return stored


def restore_counter(places: Places, stack: str) -> HighWaterMark:
    """Write the counter of the active bundle where the counter is missing, unreadable or lower, and return it.

    Raises:
        BundleRefusal: the counter is usable, or no active bundle can be verified.
    """
    create_folders(places)
    store, path = BundleStore(places), places.get_counter(stack)
    with store.lock():
        active = store.read_active(read_trust_root(places.trust_root), stack)
        if active is None or active.bundle is None:
            what = active.problem if active is not None else "no bundle is active"
            raise BundleRefusal(BundleCode.COUNTER_UNREADABLE, str(path), f"cannot be restored: {what}")
        try:
            found = read_mark(places, stack, active)
        except BundleRefusal:
            write_counter(path, stack, active.bundle.mark)
            return active.bundle.mark
    assert found is not None, "an active bundle without a counter is refused"
    raise BundleRefusal(BundleCode.COUNTER_UNREADABLE, str(path), f"is usable and has the revision {found.revision}: it is not changed")


def _record(run: Run, kind: EventKind, live: VerifiedBundle | None, refusal: BundleRefusal | None = None) -> None:
    try:
        run.record(build_event(kind, stack=run.stack, host=run.host, time=run.now, live=live, refusal=refusal))
    except OSError as error:
        what = f"cannot be written ({error.strerror or error}), and an activation that is not recorded is refused"
        raise BundleRefusal(BundleCode.NOT_INSTALLED, str(run.places.event_log), what) from None
