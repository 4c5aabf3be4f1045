"""The `render` command: the text of a rendering, or of a file that is compared with the class, and the proof of every statement."""

from __future__ import annotations

import hashlib
from pathlib import Path

from containment.analysis.proofs import ProofStatus
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.files import input_files
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case
from containment.renderings.cedar import render_cedar
from containment.renderings.kinds import RenderingKind
from containment.renderings.openshell.document import read_document
from containment.renderings.openshell.schema import check_schema
from containment.renderings.proofs import ASSUMPTION, RenderingProof, RenderingProver
from containment.renderings.render import render

STATUS = {
    ProofStatus.PROVED: Status.PASS,
    ProofStatus.BROKEN: Status.FAIL,
    ProofStatus.UNCERTAIN: Status.INCONCLUSIVE,
    ProofStatus.SKIPPED: Status.SKIPPED,
}


def read_rendering(path: Path) -> str:
    """Return the text of a file; raise InputError if it cannot be read."""
    fix = "name a file that `containment render --write FILE` wrote"
    with input_files.explain_errors("nothing can be compared", "a file that is not read is not proved", fix):
        return input_files.read_text(path)


def require_options(kind: RenderingKind, *, gateway: str, with_schema: bool) -> None:
    """Raise InputError with every option that the rendering of another system has."""
    problems = []
    if gateway and kind is not RenderingKind.CEDAR:
        what, why = f"is given with --as {kind.value}, which names no gateway", "only a Cedar policy names the gateway that it is for"
        problems.append(Problem("--gateway", what, why, "leave it out, or use --as cedar"))
    if with_schema and kind is not RenderingKind.OPENSHELL:
        what = f"is given with --as {kind.value}, which has no protos"
        problems.append(Problem("--schema", what, "only OpenShell's policy has a published schema", "leave it out"))
    if problems:
        raise InputError("nothing is rendered", problems)


def answer_rendering(
    kind: RenderingKind, spec: ContainmentSpec, library: Library, *, given: str | None, name: str, with_schema: bool, gateway: str = ""
) -> tuple[Answer, str]:
    """Return the proofs of a rendering and its text; the exit code is 10 if one is broken.

    Args:
        kind: the system to render for.
        spec: the stack.
        library: the presets.
        given: the text to compare in place of the rendered one.
        name: the name of the file in the output.
        with_schema: whether OpenShell's protos check the text as well; an error if they are not installed.
        gateway: the id of the gateway in a Cedar policy, empty for the one on the host.
    """
    require_options(kind, gateway=gateway, with_schema=with_schema)
    text = given
    if text is None:
        text = render_cedar(spec, library, gateway) if gateway else render(kind, spec, library)
    prover = RenderingProver(spec, library)
    proofs = prover.prove_rendering(kind, text, name)
    if with_schema:
        check_schema(read_document(text, name), name)
    cases = tuple(make_case(one, spec.stack) for one in proofs)
    broken = sum(case.status is Status.FAIL for case in cases)
    code = Exit.NO if broken else Exit.OK
    section = prover.boundary.section
    empty = (
        ""
        if not section.is_empty or kind in (RenderingKind.WEBGROUPS, RenderingKind.CEDAR, RenderingKind.HARNESS)
        else f"; {spec.preset.name} has no sandbox section: nothing is permitted"
    )
    count = f"{sum(case.status is Status.PASS for case in cases)} proved, {broken} broken"
    count += "; accepted by OpenShell's protos" if with_schema else ""
    headline = f"{'WIDER THAN THE CLASS' if broken else 'PROVED'}: {name} of {spec.stack}: {count}; {kind.enforced_by}{empty}"
    answer = Answer(
        verb="render",
        headline=headline,
        exit=code,
        cases=cases,
        assumptions=()
        if kind in (RenderingKind.CEDAR, RenderingKind.HARNESS)
        else (ASSUMPTION, *(f"left out, because the stack does not permit it: {one}" for one in prover.boundary.unused)),
        data={
            "stack": spec.stack,
            "agentClass": spec.preset.name,
            "harness": spec.harness.value,
            "kind": kind.value,
            "enforcedBy": kind.enforced_by,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "text": text,
            "proofs": [build_proof_data(one) for one in proofs],
        },
    )
    return answer, text


def make_case(proof: RenderingProof, where: str) -> Case:
    """Return a proof as a case of an answer."""
    text = proof.why or "\n".join(f"{origin}: {shown}" for origin, shown in proof.shown)
    return Case(f"{proof.kind.value}-{proof.id}", proof.statement, STATUS[proof.verdict], where, text)


def build_proof_data(proof: RenderingProof) -> dict[str, object]:
    """Return a proof for JSON."""
    return {
        "rendering": proof.kind.value,
        "id": proof.id,
        "statement": proof.statement,
        "verdict": proof.verdict.value,
        "shown": [list(one) for one in proof.shown],
        "why": proof.why,
    }
