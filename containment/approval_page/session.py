"""The secrets of one page: its path, the code that opens one session, the session's cookie, and tokens of its forms."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

COOKIE: Final = "containment-session"
LONGEST: Final = 8 * 3600
"""Seconds that a session lasts."""


def make_secret() -> str:
    """Return random text of 256 bits for an address or a cookie."""
    return secrets.token_urlsafe(32)


@dataclass
class Session:
    """One session at a time, of one person.

    A cookie of this machine's loopback address is sent to every port. So the cookie is bound to a secret path, and neither of the two is
    enough without the other.
    """

    path: str = field(default_factory=make_secret)
    clock: Callable[[], float] = time.monotonic
    code: str | None = field(default_factory=make_secret)
    """The code that opens the session, None once it was used."""
    _cookie: str | None = None
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _opened: float = 0.0

    def open(self, code: str) -> str | None:
        """Return the cookie of a new session, None for a wrong code or one that was used."""
        if self.code is None or not is_same(code, self.code):
            return None
        self.code, self._cookie, self._opened = None, make_secret(), self.clock()
        return self._cookie

    def is_open(self, cookie: str | None) -> bool:
        """Return whether a cookie is the one of the session, and the session has not ended."""
        if self._cookie is None or cookie is None or self.clock() - self._opened >= LONGEST:
            return False
        return is_same(cookie, self._cookie)

    def make_token(self, *about: str) -> str:
        """Return the token of a form, which is bound to the session and to what the form does."""
        text = "\0".join((self._cookie or "", *about))
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def is_same(first: str, second: str) -> bool:
    """Return whether two texts are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(first.encode("utf-8", "surrogatepass"), second.encode("utf-8", "surrogatepass"))
