"""Calls that are done once, however often they are asked for: what AWS does with a ClientToken, here for any call.

A caller that may not get the answer (it is killed, the connection breaks, the cloud says that it failed after it had done it) sends the
header `X-Lab-Once`. The same call under the same token gets the first success again, without being done again; another call under it
is another call. `sending` sets the header on every changing call that a boto3 client makes inside it, and AWS's own tokens with it.
"""

from __future__ import annotations

import contextlib
import contextvars
import hashlib
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from containment.lab.cloud.faults import called, looks

HEADER = "X-Lab-Once"
OWN_TOKENS = frozenset({"ClientToken", "ClientRequestToken", "CreatorRequestId", "CallerReference"})
"""What AWS itself calls such tokens, where a caller has to name one."""
KEPT = 20_000
_token: contextvars.ContextVar[str] = contextvars.ContextVar("once", default="")

Answer = tuple[Any, list[bytes]]
"""The arguments of `start_response`, and the body."""


@contextlib.contextmanager
def sending(token: str) -> Iterator[None]:
    """Send `token` with every changing call made inside ("": none)."""
    before = _token.set(token)
    try:
        yield
    finally:
        _token.reset(before)


def fix_own_tokens(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Make AWS's own token of a call follow from ours, so that the same call is the same request (for `before-parameter-build`)."""
    if token := _token.get():
        names = {*model.idempotent_members, *(OWN_TOKENS & params.keys())}
        params.update(dict.fromkeys(names, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{token} {model.name}"))))


def add_header(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Set the header on a request that boto3 is about to make (for its event `before-call`)."""
    if (token := _token.get()) and not looks(model.name):
        params["headers"][HEADER] = token


class Once:
    """The answers of calls that came with a token; the oldest go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}

    @staticmethod
    def key(environ: dict[str, Any], body: bytes) -> str:
        """Return what a request is remembered under; "" when it has no token."""
        token = environ.get("HTTP_" + HEADER.upper().replace("-", "_"))
        if not token:
            return ""
        where = f"{environ.get('HTTP_AUTHORIZATION', '').partition('Credential=')[2].partition(',')[0]} {called(environ, body)}"
        return hashlib.sha256("\0".join((token, where, environ.get("PATH_INFO", ""))).encode() + body).hexdigest()

    def known(self, key: str) -> Answer | None:
        """Return the answer that this call had, if it has been done."""
        with self._lock:
            return self._answers.get(key)

    def remember(self, key: str, answer: Answer) -> None:
        """Keep the answer of a call that was done."""
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > KEPT:
                del self._answers[next(iter(self._answers))]
