"""SmartGroup membership: selectors evaluated against the Controller's inventory of the account, which may lag.

A group by address has exactly its addresses. A group by tag or property has the members that the last inventory poll found: a machine
that was started or retagged later is not in it (a real Controller polls every 60 minutes; 1 to 180 can be set). With `inventory_seconds`
0, the default, the inventory is always current. Other selectors (names, Kubernetes, external feeds) are `unresolved`, never empty.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import botocore.exceptions

from containment_lab.controller.core import Controller
from containment_lab.controller.dcf import assets, selectors
from containment_lab.controller.dcf.assets import Asset
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.store import Json
from containment_lab.home import LabHome

LOOK_SECONDS = 1.0
"""Longest delay, in seconds, before a period that is set while it runs takes effect."""
KINDS = ("vm", "subnet", "vpc")
log = logging.getLogger(__name__)


class Inventory:
    """The Controller's inventory of its account, with the time of the last fetch."""

    def __init__(self, controller: Controller, home: LabHome) -> None:
        self._controller, self._home = controller, home
        self._lock = threading.Lock()
        self._known: tuple[Asset, ...] = ()
        self._fetched: float | None = None
        self._polled = time.monotonic()

    def refetch(self) -> None:
        """Fetch the account now; raise `RefusedError` when it cannot be reached, and keep the previous inventory."""
        with self._controller.store.read_state() as state:
            regions = [each["vpc_region"] for each in state["gateways"].values()]
        try:
            found = assets.read_assets(self._home, self._controller.settings, regions) if self._controller.settings.cloud else ()
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise RefusedError(f"The cloud account cannot be reached: {error}", 502) from error
        with self._lock:
            if found != self._known:
                self._controller.store.changes.record_change()
            self._known, self._fetched, self._polled = found, time.time(), time.monotonic()

    def poll_until(self, over: threading.Event) -> None:
        """Fetch once per period until `over` is set; a failed poll is repeated after the next period."""
        period = 0.0
        while not over.wait(min(LOOK_SECONDS, period or LOOK_SECONDS)):
            period = self._controller.settings.inventory_seconds
            if period and (self._fetched is None or time.monotonic() - self._polled >= period):
                self._polled = time.monotonic()
                try:
                    self.refetch()
                except RefusedError as error:
                    log.warning("inventory: %s", error.reason)

    def resolve_members(self) -> Json:
        """Return every SmartGroup by uuid with its current CIDRs (`cidrs`) and the expressions that are not resolved here (`unresolved`).

        `fetched` is the time at which the account was read (seconds since the epoch), `period` the polling period (0: on every call).
        """
        if not self._controller.settings.inventory_seconds or self._fetched is None:
            self.refetch()
        with self._lock:
            known, fetched = self._known, self._fetched
        with self._controller.store.read_state() as state:
            groups = [dict(each) for each in state["app_domains"].values() if not selectors.is_web(each["selector"])]
        period = self._controller.settings.inventory_seconds
        return {"fetched": fetched, "period": period, "groups": {each["uuid"]: _resolve_group(each, known) for each in groups}}


def _resolve_group(group: Json, known: tuple[Asset, ...]) -> Json:
    cidrs: set[str] = set()
    unresolved: list[Any] = []
    for expression in group["selector"]["any"]:
        fields = expression["all"]
        if "cidr" in fields:
            cidrs.add(fields["cidr"])
        elif fields.get("type") in KINDS:
            cidrs.update(cidr for asset in known if asset.is_selected_by(fields) for cidr in asset.cidrs)
        else:
            unresolved.append(fields)
    return {"name": group["name"], "cidrs": sorted(cidrs), "unresolved": unresolved}
