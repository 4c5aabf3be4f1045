"""Texts that are safe to print: no secret of a command line or address, no control character, no endless line.

A value is kept only where its form is known to be harmless: an option's name, a path, a package, a plain word. Everything else that
could be a key is replaced.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

SECRET: Final = "(has a secret value)"  # noqa: S105 - is printed in place of one
_HIDDEN: Final = "(value not shown)"
_MOST: Final = 200
_MOST_ARGUMENTS: Final = 40
_SECRET_NAME: Final = re.compile(
    r"(key|token|secret|passw|pwd|credential|auth|bearer|cookie|session|signature|private|(^|[-_])pat($|[-_])|header|dsn|connection)",
    re.IGNORECASE,
)
_SHORT_SECRET_OPTIONS: Final = frozenset({"-H", "-u", "-p", "-e", "--env", "--header", "--user"})
_ASSIGNMENT: Final = re.compile(r"(?P<name>-{0,2}[A-Za-z_][\w.-]*)=(?P<value>.*)", re.DOTALL)
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_KNOWN_FORMS: Final = re.compile(
    r"(sk-[\w-]{8,}|gh[pousr]_\w{8,}|github_pat_\w+|glpat-[\w-]{8,}|xox[abprs]-[\w-]+|AKIA[A-Z0-9]{12,}|ASIA[A-Z0-9]{12,}|AIza[\w-]{20,}|"
    r"nvapi-[\w-]{8,}|hf_\w{8,}|eyJ[\w-]{8,}\.[\w-]+|-----BEGIN|(bearer|basic)\s+\S+)",
    re.IGNORECASE,
)
_LONG_RUN: Final = re.compile(r"[A-Za-z0-9+_=-]{20,}")
_PIECE: Final = re.compile(r"[^/@:,;=\s]+")
_REFERENCE: Final = re.compile(r"(--?)?([A-Za-z][\w-]*[:=] ?)?((Bearer|Basic|token) )?\$(\{(env:|input:)?[A-Za-z_][\w.-]*\}|[A-Za-z_]\w*)")
"""An argument whose value is only the name of a variable, such as `Authorization: Bearer ${TOKEN}`."""
_TEXT: Final = re.compile(r"\s|^[{\[<]")
"""Arguments that are sentences or documents, such as a prompt."""
_RANDOM_BITS: Final = 3.3
"""Bits per character from which a long run of letters and digits counts as random."""


def clean(text: object) -> str:
    """Return a text on one line without control or invisible characters, cut where it is very long."""
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in str(text)[: _MOST + 1])
    return shown if len(shown) <= _MOST else f"{shown[:_MOST]}..."


def redact_arguments(arguments: Sequence[str], code_at: int | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a command line without secrets, and the names of what was removed.

    Args:
        arguments: the command line.
        code_at: the index of code on the command line, which is replaced by its digest.
    """
    kept, removed = list[str](), list[str]()
    before = ""
    for place, raw in enumerate(arguments[:_MOST_ARGUMENTS]):
        if place == code_at:
            digest = hashlib.sha256(raw.encode(errors="surrogateescape")).hexdigest()
            shown, names = f"(code, {len(raw)} characters, sha256 {digest[:16]})", list[str]()
        else:
            shown, names = _redact_argument(raw, before)
        kept.append(shown)
        removed += names
        before = raw
    if len(arguments) > _MOST_ARGUMENTS:
        kept.append(f"({len(arguments) - _MOST_ARGUMENTS} more arguments)")
    return tuple(kept), tuple(dict.fromkeys(removed))


def _redact_argument(raw: str, before: str) -> tuple[str, list[str]]:
    is_option = before.startswith("-") and "=" not in before
    if _REFERENCE.fullmatch(raw):
        return clean(raw), []
    if is_option and not raw.startswith("-") and _is_secret_option(before, raw):
        name = clean(before) if before not in _SHORT_SECRET_OPTIONS else f"{before} {_find_name(raw)}".strip()
        return SECRET, [name]
    if _ADDRESS.match(raw):
        return redact_address(raw)
    if (found := _ASSIGNMENT.fullmatch(raw)) is not None:
        name, value = found["name"], found["value"]
        if _SECRET_NAME.search(name) or is_secret(value):
            return f"{clean(name)}={SECRET}", [clean(name)]
        if not name.startswith("-"):
            return f"{clean(name)}={_HIDDEN}", []
        shown, names = _redact_argument(value, "")
        return f"{clean(name)}={shown}", names
    if is_secret(raw):
        return SECRET, [clean(before) if is_option else "an argument"]
    if _TEXT.search(raw):
        return f"(text, {len(raw)} characters)", []
    return clean(raw), []


def _is_secret_option(option: str, value: str) -> bool:
    """Return whether the value of an option can be a secret; short options mean different things in different programs."""
    if option in ("-e", "--env"):
        return re.fullmatch(r"[A-Za-z_]\w*", value) is None
    if option == "-u":
        return ":" in value
    if option == "-p":
        return re.fullmatch(r"[\d.:/-]+", value) is None and "/" not in value
    return option in _SHORT_SECRET_OPTIONS or _SECRET_NAME.search(option) is not None


def _find_name(raw: str) -> str:
    """Return the name of a header or variable in its argument, without the value."""
    name, mark, _ = raw.replace("=", ":", 1).partition(":")
    return clean(name) if mark and len(name) <= 60 and not is_secret(name) else ""


def redact_address(raw: str) -> tuple[str, list[str]]:
    """Return an address without user, password, query values and fragment, and the names of what was removed."""
    try:
        parts = urlsplit(raw)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        return _HIDDEN, ["an address that cannot be parsed"]
    removed = ["user of the address"] if "@" in parts.netloc else []
    path = "/".join(SECRET if is_secret(piece) else piece for piece in parts.path.split("/"))
    if path != parts.path:
        removed.append("path of the address")
    names = [piece.partition("=")[0] for piece in parts.query.split("&") if piece]
    removed += [f"query {clean(name)}" for name in names if not is_secret(name)] or (["query"] if names else [])
    shown = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{path}"
    return clean(shown + ("?..." if names else "")), removed


def is_secret(text: str) -> bool:
    """Return whether a text has the form of a key: a known prefix, or a long run that looks random."""
    if _KNOWN_FORMS.search(text):
        return True
    return any(_is_random(run) for piece in _PIECE.findall(text) for run in _LONG_RUN.findall(piece))


def _is_random(run: str) -> bool:
    words = re.split(r"[-_+=]", run)
    if not any(char.isdigit() for char in run) or all(len(word) < 12 for word in words):
        return False
    bits = -sum(count / len(run) * math.log2(count / len(run)) for count in Counter(run).values())
    return bits >= _RANDOM_BITS


def is_reference(value: str) -> bool:
    """Return whether a value only names a variable that has the secret, such as `${NAME}`."""
    return re.fullmatch(r"\$\{?[A-Za-z_]\w*\}?|\$\{(env|input):[\w.-]+\}|\{env:\w+\}", value.strip()) is not None


def redact_all(texts: Iterable[object]) -> tuple[str, ...]:
    """Return texts that are safe to print: cleaned, and replaced where one has the form of a key."""
    return tuple(SECRET if is_secret(str(text)) else clean(text) for text in texts)
