"""Each agent has one host with a name that no other agent's file changes; the single host stays as it is without agent files."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.vending.agent import INSTANCE_TYPES, Size, find_agent_name_problem
from containment.vending.hosts import PlannedHost, make_object_name, plan_hosts
from tests.components.conftest import spec_of
from tests.containment.vending.files import make_agent

TODAY = date(2026, 11, 29)
SPEC = spec_of("coding", "monitor")
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True).filter(lambda name: find_agent_name_problem(name) is None)


def hosts_of(*names: str, spec: ContainmentSpec = SPEC, **changed: Any) -> dict[str, PlannedHost]:
    plan = plan_hosts(spec, [make_agent(name, **changed) for name in names], TODAY)
    return {host.agent.name: host for host in plan.hosts if host.agent}


def test_a_stack_without_agent_files_has_its_single_host() -> None:
    (host,) = plan_hosts(SPEC, (), TODAY).hosts
    assert (host.logical_name, host.object_name) == ("agent", "vca-openclaw-coding-monitor-host")
    assert (host.agent, host.former_name, dict(host.tags)) == (None, "", {})
    assert host.instance_type == SPEC.config.agent_instance_type


@given(st.lists(NAMES, min_size=2, max_size=6, unique=True), st.data())
def test_another_agents_file_renames_no_host(names: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(names))
    before, after = hosts_of(*names), hosts_of(*(name for name in names if name != gone))
    for name, host in after.items():
        assert (host.logical_name, host.object_name, host.tags) == (before[name].logical_name, before[name].object_name, before[name].tags)


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_exactly_one_agent_may_adopt_the_single_host(names: list[str]) -> None:
    assert [host.former_name for host in hosts_of(*names).values() if host.former_name] == ["agent"]


STACKS = st.from_regex(r"[a-z][a-z0-9-]{0,36}", fullmatch=True)


@given(st.lists(st.tuples(STACKS, st.one_of(st.just(""), NAMES)), min_size=2, max_size=8, unique=True))
def test_no_two_hosts_of_an_account_share_a_role_name(placed: list[tuple[str, str]]) -> None:
    made = [make_object_name(f"vca-openclaw-{stack}"[:50], agent) for stack, agent in placed]
    distinct = {(f"vca-openclaw-{stack}"[:50], agent) for stack, agent in placed}
    assert len(set(made)) == len(distinct)
    assert all(len(name) <= 64 and re.fullmatch(r"[\w+=,.@-]+", name) for name in made)


def test_names_that_look_alike_stay_apart() -> None:
    assert make_object_name("p-a", "b") != make_object_name("p-a-host-b")
    assert make_object_name("p-a-host-x", "y") != make_object_name("p-a", "x-y")


def test_an_agent_has_a_host_until_the_end_of_its_last_day() -> None:
    ending = make_agent("ending", until=str(TODAY))
    assert len(plan_hosts(SPEC, [ending], TODAY).hosts) == 1
    plan = plan_hosts(SPEC, [ending], TODAY + timedelta(days=1))
    assert plan.hosts == ()
    (warning,) = plan.warnings
    assert warning.where == "agents/ending.yaml:until"
    assert "vend remove ending" in warning.fix


def test_a_stack_by_request_has_no_host_without_an_agent_and_no_other_difference() -> None:
    plan = plan_hosts(SPEC, (), TODAY, by_request=True)
    assert plan.hosts == ()
    (warning,) = plan.warnings
    assert (warning.where, "no host is made" in warning.what) == ("agents/coding-monitor.by-request", True)
    agents = [make_agent("a"), make_agent("b", until="2020-01-01")]
    assert plan_hosts(SPEC, agents, TODAY, by_request=True) == plan_hosts(SPEC, agents, TODAY)


def test_an_ended_agent_adopts_nothing() -> None:
    agents = [make_agent("a", until="2020-01-01"), make_agent("b")]
    (host,) = plan_hosts(SPEC, agents, TODAY).hosts
    assert (host.logical_name, host.former_name) == ("agent-b", "agent")


def test_owners_become_tags() -> None:
    tags = hosts_of("reviewer")["reviewer"].tags
    assert tags == {
        "AgentName": "reviewer",
        "AgentOwner": "payments-team",
        "AgentSecurityApprover": "security-team",
        "AgentDataSteward": "data-office",
        "AgentDataClassification": "internal",
        "AgentUntil": "2099-03-31",
    }


@pytest.mark.parametrize("size", Size)
def test_a_size_is_an_instance_type(size: Size) -> None:
    assert hosts_of("a", size=size.value)["a"].instance_type == INSTANCE_TYPES[size]


def test_the_default_size_of_a_stack_is_in_the_table() -> None:
    assert SPEC.config.agent_instance_type in INSTANCE_TYPES.values()


def test_a_harness_whose_services_the_stack_does_not_permit_is_refused() -> None:
    assert hosts_of("a", harness="openclaw")["a"].spec.harness == "openclaw"  # part of nemoclaw's core
    with pytest.raises(InputError) as caught:
        hosts_of("a", "b", harness="hermes")
    assert [one.where for one in caught.value.problems] == ["agents/a.yaml:harness", "agents/b.yaml:harness"]
    assert "none, openclaw" in caught.value.problems[0].fix or "nemoclaw, none, openclaw" in caught.value.problems[0].fix


def test_a_harness_is_refused_where_the_stack_lists_the_services_itself() -> None:
    spec = spec_of("coding", "monitor", openclawCoreDomains='["core.example.com"]', installMode="hermes")
    assert spec.usable_harnesses == {"hermes", "none"}


def test_a_fixed_address_is_for_one_agent() -> None:
    spec = spec_of("coding", "monitor", agentPrivateIp="10.42.10.20")
    assert len(hosts_of("a", spec=spec)) == 1
    with pytest.raises(InputError) as caught:
        hosts_of("a", "b", spec=spec)
    assert [one.where for one in caught.value.problems] == ["Pulumi.coding-monitor.yaml:agentPrivateIp"]
