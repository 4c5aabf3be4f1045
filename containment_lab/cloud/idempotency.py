"""Idempotency tokens for every call (AWS ClientToken semantics).

A caller may miss the answer: it is killed, the connection breaks, or the cloud reports a failure after it has done the work. It sends the
header `X-Lab-Once`. The same call with the same token gets the first success again, without being executed twice; another call with that
token is a separate call. `sending` sets the header on every changing call that a boto3 client makes inside it, and derives AWS's own tokens
from it.
"""

from __future__ import annotations

import contextlib
import contextvars
import hashlib
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from containment_lab.cloud.call_names import find_call_name, is_read

HEADER = "X-Lab-Once"
OWN_TOKENS = frozenset({"ClientToken", "ClientRequestToken", "CreatorRequestId", "CallerReference"})
"""Parameters of AWS's own idempotency tokens, where the API model does not mark them."""
KEPT = 20_000
_token: contextvars.ContextVar[str] = contextvars.ContextVar("once", default="")

Answer = tuple[Any, list[bytes]]
"""The arguments of `start_response`, and the body."""


@contextlib.contextmanager
def send_token(token: str) -> Iterator[None]:
    """Send `token` with every changing call made inside; "" sends none."""
    before = _token.set(token)
    try:
        yield
    finally:
        _token.reset(before)


def derive_own_tokens(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Derive AWS's own token of a call from the present token, so that a repetition sends an equal request (`before-parameter-build`)."""
    if token := _token.get():
        names = {*model.idempotent_members, *(OWN_TOKENS & params.keys())}
        params.update(dict.fromkeys(names, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{token} {model.name}"))))


def add_header(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Set the header on a request that boto3 is about to make (for its event `before-call`)."""
    if (token := _token.get()) and not is_read(model.name):
        params["headers"][HEADER] = token


class IdempotentAnswers:
    """The answers of calls with a token; the oldest are dropped first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}

    @staticmethod
    def make_key(environ: dict[str, Any], body: bytes) -> str:
        """Return the key under which the answer of a request is kept; "" when it has no token."""
        token = environ.get("HTTP_" + HEADER.upper().replace("-", "_"))
        if not token:
            return ""
        where = f"{environ.get('HTTP_AUTHORIZATION', '').partition('Credential=')[2].partition(',')[0]} {find_call_name(environ, body)}"
        return hashlib.sha256("\0".join((token, where, environ.get("PATH_INFO", ""))).encode() + body).hexdigest()

    def find_answer(self, key: str) -> Answer | None:
        """Return the kept answer of this call, None when it has not been done."""
        with self._lock:
            return self._answers.get(key)

    def remember(self, key: str, answer: Answer) -> None:
        """Keep the answer of a completed call."""
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > KEPT:
                del self._answers[next(iter(self._answers))]
