"""Every deviation is named by its rule with value and usual range; usual traffic has none, and what is absent is never fine."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from containment.baseline.answer import describe_comparison
from containment.baseline.profile import Profile
from containment.baseline.thresholds import LIMITED, Rule
from containment.exit_code import Exit
from tests.containment.baseline.traffic import (
    AGENT,
    LATER,
    NEW,
    OTHER_AGENT,
    SECOND,
    THRESHOLDS,
    USUAL,
    Call,
    check,
    flows,
    gateway,
    learn,
    packets,
    query,
    read,
    usual,
)

NEXT = usual(LATER, days=5, number=2)
NOON = LATER + timedelta(hours=12)
MANY = int(THRESHOLDS.limits[Rule.HOURS]) + 5


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return learn(tmp_path, gateway(usual()))


def rules(folder: Path, profile: Profile, calls: list[Call]) -> set[Rule]:
    return {one.rule for one in check(folder, profile, gateway(calls)).deviations}


def test_more_of_the_usual_is_no_deviation(tmp_path: Path, profile: Profile) -> None:
    reading = read(tmp_path, gateway(NEXT))
    found = check(tmp_path, profile, gateway(NEXT))
    assert found.deviations == ()
    assert describe_comparison(found, reading).exit is Exit.OK


def test_a_huge_request_with_a_small_answer_is_a_size_a_ratio_and_a_volume(tmp_path: Path, profile: Profile) -> None:
    assert rules(tmp_path, profile, [*NEXT, Call(NOON, 80_000_000, 500)]) == {Rule.REQUEST_SIZE, Rule.RATIO, Rule.VOLUME}


def test_a_huge_request_with_a_huge_answer_is_no_ratio(tmp_path: Path, profile: Profile) -> None:
    assert Rule.RATIO not in rules(tmp_path, profile, [*NEXT, Call(NOON, 80_000_000, 40_000_000)])


def test_a_small_request_without_an_answer_is_an_aborted_one(tmp_path: Path, profile: Profile) -> None:
    assert rules(tmp_path, profile, [*NEXT, Call(NOON, 900, 0)]) == set()


def test_many_requests_of_the_usual_size_are_a_volume(tmp_path: Path, profile: Profile) -> None:
    chance = random.Random(1)
    calls = [
        Call(LATER + timedelta(seconds=9 * 3600 + place * 4 + chance.uniform(0, 3)), chance.randint(9000, 20000), 5000)
        for place in range(3000)
    ]
    assert rules(tmp_path, profile, [*NEXT, *calls]) == {Rule.VOLUME}


def test_equal_intervals_are_a_cadence_with_their_period(tmp_path: Path, profile: Profile) -> None:
    beacon = [Call(LATER + timedelta(hours=9, seconds=300 * place + place % 7), 1200, 600) for place in range(60)]
    found = check(tmp_path, profile, gateway(beacon))
    (one,) = found.deviations
    assert one.rule is Rule.CADENCE
    assert "about 301 s" in one.unit or "about 300 s" in one.unit


def test_an_agent_that_always_has_equal_intervals_is_usual(tmp_path: Path) -> None:
    def beat(start: object, days: int) -> list[Call]:
        return [Call(start + timedelta(minutes=5 * place), 1200 + place % 90, 600) for place in range(288 * days)]  # type: ignore[operator]

    known = learn(tmp_path, gateway(beat(LATER - timedelta(days=14), 10)))
    assert check(tmp_path, known, gateway(beat(LATER, 3))).deviations == ()


def test_work_in_quiet_hours_is_a_shift(tmp_path: Path, profile: Profile) -> None:
    chance = random.Random(2)
    night = [Call(LATER + timedelta(seconds=chance.uniform(0, 5 * 3600)), 10_000, 4_000) for _ in range(MANY)]
    (one,) = [each for each in check(tmp_path, profile, gateway([*NEXT, *night])).deviations if each.rule is Rule.HOURS]
    assert (one.day, one.count) == (LATER.date(), MANY)
    assert "02" in one.basis


def test_late_work_next_to_usual_hours_and_one_busy_hour_are_no_shift(tmp_path: Path, profile: Profile) -> None:
    late = [Call(LATER + timedelta(hours=18, seconds=61 * place + place % 9), 10_000, 4_000) for place in range(50)]
    burst = [Call(LATER + timedelta(days=1, hours=2, seconds=61 * place + place % 9), 10_000, 4_000) for place in range(50)]
    assert Rule.HOURS not in rules(tmp_path, profile, [*NEXT, *late, *burst])


def test_an_agent_without_quiet_hours_has_no_shift_and_the_rule_is_listed(tmp_path: Path) -> None:
    known = learn(
        tmp_path, gateway([Call(LATER - timedelta(days=10, minutes=-7 * place), 900 + place % 300, 500) for place in range(2000)])
    )
    found = check(tmp_path, known, gateway(NEXT))
    assert [one.feature for one in found.not_applicable] == ["hours"]


def test_an_endpoint_never_contacted_is_a_model_switch(tmp_path: Path, profile: Profile) -> None:
    (one,) = check(tmp_path, profile, gateway([*NEXT, Call(NOON, 5000, 5000, name=NEW)])).deviations
    assert (one.rule, one.endpoint, one.count, one.day) == (Rule.NEW_ENDPOINT, NEW, 1, NOON.date())
    assert USUAL in one.basis


def test_a_refused_or_only_resolved_endpoint_is_a_switch_as_well(tmp_path: Path, profile: Profile) -> None:
    refused = gateway([Call(NOON, 0, 0, name=NEW)], denied=True)
    (one,) = check(tmp_path, profile, [*gateway(NEXT), *refused]).deviations
    assert (one.rule, one.unit) == (Rule.NEW_ENDPOINT, "refused flows")
    (two,) = check(tmp_path, profile, [*gateway(NEXT), query(NEW, "203.0.113.77", NOON)]).deviations
    assert (two.rule, two.unit) == (Rule.NEW_ENDPOINT, "queries of the resolver, and no flow")


def test_an_endpoint_that_was_only_resolved_before_is_new_once_it_is_contacted(tmp_path: Path) -> None:
    known = learn(tmp_path, [*gateway(usual()), query(NEW, "203.0.113.77", LATER - timedelta(days=9))])
    again = check(tmp_path, known, [*gateway(NEXT), query(NEW, "203.0.113.77", NOON)])
    assert again.deviations == ()
    assert [one.endpoint for one in again.not_measured if one.endpoint] == [NEW]
    (one,) = check(tmp_path, known, gateway([*NEXT, Call(NOON, 5000, 5000, name=NEW)])).deviations
    assert one.rule is Rule.NEW_ENDPOINT


def test_an_agent_without_a_baseline_is_not_measured_and_not_fine(tmp_path: Path, profile: Profile) -> None:
    lines = [*gateway(NEXT), *gateway(usual(LATER, agent=OTHER_AGENT))]
    found = check(tmp_path, profile, lines)
    assert found.deviations == ()
    assert [one.agent for one in found.not_measured] == [OTHER_AGENT]
    assert describe_comparison(found, read(tmp_path, lines)).exit is Exit.INCONCLUSIVE


@pytest.mark.parametrize("lines", [[], [query(at=NOON)], [*flows(NEXT), query(at=NOON)]], ids=["empty", "resolver only", "another log"])
def test_logs_without_the_learned_kind_are_not_measured(tmp_path: Path, profile: Profile, lines: list[str]) -> None:
    found = check(tmp_path, profile, lines)
    assert [one.exchanges for one in found.pairs] == [None]
    assert any("learned from gateway-l7" in one.reason for one in found.not_measured)
    answer = describe_comparison(found, read(tmp_path, lines))
    assert answer.exit is Exit.INCONCLUSIVE
    assert answer.headline.startswith("NOT MEASURED")


def test_an_idle_agent_whose_log_was_read_has_zero_exchanges(tmp_path: Path) -> None:
    known = learn(tmp_path, gateway([*usual(), *usual(agent=OTHER_AGENT)]))
    found = check(tmp_path, known, gateway(NEXT))
    assert [(one.agent, one.exchanges) for one in found.pairs] == [(AGENT, 100), (OTHER_AGENT, 0)]
    assert found.not_measured == ()


def test_a_hole_in_a_log_is_not_measured_and_an_idle_night_is_no_hole(tmp_path: Path, profile: Profile) -> None:
    others = [query("www.example.org", "198.51.100.1", LATER + timedelta(hours=place)) for place in range(5 * 24)]
    assert check(tmp_path, profile, [*gateway(NEXT), *others]).not_measured == ()
    cut = [call for call in NEXT if not LATER + timedelta(days=1) <= call.time < LATER + timedelta(days=3)]
    found = check(tmp_path, profile, [*gateway(cut), *others])
    assert [(one.feature, "no line from" in one.reason) for one in found.not_measured] == [("gateway-l7", True)]
    skipped = f"2 1 eni-1 - - - - - - - {int(NOON.timestamp())} {int(NOON.timestamp()) + 60} - SKIPDATA"
    assert [one.feature for one in check(tmp_path, profile, [*gateway(NEXT), skipped]).not_measured] == ["vpc-flow"]


def test_a_day_without_bytes_does_not_pass_the_rules_on_bytes(tmp_path: Path, profile: Profile) -> None:
    starts = [line for line in gateway(NEXT) if '"session_stage": "start"' in line]
    found = check(tmp_path, profile, starts)
    assert {one.feature for one in found.not_measured} == {"requestBytes", "ratio"}


def test_a_learned_log_without_sizes_still_has_cadence_and_hours(tmp_path: Path) -> None:
    known = learn(tmp_path, [*packets(usual()), query()])
    night = [Call(LATER + timedelta(seconds=1500 * place + place % 3), 10, 10) for place in range(MANY)]
    found = check(tmp_path, known, [*packets([*NEXT, *night]), query()])
    assert {one.rule for one in found.deviations} <= {Rule.CADENCE, Rule.HOURS}
    assert Rule.HOURS in {one.rule for one in found.deviations}
    assert {one.feature for one in found.not_measured if one.endpoint} == {"requestBytes", "responseBytes", "ratio", "dailyBytes"}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_deviation(tmp_path: Path, profile: Profile, chance: random.Random) -> None:
    lines = list(gateway([*NEXT, Call(NOON, 80_000_000, 500), Call(NOON, 5000, 5000, name=NEW)]))
    assert check(tmp_path, profile, lines).deviations == check(tmp_path, profile, chance.sample(lines, len(lines))).deviations


@pytest.mark.parametrize("factor", [2, 1000])
def test_the_unit_of_bytes_does_not_matter(tmp_path: Path, profile: Profile, factor: int) -> None:
    def scale(calls: list[Call]) -> list[Call]:
        return [call._replace(out=call.out * factor, back=call.back * factor) for call in calls]

    calls = [*NEXT, Call(NOON, 80_000_000, 500), Call(NOON, 60_000, 4_000)]
    larger = learn(tmp_path, gateway(scale(usual())))
    one, two = check(tmp_path, profile, gateway(calls)), check(tmp_path, larger, gateway(scale(calls)))
    assert [(each.rule, each.day, each.count) for each in one.deviations] == [(each.rule, each.day, each.count) for each in two.deviations]


def test_another_agent_changes_no_result_of_the_first(tmp_path: Path) -> None:
    constant = [Call(LATER - timedelta(days=14, minutes=-10 * place), 1000, 1000, OTHER_AGENT) for place in range(1440)]
    later = [call._replace(time=call.time + timedelta(days=14)) for call in constant[:500]]
    calls = [*NEXT, Call(NOON, 80_000_000, 500)]
    alone = check(tmp_path, learn(tmp_path, gateway(usual())), gateway(calls))
    both = check(tmp_path, learn(tmp_path, gateway([*usual(), *constant])), gateway([*calls, *later]))
    assert tuple(one for one in both.deviations if one.agent == AGENT) == alone.deviations
    assert [one for one in both.deviations if one.agent == OTHER_AGENT] == []


def test_the_same_from_the_vpc_and_the_resolver(tmp_path: Path) -> None:
    known = learn(tmp_path, [*flows(usual()), query()])
    lines = [*flows([*NEXT, Call(NOON, 80_000_000, 500)]), query(), *flows([Call(NOON, 5000, 5000)], "203.0.113.78")]
    found = check(tmp_path, known, [*lines, query(SECOND, "203.0.113.78", NOON)])
    assert {one.rule for one in found.deviations} == {Rule.REQUEST_SIZE, Rule.RATIO, Rule.VOLUME, Rule.NEW_ENDPOINT}


def test_every_rule_has_a_limit_and_every_limit_a_rule() -> None:
    assert {*THRESHOLDS.limits} == {*LIMITED}
