"""Parts, claims, statuses and origins of a bundle.

Rules kept here:
- a status is PASS, FAIL or NOT TESTED, and the worst of several is the one that counts: NOT TESTED is never a pass;
- a part has the worst status of its claims; a part without a claim is NOT TESTED;
- the origin is where the facts were observed, and is unknown until the facts themselves show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from containment.preflight.finding import Status

ClaimStatus: TypeAlias = Literal[Status.PASS, Status.FAIL, Status.NOT_TESTED]
Content: TypeAlias = Mapping[str, Any]
"""The facts of a part, as JSON."""
_WORST_FIRST: Final = (Status.FAIL, Status.NOT_TESTED, Status.PASS)


class PartName(StrEnum):
    """The parts of a bundle, in the order of its pages."""

    CONFIGURATION = "configuration"
    RULES = "rules"
    STATE = "state"
    PROOFS = "proofs"
    PACK = "pack"
    TESTS = "six-tests"
    PREDICTED = "predicted"
    EVASION = "evasion"
    OBSERVED = "observed"
    DISCOVERY = "discovery"
    DECISIONS = "decisions"
    ACTIONS = "actions"
    ATTESTATIONS = "attestations"
    HOST_BUNDLE = "host-bundle"
    SESSIONS = "sessions"
    THREATS = "threats"
    STAKEHOLDERS = "stakeholders"
    TOOLS = "tools"
    RESIDUAL = "residual-risks"


class Origin(StrEnum):
    """Where the facts of a part were observed."""

    LIVE = "live"
    SIMULATED = "simulated"
    MIXED = "simulated in part"
    UNKNOWN = "unknown"
    FILES = "files"
    """Computed from files in the repository: nothing was observed in a deployment."""


class EvidenceModel(BaseModel):
    """Base of the bundle's objects: camelCase keys, no unknown keys, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Claim(EvidenceModel):
    """One statement with its status; `id` is unique in its part, `reason` explains any status but PASS."""

    id: str = Field(min_length=1)
    statement: str = Field(min_length=1)
    status: ClaimStatus
    reason: str = ""


class Source(EvidenceModel):
    """A file that a part was read from, with the digest of its bytes."""

    file: str
    digest: str


class Part(EvidenceModel):
    """One part of a bundle: facts, and the claims that follow from them.

    `content` is None where nothing could be read; `reason` is then why. `origin` is None without content.
    """

    name: PartName
    status: ClaimStatus
    reason: str
    origin: Origin | None
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    content: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Collected:
    """The facts that a collector found, or why there are none (`content` is None)."""

    content: Content | None
    missing: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The claims that follow from the facts of a part, and where these were observed."""

    claims: tuple[Claim, ...]
    origin: Origin


Contents: TypeAlias = Mapping[PartName, Content | None]
Judge: TypeAlias = Callable[[Content, Contents], Judgement]
"""Returns the claims of a part from its facts and those of the other parts; pure, so that a verifier repeats it."""


class UnfitContentError(ValueError):
    """The facts of a part are not of the form that its judge reads."""


def find_worst(statuses: Iterable[Status]) -> ClaimStatus:
    """Return the worst of some statuses, NOT TESTED if there are none."""
    found = set(statuses) or {Status.NOT_TESTED}
    worst = next((one for one in _WORST_FIRST if one in found), None)
    assert worst is not None
    assert found <= set(_WORST_FIRST), "a claim has one of three statuses"
    return worst


def combine_origins(origins: Iterable[Origin | None]) -> Origin:
    """Return the origin of a whole bundle: live only if every observed part is; FILES if nothing was observed in a deployment."""
    observed = {one for one in origins if one not in (None, Origin.FILES)}
    if not observed:
        return Origin.FILES
    if len(observed) == 1:
        return next(one for one in observed if one is not None)
    return Origin.MIXED if observed & {Origin.SIMULATED, Origin.MIXED} else Origin.UNKNOWN
