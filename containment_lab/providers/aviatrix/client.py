"""The Controller session of the simulated provider: settings from its configuration, its release check, and asynchronous work.

There is one session per Controller, user and TLS setting, kept while the provider runs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from containment.controller_api.client import ControllerAddress, ControllerClient, RequestLimits
from containment.controller_api.errors import CallRefusedError
from containment_lab.providers.handler import RefusedError
from containment_lab.wire import has_unknown

IN_PROGRESS = "REQUEST_IN_PROGRESS"
LONGEST_TASK = 3600.0
_PATIENCE = RequestLimits(connect=10, read=120, tries=5)


@dataclass(frozen=True)
class Settings:
    """The settings by which a provider resource reaches the Controller."""

    address: ControllerAddress
    release: str = ""
    """The provider release that the program sets; empty: unset, or not to be checked."""

    @classmethod
    def parse_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings in a provider's configuration; raise RefusedError with the names of missing ones.

        TLS is verified only if configured, as in the real provider.
        """
        missing = [key for key in ("controllerIp", "username", "password") if not config.get(key)]
        if missing:
            raise RefusedError(
                f"aviatrix provider: {', '.join(missing)} not set. Why: every operation, previews too, logs in to the Controller. "
                f"Fix: set {', '.join(f'aviatrix:{key}' for key in missing)} in the stack's configuration."
            )
        address = ControllerAddress(
            host=str(config["controllerIp"]),
            username=str(config["username"]),
            password=str(config["password"]),
            verify=_is_true(config.get("verifySslCertificate")),
            authority=str(config.get("pathToCaCertificate") or "") or None,
        )
        return cls(address, "" if _is_true(config.get("skipVersionValidation")) else str(config.get("release") or ""))


class Client(ControllerClient):
    """A session with one Controller; usable from many threads."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.address, _PATIENCE)
        self.settings = settings

    @property
    def singleton(self) -> str:
        """The id of an object that a Controller has only once: its address with dashes for dots."""
        return self.address.host.replace(".", "-")

    def connect(self) -> None:
        """Log in and compare releases; raise RefusedError with reason and fix."""
        self.authenticate()
        if not self.settings.release:
            return
        current = str(self.call_get("list_version_info")["current_version"])
        if current.split(".")[:2] != self.settings.release.split(".")[:2]:
            raise RefusedError(
                f"aviatrix provider {self.settings.release} does not fit Controller {self.address.host}, which is {current}. "
                "Why: provider and Controller must have the same MAJOR.MINOR. Fix: set controllerVersion to the Controller's, "
                "or aviatrix:skipVersionValidation."
            )

    def run_task(self, action: str, **fields: Any) -> None:
        """Start an asynchronous action and wait for its end; retry while another action is in progress."""
        deadline = time.monotonic() + LONGEST_TASK
        while True:
            try:
                started = self.call_post(action, **fields, **{"async": "true"})
                break
            except CallRefusedError as error:
                if "is in progress" not in error.reason or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        request = started["request_id"] if isinstance(started, dict) else started
        pause = 0.05
        while True:
            try:
                self.call_post("check_task_status", request_id=request)
                return
            except CallRefusedError as error:
                if error.reason != IN_PROGRESS:
                    raise CallRefusedError(f"{action} failed: {error.reason}", error.reason) from None
            if time.monotonic() > deadline:
                raise RefusedError(f"{action}: waited {LONGEST_TASK:.0f} s and it has not finished. Check the Controller.")
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


_lock = threading.Lock()
_open: dict[Settings, Client] = {}


def get_session(config: Mapping[str, Any]) -> Client:
    """Return the session of a provider configuration, logged in and its release checked.

    Raises:
        RefusedError: The Controller cannot be reached, refuses the login or is of another release.
    """
    if has_unknown(dict(config)):
        raise RefusedError("The aviatrix provider's configuration is not known yet: it cannot log in to the Controller.")
    settings = Settings.parse_config(config)
    with _lock:
        client = _open.get(settings)
    if client is None:
        client = Client(settings)
        client.connect()
        with _lock:
            client = _open.setdefault(settings, client)
    return client


def reconnect(config: Mapping[str, Any]) -> None:
    """Log in again, as every fresh provider process does at its Configure."""
    if has_unknown(dict(config)):
        return
    settings = Settings.parse_config(config)
    with _lock:
        _open.pop(settings, None)
    get_session(config)
