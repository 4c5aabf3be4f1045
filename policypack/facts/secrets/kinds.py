"""All kinds of secrets that are recognized by form: tokens of known issuers, logins of any service, key and password files.

Sources of the forms here: RFC 6750 (bearer), RFC 7617 (basic), RFC 7468 (PEM), RFC 7517 (JSON Web Key), crypt(5), and the manuals
of curl, OpenSSL, PostgreSQL (`.pgpass`), Kubernetes (kubeconfig), Docker (config.json) and WireGuard.
"""

from __future__ import annotations

from typing import Final

from policypack.facts.secrets.issuers import ISSUED
from policypack.facts.secrets.kind import SecretKind

ANY_SERVICE: Final = (
    SecretKind("a JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", ("eyj",)),
    SecretKind("a bearer token", r"(?i)\bbearer\s+(?![$<{%])[A-Za-z0-9._~+/-]{16,}=*", ("bearer",)),
    SecretKind("a basic login", r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?basic\s+(?![$<{%])[A-Za-z0-9+/]{8,}={0,2}", ("basic",)),
    SecretKind(
        "a login of a command",
        r"\bcurl\b[^\n|;]*\s(?:-u|--user|--proxy-user)[ =]?['\"]?(?![$<{%])[^\s:'\"$]+:(?![$<{%'\"\s])[^\s'\"]{3,}",
        ("curl",),
    ),
    SecretKind(
        "a login of a command",
        r"\b(?:sshpass|smbclient)\s+-p\s*['\"]?(?![$<{%])\S{3,}|\bwget\b[^\n]*--(?:http-)?password=(?![$<{%])\S{3,}",
        ("sshpass", "smbclient", "wget"),
    ),
    SecretKind(
        "a login of a command",
        r"\b(?:docker|podman|nerdctl|buildah|skopeo|oras|crane|helm)\b[^\n|;]*\blogin\b[^\n|;]*\s-p[ =]?['\"]?(?![$<{%`('\"\s-])\S{3,}",
        ("login",),
    ),
    SecretKind(
        "a secret id of Vault's AppRole",
        r"(?i)secret[_-]?id['\"]?\s*[=:]\s*['\"]?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        ("secretid", "secret_id", "secret-id"),
    ),
    SecretKind(
        "a passphrase",
        r"-pass(?:in|out)?\s+pass:(?![$<{%])\S{3,}|--passphrase[ =](?![$<{%-])\S{3,}|\bunzip\b[^\n|;]*\s-P\s*(?![$<{%])\S{3,}",
        ("pass:", "--passphrase", "unzip"),
    ),
    SecretKind("a password in an address", r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"$<{]{0,80}:(?![$<{%])[^\s:/@'\"]{3,}@", ("://",)),
)
FILES: Final = (
    SecretKind(
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\bPuTTY-User-Key-File-\d",
        ("private key", "putty-user-key-file-"),
    ),
    SecretKind(
        "a private key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,}|\bAGE-PLUGIN-[A-Z0-9]+-1[A-Z0-9]{20,}", ("age-secret-key-1", "age-plugin-")
    ),
    SecretKind("a private key", r"(?i)\b(?:PrivateKey|PresharedKey)\s*=\s*[A-Za-z0-9+/]{42,43}=", ("privatekey", "presharedkey")),
    SecretKind("a private key", r"\"kty\"\s*:\s*\"[A-Za-z]+\"[^}]*\"d\"\s*:\s*\"[A-Za-z0-9_-]{20,}\"", ('"kty"',)),
    SecretKind("a cluster's credential", r"\bclient-key-data['\"]?\s*:\s*['\"]?[A-Za-z0-9+/=]{40,}", ("client-key-data",)),
    SecretKind(
        "a login of .netrc",
        r"(?m)\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?![$<{%])\S+|^\s*default\s+login\s+\S+\s+password\s+(?![$<{%])\S+",
        ("password",),
    ),
    SecretKind(
        "a login of a container registry",
        r"\"auth\"\s*:\s*\"[A-Za-z0-9+/=]{8,}\"|\"identitytoken\"\s*:\s*\"\S{16,}\"",
        ('"auth"', '"identitytoken"'),
    ),
    SecretKind(
        "a password's hash",
        (
            r"(?<![A-Za-z0-9$])\$(?:(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"
            r"|[56]\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}|(?:7|y|gy)\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{8,}\$[./A-Za-z0-9]{40,}"
            r"|(?:argon2(?:id?|d)|scrypt|pbkdf2[a-z0-9-]*)\$[./A-Za-z0-9$=,+-]{20,})"
        ),
        ("$",),
    ),
    SecretKind("a password's hash", r"\{(?:SSHA|SHA|SSHA256|SSHA512|MD5|SMD5)\}[A-Za-z0-9+/]{16,}={0,2}", ("sha", "md5")),
)

KINDS: Final = (*ISSUED, *ANY_SERVICE, *FILES)


def find_kinds(text: str) -> tuple[str, ...]:
    """Return the kinds of secrets in a text, each once."""
    lowered = text.lower()
    return tuple(dict.fromkeys(kind.name for kind in KINDS if kind.is_in(text, lowered)))
