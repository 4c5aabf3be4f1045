"""The deployed state of a lab: a consistent snapshot (the VPC, the Controller's inventory, the policy), its changes, and the applied parts.

A change is noticed in two ways: cheaply by the checkpoints' files, without the cloud or the Controller; or by one thread per daemon that
waits for its next version and wakes the supervisor. A daemon that stops answering, or answers again, also counts as a change.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from containment_lab.cloud.clients import get_client
from containment_lab.cloud.versions import build_query, wait_for_version
from containment_lab.gateway.enforced_policy import GatewayPolicy, read_policy
from containment_lab.home import LabHome
from containment_lab.network.deployed_host import Target, call_controller
from containment_lab.vpc.deployed_vpc import Vpc
from containment_lab.vpc.inventory import read_vpc

_NO_CONTROLLER: dict[str, Any] = {"gateways": {}}


@dataclass
class DeployedState:
    """The deployed state; `held` is the Controller's inventory."""

    vpc: Vpc
    held: dict[str, Any]
    policy: GatewayPolicy


def read_state(home: LabHome, target: Target) -> DeployedState:
    """Return the state that is deployed now; raise the clients' errors when the cloud or the Controller does not answer.

    A lab that never had a Controller has no policy: only the VPC filters its traffic.
    """
    ec2, resolver = (get_client(home, service, target.region) for service in ("ec2", "route53resolver"))
    vpc = read_vpc(ec2, resolver, target.vpc, target.region)
    if not home.controller_ca.exists():
        return DeployedState(vpc, dict(_NO_CONTROLLER), GatewayPolicy(False, (), True, False))
    held = call_controller(home, "inventory")
    return DeployedState(vpc, held, read_policy(held, call_controller(home, "membership")["groups"]))


class AppliedConfiguration:
    """The parts in force, by name, so that unchanged ones are not applied again.

    A part is recorded before it is applied. When that fails, all records are dropped, and everything is applied again.
    """

    def __init__(self) -> None:
        self._parts: dict[str, object] = {}

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def has_changed(self, part: str, wanted: object) -> bool:
        """Return whether a part differs from the one in force, and record it."""
        if part in self._parts and self._parts[part] == wanted:
            return False
        self._parts[part] = wanted
        return True

    def forget(self, part: str) -> None:
        """Record that a part is no longer in force."""
        del self._parts[part]

    def forget_all(self) -> None:
        """Drop all records."""
        self._parts.clear()


WAIT_SECONDS = 30.0
"""Duration of one long poll, in seconds."""
_PAUSE_SECONDS = 2.0
"""Pause, in seconds, before the next request to a daemon that does not answer."""
_AWAY = ""


def fetch_controller_version(home: LabHome, known: str, seconds: float) -> str:
    """Return the version of the Controller's state, as `wait_for_version` does."""
    return str(call_controller(home, f"changes?{build_query(known, seconds)}", timeout=seconds + 15)["version"])


def start_following(home: LabHome, changed: Callable[[], None]) -> None:
    """Start threads that call `changed` after every change of the cloud or the Controller of a lab home; they never end."""
    for version in (wait_for_version, fetch_controller_version):
        threading.Thread(target=follow_version, args=(home, version, changed), name=version.__name__, daemon=True).start()


def follow_version(home: LabHome, version: Callable[[LabHome, str, float], str], changed: Callable[[], None]) -> None:
    """Call `changed` after every change of a daemon's version, and when it stops answering or answers again; never return.

    Args:
        home: The lab home.
        version: Returns the daemon's version once it differs from the given one, at the latest after some seconds.
        changed: Receives each change.
    """
    known: str | None = None
    while True:
        try:
            found = version(home, known or _AWAY, WAIT_SECONDS)
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            found = _AWAY
        if found != known:
            known = found
            changed()
        if known == _AWAY:
            time.sleep(_PAUSE_SECONDS)
