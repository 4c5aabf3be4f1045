"""Build a bundle from a stack: render its class, prove that no rendering is wider, and list the files in a manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from containment.analysis.proofs import ProofStatus
from containment.bundle import index
from containment.bundle.document import SignedManifest, wrap_manifest
from containment.bundle.files import BundleFiles
from containment.bundle.index import Index
from containment.bundle.manifest import FILE, Manifest, Member, format_time, make_id
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.policy.builder import build_ruleset
from containment.record.digests import digest_ruleset
from containment.renderings.kinds import RenderingKind
from containment.renderings.proofs import RenderingProof, RenderingProver
from containment.renderings.render import render

_TITLE = "the bundle is not built"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """What the caller decides about a bundle."""

    revision: int
    not_before: datetime
    expires_at: datetime
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltBundle:
    """An unsigned bundle; `left_out` has the systems that cannot express the class, with the reason."""

    signed: SignedManifest
    index: Index
    files: BundleFiles
    left_out: Mapping[str, str]


def build_bundle(spec: ContainmentSpec, library: Library, request: BundleRequest) -> BuiltBundle:
    """Return the unsigned bundle of a stack.

    Raises:
        InputError: a rendering permits more than the class, or the window is empty.
        BundleRefusal: the revision or the description has no canonical form.
    """
    if request.expires_at <= request.not_before:
        what = f"is not after {format_time(request.not_before)}, when the bundle becomes valid"
        raise InputError(_TITLE, [Problem("--until", what, "every host would refuse the bundle", "name a later time")])
    made = Index(
        stack=spec.stack,
        agent_class=spec.preset.name,
        harness=spec.harness.value,
        mode=spec.mode.value,
        policy_digest=digest_ruleset(build_ruleset(spec)),
    )
    contents = {index.FILE: made.encode()}
    left_out: dict[str, str] = {}
    prover = RenderingProver(spec, library)
    for kind in (RenderingKind.LAUNCHER, RenderingKind.OPENSHELL):
        try:
            text = render(kind, spec, library)
        except InputError as error:
            if kind is RenderingKind.LAUNCHER:
                raise
            left_out[kind.value] = "; ".join(f"{one.where} {one.what}" for one in error.problems)
            continue
        _check_proofs(kind, prover.prove_rendering(kind, text, kind.file_name))
        contents[kind.file_name] = text.encode()
    manifest = Manifest(
        id=make_id(spec.stack),
        description=request.description,
        revision=request.revision,
        not_before=request.not_before,
        expires_at=request.expires_at,
        members=tuple(Member(path, hashlib.sha256(data).hexdigest()) for path, data in contents.items()),
    )
    signed = wrap_manifest(manifest)
    index.check_contents(contents, spec.stack)
    return BuiltBundle(signed=signed, index=made, files=BundleFiles({FILE: signed.encode(), **contents}), left_out=left_out)


def _check_proofs(kind: RenderingKind, proofs: list[RenderingProof]) -> None:
    broken = [one for one in proofs if one.verdict is ProofStatus.BROKEN]
    if broken:
        raise InputError(
            _TITLE,
            [
                Problem(
                    kind.file_name,
                    f"permits more than the class: {one.statement} is broken"
                    + "".join(f"; {origin}: {shown}" for origin, shown in one.shown[:3]),
                    "a signed bundle would give hosts more than was reviewed",
                    f"see containment render --as {kind.value}",
                )
                for one in broken
            ],
        )
