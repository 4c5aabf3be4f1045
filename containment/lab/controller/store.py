"""The Controller's objects: in memory, and written whole to the lab home at every change.

A change happens entirely or not at all: when it raises, what was there before stands. A simulator that is killed and
started again has everything back but its sessions, as a rebooted Controller.
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

from containment.lab.home import write_whole

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


def empty() -> Json:
    """Return the state of a Controller nobody has used yet. Collections are keyed by uuid or name, as the API addresses them."""
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
        "deploy_policy": {"providers": ["AWS"], "set_defaults": True},
        "intra_vpc": [],
        "gateways": {},
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
        self._data = empty()
        if path.exists():
            self._data |= json.loads(path.read_text())

    @contextlib.contextmanager
    def reading(self) -> Iterator[Json]:
        """Give the state to read; it must not be changed."""
        with self._lock:
            yield self._data

    @contextlib.contextmanager
    def changing(self) -> Iterator[Json]:
        """Give the state to change; written down at the end, put back as it was when the block raises."""
        with self._lock:
            before = copy.deepcopy(self._data)
            try:
                yield self._data
                write_whole(self._path, json.dumps(self._data, indent=1, sort_keys=True) + "\n")
            except BaseException:
                self._data = before
                raise

    def inventory(self) -> Json:
        """Return a copy of every object there is, and apart from them, under `history`, what has happened."""
        with self._lock:
            seen = copy.deepcopy(self._data)
        del seen["lookups"]
        history = {key: seen.pop(key) for key in ("tasks", "route_changes")}
        return {**seen, "history": history}
