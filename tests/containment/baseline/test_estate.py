"""Sources outside the agents' networks that use an LLM endpoint are listed with what logs have of them, and sources inside are not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from containment.baseline.answer import describe_estate
from containment.baseline.estate import Estate, find_outside_sources, find_vended_networks
from containment.errors import InputError
from containment.exit_code import Exit
from tests.containment.baseline.traffic import AGENT, NEW, SCOPE, START, USUAL, Call, flows, gateway, packets, query

INSIDE = [ip_network("10.42.0.0/16")]
LAPTOP = "10.9.0.7"


def look(folder: Path, lines: Iterable[str]) -> Estate:
    path = folder / "log"
    path.write_text("".join(f"{line}\n" for line in lines))
    return find_outside_sources([str(path)], SCOPE, INSIDE)


def test_a_source_outside_is_listed_with_bytes_and_times_and_one_inside_is_not(tmp_path: Path) -> None:
    calls = [Call(START, 1000, 300, LAPTOP), Call(START + timedelta(hours=2), 2000, 400, LAPTOP)]
    lines = [*flows(calls), query(agent=LAPTOP), *flows([Call(START, 10, 10)]), *flows([Call(START, 10, 10, LAPTOP)], "198.51.100.9")]
    found = look(tmp_path, [*lines, query("www.example.org", "198.51.100.9", agent=LAPTOP)])
    (one,) = found.outside
    assert (one.agent, one.endpoint, one.catalog_set) == (LAPTOP, USUAL, "model-gateways")
    assert (one.exchanges, one.queries, one.bytes_out, one.bytes_in) == (2, 1, 3000, 700)
    assert (one.first_seen, one.last_seen) == (START, START + timedelta(hours=2))
    assert one.senders == {"eni-1", "vpc-1"}
    assert found.inside == 1
    assert describe_estate(found, INSIDE).exit is Exit.NO


def test_only_inside_is_fine(tmp_path: Path) -> None:
    found = look(tmp_path, [*gateway([Call(START, 10, 10)]), *gateway([Call(START, 10, 10, LAPTOP, "www.example.org")])])
    assert found.outside == ()
    assert describe_estate(found, INSIDE).exit is Exit.OK


def test_the_same_flow_in_two_logs_is_counted_once(tmp_path: Path) -> None:
    calls = [Call(START + timedelta(minutes=5 * place), 1000, 300, LAPTOP) for place in range(4)]
    (one,) = look(tmp_path, [*gateway(calls), *flows(calls), query(agent=LAPTOP)]).outside
    assert (one.exchanges, one.bytes_out, one.bytes_in) == (4, 4000, 1200)
    assert one.sources == {"gateway-l7", "vpc-flow", "resolver-query"}


def test_a_name_that_was_only_resolved_is_listed_without_bytes(tmp_path: Path) -> None:
    found = look(tmp_path, [query(NEW, "203.0.113.9", agent=LAPTOP)])
    (one,) = found.outside
    assert (one.catalog_set, one.exchanges, one.queries, one.bytes_out) == ("unapproved-models", 0, 1, None)
    assert "NOT MEASURED" in describe_estate(found, INSIDE).sections[0].rows[0]


def test_lines_that_count_both_directions_give_no_bytes(tmp_path: Path) -> None:
    (one,) = look(tmp_path, [*packets([Call(START, 10, 10, LAPTOP)]), query(agent=LAPTOP)]).outside
    assert (one.exchanges, one.bytes_out, one.bytes_in) == (1, None, None)


@pytest.mark.parametrize(
    "lines",
    [[], ["no line of a log"], list(flows([Call(START, 10, 10, LAPTOP)]))],
    ids=["empty", "rejected", "addresses without a name"],
)
def test_logs_that_cannot_answer_are_not_measured(tmp_path: Path, lines: list[str]) -> None:
    answer = describe_estate(look(tmp_path, lines), INSIDE)
    assert answer.exit is Exit.INCONCLUSIVE
    assert any(section.title == "Not measured" for section in answer.sections)


def test_an_address_without_a_name_inside_is_no_question_of_the_estate(tmp_path: Path) -> None:
    assert look(tmp_path, flows([Call(START, 10, 10, AGENT)])).not_measured == ()


def test_vended_networks_come_from_stack_files_and_options(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.coding-monitor.yaml").write_text("config:\n  agent-containment:vpcCidr: 10.77.0.0/16\n")
    assert [str(one) for one in find_vended_networks(tmp_path, ["10.60.0.0/24"])] == ["10.60.0.0/24", "10.77.0.0/16"]


def test_wrong_networks_are_refused_with_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--vended 10\.60\.0\.0/24") as error:
        find_vended_networks(tmp_path, ["10.60.0.9/24", "here", "0.0.0.0/0"])
    assert len(error.value.problems) == 3
    with pytest.raises(InputError, match="no stack file"):
        find_vended_networks(tmp_path, [])
