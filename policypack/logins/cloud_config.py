"""Settings of cloud-init that let somebody log in, read from the parsed document.

Source: cloud-init module reference (Users and Groups, Set Passwords, SSH, SSH Import ID, Write Files, Package Update Upgrade Install).
A document that is no YAML is not used by cloud-init either; its text is still read by `commands`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import yaml

from policypack.plain import items

_PASSWORDS: Final = ("passwd", "hashed_passwd", "plain_text_passwd", "hashed-passwd", "plain-text-passwd")
_KEYS: Final = ("ssh_authorized_keys", "ssh-authorized-keys", "ssh_import_id", "ssh-import-id")
_SERVERS: Final = frozenset(
    {"openssh-server", "dropbear", "dropbear-bin", "telnetd", "telnet-server", "xinetd", "xrdp", "cockpit", "shellinabox"}
)
_TRUE: Final = frozenset({"true", "yes", "on", "1", "unchanged"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEADER: Final = re.compile(r"(?m)^#cloud-config(?:-archive|-jsonp)?[ \t]*\r?$")
_BOUNDARY: Final = re.compile(r"\n--(?!-)\S")


@lru_cache(maxsize=128)
def logins_in(text: str) -> tuple[str, ...]:
    """Return the ways to log in that the cloud-config documents of a text set, in words."""
    ways = (way for header in _HEADER.finditer(text) for way in _of_document(_parsed(_BOUNDARY.split(text[header.end() :], maxsplit=1)[0])))
    return tuple(dict.fromkeys(ways))


def _parsed(text: str) -> Any:
    """Return a document, None when it is none."""
    try:
        return json.loads(text)  # JSON is YAML, and read much faster
    except (ValueError, RecursionError):
        try:
            return yaml.load(text, Loader=_LOADER)  # noqa: S506  both are safe loaders
        except (yaml.YAMLError, RecursionError, ValueError):
            return None


def _of_document(document: Any) -> Iterator[str]:
    if isinstance(document, list):  # an archive of documents
        for one in document:
            yield from logins_in(str(one.get("content", "")) if isinstance(one, dict) else str(one))
    if not isinstance(document, dict):
        return
    for user in [document, *items(document.get("user")), *_users(document.get("users"))]:
        if isinstance(user, dict):
            yield from _of_user(user)
    if _is(document.get("ssh_pwauth"), _TRUE):
        yield "lets passwords in over SSH (ssh_pwauth)"
    if document.get("password"):
        yield "sets a password of the default user (password)"
    changed = document.get("chpasswd")
    if isinstance(changed, dict) and (changed.get("list") or changed.get("users")):
        yield "sets passwords (chpasswd)"
    if _is(document.get("disable_root"), _FALSE):
        yield "lets root in over SSH (disable_root)"
    for file in items(document.get("write_files")):
        path = str(file.get("path", "")) if isinstance(file, dict) else ""
        if path.endswith(("/authorized_keys", "/authorized_keys2")) or path in ("/etc/shadow", "/etc/gshadow"):
            yield f"writes {path}"
    for package in items(document.get("packages")):
        name = str(package[0] if isinstance(package, list) and package else package)
        if name in _SERVERS:
            yield f"installs a login server ({name})"


def _users(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else items(value)


def _of_user(user: dict[str, Any]) -> Iterator[str]:
    for key in _PASSWORDS:
        if user.get(key):
            yield f"sets a user's password ({key})"
    if any(_is(user.get(key), _FALSE) for key in ("lock_passwd", "lock-passwd", "lock_password")):
        yield "unlocks a user's password (lock_passwd)"
    for key in _KEYS:
        if user.get(key):
            yield f"lets somebody's SSH key in ({key})"


def _is(value: Any, words: frozenset[str]) -> bool:
    return str(value).strip().lower() in words if isinstance(value, str | bool | int) else False
