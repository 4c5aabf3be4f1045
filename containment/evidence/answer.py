"""Answers of the `evidence` commands, and the files that `evidence verify` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from containment.evidence.bundle import Bundle
from containment.evidence.formats import FORMATS
from containment.evidence.model import PartName
from containment.evidence.registry import FORMS
from containment.evidence.tables import describe_origin, describe_verdict
from containment.evidence.verify import BundleProblem
from containment.exit_code import Exit
from containment.files import input_files
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section
from containment.times import format_time

_EXITS: Final[Mapping[str, Exit]] = {Status.PASS: Exit.OK, Status.FAIL: Exit.NO, Status.NOT_TESTED: Exit.INCONCLUSIVE}
_MOST_BYTES: Final = 512 << 20


def read_bundle_files(file: Path) -> tuple[str, dict[str, str]]:
    """Return the text of a bundle, and of the renderings that are next to it by suffix; raise InputError if one cannot be read."""
    texts = {".json": _read(file)}
    texts |= {suffix: _read(path) for suffix in FORMATS if (path := file.with_suffix(suffix)).exists() and path != file}
    return texts.pop(".json"), texts


def _read(path: Path) -> str:
    fix = "name the evidence.json that containment evidence wrote"
    with input_files.explain_errors("the bundle cannot be verified", "nothing is shown by it", fix):
        return input_files.read_text(path, _MOST_BYTES)


def build_made_answer(bundle: Bundle, paths: Sequence[Path]) -> Answer:
    """Return the answer of `evidence run`: its exit code follows from the verdict."""
    return Answer(
        "evidence",
        f"{describe_origin(bundle.predicate.origin)}\n{bundle.predicate.stack}: {describe_verdict(bundle)}",
        _EXITS[bundle.predicate.verdict],
        (_build_parts(bundle), Section("Written", ("file",), tuple((str(path),) for path in paths))),
        data={**_build_data(bundle), "files": [str(path) for path in paths]},
    )


def build_verified_answer(
    file: Path, bundle: Bundle | None, problems: Sequence[BundleProblem], renderings: Mapping[str, str], *, must_pass: bool
) -> Answer:
    """Return the answer of `evidence verify`; a bundle with a problem has no verdict."""
    if problems or bundle is None:
        cases = tuple(Case(f"bundle-{one.kind}", one.what, Status.FAIL, one.where) for one in problems)
        listed = [{"kind": one.kind.value, "where": one.where, "what": one.what} for one in problems]
        noun = "problem" if len(problems) == 1 else "problems"
        head = f"REFUSED: {file}: {len(problems)} {noun}; nothing in it counts"
        return Answer("evidence-verify", head, Exit.NO, cases=cases, data={"problems": listed})
    compared = [f"{file.stem}{suffix}" for suffix in renderings]
    cases = (
        Case("bundle", f"signed by {bundle.predicate.signer}, and every digest, claim and status follows", Status.PASS, str(file)),
        *(Case("rendering", "is what the bundle renders to", Status.PASS, name) for name in compared),
        *(
            Case("rendering", "is not next to the bundle, so it was not compared", Status.NOT_TESTED, f"{file.stem}{suffix}")
            for suffix in FORMATS
            if suffix not in renderings
        ),
    )
    return Answer(
        "evidence-verify",
        f"GENUINE: {file}: {describe_origin(bundle.predicate.origin)}\n{bundle.predicate.stack}: {describe_verdict(bundle)}",
        _EXITS[bundle.predicate.verdict] if must_pass else Exit.OK,
        (_build_parts(bundle),),
        cases,
        data={**_build_data(bundle), "problems": [], "compared": compared},
    )


def _build_parts(bundle: Bundle) -> Section:
    rows = tuple((FORMS[part.name].title, part.status, part.origin or "", part.reason) for part in bundle.parts)
    return Section("Parts", ("part", "status", "observed", "reason"), rows, ("observed",))


def _build_data(bundle: Bundle) -> dict[str, Any]:
    stated = bundle.predicate
    return {
        "stack": stated.stack,
        "mode": stated.mode.value,
        "made": format_time(stated.made),
        "observed": stated.origin.value,
        "verdict": stated.verdict,
        "signer": stated.signer,
        "parts": [
            {"part": name.value, "status": stated.parts[name].status, "observed": stated.parts[name].origin}
            for name in PartName
            if name in stated.parts
        ],
    }
