"""Checks of a request before anything is read from it: whose page sent it, to which name, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

LARGEST_FORM: Final = 16 * 1024
FORM: Final = "application/x-www-form-urlencoded"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    # Not `no-referrer`, with which a browser sends `Origin: null` for the page's own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer: no script at all, nothing from elsewhere, in no frame of another page."""


def find_request_problem(method: str, headers: Mapping[str, str], authority: str, hosts: int, origins: int) -> tuple[int, str] | None:
    """Return the status and the reason for which a request is refused, None for one that is not.

    Args:
        method: its method.
        headers: its headers, with lower-case names.
        authority: the address and port that the page is served at, as browsers write it.
        hosts: how many Host headers it has.
        origins: how many Origin headers it has.
    """
    if hosts != 1 or headers.get("host") != authority:
        return 421, "this page has one name only, the one in the link (a name that was pointed here is refused)"
    if method not in ("GET", "HEAD", "POST"):
        return 405, f"the method {method[:20]!r} is not used here"
    site = headers.get("sec-fetch-site")
    if method == "POST":
        if origins != 1 or headers.get("origin") != f"http://{authority}":
            return 403, "a form is sent from this page only, and this one has another origin, or none"
        if site not in (None, "same-origin"):
            return 403, "a form is sent from this page only"
        if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return 415, f"a form is sent as {FORM}"
    elif headers.get("sec-fetch-dest") not in (None, "document", "style", "empty"):
        return 403, "this page is not embedded into others"
    return None


def parse_form(body: bytes) -> dict[str, str] | None:
    """Return the fields of a form, None if one is there twice or the form cannot be read."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=8, errors="strict")
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None
