"""Refusals of a bundle: one code per cause, each with its meaning and its fix; docs/guides/bundles.md is generated from here."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Self

from containment.errors import ContainmentError
from containment.exit_code import Exit


@unique
class BundleCode(StrEnum):
    """Why a bundle is refused, in the order in which the causes are looked for."""

    meaning: str
    fix: str

    def __new__(cls, code: str, meaning: str, fix: str) -> Self:
        """Create a member that equals its code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning, member.fix = meaning, fix
        return member

    TRUST_UNUSABLE = (
        "trust-root-unusable",
        "the trust root has no key, cannot be read, or may be written by another user than root",
        "write the public keys of the signers to the trust root, as root: chown root:root FILE && chmod 644 FILE",
    )
    PLACE_UNUSABLE = (
        "place-unusable",
        "a folder of the updater may be written by another user than root, or is a symbolic link",
        "as root: chown root:root FOLDER && chmod 755 FOLDER",
    )
    SOURCE_UNREADABLE = (
        "source-unreadable",
        "the source cannot be read, or has no bundle.yaml",
        "check the folder or the bucket, the network and the credentials; the timer tries again",
    )
    TOO_LARGE = (
        "too-large",
        "bundle.yaml, a member, the whole bundle or the number of files is over its limit",
        "build the bundle again in an empty folder: containment bundle build",
    )
    NON_CANONICAL = (
        "non-canonical",
        "bundle.yaml has other bytes than the canonical form: a key twice, an unknown field, an anchor, a tag, another layout or encoding",
        "build and sign it again: containment bundle build, then containment bundle sign",
    )
    UNSIGNED = ("unsigned", "bundle.yaml has no signature", "sign it: containment bundle sign FOLDER --key KEY")
    UNKNOWN_SIGNER = (
        "unknown-signer",
        "a signature is by a key that the trust root does not have",
        "sign with a key of the trust root, or add the public key to it, as root and after review",
    )
    BAD_SIGNATURE = (
        "bad-signature",
        "a signature is not one of this manifest by its key: the manifest or the signature was changed",
        "fetch the bundle again; if it stays so, sign it again and find out who changed it",
    )
    OTHER_STACK = (
        "other-stack",
        "the bundle is of another stack or harness than this host's",
        "publish the bundle of this stack and harness at the source",
    )
    PATH_ESCAPES = (
        "path-escapes",
        "the path of a member is absolute, leaves the folder, or has characters outside A-Z a-z 0-9 . _ -",
        "name members by relative paths below the folder of bundle.yaml",
    )
    SPECIAL_MEMBER = (
        "special-member",
        "a file of the bundle is a symbolic link, a device, a pipe or a socket",
        "put a regular file in its place",
    )
    MISSING_MEMBER = ("missing-member", "a member of the manifest is not there", "publish every file of the built folder")
    ALTERED_MEMBER = (
        "altered-member",
        "a member has another digest than the manifest",
        "publish the files of one build together; if it stays so, find out who changed the member",
    )
    EXTRA_MEMBER = ("extra-member", "a file is there that the manifest does not list", "remove the file from the source")
    UNFIT_MEMBER = (
        "unfit-member",
        "a member's content cannot be used, or the members are of different stacks, classes or harnesses",
        "build the bundle again with the release that the host has",
    )
    NOT_YET_VALID = (
        "not-yet-valid",
        "the time is before not_before",
        "wait until then, or correct the host's clock: timedatectl",
    )
    EXPIRED = (
        "expired",
        "the time is at or after expires_at",
        "build and sign a bundle with a higher revision, or correct the host's clock: timedatectl",
    )
    COUNTER_UNREADABLE = (
        "counter-unreadable",
        "the high-water mark cannot be read, is missing although a bundle is active, or contradicts the active bundle",
        "restore the file from its backup; without one, as root: containment-bundle-update --restore-counter",
    )
    LOWER_REVISION = (
        "lower-revision",
        "the revision is lower than the high-water mark",
        "build the old content with a higher revision: a rollback is a new revision",
    )
    OTHER_DIGEST = (
        "same-revision-other-digest",
        "the revision is the high-water mark's, and the manifest is another one",
        "build it with a higher revision; no two bundles have one revision",
    )
    NOT_INSTALLED = (
        "not-installed",
        "the bundle was verified and could not be written: the disk is full, read-only or failing",
        "free space on the disk; the timer tries again",
    )


def escape(text: str) -> str:
    """Return a text in which characters that a terminal would act on are escaped: names of files are not trusted."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class BundleRefusal(ContainmentError):  # noqa: N818 - the outcome of a check, which is reported
    """A bundle that is not used, with the code and a sentence."""

    exit_code = Exit.NO

    def __init__(self, code: BundleCode, where: str, what: str) -> None:
        self.code, self.where, self.what = code, escape(where), escape(what)
        super().__init__(f"REFUSED {code}: {self.where}: {self.what}\n    why: {code.meaning}\n    fix: {code.fix}")
