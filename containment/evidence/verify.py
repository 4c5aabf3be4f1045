"""Verify a bundle offline: signature, digests, schema, and that every status and every rendering follows from the parts.

Rules kept here:
- a signature counts if its key is in approvers.yaml, or was named by the caller;
- every claim is judged again from the facts, so that a status that does not follow from them is found even if it was signed;
- what was not compared is NOT TESTED, and no pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from containment.attestation.keys import TrustedKey
from containment.evidence.bundle import Bundle, BundleError, build_predicate, digest_part, parse_bundle, render_bundle
from containment.evidence.formats import FORMATS
from containment.evidence.model import Part, PartName, UnfitContentError
from containment.evidence.registry import build_part
from containment.record.digests import PREFIX
from containment.record.envelope import parse_public_key


class BundleProblemKind(StrEnum):
    """What is wrong with a bundle."""

    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    UNKNOWN_SIGNER = "unknown-signer"
    BAD_SIGNATURE = "bad-signature"
    WRONG_SIGNER = "wrong-signer"
    ALTERED_PART = "altered-part"
    MISSING_PART = "missing-part"
    EXTRA_PART = "extra-part"
    WRONG_STATUS = "wrong-status"
    WRONG_STATEMENT = "wrong-statement"
    OTHER_FORM = "other-form"
    ALTERED_RENDERING = "altered-rendering"


@dataclass(frozen=True, slots=True)
class BundleProblem:
    """One problem: its kind, where it is (a part or a file), and what is wrong."""

    kind: BundleProblemKind
    where: str
    what: str


def verify_bundle(text: str, trusted: Mapping[str, TrustedKey], renderings: Mapping[str, str]) -> tuple[Bundle | None, list[BundleProblem]]:
    """Return a bundle with every problem that was found; the bundle is None for a text that is none.

    Args:
        text: the bundle.
        trusted: key id -> public key.
        renderings: suffix of a format (`.md`, `.csv`, `.html`) -> the text of the file next to the bundle.
    """
    try:
        bundle = parse_bundle(text)
    except BundleError as error:
        return None, [BundleProblem(BundleProblemKind.MALFORMED, "bundle", str(error))]
    problems = [
        *_find_form_problems(bundle, text),
        *_find_signature_problems(bundle, trusted),
        *_find_part_problems(bundle),
        *_find_status_problems(bundle),
    ]
    if not problems:
        problems += _find_rendering_problems(bundle, renderings)
    return bundle, problems


def _find_form_problems(bundle: Bundle, text: str) -> Iterator[BundleProblem]:
    if render_bundle(bundle.envelope, bundle.parts) != text:
        yield BundleProblem(BundleProblemKind.OTHER_FORM, "bundle", "has other bytes than this program writes for its content")


def _find_signature_problems(bundle: Bundle, trusted: Mapping[str, TrustedKey]) -> Iterator[BundleProblem]:
    if not bundle.envelope.signatures:
        yield BundleProblem(BundleProblemKind.UNSIGNED, "envelope", "nobody signed it")
    for approval in bundle.envelope.signatures:
        key = trusted.get(approval.keyid)
        if key is None:
            what = f"the key {approval.keyid[:16]} is not trusted: it is neither in approvers.yaml nor given with --public-key"
            yield BundleProblem(BundleProblemKind.UNKNOWN_SIGNER, "envelope", what)
        elif not bundle.envelope.is_signed_by(approval, parse_public_key(key.pem)):
            yield BundleProblem(BundleProblemKind.BAD_SIGNATURE, "envelope", f"the signature by {key.owner} is not one of this statement")
        elif key.owner and key.owner != bundle.predicate.signer:
            what = f"it names {bundle.predicate.signer} as its signer, and {key.owner} signed it"
            yield BundleProblem(BundleProblemKind.WRONG_SIGNER, "envelope", what)


def _find_part_problems(bundle: Bundle) -> Iterator[BundleProblem]:
    names = [part.name for part in bundle.parts]
    for name in PartName:
        if names.count(name) != 1:
            kind = BundleProblemKind.EXTRA_PART if name in names else BundleProblemKind.MISSING_PART
            yield BundleProblem(kind, name, f"is in the bundle {names.count(name)} times")
    if sorted(names, key=[*PartName].index) != names:
        yield BundleProblem(BundleProblemKind.OTHER_FORM, "parts", "are in another order")
    signed = [(subject.name, subject.digest) for subject in bundle.statement.subject]
    known = dict(signed)
    for name in PartName:
        if name.value not in known:
            yield BundleProblem(BundleProblemKind.MISSING_PART, name, "is no subject of the statement")
    for subject, _ in signed:
        if subject not in names or [one for one, _ in signed].count(subject) > 1:
            yield BundleProblem(BundleProblemKind.MISSING_PART, subject, "is a subject of the statement, and not one part of the bundle")
    for part in bundle.parts:
        digest = digest_part(part)
        if part.name.value in known and known[part.name.value] != {"sha256": digest.removeprefix(PREFIX)}:
            yield BundleProblem(BundleProblemKind.ALTERED_PART, part.name, f"has the digest {digest}, and another one was signed")


def _find_status_problems(bundle: Bundle) -> Iterator[BundleProblem]:
    """Yield the parts whose status or claims do not follow from the facts, and statements that do not follow from the parts."""
    contents = {part.name: part.content for part in bundle.parts}
    for part in bundle.parts:
        try:
            again = build_part(part.name, contents, part.reason, part.sources)
        except UnfitContentError as error:
            yield BundleProblem(BundleProblemKind.WRONG_STATUS, part.name, f"cannot be judged: {error}")
            continue
        if again != part:
            yield BundleProblem(BundleProblemKind.WRONG_STATUS, part.name, _describe_change(part, again))
    if contents.get(PartName.CONFIGURATION) is None:
        yield BundleProblem(BundleProblemKind.WRONG_STATEMENT, PartName.CONFIGURATION, "has no facts, so stack, mode and time are unknown")
        return
    try:
        wanted = build_predicate(bundle.parts, version=bundle.predicate.version, signer=bundle.predicate.signer)
    except (ValueError, KeyError) as error:
        yield BundleProblem(BundleProblemKind.WRONG_STATEMENT, "statement", f"cannot be derived from the parts: {error}")
        return
    for name in type(wanted).model_fields:
        stated, follows = getattr(bundle.predicate, name), getattr(wanted, name)
        if stated != follows:
            what = "" if name == "parts" else f": it states {stated}, and {follows} follows"
            yield BundleProblem(BundleProblemKind.WRONG_STATEMENT, "statement", f"{name} does not follow from the parts{what}")


def _describe_change(part: Part, again: Part) -> str:
    if part.status != again.status:
        return f"its status is {part.status}, and {again.status} follows from its facts"
    stated = {claim.id: claim for claim in part.claims}
    follows = {claim.id: claim for claim in again.claims}
    changed = [id_ for id_ in (*stated, *follows) if stated.get(id_) != follows.get(id_)]
    if changed:
        return f"the claims {', '.join(dict.fromkeys(changed))} do not follow from its facts"
    if part.origin != again.origin:
        return f"its origin is {part.origin}, and {again.origin} follows from its facts"
    return "its reason or the order of its claims does not follow from its facts"


def _find_rendering_problems(bundle: Bundle, renderings: Mapping[str, str]) -> Iterator[BundleProblem]:
    for suffix, text in renderings.items():
        if suffix in FORMATS and FORMATS[suffix](bundle) != text:
            yield BundleProblem(BundleProblemKind.ALTERED_RENDERING, suffix, "is not what the bundle renders to")
