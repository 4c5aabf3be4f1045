"""Storage of the Controller's objects: in memory, and written whole to the lab home after every change.

A change is atomic: when its block raises, the previous state remains. A simulator that is killed and started again has
all objects but no sessions, like a rebooted Controller.
"""

from __future__ import annotations

import contextlib
import copy
import json
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from containment_lab.changes import Changes
from containment_lab.home import write_whole

Json = dict[str, Any]
"""A JSON object as it goes over the wire."""

FEATURES = (
    "microseg",
    "k8s",
    "k8s_dcf_policies",
    "k8s_network_policy",
    "dcf_on_psf",
    "dcf_on_s2c",
    "dcf_on_firenet",
    "cai",
    "nfq_enforce_tls",
)
"""Controller features by name; `microseg` is Distributed Cloud Firewall."""


def make_empty_state() -> Json:
    """Return the state of a new Controller. Collections are keyed by uuid or name, as in the API."""
    return {
        "controller_id": str(uuid.uuid4()),
        "features": dict.fromkeys(FEATURES, False),
        "app_domains": {},
        "policy_list": [],
        "rulesets": {},
        "groups": {},
        "attachment_points": {},
        "lookups": {},
        "default_action": {"action": "PERMIT", "logging": False, "log_profile": ""},
        "tls_profiles": {},
        "ips_profiles": {},
        "default_ips_profile": "defa11a1-0000-4000-8000-000000000000",
        "deploy_policy": {"providers": ["AWS"], "set_defaults": True},
        "intra_vpc": [],
        "gateways": {},
        "clusters": {},
        "tasks": {},
        "syslog": {},
        "copilot": None,
        "route_changes": [],
    }


class Store:
    """The state of one Controller, under one lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self.changes = Changes()
        """Changes of this state, of the settings, and of the account's inventory."""
        self._data = make_empty_state()
        if path.exists():
            self._data |= json.loads(path.read_text())

    @contextlib.contextmanager
    def read_state(self) -> Iterator[Json]:
        """Yield the state under the lock, for reading only."""
        with self._lock:
            yield self._data

    @contextlib.contextmanager
    def change_state(self) -> Iterator[Json]:
        """Yield the state under the lock, for changes: written at the end, restored when the block raises."""
        with self._lock:
            before = copy.deepcopy(self._data)
            try:
                yield self._data
                write_whole(self._path, json.dumps(self._data, indent=1, sort_keys=True) + "\n")
            except BaseException:
                self._data = before
                raise
            self.changes.record_change()

    def copy_inventory(self) -> Json:
        """Return a copy of every object, and under `history` the recorded events."""
        with self._lock:
            seen = copy.deepcopy(self._data)
        del seen["lookups"]
        history = {key: seen.pop(key) for key in ("tasks", "route_changes")}
        return {**seen, "history": history}
