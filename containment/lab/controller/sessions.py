"""Logging in: API tokens, sessions (CIDs), and the ways a Controller says that a session is over.

Sessions live in memory: a Controller that restarts forgets them, and clients log in again.
"""

from __future__ import annotations

import secrets
import threading
import time

from containment.lab.controller.core import Controller
from containment.lab.controller.errors import RefusedError


class Sessions:
    """The sessions that are open, each with the time of its last call."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._lock = threading.Lock()
        self._tokens: set[str] = set()
        self._open: dict[str, float] = {}

    def token(self) -> str:
        """Return a new API token, to be sent as `X-Access-Key` with the login."""
        with self._lock:
            self._tokens.add(token := secrets.token_hex(16))
        return token

    def login(self, username: str, password: str, token: str | None) -> str:
        """Return a new CID. A login without any token is accepted, as by the real Controller; a foreign token is not."""
        expected = self._controller.settings.password
        with self._lock:
            if token is not None and token not in self._tokens:
                raise RefusedError("Invalid API token. Please request a new one with get_api_token.")
            if not username or not password or (expected is not None and password != expected.get_secret_value()):
                raise RefusedError("Invalid username or password.")
            self._open[cid := secrets.token_hex(16)] = time.monotonic()
        return cid

    def valid(self, cid: str) -> bool:
        """Tell whether a session is open, and keep it open."""
        now, longest = time.monotonic(), self._controller.settings.session_seconds
        with self._lock:
            self._open = {each: last for each, last in self._open.items() if now - last < longest}
            if cid in self._open:
                self._open[cid] = now
                return True
        return False

    def expire_all(self) -> None:
        """End every session at once."""
        with self._lock:
            self._open.clear()
