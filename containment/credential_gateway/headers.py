"""Headers of a request: the permitted ones are kept, every other one is removed, and credentials of the client are named.

Removing is by the list of what is permitted. The list of credentials only says what the log names: a header's name can itself be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

CREDENTIAL_HEADERS: Final = frozenset(
    {
        "api-key",
        "authentication",
        "authorization",
        "cookie",
        "cookie2",
        "ocp-apim-subscription-key",
        "private-token",
        "proxy-authorization",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-api-token",
        "x-auth-key",
        "x-auth-token",
        "x-gitlab-token",
        "x-goog-api-key",
        "x-goog-iam-authorization-token",
        "x-vault-token",
    }
)
"""Headers that carry credentials, as the log names them."""
CREDENTIAL_KEYS: Final = frozenset(
    {"access_token", "api-key", "api_key", "apikey", "auth", "auth_token", "authorization", "client_secret", "key", "private_token"}
    | {"secret", "sig", "signature", "subscription-key", "token", "x-amz-credential", "x-amz-security-token", "x-amz-signature"}
)
"""Query keys that carry credentials, as the log names them."""
PLACEHOLDER: Final = "containment-key-of:"
"""Begins the placeholder that an agent may send in place of a key: `containment-key-of:<host>`. It is never a key."""
_PLACEHOLDERS: Final = re.compile(re.escape(PLACEHOLDER.encode()) + rb"[a-z0-9._-]*[a-z0-9]|" + re.escape(PLACEHOLDER.encode()))
SET: Final = {"user-agent": "containment-credential-gateway", "accept-encoding": "identity"}
"""Headers that are the same for every agent. Without an encoding the proxy can read the tokens of a response."""
_OF_PROXY: Final = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "host", "transfer-encoding", "x-envoy-auth-partial-body"}
)
"""Headers that frame the message: the proxy writes them anew, or they are judged apart."""
_OF_BODY: Final = frozenset({"content-encoding", "content-type"})
_ONCE: Final = frozenset({"content-encoding", "content-length", "content-type", "host", "transfer-encoding"})


def find_repeated(headers: Sequence[tuple[str, str]], permitted: Mapping[str, Sequence[str]]) -> str | None:
    """Return a header that is there twice and may be once, None if there is none; removed headers do not matter."""
    names = sorted(name for name, _ in headers if name in _ONCE or name in permitted)
    return next((name for name, after in pairwise(names) if name == after), None)


def get_value(headers: Sequence[tuple[str, str]], name: str) -> str:
    """Return a header's value without spaces around it, empty if it is not there."""
    return next((value.strip() for each, value in headers if each == name), "")


def list_removed(headers: Sequence[tuple[str, str]], permitted: Mapping[str, Sequence[str]], *, has_body: bool) -> tuple[str, ...]:
    """Return the names of the headers to remove: those that are not permitted, or have another value than the permitted ones.

    Args:
        headers: the headers.
        permitted: permitted headers with their permitted values.
        has_body: whether the operation has a body; without one, nothing has judged the headers that describe it.
    """
    judged = _OF_PROXY if has_body else _OF_PROXY - _OF_BODY
    removed = {
        name
        for name, value in headers
        if not name.startswith(":") and name not in judged and not (name in permitted and value.strip() in permitted[name])
    }
    return tuple(sorted(removed))


def list_credentials(headers: Sequence[tuple[str, str]], query_keys: Sequence[str], placeholder: str) -> tuple[str, ...]:
    """Return the client's credentials by the name of their header or query key; the destination's placeholder is none."""
    found = {name for name, value in headers if name in CREDENTIAL_HEADERS and _get_token(value) != placeholder}
    return tuple(sorted(found | {f"query {key}" for key in query_keys if key in CREDENTIAL_KEYS}))


def find_foreign_placeholder(headers: Sequence[tuple[str, str]], target: str, body: bytes, host: str) -> bool:
    """Return whether a request has the placeholder of another host than its destination, in any position.

    Args:
        headers: the headers.
        target: the target as it was sent.
        body: the body.
        host: the destination.
    """
    own = make_placeholder(host).encode()
    texts = [value.encode("utf-8", "surrogateescape") for _, value in headers] + [target.encode("utf-8", "surrogateescape"), body]
    return any(found != own for text in texts for found in _PLACEHOLDERS.findall(text.lower()))


def make_placeholder(host: str) -> str:
    """Return what an agent may send in place of the key of a host, for programs that refuse to start without one."""
    return f"{PLACEHOLDER}{host}"


def _get_token(value: str) -> str:
    return value.strip().rpartition(" ")[2].lower()
