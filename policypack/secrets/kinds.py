"""Every kind of secret that is recognized by its form: tokens of known issuers, logins of any service, key and password files.

Sources of the forms here: RFC 6750 (bearer), RFC 7617 (basic), RFC 7468 (PEM), RFC 7517 (JSON Web Key), crypt(5), and the manuals
of curl, OpenSSL, PostgreSQL (`.pgpass`), Kubernetes (kubeconfig), Docker (config.json) and WireGuard.
"""

from __future__ import annotations

from typing import Final

from policypack.secrets.issuers import ISSUED
from policypack.secrets.kind import Kind

ANY_SERVICE: Final = (
    Kind("a JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", ("eyj",)),
    Kind("a bearer token", r"(?i)\bbearer\s+(?![$<{%])[A-Za-z0-9._~+/-]{16,}=*", ("bearer",)),
    Kind("a basic login", r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?basic\s+(?![$<{%])[A-Za-z0-9+/]{8,}={0,2}", ("basic",)),
    Kind(
        "a login of a command",
        r"\bcurl\b[^\n|;]*\s(?:-u|--user|--proxy-user)[ =]?['\"]?(?![$<{%])[^\s:'\"$]+:(?![$<{%'\"\s])[^\s'\"]{3,}",
        ("curl",),
    ),
    Kind(
        "a login of a command",
        r"\b(?:sshpass|smbclient)\s+-p\s*['\"]?(?![$<{%])\S{3,}|\bwget\b[^\n]*--(?:http-)?password=(?![$<{%])\S{3,}",
        ("sshpass", "smbclient", "wget"),
    ),
    Kind(
        "a login of a command",
        r"\b(?:docker|podman|nerdctl|buildah|skopeo|oras|crane|helm)\b[^\n|;]*\blogin\b[^\n|;]*\s-p[ =]?['\"]?(?![$<{%`('\"\s-])\S{3,}",
        ("login",),
    ),
    Kind(
        "a secret id of Vault's AppRole",
        r"(?i)secret[_-]?id['\"]?\s*[=:]\s*['\"]?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        ("secretid", "secret_id", "secret-id"),
    ),
    Kind(
        "a passphrase",
        r"-pass(?:in|out)?\s+pass:(?![$<{%])\S{3,}|--passphrase[ =](?![$<{%-])\S{3,}|\bunzip\b[^\n|;]*\s-P\s*(?![$<{%])\S{3,}",
        ("pass:", "--passphrase", "unzip"),
    ),
    Kind("a password in an address", r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"$<{]{0,80}:(?![$<{%])[^\s:/@'\"]{3,}@", ("://",)),
)
FILES: Final = (
    Kind(
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\bPuTTY-User-Key-File-\d",
        ("private key", "putty-user-key-file-"),
    ),
    Kind("a private key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,}|\bAGE-PLUGIN-[A-Z0-9]+-1[A-Z0-9]{20,}", ("age-secret-key-1", "age-plugin-")),
    Kind("a private key", r"(?i)\b(?:PrivateKey|PresharedKey)\s*=\s*[A-Za-z0-9+/]{42,43}=", ("privatekey", "presharedkey")),
    Kind("a private key", r"\"kty\"\s*:\s*\"[A-Za-z]+\"[^}]*\"d\"\s*:\s*\"[A-Za-z0-9_-]{20,}\"", ('"kty"',)),
    Kind("a cluster's credential", r"\bclient-key-data['\"]?\s*:\s*['\"]?[A-Za-z0-9+/=]{40,}", ("client-key-data",)),
    Kind(
        "a login of .netrc",
        r"(?m)\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?![$<{%])\S+|^\s*default\s+login\s+\S+\s+password\s+(?![$<{%])\S+",
        ("password",),
    ),
    Kind(
        "a login of a container registry",
        r"\"auth\"\s*:\s*\"[A-Za-z0-9+/=]{8,}\"|\"identitytoken\"\s*:\s*\"\S{16,}\"",
        ('"auth"', '"identitytoken"'),
    ),
    Kind(
        "a password's hash",
        (
            r"(?<![A-Za-z0-9$])\$(?:(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"
            r"|[56]\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}|(?:7|y|gy)\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{8,}\$[./A-Za-z0-9]{40,}"
            r"|(?:argon2(?:id?|d)|scrypt|pbkdf2[a-z0-9-]*)\$[./A-Za-z0-9$=,+-]{20,})"
        ),
        ("$",),
    ),
    Kind("a password's hash", r"\{(?:SSHA|SHA|SSHA256|SSHA512|MD5|SMD5)\}[A-Za-z0-9+/]{16,}={0,2}", ("sha", "md5")),
)

KINDS: Final = (*ISSUED, *ANY_SERVICE, *FILES)


def kinds_in(text: str) -> tuple[str, ...]:
    """Return the kinds of secrets that a text has, each once."""
    lowered = text.lower()
    return tuple(dict.fromkeys(kind.name for kind in KINDS if kind.is_in(text, lowered)))
