"""The manifest of a bundle and its only form as YAML.

The form has one order of fields, one indentation and every text in double quotes, so that one content has one sequence of bytes. What is
read is written again and compared: a difference of one byte is refused, and with it anchors, aliases, comments and other layouts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.loaders import strict_yaml
from containment.record.digests import digest_bytes

FILE: Final = "bundle.yaml"
API_VERSION: Final = "nvidia.agent-policy-fabric.policy/v1alpha1"
KIND: Final = "PolicyBundle"
MOST_REVISION: Final = 2**64 - 1
MOST_MEMBERS: Final = 64
MOST_TEXT: Final = 512
_ID_START: Final = "agent-containment/"
_FIELDS: Final = (
    "apiVersion",
    "kind",
    "metadata",
    "id",
    "description",
    "policy_revision",
    "not_before",
    "expires_at",
    "manifest",
)
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,511}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the bundle and the SHA-256 of its bytes, in hexadecimal."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle contains, for which stack and for how long; times are in UTC and have no fractions."""

    id: str
    description: str
    revision: int
    not_before: datetime
    expires_at: datetime
    members: tuple[Member, ...]

    @property
    def stack(self) -> str:
        """The stack that the id names; empty for an id of another program."""
        return self.id.removeprefix(_ID_START) if self.id.startswith(_ID_START) else ""

    def encode(self) -> bytes:
        """Return the canonical YAML, which is what is signed."""
        lines = [
            f"apiVersion: {quote(API_VERSION)}",
            f"kind: {quote(KIND)}",
            "metadata: {}",
            f"id: {quote(self.id)}",
            f"description: {quote(self.description)}",
            f"policy_revision: {self.revision}",
            f"not_before: {quote(format_time(self.not_before))}",
            f"expires_at: {quote(format_time(self.expires_at))}",
            "manifest:" if self.members else "manifest: []",
        ]
        for one in self.members:
            lines += [f"  - path: {quote(one.path)}", f"    sha256: {quote(one.sha256)}"]
        return ("\n".join(lines) + "\n").encode()

    @property
    def digest(self) -> str:
        """The SHA-256 digest of the canonical YAML, with its prefix; a further signature does not change it."""
        return digest_bytes(self.encode())


def make_id(stack: str) -> str:
    """Return the id of a stack's bundles."""
    return f"{_ID_START}{stack}"


def quote(text: str) -> str:
    """Return a text in double quotes, as YAML and JSON read it alike."""
    return json.dumps(text, ensure_ascii=False)


def format_time(time: datetime) -> str:
    """Return a time as RFC 3339 in UTC, with whole seconds."""
    return time.astimezone(UTC).strftime(_TIME)


def parse_manifest(payload: bytes) -> Manifest:
    """Return the manifest of its canonical bytes; raise BundleRefusal NON_CANONICAL for any others."""
    document = load_document(payload, "the manifest")
    check_fields(document, _FIELDS, "the manifest")
    if (document["apiVersion"], document["kind"], document["metadata"]) != (API_VERSION, KIND, {}):
        raise refuse_form("apiVersion, kind or metadata", f"is not {API_VERSION}, {KIND} and {{}}")
    entries = document["manifest"]
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_MEMBERS:
        raise refuse_form("manifest", f"is not a list of 1 to {MOST_MEMBERS} members")
    manifest = Manifest(
        id=_check_id(document["id"]),
        description=check_description(document["description"]),
        revision=check_revision(document["policy_revision"]),
        not_before=_parse_time(document["not_before"], "not_before"),
        expires_at=_parse_time(document["expires_at"], "expires_at"),
        members=tuple(_parse_member(entry, place) for place, entry in enumerate(entries)),
    )
    paths = [one.path for one in manifest.members]
    if repeated := sorted({path for path in paths if paths.count(path) > 1}):
        raise refuse_form("manifest", f"lists {repeated[0]} twice")
    compare_bytes(payload, manifest.encode(), "the manifest")
    return manifest


