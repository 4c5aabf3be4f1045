"""The member `index.json`: for which stack, class, harness and mode the others are, and the digest of the stack's policy.

The content of all members is checked here too: they are what the launcher and OpenShell read, and they must be about one stack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from containment import strict_json
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.errors import InputError
from containment.names import PolicyMode
from containment.record.digests import canonicalize, is_digest
from containment.renderings.kinds import RenderingKind
from containment.renderings.openshell.document import parse_policy
from containment.sandbox.profile import parse_profile

FILE: Final = "index.json"
LAUNCHER_FILE: Final = RenderingKind.LAUNCHER.file_name
OPENSHELL_FILE: Final = RenderingKind.OPENSHELL.file_name
REQUIRED: Final = (FILE, LAUNCHER_FILE)
OPTIONAL: Final = (OPENSHELL_FILE,)
"""Members of classes that the other system can express."""
SCHEMA: Final = "containment-bundle-index/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What a bundle is for."""

    stack: str
    agent_class: str
    harness: str
    mode: str
    policy_digest: str
    """Digest of the stack's firewall policy, as `containment attest` compares it."""

    def encode(self) -> bytes:
        """Return the index as canonical JSON."""
        return canonicalize({"schema": SCHEMA, **asdict(self)}) + b"\n"


def parse_index(data: bytes) -> Index:
    """Return an index of its canonical bytes; raise BundleRefusal UNFIT_MEMBER."""
    try:
        document = strict_json.load_bytes(data)
    except strict_json.StrictJsonError as error:
        raise _refuse(FILE, error.what) from None
    fields = ("stack", "agent_class", "harness", "mode", "policy_digest")
    if not isinstance(document, dict) or document.keys() != {"schema", *fields} or document["schema"] != SCHEMA:
        raise _refuse(FILE, f"is no object of the schema {SCHEMA}")
    values = {field: document[field] for field in fields}
    if not all(isinstance(value, str) and value for value in values.values()):
        raise _refuse(FILE, "has a value that is no text")
    index = Index(**values)
    if index.mode not in [*PolicyMode] or not is_digest(index.policy_digest):
        raise _refuse(FILE, "has no policy mode, or no digest of a policy")
    if index.encode() != data:
        raise _refuse(FILE, "is not in its canonical form")
    return index


def check_contents(contents: Mapping[str, bytes], stack: str) -> Index:
    """Return the index of a bundle's members; raise BundleRefusal UNFIT_MEMBER if a member cannot be used.

    Args:
        contents: path -> bytes of every member.
        stack: the stack that the manifest names.
    """
    if lacking := [name for name in REQUIRED if name not in contents]:
        raise _refuse(lacking[0], "is no member, and every bundle has one")
    if unknown := sorted(contents.keys() - {*REQUIRED, *OPTIONAL}):
        raise _refuse(unknown[0], "is a member that this release has no rule for")
    index = parse_index(contents[FILE])
    if index.stack != stack:
        raise _refuse(FILE, f"is of the stack {index.stack}, and the manifest of {stack}")
    try:
        profile = parse_profile(_decode(contents, LAUNCHER_FILE), LAUNCHER_FILE)
    except InputError as error:
        raise _refuse(LAUNCHER_FILE, _shorten(error)) from None
    found = (profile.stack, profile.agent_class, profile.harness)
    if found != (index.stack, index.agent_class, index.harness):
        raise _refuse(LAUNCHER_FILE, f"is of {', '.join(found)}, and the index of {index.stack}, {index.agent_class}, {index.harness}")
    try:
        if OPENSHELL_FILE in contents:
            parse_policy(_decode(contents, OPENSHELL_FILE), OPENSHELL_FILE)
    except InputError as error:
        raise _refuse(OPENSHELL_FILE, _shorten(error)) from None
    return index


def _decode(contents: Mapping[str, bytes], name: str) -> str:
    try:
        return contents[name].decode("utf-8")
    except UnicodeDecodeError:
        raise _refuse(name, "is not UTF-8 text") from None


def _shorten(error: InputError) -> str:
    first = error.problems[0]
    return f"cannot be used: {first.where}: {first.what}"


def _refuse(where: str, what: str) -> BundleRefusal:
    return BundleRefusal(BundleCode.UNFIT_MEMBER, where, what)
