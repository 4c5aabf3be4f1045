"""Learning: the usual values of every pair with enough exchanges on enough days; the others are NOT MEASURED."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from containment.baseline.exchanges import UNITS, Exchange, Pair, PairTraffic
from containment.baseline.profile import KnownEndpoint, NotMeasured, PairProfile, Profile, Usual
from containment.baseline.reading import Reading
from containment.baseline.scores import find_mad, find_quantile, find_ratio, find_spread, list_gaps, list_sizes, split_days
from containment.baseline.thresholds import Thresholds
from containment.baseline.unmeasured import explain_reading, explain_sizes
from containment.errors import InputError, Problem
from containment.observe.reading.decision_row import Source


def learn_profile(reading: Reading, thresholds: Thresholds) -> Profile:
    """Return the profile of logs.

    Args:
        reading: The model traffic in the logs.
        thresholds: How many exchanges and days are enough.

    Raises:
        InputError: No pair has enough of them.
    """
    pairs: list[PairProfile] = []
    known: list[KnownEndpoint] = []
    missing: list[NotMeasured] = list(explain_reading(reading))
    for pair, traffic in reading.pairs.items():
        source = traffic.choose_source()
        if source is None:
            known.append(KnownEndpoint(agent=pair.agent, endpoint=pair.endpoint, contacted=False))
            missing.append(_make_missing(pair, f"{'; '.join(_list_signs(traffic))}: neither has sizes or a cadence"))
            continue
        found = learn_pair(pair, source, traffic.exchanges[source], thresholds)
        if isinstance(found, NotMeasured):
            known.append(KnownEndpoint(agent=pair.agent, endpoint=pair.endpoint, contacted=True))
            missing.append(found)
            continue
        pairs.append(found)
        missing += explain_sizes(found)
    if not pairs or reading.start is None or reading.end is None:
        reasons = (
            "; ".join(f"{one.agent} and {one.endpoint}: {one.reason}" for one in missing if one.endpoint) or "no LLM endpoint is in them"
        )
        fix = (
            f"give at least {thresholds.fewest_days} days of logs with {thresholds.fewest_exchanges} exchanges per agent and endpoint; "
            "--endpoint NAME adds an LLM endpoint that the catalog lacks"
        )
        problem = Problem("logs", f"have no pair to learn from ({reasons})", "a baseline of too few samples calls everything unusual", fix)
        raise InputError("no baseline is learned", [problem])
    return Profile(
        start=reading.start,
        end=reading.end,
        inputs=reading.inputs,
        pairs=tuple(pairs),
        known=tuple(known),
        not_measured=tuple(missing),
    )


def learn_pair(pair: Pair, source: Source, exchanges: Sequence[Exchange], thresholds: Thresholds) -> PairProfile | NotMeasured:
    """Return the profile of one pair, or why it has none."""
    days = split_days(exchanges)
    if len(exchanges) < thresholds.fewest_exchanges or len(days) < thresholds.fewest_days:
        return _make_missing(
            pair,
            f"{len(exchanges)} exchanges on {len(days)} days are too few: {thresholds.fewest_exchanges} on {thresholds.fewest_days} days"
            " are needed",
        )
    out, back = list_sizes(exchanges)
    ratios = [ratio for one in exchanges if (ratio := find_ratio(one)) is not None]
    totals = [total for day in days if (total := day.sum_bytes_out()) is not None]
    gaps = [gap for day in days for gap in list_gaps(day.exchanges)]
    return PairProfile(
        agent=pair.agent,
        endpoint=pair.endpoint,
        source=source,
        unit=UNITS[source],
        exchanges=len(exchanges),
        days=len(days),
        first_day=days[0].date,
        last_day=days[-1].date,
        request_bytes=summarize(out, thresholds),
        response_bytes=summarize(back, thresholds),
        ratio=summarize(ratios, thresholds),
        daily_bytes=summarize(totals, thresholds, fewest=thresholds.fewest_days),
        daily_exchanges=_summarize_all([len(day.exchanges) for day in days]),
        gap_seconds=summarize(gaps, thresholds, fewest=1),
        longest_run=max(day.find_run(thresholds)[0] for day in days),
        hours=tuple(sum(column) for column in zip(*(day.count_hours() for day in days), strict=True)),
    )


def summarize(values: Sequence[float], thresholds: Thresholds, fewest: int | None = None) -> Usual | None:
    """Return the statistics of values; None for fewer than are needed, by default the number of exchanges."""
    return _summarize_all(values) if len(values) >= (thresholds.fewest_exchanges if fewest is None else fewest) else None


def _summarize_all(values: Sequence[float]) -> Usual:
    ordered = sorted(values)
    median, q05, q25, q75, q95, q99 = (find_quantile(ordered, share) for share in (0.5, 0.05, 0.25, 0.75, 0.95, 0.99))
    spread = find_spread([max(value, 1e-9) for value in ordered])
    return Usual(
        count=len(ordered), median=median, mad=find_mad(ordered), spread=max(1.0, spread), q05=q05, q25=q25, q75=q75, q95=q95, q99=q99
    )


def _make_missing(pair: Pair, reason: str) -> NotMeasured:
    return NotMeasured(agent=pair.agent, endpoint=pair.endpoint, reason=reason)


def _list_signs(traffic: PairTraffic) -> Iterator[str]:
    if traffic.refused:
        yield f"{traffic.refused} flows that the policy refused"
    if traffic.queries:
        yield f"{traffic.queries} queries of the resolver and no flow"
