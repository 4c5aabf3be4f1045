"""What was deployed matches seed 001, row by row: each expectation stands beside the seed's own words.

Read back independently of the model: AWS with boto3, the Controller over HTTPS. All fourteen stacks, every class in both
modes, stand on one Controller and in one account at once; the rows are in tests/deployment/seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.seed import constraints, groups, resources, rules
from tests.deployment.seed.read_back import STACKS, Deployed, Row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]  # fourteen stacks come up first

ROWS: tuple[Row, ...] = (*resources.ROWS, *groups.ROWS, *rules.ROWS, *constraints.ROWS)
KEPT = Path(__file__).parents[1] / "seeds"
TABLES = ("rules.yaml", "resources.yaml", "smart-groups.yaml", "web-groups.yaml", "constraints.yaml", "appendix.yaml")
"""Seed 001's tables, kept as data: both rule tables, resources, objects, constraints, appendix."""


def quotes(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [*([node["quote"]] if "quote" in node else []), *(quote for value in node.values() for quote in quotes(value))]
    return [quote for value in node for quote in quotes(value)] if isinstance(node, list) else []


def spaced(text: str) -> str:
    return " ".join(text.split())


def applies() -> list[Any]:
    return [
        pytest.param(stack, row, id=f"{stack}:{number}:{row.quote[:40]}")
        for stack in STACKS
        for number, row in enumerate(ROWS)
        if row.applies(stack)
    ]


@pytest.fixture(scope="module")
def read_back(every_stack: Lab) -> dict[str, Deployed]:
    return {stack: Deployed(every_stack, stack) for stack in STACKS}


@pytest.mark.long
@pytest.mark.parametrize(("stack", "row"), applies())
def test_deployed_stack_matches_the_seeds_row(read_back: dict[str, Deployed], stack: str, row: Row) -> None:
    assert row.holds(read_back[stack]), f"{stack} does not hold: {row.quote}"


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_a_table_is_left_out(table: str) -> None:
    kept = {spaced(quote) for quote in quotes(yaml.safe_load((KEPT / table).read_text(encoding="utf-8")))}
    assert kept
    assert kept - {spaced(row.quote) for row in ROWS} == set()


def test_every_quoted_row_is_the_seeds_own_words() -> None:
    seeds = [path.read_text(encoding="utf-8") for path in sorted((REPOSITORY.parent / "shared" / "seeds").glob("001*"))]
    if not seeds:
        pytest.skip("the seed documents are not beside this checkout")
    assert [row.quote for row in ROWS if spaced(row.quote) not in spaced(seeds[0])] == []


def test_every_row_is_held_against_some_stack() -> None:
    assert [row.quote for row in ROWS if not any(map(row.applies, STACKS))] == []


@pytest.mark.long
def test_fourteen_stacks_share_one_controller_without_sharing_an_object(read_back: dict[str, Deployed]) -> None:
    names = [name for d in read_back.values() for name in (f"{d.prefix}-{group}" for group in d.groups)]
    assert len(names) == len(set(names))
    uuids = [rule["uuid"] for d in read_back.values() for rule in d.rules]
    assert len(uuids) == len(set(uuids))
    assert len({d.vpc["CidrBlock"] for d in read_back.values()}) == len(STACKS) == 14


@pytest.mark.long
def test_each_stack_is_judged_by_its_own_rules(read_back: dict[str, Deployed]) -> None:
    """Every rule's source is its own stack's group, and that group holds no other stack's hosts or subnets."""
    for stack, d in read_back.items():
        (own,) = {uuid for rule in d.rules for uuid in rule["src_ads"]}
        assert d.names_of([own]) == ["sg-agent-workload"]
        selectors = d.groups["sg-agent-workload"]
        assert {s["tags.AgentStack"] for s in selectors if "tags.AgentStack" in s} == {stack}
        assert {s["cidr"] for s in selectors if "cidr" in s} == {subnet["CidrBlock"] for subnet in d.subnets("agent")}
