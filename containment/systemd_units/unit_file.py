"""Unit files of systemd: sections of settings, and words and paths in the form in which systemd reads them back.

Variables are replaced in command lines alone, so `$` is written twice there and once in paths; specifiers are replaced everywhere.
Source: systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers"; systemd.syntax(7), "Quoting".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


HARDENING: Final = (
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("AmbientCapabilities", ""),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateMounts", "yes"),
    ("PrivateUsers", "yes"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectProc", "invisible"),
    ("LockPersonality", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("RemoveIPC", "yes"),
    ("KeyringMode", "private"),
    ("UMask", "0077"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallErrorNumber", "EPERM"),
)
"""Directives of a unit that needs no right of root: no capability, no devices, nothing of the system writable."""


def format_unit(sections: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return the text of a unit file: sections by name, each with its lines."""
    return "\n".join("".join(f"{line}\n" for line in (f"[{name}]", *lines)) for name, lines in sections)


def format_command(words: Iterable[str]) -> str:
    """Return the value of `ExecStart` and its like: each word stays one word, and none is expanded."""
    return " ".join(_quote(word.replace("%", "%%").replace("$", "$$")) for word in words)


def format_path(path: str) -> str:
    """Return a path as an item of `ReadWritePaths` and its like."""
    return _quote(path.replace("%", "%%"))


def format_text(text: str) -> str:
    """Return a value that systemd takes as a whole line, such as a description or `WorkingDirectory`; line breaks become spaces."""
    return " ".join(text.replace("%", "%%").splitlines())


def _quote(word: str) -> str:
    """Return a word in quotes where it needs them; control characters as systemd unescapes them."""
    if _PLAIN.fullmatch(word):
        return word
    return '"' + "".join(_ESCAPES.get(one) or (f"\\x{ord(one):02x}" if ord(one) < 32 or ord(one) == 127 else one) for one in word) + '"'
