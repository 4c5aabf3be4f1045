"""Who is in which SmartGroup: what selectors say, and what the Controller knows of the account, which may lag.

A group by address is what it says. A group by tag or property holds what the last inventory poll saw: a machine that was started or
retagged since is not in it (a real Controller polls every 60 minutes; 1 to 180 can be set). With `inventory_seconds` 0, the default, it
knows the account as it is. What else selects (names, Kubernetes, external feeds) is told as `unresolved`, never as empty.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import botocore.exceptions

from containment.lab.controller import assets, selectors
from containment.lab.controller.assets import Asset
from containment.lab.controller.core import Controller
from containment.lab.controller.errors import RefusedError
from containment.lab.controller.store import Json
from containment.lab.home import LabHome

LOOK_SECONDS = 0.1
KINDS = ("vm", "subnet", "vpc")
log = logging.getLogger(__name__)


class Inventory:
    """The Controller's knowledge of its account, and when it was fetched."""

    def __init__(self, controller: Controller, home: LabHome) -> None:
        self._controller, self._home = controller, home
        self._lock = threading.Lock()
        self._known: tuple[Asset, ...] = ()
        self._fetched: float | None = None
        self._polled = time.monotonic()

    def refetch(self) -> None:
        """Fetch the account now. Raises `RefusedError` when it cannot be reached; what was known stays."""
        with self._controller.store.reading() as state:
            regions = [each["vpc_region"] for each in state["gateways"].values()]
        try:
            found = assets.read(self._home, self._controller.settings, regions) if self._controller.settings.cloud else ()
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise RefusedError(f"The cloud account cannot be reached: {error}", 502) from error
        with self._lock:
            self._known, self._fetched, self._polled = found, time.time(), time.monotonic()

    def poll_until(self, over: threading.Event) -> None:
        """Fetch whenever the period has passed, until told to end; a poll that fails is tried at the next period."""
        while not over.wait(LOOK_SECONDS):
            period = self._controller.settings.inventory_seconds
            if period and (self._fetched is None or time.monotonic() - self._polled >= period):
                self._polled = time.monotonic()
                try:
                    self.refetch()
                except RefusedError as error:
                    log.warning("inventory: %s", error.reason)

    def members(self) -> Json:
        """Return every SmartGroup by uuid with the CIDRs it has now (`cidrs`) and the expressions that are not `unresolved` here.

        `fetched` is when the account was read (seconds since the epoch), `period` how often that is (0: at every look).
        """
        if not self._controller.settings.inventory_seconds or self._fetched is None:
            self.refetch()
        with self._lock:
            known, fetched = self._known, self._fetched
        with self._controller.store.reading() as state:
            groups = [dict(each) for each in state["app_domains"].values() if not selectors.is_web(each["selector"])]
        period = self._controller.settings.inventory_seconds
        return {"fetched": fetched, "period": period, "groups": {each["uuid"]: _group(each, known) for each in groups}}


def _group(group: Json, known: tuple[Asset, ...]) -> Json:
    cidrs: set[str] = set()
    unresolved: list[Any] = []
    for expression in group["selector"]["any"]:
        fields = expression["all"]
        if "cidr" in fields:
            cidrs.add(fields["cidr"])
        elif fields.get("type") in KINDS:
            cidrs.update(cidr for asset in known if asset.fits(fields) for cidr in asset.cidrs)
        else:
            unresolved.append(fields)
    return {"name": group["name"], "cidrs": sorted(cidrs), "unresolved": unresolved}
