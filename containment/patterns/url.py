"""URL patterns of WebGroups, in the Controller's form `host/path*`.

A URL can be matched only where TLS is decrypted; without decryption a gateway sees the host name and no path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from containment.fixes.texts import extract_host
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary

_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()+,;=:@%/-]*\*?")

_LEGAL_START = re.compile(r"[A-Za-z0-9._~!$&'()+,;=:@%/-]*")

_PLAIN = re.compile(r"(/(?!\.\.?([/;]|$))[A-Za-z0-9._~!$&'()+,;=:@-]+)*/?")
"""Paths that all servers read alike: no escapes, no empty, `.` or `..` segments (`..;` is one to some servers), no query."""


def _find_legal_prefix(path: str) -> str:
    """Return the path up to the first character that no pattern may have, "" when nothing is before it."""
    return _LEGAL_START.match(path)[0]  # type: ignore[index]  # it matches the empty text at least


@dataclass(frozen=True, slots=True, order=True)
class UrlPattern:
    """One host, exact or a `*.` wildcard, and a path that may end in `*`."""

    host: DomainPattern
    path: str

    @classmethod
    def parse(cls, raw: str) -> UrlPattern:
        """Return the pattern for `host/path*`, with or without `https://`; raises UnfitError, a ValueError, with the fix."""
        text = raw.strip()
        scheme, there, rest = text.partition("://")
        if there and scheme.lower() != "https":
            raise UnfitError("is not an https URL", f"write {rest}, which is sent over TLS", rest)
        host, slash, path = (rest if there else text).partition("/")
        whole = f"list {host} in approvedSaasApiDomains, or write a path, such as {host}/v1/*"
        if not slash:
            raise UnfitError("has no path: a host without one needs no decryption", whole)
        try:
            pattern = DomainPattern.parse(host)
        except ValueError as error:
            alone = extract_host(host)
            fix = f"write {alone}/{path}" if alone else "write HOST/PATH, such as api.example.com/v1/*"
            raise UnfitError(str(error), fix, f"{alone}/{path}" if alone else NO_VALUE) from None
        if not pattern.is_anchored:
            what = "has a host that covers a whole top-level domain, or names that anyone can register"
            raise UnfitError(what, "write one host, such as api.example.com/v1/*")
        if not _PATH.fullmatch("/" + path):
            near = _find_legal_prefix(path)
            fix = f"write {host}/{near}*" if near else "write letters, digits and '/' alone, and '*' at the end"
            raise UnfitError(
                "has a path with characters that no pattern may have; '*' is allowed only at its end",
                fix,
                f"{host}/{near}*" if near else NO_VALUE,
            )
        if path in ("", "*"):
            raise UnfitError("covers the whole host: that needs no decryption, only the host's name", whole)
        return cls(pattern, "/" + path)

    def matches(self, name: str, path: str | None) -> Ternary:
        """Return whether the pattern matches a request; MAYBE without its path, or with one that servers read differently."""
        host = self.host.matches(name)
        if host is Ternary.NO:
            return Ternary.NO
        if path is None or not _PLAIN.fullmatch(path):
            return Ternary.MAYBE
        inside = path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path
        return host if inside else Ternary.NO

    def __str__(self) -> str:
        return f"{self.host}{self.path}"
