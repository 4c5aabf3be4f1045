"""Values assigned to names such as "password": in shells, YAML, JSON, options of commands, connection strings.

A reference to a secret store, a path, a placeholder and a switch do not count as values.
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
"""Endings of names that still contain the value; names with `_file`, `_arn`, `_name`, `_path` or `_id` contain a reference."""
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
"""Texts that are not a secret: a reference, a path, a name in words (`agents/git-token`), a placeholder, a switch, the next option
(`3D`: `=` in quoted-printable)."""
_ARN: Final = re.compile(r"\barn:aws[\w-]*:[\w-]+:[^\s:\"']*:[^\s:\"']*:[^\s\"'`,;)\]}>|&]+")
"""An ARN: `secret:` in it is not an assignment."""
_FETCHES: Final = re.compile(
    r"(?i)[\w.]*(?:get|fetch|load|read|lookup|environ|client|require|prompt|input|generate|random|token_hex|token_urlsafe|uuid)\w*"
)
"""Functions that, called in the place of a secret, return one from a store or generate it on the host."""

_KEY: Final = re.compile(r"(?im)(?<![a-z0-9])([a-z0-9_-]{0,60}[_-])key[\"']?[ \t]*(?:=|:)[ \t]*[\"']?([A-Za-z0-9+/_.=-]{20,})")
_PUBLIC: Final = re.compile(r"(?i)public|pub[_-]|host|kms|gpg|apt|sort|partition|primary|foreign|cache|object|s3|finger|signed")
_MARKS: Final = ("pass", "secret", "token", "key", "pwd", "pat")


def has_assigned_secret(text: str) -> bool:
    """Return whether a text assigns a value to a name of a secret."""
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
    """Return whether the value of a name that ends in "key" looks random: long, with digits, letters and few repeats."""
    name, value = match.groups()
    mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value) and len(set(value)) >= 10
    return mixed and not _PUBLIC.search(name) and not _NO_VALUE.fullmatch(value) and "." not in value.strip(".")
