"""An ephemeral agent has one end within its last day, its host carries that end itself, and after it no host is planned."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from containment.host.first_boot import LIMIT, OVERDUE_PATTERN, build_user_data
from containment.names import AgentTag
from containment.vending.hosts import plan_hosts
from containment.vending.loader import parse_agent
from containment.vending.request import render_file
from tests.containment.vending.test_hosts import SPEC, TODAY

DEADLINE = datetime(TODAY.year, TODAY.month, TODAY.day, 18, tzinfo=UTC)
TEXT = f"{DEADLINE:%Y-%m-%dT%H:%M:%SZ}"
DOCUMENT = {
    "stack": SPEC.stack,
    "owner": {"business": "finance-team", "securityApprover": "security-team", "dataSteward": "data-office"},
    "purpose": "Reads invoices",
    "dataClassification": "internal",
    "until": TODAY.isoformat(),
}


def parse(**more: object) -> tuple[object, list[str]]:
    agent, _, problems = parse_agent("invoice-reader", {**DOCUMENT, **more})
    return agent, [f"{one.where.partition(':')[2]} {one.what}" for one in problems]


@pytest.mark.parametrize("value", [TEXT, DEADLINE, f"{DEADLINE + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00"])
def test_a_moment_with_its_zone_is_a_deadline(value: object) -> None:
    agent, problems = parse(ephemeral=True, deadline=value)
    assert problems == []
    assert agent.deadline == DEADLINE  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"ephemeral": True}, "deadline is not set"),
        ({"deadline": TEXT}, "deadline is set, and the agent is not ephemeral"),
        ({"ephemeral": True, "deadline": "soon"}, "deadline is not a moment"),
        ({"ephemeral": True, "deadline": 5}, "deadline is not a moment"),
        ({"ephemeral": True, "deadline": TEXT[:-1]}, "deadline has no time zone"),
        ({"ephemeral": True, "deadline": TEXT.replace("00Z", "07Z")}, "deadline is not a whole minute"),
        ({"ephemeral": True, "deadline": f"{DEADLINE + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}, "after the agent's last day"),
    ],
)
def test_any_other_end_is_refused_at_its_key(more: dict[str, object], problem: str) -> None:
    agent, problems = parse(**more)
    assert agent is None
    assert [problem in one for one in problems] == [True], problems


def test_an_agent_file_is_read_as_it_is_written() -> None:
    agent, _ = parse(ephemeral=True, deadline=TEXT)
    assert TEXT in render_file(agent)  # type: ignore[arg-type]
    assert "ephemeral" not in render_file(parse()[0])  # type: ignore[arg-type]


def test_a_host_has_its_deadline_until_it_passes() -> None:
    agent, _ = parse(ephemeral=True, deadline=TEXT)
    plan = plan_hosts(SPEC, [agent], TODAY, now=DEADLINE - timedelta(seconds=1))  # type: ignore[list-item]
    assert plan.hosts[0].deadline == DEADLINE
    assert plan.hosts[0].tags[AgentTag.DEADLINE.value] == TEXT
    over = plan_hosts(SPEC, [agent], TODAY, now=DEADLINE)  # type: ignore[list-item]
    assert over.hosts == ()
    assert ["has passed" in one.what for one in over.warnings] == [True]


def test_another_agents_host_has_no_deadline_and_its_former_user_data() -> None:
    agent, _ = parse()
    (host,) = plan_hosts(SPEC, [agent], TODAY, now=DEADLINE + timedelta(days=-1)).hosts  # type: ignore[list-item]
    assert host.deadline is None
    assert AgentTag.DEADLINE.value not in host.tags
    assert build_user_data(host.spec, host.deadline) == build_user_data(host.spec)


def test_the_host_switches_itself_off_at_its_deadline_and_at_every_boot_after_it() -> None:
    text = build_user_data(SPEC, DEADLINE)
    assert len(text) <= LIMIT
    command = json.loads(text.removeprefix("#cloud-config\n"))["bootcmd"][0]
    found = re.search(OVERDUE_PATTERN, command)
    assert found
    assert int(found[1]) == DEADLINE.timestamp()
    assert f"--on-calendar='{DEADLINE:%Y-%m-%d %H:%M:%S} UTC'" in command
    assert re.search(OVERDUE_PATTERN, build_user_data(SPEC)) is None
