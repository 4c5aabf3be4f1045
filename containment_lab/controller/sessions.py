"""Login: API tokens and sessions (CIDs) with their expiry.

Sessions are kept in memory only: after a restart clients log in again.
"""

from __future__ import annotations

import secrets
import threading
import time

from containment_lab.controller.core import Controller
from containment_lab.controller.errors import RefusedError


class Sessions:
    """The open sessions, each with the time of its last call."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._lock = threading.Lock()
        self._tokens: set[str] = set()
        self._open: dict[str, float] = {}

    def create_token(self) -> str:
        """Return a new API token, to be sent as `X-Access-Key` with the login."""
        with self._lock:
            self._tokens.add(token := secrets.token_hex(16))
        return token

    def open_session(self, username: str, password: str, token: str | None) -> str:
        """Return a new CID. A login without a token is accepted, as by the real Controller; an unknown token is refused."""
        expected = self._controller.settings.password
        with self._lock:
            if token is not None and token not in self._tokens:
                raise RefusedError("Invalid API token. Please request a new one with get_api_token.")
            if not username or not password or (expected is not None and password != expected.get_secret_value()):
                raise RefusedError("Invalid username or password.")
            self._open[cid := secrets.token_hex(16)] = time.monotonic()
        return cid

    def is_open(self, cid: str) -> bool:
        """Return whether a session is open, and extend it."""
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
