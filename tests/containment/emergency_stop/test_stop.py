"""The kill switch: every barrier is closed whatever fails, a killed stop can be repeated, and a return restores exactly what was there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ec2.models import EC2Backend

from containment.emergency_stop.hosts import await_stopped, find_target
from containment.emergency_stop.sessions import LONGEST_SESSION, POLICY, build_revocation
from containment.emergency_stop.steps import Outcome, StepError, StepName, StepResult
from containment.emergency_stop.stop import build_answer, make_record_step, return_hosts, stop_hosts
from containment.exit_code import Exit
from containment.queries.records.audit import list_entries, verify_record
from containment_lab.cloud import moto_patches
from tests.containment.emergency_stop.account import ROUTES, STACK, Account, KilledError, build_account

AGENT = "invoice-reader"
OTHER = "test-writer"
CALLS = {
    "stop_instances": StepName.INSTANCE,
    "put_role_policy": StepName.SESSIONS,
    "modify_network_interface_attribute": StepName.QUARANTINE,
    "create_network_acl_entry": StepName.BORDERS,
    "delete_route": StepName.ROUTES,
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    original = EC2Backend.modify_network_interface_attribute
    monkeypatch.setattr(
        EC2Backend,
        "modify_network_interface_attribute",
        lambda self, *args, **given: moto_patches.modify_network_interface_attribute(original, self, *args, **given),
    )
    with mock_aws():
        yield build_account()


def stop(account: Account, agent: str = "") -> dict[tuple[StepName, str], StepResult]:
    target = find_target(account("ec2"), STACK, agent)
    results = stop_hosts(account, target, started=time.monotonic(), wait=0)
    return {(one.step, one.target): one for one in results}


def let_return(account: Account, agent: str = "") -> list[StepResult]:
    return [*return_hosts(account, find_target(account("ec2"), STACK, agent), started=time.monotonic())]


def is_closed(account: Account) -> dict[StepName, bool]:
    """Return which barriers are closed for the whole stack, as the account has them."""
    found = account.describe()
    groups = [found["groups"][key] for key, tags in found["interface tags"].items() if tags]
    return {
        StepName.INSTANCE: {found["states"][one] for one in account.hosts.values()} == {"stopped"},
        StepName.SESSIONS: all(POLICY in names for names in found["policies"].values()),
        StepName.QUARANTINE: len(groups) == len(account.hosts) and all(one == [account.empty_group] for one in groups),
        StepName.BORDERS: all(
            {(True, "deny", "10.42.10.0/24"), (False, "deny", "10.42.10.0/24")} <= {each[1:] for each in one}
            for one in found["acls"].values()
        ),
        StepName.ROUTES: [one for one, _ in found["routes"][account.table]] == ["10.42.0.0/16"],
    }


def test_a_stop_closes_every_barrier_and_a_second_one_changes_nothing(account: Account) -> None:
    results = stop(account)
    assert {one.outcome for one in results.values()} == {Outcome.DONE}
    assert all(is_closed(account).values()), is_closed(account)
    before = account.describe()
    assert before["states"][account.gateway] == "running"  # it has the stack's tag, and carries what other hosts send
    again = stop(account)
    assert account.describe() == before
    changed = {one.step for one in again.values() if one.outcome is Outcome.DONE}
    assert changed == {StepName.SESSIONS}  # the moment of the revocation moves on


@pytest.mark.parametrize("call", CALLS)
def test_a_failing_call_keeps_no_other_barrier_open(account: Account, call: str) -> None:
    def refuse() -> None:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "not you"}}, call)

    account.hooks[call] = refuse
    results = stop(account)
    closed = is_closed(account)
    assert [step for step, is_so in closed.items() if not is_so] == [CALLS[call]]
    failed = [one for one in results.values() if one.outcome is Outcome.FAILED]
    assert CALLS[call] in {one.step for one in failed}
    answer = build_answer(find_target(account("ec2"), STACK), [*results.values()], is_undo=False, place="here", seconds=1)
    assert answer.exit is Exit.ERROR
    assert answer.headline.startswith("NOT STOPPED")
    assert answer.sections[0].rows[0][2] == "FAILED"
    account.hooks.clear()
    assert all(one.outcome is not Outcome.FAILED for one in stop(account).values())
    assert all(is_closed(account).values())


def test_a_call_without_an_answer_delays_no_other_barrier(account: Account) -> None:
    others = {"modify_network_interface_attribute", "create_network_acl_entry", "delete_route", "put_role_policy"}
    seen: dict[str, threading.Event] = {call: threading.Event() for call in others}
    waited: list[bool] = []
    account.hooks.update({call: event.set for call, event in seen.items()})
    account.hooks["stop_instances"] = lambda: waited.append(all(event.wait(30) for event in seen.values()))
    stop(account)
    assert waited == [True, True]


@pytest.mark.long
@pytest.mark.parametrize("first", range(4))
def test_a_stop_that_is_killed_at_any_write_can_be_repeated_and_undone(account: Account, first: int) -> None:
    """Four cases share the writes, so that each is short."""
    original = without_revocation(account.describe())
    stop(account, AGENT)
    writes = account.writes
    let_return(account, AGENT)
    assert writes >= 8, "a kill before every single write"
    for number in range(first, writes, 4):
        assert run_until_killed(account, number, stop), number
        stop(account, AGENT)
        assert is_stopped(account), number
        assert all(one.outcome is not Outcome.FAILED for one in let_return(account, AGENT)), number
        assert without_revocation(account.describe()) == original, number


def test_a_return_that_is_killed_at_any_write_can_be_repeated(account: Account) -> None:
    original = without_revocation(account.describe())
    number, was_killed = 0, True
    while was_killed:
        stop(account, AGENT)
        was_killed = run_until_killed(account, number, let_return)
        let_return(account, AGENT)
        assert without_revocation(account.describe()) == original, number
        number += 1
    assert number > 5, "a kill before every single write"


def run_until_killed(account: Account, number: int, run: Callable[[Account, str], object]) -> bool:
    """Run a command that is killed before a write, and return whether it was."""
    account.last_write, account.writes = number, 0
    try:
        run(account, AGENT)
    except KilledError:
        return True
    finally:
        account.last_write = None
    return False


def is_stopped(account: Account) -> bool:
    """Return whether the one agent is stopped, in quarantine and denied by every ACL."""
    found = account.describe()
    (host,) = find_target(account("ec2"), STACK, AGENT).hosts
    denied = f"{host.interfaces[0].addresses[0]}/32"
    return (
        found["states"][host.instance] == "stopped"
        and POLICY in found["policies"][f"host-{AGENT}"]
        and found["groups"][host.interfaces[0].id] == [account.empty_group]
        and all({(True, "deny", denied), (False, "deny", denied)} <= {each[1:] for each in one} for one in found["acls"].values())
    )


def without_revocation(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "policies": {name: [one for one in kept if one != POLICY] for name, kept in found["policies"].items()}}


def test_one_agent_is_stopped_and_the_other_one_keeps_everything(account: Account) -> None:
    before = account.describe()
    results = stop(account, AGENT)
    after = account.describe()
    assert results[StepName.ROUTES, STACK].outcome is Outcome.SKIPPED
    assert OTHER in results[StepName.ROUTES, STACK].detail
    assert after["states"][account.hosts[AGENT]] == "stopped"
    assert after["states"][account.hosts[OTHER]] == "running"
    assert after["routes"] == before["routes"]
    assert POLICY not in after["policies"][f"host-{OTHER}"]
    address = find_target(account("ec2"), STACK, AGENT).hosts[0].interfaces[0].addresses[0]
    added = {each[1:] for key, entries in after["acls"].items() for each in entries if each not in before["acls"][key]}
    assert added == {(True, "deny", f"{address}/32"), (False, "deny", f"{address}/32")}


def test_after_a_stop_of_the_stack_one_agent_returns_and_the_other_stays_denied(account: Account) -> None:
    stop(account)
    let_return(account, AGENT)
    found = account.describe()
    address = find_target(account("ec2"), STACK, OTHER).hosts[0].interfaces[0].addresses[0]
    assert (found["states"][account.hosts[AGENT]], found["states"][account.hosts[OTHER]]) == ("running", "stopped")
    for entries in found["acls"].values():
        assert {each[3] for each in entries if each[0] < 100} == {f"{address}/32"}
    assert [one for one, _ in found["routes"][account.table]] == sorted(("10.42.0.0/16", *ROUTES))


def test_a_group_with_rules_is_no_quarantine(account: Account) -> None:
    account.real["ec2"].authorize_security_group_egress(
        GroupId=account.empty_group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    results = stop(account)
    assert {one.outcome for (step, _), one in results.items() if step is StepName.QUARANTINE} == {Outcome.FAILED}
    assert [step for step, is_so in is_closed(account).items() if not is_so] == [StepName.QUARANTINE]


def test_a_host_that_does_not_stop_is_an_error(account: Account) -> None:
    (host, *_) = find_target(account("ec2"), STACK).hosts
    with pytest.raises(StepError, match="is running after 0 s"):
        await_stopped(account("ec2"), host, 0)


def test_a_revocation_stays_until_no_older_session_is_left(account: Account) -> None:
    iam, role = account.real["iam"], f"host-{AGENT}"
    stop(account, AGENT)
    kept = [one for one in let_return(account, AGENT) if one.step is StepName.SESSIONS]
    assert (kept[0].outcome, iam.list_role_policies(RoleName=role)["PolicyNames"]) == (Outcome.SKIPPED, [POLICY])
    old = datetime.now(UTC) - LONGEST_SESSION - timedelta(minutes=1)
    iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=build_revocation(old))
    let_return(account, AGENT)
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def test_a_terminated_host_is_no_target(account: Account) -> None:
    account.real["ec2"].terminate_instances(InstanceIds=[account.hosts[AGENT]])
    assert [one.agent for one in find_target(account("ec2"), STACK).hosts] == [OTHER]
    assert find_target(account("ec2"), STACK, AGENT).hosts == ()


def test_a_stop_is_in_the_record_without_an_approval(account: Account, tmp_path: Path) -> None:
    target = find_target(account("ec2"), STACK, AGENT)
    results = [*stop(account, AGENT).values()]
    step = make_record_step(target, results, action="stop", by="platform-team", reason="it scans the network", folder=tmp_path)
    assert step.run(time.monotonic()).outcome is Outcome.DONE
    (row,) = list_entries(tmp_path, STACK).sections[0].rows
    assert row[2:4] == ("stopped", STACK)
    assert "it scans the network" in row[4]
    assert verify_record(tmp_path, None).exit is Exit.OK


def test_a_record_that_was_changed_fails_the_stop_and_undoes_nothing(account: Account, tmp_path: Path) -> None:
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions/log.jsonl").write_text("no entry\n" * 2)
    target = find_target(account("ec2"), STACK)
    results = [*stop(account).values()]
    step = make_record_step(target, results, action="stop", by="platform-team", reason="test", folder=tmp_path)
    recorded = step.run(time.monotonic())
    assert recorded.outcome is Outcome.FAILED
    assert build_answer(target, [*results, recorded], is_undo=False, place="here", seconds=1).exit is Exit.ERROR
    assert all(is_closed(account).values())
