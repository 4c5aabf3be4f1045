"""A baseline contains what logs contain: robust numbers, and NOT MEASURED with its reason where a log has nothing."""

from __future__ import annotations

import gzip
import random
import statistics
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from containment.baseline.learning import learn_profile
from containment.baseline.profile import read_profile, render_profile
from containment.baseline.reading import read_traffic
from containment.errors import InputError
from containment.logs.aws import DEFAULT_FIELDS
from containment.observe.reading.decision_row import Source
from tests.containment.baseline.traffic import (
    AGENT,
    LATER,
    NEW,
    OTHER_AGENT,
    SCOPE,
    SECOND,
    START,
    THRESHOLDS,
    USUAL,
    Call,
    flows,
    gateway,
    learn,
    packets,
    query,
    read,
    usual,
)


def test_sizes_ratio_gaps_and_hours_are_those_of_the_exchanges(tmp_path: Path) -> None:
    calls = usual()
    (found,) = learn(tmp_path, gateway(calls)).pairs
    assert (found.agent, found.endpoint, found.source, found.exchanges, found.days) == (AGENT, USUAL, Source.GATEWAY_L7, 200, 10)
    assert found.request_bytes is not None
    assert found.response_bytes is not None
    assert found.ratio is not None
    assert found.request_bytes.median == statistics.median_low([call.out for call in calls])
    assert found.response_bytes.median == statistics.median_low([call.back for call in calls])
    assert found.ratio.median == statistics.median_low([call.out / call.back for call in calls])
    assert found.hours == tuple(sum(call.time.hour == hour for call in calls) for hour in range(24))


def test_one_wrong_value_does_not_move_what_is_usual(tmp_path: Path) -> None:
    calls = usual()
    (before,) = learn(tmp_path, gateway(calls)).pairs
    (after,) = learn(tmp_path, gateway([*calls, Call(START + timedelta(hours=12), 10**10, 1)])).pairs
    assert before.request_bytes is not None
    assert after.request_bytes is not None
    assert after.request_bytes.median == pytest.approx(before.request_bytes.median, rel=0.02)
    assert after.request_bytes.q99 < 10**6


def test_flows_of_the_vpc_need_the_resolver_for_the_name(tmp_path: Path) -> None:
    calls = usual()
    (found,) = learn(tmp_path, [*flows(calls), query()]).pairs
    assert (found.endpoint, found.source) == (USUAL, Source.VPC_FLOW)
    features = (found.request_bytes, found.response_bytes, found.ratio, found.daily_bytes, found.gap_seconds)
    assert None not in features  # flow and resolver logs are enough for every rule
    with pytest.raises(InputError, match=r"no log has a name|no LLM endpoint"):
        learn(tmp_path, flows(calls))
    assert any(
        "no log has a name" in one.reason for one in learn(tmp_path, [*flows(calls), *gateway(usual(agent=OTHER_AGENT))]).not_measured
    )


def test_an_address_of_two_names_is_not_attributed(tmp_path: Path) -> None:
    lines = [*flows(usual()), query(), query("www.example.org"), *gateway(usual(agent=OTHER_AGENT))]
    found = learn(tmp_path, lines)
    assert [one.agent for one in found.pairs] == [OTHER_AGENT]
    assert any(one.agent == AGENT and "other names as well" in one.reason for one in found.not_measured)


def test_the_gateway_and_the_vpc_are_not_added_up(tmp_path: Path) -> None:
    calls = usual()
    (found,) = learn(tmp_path, [*gateway(calls), *flows(calls), query()]).pairs
    assert (found.source, found.exchanges) == (Source.GATEWAY_L7, 200)


def test_lines_that_count_both_directions_have_no_sizes(tmp_path: Path) -> None:
    found = learn(tmp_path, [*packets(usual()), query()])
    (one,) = found.pairs
    assert (one.source, one.request_bytes, one.response_bytes, one.ratio, one.daily_bytes) == (Source.GATEWAY_L4, None, None, None, None)
    assert one.gap_seconds is not None
    missing = [each for each in found.not_measured if each.endpoint]
    assert {each.feature for each in missing} == {"requestBytes", "responseBytes", "ratio", "dailyBytes"}
    assert all("both directions" in each.reason for each in missing)


def test_too_few_samples_are_refused_with_the_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="40 exchanges on 2 days are too few"):
        learn(tmp_path, gateway(usual(days=2)))
    found = learn(tmp_path, gateway([*usual(), *usual(days=2, name=SECOND)]))
    assert [one.endpoint for one in found.pairs] == [USUAL]
    assert [(one.endpoint, one.contacted) for one in found.known] == [(SECOND, True)]


def test_queries_without_flows_and_refused_flows_are_no_exchange(tmp_path: Path) -> None:
    lines = [*gateway(usual()), *gateway(usual(name=SECOND), denied=True), query(NEW, "203.0.113.99")]
    found = learn(tmp_path, lines)
    assert [one.endpoint for one in found.pairs] == [USUAL]
    assert {(one.endpoint, one.contacted) for one in found.known} == {(SECOND, False), (NEW, False)}
    assert any("200 flows that the policy refused" in one.reason for one in found.not_measured)
    assert any("1 queries of the resolver and no flow" in one.reason for one in found.not_measured)


