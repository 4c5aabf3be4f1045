"""The checks of a bundle, in one order: form, signatures, stack, members, validity window, revision."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from containment.bundle.document import SignedManifest, parse_signed
from containment.bundle.files import BundleFiles
from containment.bundle.index import Index, check_contents
from containment.bundle.manifest import FILE, Manifest, find_path_problem, format_time
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.trust import TrustRoot


@dataclass(frozen=True, slots=True)
class HighWaterMark:
    """The highest revision that was accepted, and the digest of its manifest."""

    revision: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedBundle:
    """A bundle that passed every check but those of the window and the revision, and the ids of the keys that signed it."""

    signed: SignedManifest
    index: Index
    contents: Mapping[str, bytes]
    """Path -> bytes of every file, bundle.yaml included."""
    signers: tuple[str, ...]

    @property
    def manifest(self) -> Manifest:
        """The manifest."""
        return self.signed.manifest

    @property
    def mark(self) -> HighWaterMark:
        """The mark that this bundle sets."""
        return HighWaterMark(self.manifest.revision, self.manifest.digest)


def verify_bundle(
    files: BundleFiles,
    trust: TrustRoot,
    *,
    stack: str | None,
    now: datetime,
    mark: HighWaterMark | None,
    harness: str | None = None,
) -> VerifiedBundle:
    """Return a bundle that passed every check; raise BundleRefusal for the first that it does not pass.

    Args:
        files: the files of the bundle.
        trust: the keys that may sign.
        stack: the stack that it must be for; None accepts any.
        now: the time.
        mark: the highest revision that was accepted before; None if there was none.
        harness: the harness that it must be for; None accepts any.
    """
    found = verify_content(files, trust, stack=stack)
    if harness is not None and found.index.harness != harness:
        raise BundleRefusal(BundleCode.OTHER_STACK, FILE, f"is for the harness {found.index.harness}, and {harness} is expected")
    check_window(found.manifest, now)
    check_revision(found.mark, mark)
    return found


def verify_content(files: BundleFiles, trust: TrustRoot | None, *, stack: str | None) -> VerifiedBundle:
    """Return a bundle whose form, signatures, stack and members are right; raise BundleRefusal.

    Args:
        files: the files of the bundle.
        trust: the keys that may sign; None leaves the signatures unchecked, and `signers` empty.
        stack: the stack that it must be for; None accepts any.
    """
    signed = parse_signed(files.contents[FILE])
    signers = trust.check_signatures(signed.envelope) if trust is not None else ()
    manifest = signed.manifest
    if not manifest.stack or (stack is not None and manifest.stack != stack):
        wanted = f"a bundle of {stack}" if stack is not None else "an id that names a stack"
        raise BundleRefusal(BundleCode.OTHER_STACK, FILE, f"has the id {manifest.id}, and {wanted} is expected")
    members = _check_members(manifest, files)
    return VerifiedBundle(signed=signed, index=check_contents(members, manifest.stack), contents=files.contents, signers=signers)


def _check_members(manifest: Manifest, files: BundleFiles) -> Mapping[str, bytes]:
    for member in manifest.members:
        if problem := find_path_problem(member.path):
            raise BundleRefusal(BundleCode.PATH_ESCAPES, f"{FILE}: manifest", f"{member.path!r} {problem}")
    for path, kind in files.special.items():
        raise BundleRefusal(BundleCode.SPECIAL_MEMBER, path, f"is {kind}")
    for member in manifest.members:
        if member.path not in files.contents:
            raise BundleRefusal(BundleCode.MISSING_MEMBER, member.path, "is in the manifest and not in the folder")
        found = hashlib.sha256(files.contents[member.path]).hexdigest()
        if found != member.sha256:
            raise BundleRefusal(BundleCode.ALTERED_MEMBER, member.path, f"has the digest {found}, and the manifest {member.sha256}")
    named = {member.path for member in manifest.members} | {FILE}
    if extra := sorted(files.contents.keys() - named):
        raise BundleRefusal(BundleCode.EXTRA_MEMBER, extra[0], "is in the folder and not in the manifest")
    return {member.path: files.contents[member.path] for member in manifest.members}


def check_window(manifest: Manifest, now: datetime) -> None:
    """Raise BundleRefusal if a time is outside of the validity window: `not_before` is inside, `expires_at` is not."""
    time, start, end = map(format_time, (now, manifest.not_before, manifest.expires_at))
    if now < manifest.not_before:
        raise BundleRefusal(BundleCode.NOT_YET_VALID, FILE, f"is valid from {start}, and now is {time}")
    if now >= manifest.expires_at:
        raise BundleRefusal(BundleCode.EXPIRED, FILE, f"was valid until {end}, and now is {time}")


def check_revision(found: HighWaterMark, mark: HighWaterMark | None) -> None:
    """Raise BundleRefusal if a revision is below the high-water mark, or equal with another digest."""
    if mark is None or found.revision > mark.revision:
        return
    if found.revision < mark.revision:
        raise BundleRefusal(BundleCode.LOWER_REVISION, FILE, f"has the revision {found.revision}, and {mark.revision} was accepted before")
    if found.digest != mark.digest:
        raise BundleRefusal(
            BundleCode.OTHER_DIGEST, FILE, f"has the digest {found.digest}, and revision {mark.revision} was accepted with {mark.digest}"
        )
