"""Forms of user data as a closed list: a form of another first-boot system has keys that no rule reads.

cloud-init reads a document by its first line, or by the content type of its part. Ignition, Talos, EC2Launch v2 and others read JSON,
YAML or TOML instead, in which users, keys, remote configuration and services have other names. Such a form is refused as a whole;
Bottlerocket's settings are a closed list of sections.
Sources: cloud-init "User data formats"; Ignition "Configuration specification"; EC2Launch v2 "Task configuration"; Bottlerocket
"API settings"; Amazon EKS "nodeadm" (`application/node.eks.aws`).
"""

from __future__ import annotations

import base64
import email
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_STARTS: Final = ("#cloud-config", "#cloud-boothook", "#!", "#include", "## template: jinja", "##template: jinja")
"""First lines that cloud-init reads: a document, a script, a script of every boot, a list of addresses (refused as unreadable)."""
_PARTS: Final = frozenset(
    {
        *("text/cloud-config", "text/cloud-config-archive", "text/x-shellscript", "text/x-shellscript-per-boot"),
        *("text/x-shellscript-per-instance", "text/x-shellscript-per-once", "text/cloud-boothook", "text/jinja2"),
        *("text/x-include-url", "text/x-include-once-url", "application/node.eks.aws"),
    }
)
"""Content types of parts whose text other checks read."""
_OF_WINDOWS: Final = re.compile(r"(?i)<(?:powershell|script)>")
_OF_NODE: Final = re.compile(r"(?m)^apiVersion:[ \t]*['\"]?node\.eks\.aws/")
_HEADERS: Final = re.compile(r"(?i)(?:mime-version|content-type|content-transfer-encoding|from|subject|date|number-attachments):")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]{8,}={0,2}\s*")
_SECTION: Final = re.compile(r"(?m)^[ \t]*\[{1,2}[ \t]*([^\]\n]+?)[ \t]*\]{1,2}|^[ \t]*(settings\.[^=\n]+?)[ \t]*=")
_SETTINGS: Final = frozenset(
    {
        *("autoscaling", "boot", "cloudformation", "container-runtime", "ecs", "kernel", "kubernetes", "metrics", "motd", "ntp"),
        *("oci-defaults", "updates", "host-containers.admin", "host-containers.control"),
    }
)
"""Reviewed settings of Bottlerocket; others start containers of somebody else on the host, or change its DNS, proxy or authorities."""
_MAPPING: Final = re.compile(r"(?:#[^\n]*\n|---[^\n]*\n|\s)*[\w.'\"-]+[ \t]*[:=][ \t\n]")
_NESTED: Final = re.compile(r"(?m)^[\w.'\"-]+[ \t]*:[ \t]*(?:[|>{\[][^\n]*)?\n?[ \t]*(?:- |[\w.'\"-]+:|[{\[])|^\[{1,2}[\w.\" -]+\]")
"""The first key of YAML or TOML, and a block inside a mapping: only a nested document has users, files or services."""
_STATIC_PODS: Final = "kubernetes.static-pods"
_WRAPS: Final = 4
_LONGEST: Final = 1 << 20


@lru_cache(maxsize=64)
def find_foreign_forms(value: str) -> tuple[str, ...]:
    """Return, in words, the forms of a host's user data that no review covers.

    Args:
        value: the user data as the program sets it: plain, in base64, compressed.
    """
    return tuple(dict.fromkeys(_find_in_text(_unwrap(value))))


def _find_in_text(text: str) -> Iterator[str]:
    start = text.lstrip("\ufeff \t\r\n")
    if not start or start.startswith(_STARTS) or _OF_WINDOWS.search(start) or _OF_NODE.search(start):
        return
    if _HEADERS.match(start):
        yield from _find_in_parts(start)
    elif re.match(r"\[{1,2}\s*settings\b|settings\.", start):
        yield from _find_in_settings(start)
    elif _is_document(start):
        shown = start.split("\n", 1)[0][:40]
        yield f"is in a form of user data that no review covers ({shown!r}): another first-boot system may read users and keys from it"


def _is_document(text: str) -> bool:
    """Return whether a text has the structure of a configuration; cloud-init ignores other text without a first line that it reads."""
    return text.startswith(("{", "[")) or (_MAPPING.match(text) is not None and _NESTED.search(text) is not None)


def _find_in_parts(text: str) -> Iterator[str]:
    for part in email.message_from_string(text).walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if kind == "text/plain":  # cloud-init reads such a part by its first line, and ignores it without one
            raw = part.get_payload(decode=True)
            body = raw.decode(errors="replace") if isinstance(raw, bytes) else ""
            if body.lstrip().startswith("#part-handler"):
                yield "contains a program that reads other parts of the user data (#part-handler), which no review covers"
        elif kind not in _PARTS:
            yield f"contains a part of the type {kind}, which no review covers"


def _find_in_settings(text: str) -> Iterator[str]:
    for match in _SECTION.finditer(text):
        path = (match[1] or match[2]).replace('"', "").removeprefix("settings").strip(". ")
        is_reviewed = not path or any(path == one or path.startswith(f"{one}.") for one in _SETTINGS)
        if not is_reviewed or path.startswith(_STATIC_PODS):
            yield f"sets settings.{path} of Bottlerocket, which may start a container of others or change the host's DNS or proxy"


def _unwrap(value: str) -> str:
    """Return the text that the host reads: without base64 and compression around the whole of it."""
    text = value
    for _ in range(_WRAPS):
        if not _BASE64.fullmatch(text) or len("".join(text.split())) % 4:
            return text
        raw = base64.b64decode(text)
        if raw[:2] == b"\x1f\x8b":
            try:
                raw = zlib.decompressobj(wbits=47).decompress(raw, _LONGEST)
            except zlib.error:
                return ""  # EC2 hands it on, and no first-boot system can read it
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return "" if _is_packed(raw) else text
    return text


def _is_packed(raw: bytes) -> bool:
    """Return whether bytes are in a compressed format that other checks unpack or report."""
    return raw[:3] in (b"BZh", b"\xfd7z", b"\x5d\x00\x00") or raw[:4] in (b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
