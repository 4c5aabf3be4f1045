"""Values that are assigned to names such as "password": in shells, YAML, JSON, options of commands, connection strings.

A reference to where the value is kept, a path, a placeholder and a switch are no values.
"""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = (
    r"(?:password|passwd|passphrase|passcode|secret|secret[_-]?(?:access[_-]?)?key|client[_-]?secret|api[_-]?key|(?:auth[_-]?|access[_-]?)?token"
    r"|(?:private|access|signing|encryption|account|auth|master|deploy)[_-]?key|[a-z0-9]{1,30}[_-](?:pass|pwd|pat))"
)
_JOINED: Final = (
    r"(?:password|(?<!no)(?<!ch)passwd|passphrase|api[_-]?key|access[_-]?token|session[_-]?token"
    r"|secret[_-]?(?:access[_-]?)?key|client[_-]?secret)"
)
"""Names that end a longer one without a separator, as in `dbPassword`."""
_OF_VALUE: Final = r"(?:[_-](?:value|contents?|plain(?:text)?|cleartext|b64|base64))?"
"""Ends of names that are still the value itself; `_file`, `_arn`, `_name`, `_path` and `_id` end the name of its place."""
_ASSIGNED: Final = re.compile(
    rf"""(?imx)
    (?: (?<![a-z0-9]) (?:[a-z0-9]{{1,30}}[_.-]){{0,6}} (?:{_NAMES}|[a-z0-9]{{1,30}}{_JOINED}) {_OF_VALUE} ["']? \s* (?:=|:(?!//)) [ \t]*
      | (?<!\S) --? (?!no-|disabled?-|without-) (?:[a-z]{{1,30}}-){{0,4}} {_NAMES} [ \t]+ )
    (?: "(?P<double>[^"\n]*)" | '(?P<single>[^'\n]*)' | (?P<bare>[^\s"'`#;,}}\]&|<>()]+) )
    """
)
_NO_VALUE: Final = re.compile(
    r"(?i)|\$.*|<.*|\{\{.*|%.*%|\*+|x{3,}|true|false|yes|no|null|none|~|optional|required|prompt|redacted|/.*|arn:(?:aws[\w-]*:.*)?|ssm:.*|file:.*|[a-z]+://.*|\d{1,2}"
    r"|alias/.*|env:.*|--?[a-z].*|3d[$<{%].*|await|(?:os\.)?environ\[?.*|process\.env\b.*|import\.meta\.env\b.*|enc\[(?:aws_kms|aes256_gcm|pkcs7|gpg|vault).*"
    r"|!(?:secret|ref|sub|getatt|importvalue|vault|env|env_var|include|reference)"
    r"|(?-i:[a-z]+(?:[_-][a-z]+)*\d?(?:/[a-z]+(?:[_-][a-z]+)*\d?)+)"
    r"|[\w./-]+\.(?:pem|key|crt|cer|pub|json|ya?ml|toml|txt|env|conf|sock)"
)
"""What is in the place of a secret: a reference, a path, a name in words (`agents/git-token`), a placeholder, a switch, the next
option (`3D`: `=` in quoted-printable)."""
_ARN: Final = re.compile(r"\barn:aws[\w-]*:[\w-]+:[^\s:\"']*:[^\s:\"']*:[^\s\"'`,;)\]}>|&]+")
"""A resource by its ARN: `secret:` in it is no assignment."""
_FETCHES: Final = re.compile(
    r"(?i)[\w.]*(?:get|fetch|load|read|lookup|environ|client|require|prompt|input|generate|random|token_hex|token_urlsafe|uuid)\w*"
)
"""Functions whose call, in the place of a secret, returns one that is kept elsewhere or made on the host."""

_KEY: Final = re.compile(r"(?im)(?<![a-z0-9])([a-z0-9_-]{0,60}[_-])key[\"']?[ \t]*(?:=|:)[ \t]*[\"']?([A-Za-z0-9+/_.=-]{20,})")
_PUBLIC: Final = re.compile(r"(?i)public|pub[_-]|host|kms|gpg|apt|sort|partition|primary|foreign|cache|object|s3|finger|signed")
_MARKS: Final = ("pass", "secret", "token", "key", "pwd", "pat")


def has_assigned_secret(text: str) -> bool:
    """Return whether some name of a secret is given a value in a text."""
    lowered = text.lower()
    if not any(mark in lowered for mark in _MARKS):
        return False
    if "arn:" in lowered:
        text = _ARN.sub("arn:", text)
    return any(_is_value(match) for match in _ASSIGNED.finditer(text)) or any(_is_key(match) for match in _KEY.finditer(text))


def _is_value(match: re.Match[str]) -> bool:
    value = next((found for found in match.groupdict().values() if found is not None), "").strip()
    if match["bare"] and match.string[match.end() : match.end() + 1] == "(" and _FETCHES.fullmatch(value):
        return False
    return len(value) > 2 and not _NO_VALUE.fullmatch(value)


def _is_key(match: re.Match[str]) -> bool:
    """Return whether what a name that ends in "key" is given looks drawn at random: long, with digits, letters and few repeats."""
    name, value = match.groups()
    mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value) and len(set(value)) >= 10
    return mixed and not _PUBLIC.search(name) and not _NO_VALUE.fullmatch(value) and "." not in value.strip(".")
