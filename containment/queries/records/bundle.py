"""The `bundle` commands: build, sign, verify and show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from containment.bundle.build import BundleRequest, build_bundle
from containment.bundle.document import MOST_SIGNATURES, SignedManifest
from containment.bundle.files import read_folder, write_folder, write_signed
from containment.bundle.manifest import FILE, format_time
from containment.bundle.refusal import BundleRefusal
from containment.bundle.trust import build_trust_root
from containment.bundle.verify import HighWaterMark, VerifiedBundle, check_revision, check_window, verify_content
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section
from containment.record.signer_library import Signer

_VERB = "bundle"
_UNCHECKED = "the signatures are NOT TESTED: no public key is trusted here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a host would compare a bundle with; None leaves a check out."""

    stack: str | None
    now: datetime | None
    mark: HighWaterMark | None


def answer_build(spec: ContainmentSpec, library: Library, request: BundleRequest, out: Path) -> Answer:
    """Build a bundle, write it to a folder and return its content."""
    built = build_bundle(spec, library, request)
    write_folder(out, built.files)
    found = verify_content(built.files, None, stack=spec.stack)
    notes = [f"left out: {kind}: {why}" for kind, why in built.left_out.items()]
    return _build_answer(f"BUILT, NOT SIGNED: {_summarize(found)}; written to {out}", found, Exit.OK, (), tuple(notes))


def answer_sign(folder: Path, signer: Signer) -> Answer:
    """Sign the bundle of a folder and return its content; every member is compared with the manifest before."""
    found = verify_content(read_folder(folder), None, stack=None)
    envelope = found.signed.envelope.sign(signer)
    if len(envelope.signatures) > MOST_SIGNATURES:
        what = f"would have {len(envelope.signatures)} signatures, and at most {MOST_SIGNATURES} are read"
        raise InputError("the bundle is not signed", [Problem(str(folder / FILE), what, "hosts would refuse it", "build it again")])
    signed = SignedManifest(found.manifest, envelope)
    write_signed(folder, signed)
    shown = VerifiedBundle(
        signed=signed, index=found.index, contents=found.contents, signers=tuple(one.keyid for one in envelope.signatures)
    )
    return _build_answer(f"SIGNED: {_summarize(shown)}", shown, Exit.OK, (), ())


def answer_verify(folder: Path, keys: Sequence[str], expected: Expectation) -> Answer:
    """Verify the bundle of a folder as a host does; the exit code is NO, with the code of the refusal, if a host would refuse it."""
    try:
        found = verify_content(read_folder(folder), build_trust_root(keys), stack=expected.stack)
        if expected.now is not None:
            check_window(found.manifest, expected.now)
        check_revision(found.mark, expected.mark)
    except BundleRefusal as refusal:
        return _build_refusal(refusal)
    notes = [] if expected.mark is not None else ["the revision is NOT TESTED: only a host stores its high-water mark (--above)"]
    notes += [] if expected.stack is not None else ["the stack is NOT TESTED: a host accepts only its own (--stack)"]
    return _build_answer(f"VERIFIED: {_summarize(found)}", found, Exit.OK, (_make_pass(found),), tuple(notes))


def answer_show(folder: Path, keys: Sequence[str]) -> Answer:
    """Return the content of a bundle; signatures are checked if there are keys, and the window and the revision are not."""
    try:
        found = verify_content(read_folder(folder), build_trust_root(keys) if keys else None, stack=None)
    except BundleRefusal as refusal:
        return _build_refusal(refusal)
    return _build_answer(_summarize(found), found, Exit.OK, (), () if keys else (_UNCHECKED,))


def _summarize(found: VerifiedBundle) -> str:
    manifest = found.manifest
    window = f"valid from {format_time(manifest.not_before)} until {format_time(manifest.expires_at)}"
    return f"revision {manifest.revision} of {manifest.stack} ({found.index.agent_class}, {found.index.harness}), {window}"


def _make_pass(found: VerifiedBundle) -> Case:
    return Case("accepted", "a host would accept the bundle", Status.PASS, FILE, f"signed by {', '.join(found.signers)}")


def _build_refusal(refusal: BundleRefusal) -> Answer:
    case = Case(refusal.code.value, refusal.code.meaning, Status.FAIL, refusal.where, f"{refusal.what}. Fix: {refusal.code.fix}")
    return Answer(
        _VERB,
        f"REFUSED {refusal.code}: {refusal.where}: {refusal.what}",
        Exit.NO,
        cases=(case,),
        data={"code": refusal.code.value, "bundle": None},
    )


def _build_answer(headline: str, found: VerifiedBundle, code: Exit, cases: tuple[Case, ...], notes: tuple[str, ...]) -> Answer:
    manifest = found.manifest
    members = [{"path": one.path, "sha256": one.sha256, "bytes": len(found.contents[one.path])} for one in manifest.members]
    bundle: dict[str, Any] = {
        "id": manifest.id,
        "description": manifest.description,
        "revision": str(manifest.revision),
        "digest": manifest.digest,
        "notBefore": format_time(manifest.not_before),
        "expiresAt": format_time(manifest.expires_at),
        "stack": found.index.stack,
        "agentClass": found.index.agent_class,
        "harness": found.index.harness,
        "mode": found.index.mode,
        "policyDigest": found.index.policy_digest,
        "members": members,
        "signedBy": [one.keyid for one in found.signed.envelope.signatures],
    }
    fields = tuple((key, str(value)) for key, value in bundle.items() if key not in ("members", "signedBy"))
    rows = tuple((str(one["path"]), str(one["bytes"]), str(one["sha256"])) for one in members)
    sections = (
        Section("Bundle", ("field", "value"), fields),
        Section("Members", ("path", "bytes", "sha256"), rows),
        Section("Signatures", ("key",), tuple((key,) for key in bundle["signedBy"])),
    )
    return Answer(_VERB, headline, code, sections, cases, notes, {"code": None, "bundle": bundle})
