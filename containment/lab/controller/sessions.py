"""Logging in: API tokens, sessions (CIDs), and the ways a Controller says that a session is over.

Sessions live in memory: a Controller that restarts forgets them, and clients log in again.
"""

from __future__ import annotations

import secrets
import threading
import time

from containment.lab.controller.errors import RefusedError
from containment.lab.controller.settings import Settings


class Sessions:
    """The sessions that are open, each with the time of its last call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
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
        expected = self._settings.password
        with self._lock:
            if token is not None and token not in self._tokens:
                raise RefusedError("Invalid API token. Please request a new one with get_api_token.")
            if not username or not password or (expected is not None and password != expected.get_secret_value()):
                raise RefusedError("Invalid username or password.")
            self._open[cid := secrets.token_hex(16)] = time.monotonic()
        return cid

    def valid(self, cid: str) -> bool:
        """Tell whether a session is open, and keep it open."""
        now = time.monotonic()
        with self._lock:
            self._open = {each: last for each, last in self._open.items() if now - last < self._settings.session_seconds}
            if cid in self._open:
                self._open[cid] = now
                return True
        return False

    def expire_all(self) -> None:
        """End every session at once."""
        with self._lock:
            self._open.clear()
