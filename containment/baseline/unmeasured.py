"""NOT MEASURED: what logs cannot give, each with its reason, and never a zero in its place."""

from __future__ import annotations

from collections.abc import Iterator

from containment.baseline.attribution import SHARED
from containment.baseline.exchanges import UNITS
from containment.baseline.profile import NotMeasured, PairProfile
from containment.baseline.reading import Reading, Unattributed
from containment.observe.reading.decision_row import Source

BOTH_WAYS = "an L4 line of the gateway counts both directions together"
_NO_BYTES = {
    Source.GATEWAY_L4: BOTH_WAYS,
    Source.GATEWAY_L7: "too few sessions have an end, where the gateway writes their bytes",
    Source.FLOWIQ: "too few records of the export have a column with these bytes",
    Source.VPC_FLOW: "too few exchanges have a record of this direction",
}


def explain_sizes(profile: PairProfile) -> Iterator[NotMeasured]:
    """Yield the features of a learned pair that its log cannot give."""
    features = {
        "requestBytes": profile.request_bytes,
        "responseBytes": profile.response_bytes,
        "ratio": profile.ratio,
        "dailyBytes": profile.daily_bytes,
        "gapSeconds": profile.gap_seconds,
    }
    for feature, usual in features.items():
        if usual is None:
            reason = _NO_BYTES[profile.source] if feature != "gapSeconds" else "no day has two exchanges"
            yield NotMeasured(agent=profile.agent, endpoint=profile.endpoint, feature=feature, reason=reason)


def explain_reading(reading: Reading) -> Iterator[NotMeasured]:
    """Yield what is not measured in logs as a whole: rejected lines, gaps, and flows without one name."""
    for kind, count in reading.rejected.items():
        yield NotMeasured(feature=kind, reason=f"{count} lines cannot be used: --rejects FILE lists each with the reason")
    for gap in reading.gaps:
        yield NotMeasured(feature=gap.source, reason=f"the log has no line from {gap.start:%Y-%m-%d %H:%M} to {gap.end:%Y-%m-%d %H:%M} UTC")
    named = {(pair.agent, source) for pair, traffic in reading.pairs.items() for source in traffic.exchanges if UNITS.get(source)}
    for one in reading.unattributed:
        if is_open(one, named):
            yield NotMeasured(agent=one.agent, feature=one.source, reason=explain_unattributed(one))


def is_open(one: Unattributed, named: set[tuple[str, Source]]) -> bool:
    """Return whether lines without one name leave model traffic unknown: not where the gateway's log has names of the same agent."""
    return Source(one.source) is Source.GATEWAY_L7 or (one.agent, Source.GATEWAY_L7) not in named


def explain_unattributed(one: Unattributed) -> str:
    """Return why lines are not attributed to an endpoint."""
    addresses = f"{one.addresses} address{'es' if one.addresses != 1 else ''}"
    if one.reason == SHARED:
        return f"{one.count} lines to {addresses} for which the resolver returned an LLM endpoint and other names as well"
    return f"{one.count} lines to port 443 of {addresses} for which no log has a name"
