"""The sessions of the simulated provider: one per Controller, user and TLS setting, kept while the provider runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from containment_lab.providers.aviatrix.client import Client, Settings
from containment_lab.providers.handler import RefusedError
from containment_lab.wire import has_unknown

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
