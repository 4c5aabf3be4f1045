"""Provider keys in memory: read from Secrets Manager, read again for rotation, and forgotten when they are too old.

A key is in this process's memory only; it is in no file, argument, environment, log line or error text. What cannot be read is not guessed:
a key that was read stays in use until it is older than `longest`, then the calls that need it are refused.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from containment import strict_json
from containment.credential_gateway.api import CredentialForm, CredentialScheme

_KEY: Final = re.compile(r"[\x21-\x7e]{8,8192}")
"""A key is printable text without spaces: anything else could add a header."""


class SecretReader(Protocol):
    """What is used of boto3's Secrets Manager client."""

    def get_secret_value(self, *, SecretId: str) -> Mapping[str, Any]:  # noqa: N803 - the name of the API
        """Return the current version of a secret."""
        ...


class UnusableSecretError(ValueError):
    """A secret whose value is no key; the text has nothing of the value."""


@dataclass(frozen=True)
class _ReadKey:
    value: str
    read: float

    def __repr__(self) -> str:
        return "_ReadKey(...)"


class KeyStore:
    """The keys of some secrets."""

    def __init__(self, reader: SecretReader, secrets: Sequence[str], longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Create a store without reading.

        Args:
            reader: the client that reads secrets.
            secrets: the ARNs of the secrets; no other is ever read.
            longest: the seconds for which a key is used without having been read again.
            clock: the clock, in seconds.
        """
        self._reader, self._secrets, self._longest, self._clock = reader, tuple(secrets), longest, clock
        self._keys: dict[str, _ReadKey] = {}

    def refresh(self) -> list[str]:
        """Read every secret once; return one line per secret that cannot be read, without anything of a value."""
        problems = []
        for secret in self._secrets:
            try:
                value = extract_key(self._reader.get_secret_value(SecretId=secret))
            except UnusableSecretError as error:
                # What was rotated to no key is withdrawn, unlike one that cannot be read for a moment.
                self._keys.pop(secret, None)
                problems.append(f"{secret}: {error}")
            except Exception as error:  # noqa: BLE001 - whatever fails, the key is not renewed; the kind is enough to act on
                problems.append(f"{secret}: cannot be read ({_name_error(error)})")
            else:
                self._keys[secret] = _ReadKey(value, self._clock())
        return problems

    def get(self, secret: str) -> str | None:
        """Return the key of a secret, None if it was not read or is too old."""
        found = self._keys.get(secret)
        if found is None:
            return None
        if self._clock() - found.read > self._longest:
            del self._keys[secret]
            return None
        return found.value

    def __repr__(self) -> str:
        return f"KeyStore({len(self._keys)} of {len(self._secrets)} keys)"


def extract_key(answer: Mapping[str, Any]) -> str:
    """Return the key in the answer of GetSecretValue: the whole text, or the one text of a JSON object.

    Raises:
        UnusableSecretError: the secret has no text, more than one value, or a character that no key has.
    """
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise UnusableSecretError("has no text (SecretString)")
    value: Any = text.strip()
    if value.startswith("{"):
        try:
            values = list(strict_json.load(value).values())
        except ValueError:
            raise UnusableSecretError("begins with { and is not JSON") from None
        if len(values) != 1 or not isinstance(values[0], str):
            raise UnusableSecretError("is a JSON object that has not exactly one text")
        value = values[0]
    if not _KEY.fullmatch(value):
        raise UnusableSecretError("is not 8 to 8192 printable characters without spaces")
    return str(value)


def render_credential(form: CredentialForm, key: str) -> str:
    """Return the value of the header that carries a key."""
    match form.scheme:
        case CredentialScheme.BEARER:
            return f"Bearer {key}"
        case CredentialScheme.RAW:
            return key
        case CredentialScheme.BASIC:
            return "Basic " + base64.b64encode(f"{form.user}:{key}".encode()).decode()


def _name_error(error: Exception) -> str:
    """Return an error's kind: its own text can repeat what was sent or received."""
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return json.dumps(code)[1:-1] if isinstance(code, str) else type(error).__name__
