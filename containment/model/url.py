"""URL patterns of WebGroups, in the Controller's form `host/path*`.

A URL can be matched only where TLS is decrypted; without decryption a gateway sees the host name and no path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from containment.model.fqdn import DomainPattern, Match

_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()+,;=:@%/-]*\*?")

_PLAIN = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~!$&'()+,;=:@-]+)*/?")
"""A path every reader takes for the same: no escapes, no empty, `.` or `..` segments, no query."""


@dataclass(frozen=True, slots=True, order=True)
class UrlPattern:
    """One host, exact or a `*.` wildcard, and a path that may end in `*`."""

    host: DomainPattern
    path: str

    @classmethod
    def parse(cls, raw: str) -> UrlPattern:
        """Return the pattern for `host/path*`, with or without `https://`; raises ValueError with what is wrong."""
        text = raw.strip()
        scheme, there, rest = text.partition("://")
        if there and scheme.lower() != "https":
            raise ValueError("is not an https URL")
        host, slash, path = (rest if there else text).partition("/")
        if not slash:
            raise ValueError("has no path: a host without one needs no decryption")
        pattern = DomainPattern.parse(host)
        if not pattern.is_anchored:
            raise ValueError("has a host that covers a whole top-level domain, or names that anybody can register")
        if not _PATH.fullmatch("/" + path):
            raise ValueError("has a path with characters no pattern may have; '*' may stand at its end only")
        if path in ("", "*"):
            raise ValueError("covers the whole host: that needs no decryption, only the host's name")
        return cls(pattern, "/" + path)

    def matches(self, name: str, path: str | None) -> Match:
        """Tell whether a request is matched; without its path, or with one that can be read two ways, it may be."""
        host = self.host.matches(name)
        if host is Match.NO:
            return Match.NO
        if path is None or not _PLAIN.fullmatch(path):
            return Match.MAYBE
        inside = path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path
        return host if inside else Match.NO

    def __str__(self) -> str:
        return f"{self.host}{self.path}"
