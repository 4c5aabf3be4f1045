"""The requests that a URL of a WebGroup permits, where the gateway decrypts TLS."""

from __future__ import annotations

from containment.patterns.url import UrlPattern
from containment.sandbox.section import METHODS


def list_url_requests(url: UrlPattern) -> tuple[str, ...]:
    """Return the requests as globs; `*` at the end of a URL's path matches across segments."""
    path = f"{url.path[:-1]}**" if url.path.endswith("*") else url.path
    return tuple(f"{method} {path}" for method in METHODS)