def find_path_problem(path: str) -> str:
    """Return why the path of a member is none that stays below the folder of the bundle; empty if it does."""
    if path.startswith("/"):
        return "is absolute"
    parts = path.split("/")
    if {"..", "."} & {*parts}:
        return "has '.' or '..'"
    if not all(_NAME.fullmatch(part) for part in parts):
        return "has an empty name, or a character outside A-Z a-z 0-9 . _ -"
    return "is the manifest's own file" if path == FILE else ""


def load_document(data: bytes, where: str) -> Mapping[str, Any]:
    """Return the mapping of one YAML document; raise BundleRefusal NON_CANONICAL."""
    try:
        document = strict_yaml.load(data.decode("utf-8"))
    except ValueError as error:
        raise refuse_form(where, strict_yaml.explain_error(error)[0]) from None
    if not isinstance(document, dict):
        raise refuse_form(where, "is no mapping")
    return document


def check_fields(document: Mapping[str, Any], wanted: tuple[str, ...], where: str) -> None:
    """Raise BundleRefusal NON_CANONICAL if a mapping has other fields than these."""
    if lacking := [key for key in wanted if key not in document]:
        raise refuse_form(where, f"has no field {lacking[0]}")
    if unknown := sorted(document.keys() - {*wanted}):
        raise refuse_form(where, f"has the unknown field {unknown[0]!r}")


def compare_bytes(given: bytes, canonical: bytes, where: str) -> None:
    """Raise BundleRefusal NON_CANONICAL, with the first different line, if bytes are not the canonical ones."""
    if given == canonical:
        return
    lines, wanted = given.split(b"\n"), canonical.split(b"\n")
    number = next((n for n, pair in enumerate(zip(lines, wanted, strict=False)) if pair[0] != pair[1]), min(len(lines), len(wanted)))
    shown = lines[number][:80] if number < len(lines) else b""
    expected = wanted[number][:80] if number < len(wanted) else b""
    raise refuse_form(f"{where}, line {number + 1}", f"is {shown!r}, and the canonical line is {expected!r}")


def refuse_form(where: str, what: str) -> BundleRefusal:
    """Return the refusal of bundle.yaml for its form."""
    return BundleRefusal(BundleCode.NON_CANONICAL, f"{FILE}: {where}", what)


def check_revision(value: Any) -> int:
    """Return a revision; raise BundleRefusal NON_CANONICAL if it is no whole number from 1 to 2**64 - 1."""
    if type(value) is not int or not 1 <= value <= MOST_REVISION:
        raise refuse_form("policy_revision", f"is not a whole number from 1 to {MOST_REVISION}")
    return value


def check_description(value: Any) -> str:
    """Return a description; raise BundleRefusal NON_CANONICAL if it is no printable text of at most 512 characters."""
    if not isinstance(value, str) or len(value) > MOST_TEXT or not value.isprintable():
        raise refuse_form("description", f"is not a printable text of at most {MOST_TEXT} characters")
    return value


def _check_id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise refuse_form("id", "is not a text of letters, digits and . _ : @ / + - =, which starts with a letter or digit")
    return value


def _parse_time(value: Any, field: str) -> datetime:
    try:
        if not isinstance(value, str):
            raise ValueError
        return datetime.strptime(value, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise refuse_form(field, "is not a time such as 2026-11-29T12:00:00Z, in quotes") from None


def _parse_member(entry: Any, place: int) -> Member:
    where = f"manifest.{place}"
    if not isinstance(entry, dict):
        raise refuse_form(where, "is no mapping")
    check_fields(entry, ("path", "sha256"), where)
    path, sha256 = entry["path"], entry["sha256"]
    if not isinstance(path, str) or not path.isprintable() or not 1 <= len(path) <= MOST_TEXT:
        raise refuse_form(f"{where}.path", f"is not a printable text of 1 to {MOST_TEXT} characters")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise refuse_form(f"{where}.sha256", "is not 64 hexadecimal digits in lower case, in quotes")
    return Member(path, sha256)
