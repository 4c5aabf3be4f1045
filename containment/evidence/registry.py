"""All parts of a bundle, in the order of its pages, and the judgement of their facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from containment.evidence.model import Collected, Contents, Judgement, Part, PartName, Source, UnfitContentError, find_worst
from containment.evidence.parts import attestations, people, policy, reports, risks, run_results, sessions
from containment.evidence.parts.form import PartForm
from containment.preflight.finding import Status

FORMS: Final[Mapping[PartName, PartForm]] = {
    one.name: one
    for one in (
        policy.CONFIGURATION,
        policy.RULES,
        policy.STATE,
        policy.PROOFS,
        policy.PACK,
        run_results.TESTS,
        run_results.PREDICTED,
        run_results.EVASION,
        reports.OBSERVED,
        reports.DISCOVERY,
        people.DECISIONS,
        people.ACTIONS,
        attestations.PART,
        reports.HOST_BUNDLE,
        sessions.PART,
        risks.THREATS_PART,
        people.STAKEHOLDERS,
        risks.TOOLS,
        risks.RESIDUAL,
    )
}
assert [*FORMS] == [*PartName], "every part has a form, in order"


def build_parts(collected: Mapping[PartName, Collected]) -> tuple[Part, ...]:
    """Return the judged parts of what was collected; raise UnfitContentError for facts that no judge reads."""
    contents = {name: found.content for name, found in collected.items()}
    return tuple(build_part(name, contents, found.missing, found.sources) for name, found in collected.items())


def build_part(name: PartName, contents: Contents, missing: str, sources: tuple[Source, ...]) -> Part:
    """Return a part: its facts judged, or NOT TESTED where there are none.

    Args:
        name: the part.
        contents: the facts of every part.
        missing: why the part has no facts.
        sources: the files that were read.
    """
    content = contents.get(name)
    if content is None:
        return Part(
            name=name,
            status=Status.NOT_TESTED,
            reason=missing or "nothing was collected",
            origin=None,
            sources=sources,
            claims=(),
            content=None,
        )
    judged = _judge(name, contents)
    counts = {status: sum(claim.status == status for claim in judged.claims) for status in (Status.FAIL, Status.NOT_TESTED)}
    reason = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    if not judged.claims:
        reason = "no claim follows from what was collected"
    return Part(
        name=name,
        status=find_worst(Status(claim.status) for claim in judged.claims),
        reason=reason,
        origin=judged.origin,
        sources=sources,
        claims=judged.claims,
        content=dict(content),
    )


def _judge(name: PartName, contents: Contents) -> Judgement:
    content = contents[name]
    assert content is not None, "a part without facts is not judged"
    try:
        judged = FORMS[name].judge(content, contents)
    except UnfitContentError as error:
        raise UnfitContentError(f"{name}: {error}") from None
    ids = [claim.id for claim in judged.claims]
    if len(set(ids)) < len(ids):
        raise UnfitContentError(f"{name}: two claims are called {next(one for one in ids if ids.count(one) > 1)}")
    return judged
