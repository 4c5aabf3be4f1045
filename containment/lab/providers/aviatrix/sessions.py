"""The sessions of the stand-in: one for each Controller, user and way of trusting it, kept while the provider runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from containment.lab.providers.aviatrix.client import Client, Settings
from containment.lab.providers.handler import RefusedError
from containment.lab.wire import has_unknown

_lock = threading.Lock()
_open: dict[Settings, Client] = {}


def session(config: Mapping[str, Any]) -> Client:
    """Return the session a provider configuration stands for, logged in and its release checked.

    Raises RefusedError when the Controller cannot be reached, refuses the login or is of another release.
    """
    if has_unknown(dict(config)):
        raise RefusedError("The aviatrix provider's configuration is not known yet: it cannot log in to the Controller.")
    settings = Settings.of(config)
    with _lock:
        client = _open.get(settings)
    if client is None:
        client = Client(settings)
        client.connect()
        with _lock:
            client = _open.setdefault(settings, client)
    return client


def reconnect(config: Mapping[str, Any]) -> None:
    """Log in anew, as every fresh provider process does at its Configure."""
    if has_unknown(dict(config)):
        return
    settings = Settings.of(config)
    with _lock:
        _open.pop(settings, None)
    session(config)