def test_empty_logs_are_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no baseline is learned"):
        learn(tmp_path, [])


def test_rejected_lines_are_not_measured(tmp_path: Path) -> None:
    found = learn(tmp_path, [*gateway(usual()), "no line of a log"])
    assert [(one.feature, "1 lines" in one.reason) for one in found.not_measured] == [("unknown", True)]


def test_a_profile_read_back_is_the_same_and_names_its_inputs(tmp_path: Path) -> None:
    found = learn(tmp_path, gateway(usual()))
    assert [len(one.sha256) for one in found.inputs] == [64]
    path = tmp_path / "baseline.json"
    path.write_text(render_profile(found))
    assert read_profile(path) == found


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"spread": ', '"spread": -', "spread"),
        ('"exchanges": 200', '"exchanges": 199', "hours"),
        ('"schema": "containment-baseline-profile/v1"', '"schema": "other"', "schema"),
        ('"agent"', '"agnet"', "agnet"),
        ('"days": 10', '"days": 10, "days": 11', "days"),
    ],
)
def test_an_edited_profile_that_makes_no_sense_is_refused_by_place(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = render_profile(learn(tmp_path, gateway(usual())))
    assert old in text
    path = tmp_path / "baseline.json"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=named):
        read_profile(path)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(tmp_path: Path, chance: random.Random) -> None:
    lines = [*gateway(usual(days=5)), *flows(usual(days=5, agent=OTHER_AGENT)), query()]
    shuffled = chance.sample(lines, len(lines))
    one, two = learn(tmp_path, lines), learn(tmp_path, shuffled)
    assert one.pairs == two.pairs
    assert one.not_measured == two.not_measured


def test_another_agent_changes_nothing_for_the_first(tmp_path: Path) -> None:
    lines = [*flows(usual()), query()]
    constant = [Call(START + timedelta(minutes=10 * number), 1000, 1000, OTHER_AGENT) for number in range(1000)]
    alone = learn(tmp_path, lines)
    both = learn(tmp_path, [*lines, *gateway(constant)])
    assert [one for one in both.pairs if one.agent == AGENT] == list(alone.pairs)
    assert len(both.pairs) == 2


def test_bytes_of_a_session_without_an_end_are_unknown_and_not_zero(tmp_path: Path) -> None:
    starts = [line for line in gateway(usual()) if '"session_stage": "start"' in line]
    (found,) = learn(tmp_path, starts).pairs
    assert found.request_bytes is None
    assert found.exchanges == 200


def test_the_window_limits_what_is_learned(tmp_path: Path) -> None:

    reading = read(tmp_path, gateway([*usual(), *usual(LATER, number=2)]), replace(SCOPE, until=LATER))
    (found,) = learn_profile(reading, THRESHOLDS).pairs
    assert found.exchanges == 200


def test_flows_in_parquet_and_compressed_queries_are_learned_like_text(tmp_path: Path) -> None:
    calls = usual()
    text = learn(tmp_path, [*flows(calls), query()])
    folder = tmp_path / "logs"
    folder.mkdir()
    words = [line.split() for line in flows(calls)]
    names = [name.replace("-", "_") for name in DEFAULT_FIELDS]
    numbers = {"srcport", "dstport", "protocol", "packets", "bytes", "start", "end"}
    columns = {name: pa.array([int(row[at]) if name in numbers else row[at] for row in words]) for at, name in enumerate(names)}
    pq.write_table(pa.table(columns), folder / "flows.parquet")
    (folder / "queries.gz").write_bytes(gzip.compress(f"{query()}\n".encode()))
    assert learn_profile(read_traffic([str(folder)], SCOPE), THRESHOLDS).pairs == text.pairs


@pytest.mark.parametrize(("column", "is_measured"), [("Bytes In", True), ("Note", False)])
def test_a_flowiq_export_has_what_its_columns_have(tmp_path: Path, column: str, is_measured: bool) -> None:
    header = f"Timestamp,Source IP,Destination IP,Destination Port,Protocol,Bytes Out,{column},SNI Hostname,Action"
    rows = [f"{call.time.isoformat()},{AGENT},203.0.113.10,443,TCP,{call.out},{call.back},{USUAL},Permit" for call in usual()]
    found = learn(tmp_path, [header, *rows])
    (one,) = found.pairs
    assert one.source is Source.FLOWIQ
    assert one.request_bytes is not None
    assert (one.response_bytes is not None, one.ratio is not None) == (is_measured, is_measured)
    assert {each.feature for each in found.not_measured} == (set() if is_measured else {"responseBytes", "ratio"})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_profile_is_a_profile_or_an_input_error(tmp_path: Path, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    path = tmp_path / "baseline.json"
    path.write_text(text[:start] + data.draw(st.text(max_size=8)) + text[end:], encoding="utf-8", errors="surrogatepass")
    try:
        found = read_profile(path)
    except InputError:
        return
    assert all(len(one.hours) == 24 for one in found.pairs)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render_profile(learn(tmp_path_factory.mktemp("profile"), gateway(usual())))
