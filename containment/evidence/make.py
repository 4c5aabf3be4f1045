"""Make a bundle: collect every part, judge it, sign the statement, and refuse to write a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem
from containment.evidence.bundle import Bundle, build_predicate, build_statement, make_envelope, render_bundle
from containment.evidence.formats import FORMATS
from containment.evidence.inputs import Inputs
from containment.evidence.model import Collected, Part, PartName, UnfitContentError
from containment.evidence.registry import FORMS, build_parts
from containment.evidence.secret_scan import Secret, UnreadableError, find_secrets
from containment.files.output_files import write_whole
from containment.input_reader import InputReader
from containment.record.signer_library import Signer
from policypack.facts.secrets.detectors import find_detected
from policypack.facts.secrets.kinds import find_kinds

NAME: Final = "evidence"
BUNDLE: Final = ".json"


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """A signed bundle with its text, and the text of each format by the suffix of its file."""

    bundle: Bundle
    text: str
    renderings: Mapping[str, str]


def collect_parts(inputs: Inputs) -> dict[PartName, Collected]:
    """Return what every collector found; raise InputError with every file that cannot be used, or StackNotFoundError."""
    reader = InputReader("evidence cannot be collected")
    reader.read(lambda: inputs.spec)
    found = {name: reader.read(partial(form.collect, inputs)) for name, form in FORMS.items()}
    reader.require()
    return {name: part.value for name, part in found.items()}


def judge_parts(inputs: Inputs) -> tuple[Part, ...]:
    """Return every part of a stack's bundle, judged; raise InputError with every file that cannot be used."""
    try:
        return build_parts(collect_parts(inputs))
    except UnfitContentError as error:
        fix = "make the named file again with this version of containment"
        problem = Problem(str(error).partition(":")[0], str(error), "no claim follows from facts of another form", fix)
        raise InputError("evidence cannot be collected", [problem]) from None


def make_bundle(parts: tuple[Part, ...], signer: Signer, *, signer_name: str, version: str) -> MadeBundle:
    """Return the signed bundle of judged parts.

    Args:
        parts: the parts, see `judge_parts`.
        signer: signs the statement.
        signer_name: the owner of the signer's key.
        version: the version of this program.
    """
    predicate = build_predicate(parts, version=version, signer=signer_name)
    statement = build_statement(parts, predicate)
    bundle = Bundle(make_envelope(statement).sign(signer), statement, predicate, parts)
    return MadeBundle(bundle, render_bundle(bundle.envelope, parts), {suffix: render(bundle) for suffix, render in FORMATS.items()})


def refuse_secrets(made: MadeBundle, secrets: Sequence[Secret]) -> None:
    """Raise InputError if a text of a bundle contains a known secret in any form, or a token of a well-known form."""
    problems = []
    why = "a bundle is handed over, and a secret in it is known to all who get it"
    for suffix, text in {BUNDLE: made.text, **made.renderings}.items():
        where = f"{NAME}{suffix}"
        try:
            found = find_secrets(text.encode(), secrets)
        except UnreadableError as error:
            problems.append(Problem(where, str(error), "a secret could be in it unseen", "leave out the file that it was collected from"))
            continue
        fix = "remove it from the source that the part was collected from, and replace the secret"
        problems += [Problem(where, f"contains the value of {source}", why, fix) for source in found]
    for part in made.bundle.parts:
        text = render_bundle(made.bundle.envelope, (part,)).partition('"parts"')[2]
        kinds = find_kinds(text) or find_detected(text)
        fix = "remove it from the source that the part was collected from"
        problems += [Problem(f"part {part.name}", f"contains what looks like {kind}", why, fix) for kind in kinds]
    if problems:
        raise InputError("no bundle is written", problems)


def write_bundle(made: MadeBundle, folder: Path) -> list[Path]:
    """Write the bundle and its formats into a folder, each whole or not at all; the bundle comes last, and names the others' content."""
    paths = []
    for suffix, text in {**made.renderings, BUNDLE: made.text}.items():
        path = folder / f"{NAME}{suffix}"
        write_whole(path, text)
        paths.append(path)
    return paths
