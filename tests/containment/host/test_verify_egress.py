"""verify-egress.sh sees what is there: each probe passes where containment holds, and fails where it does not.

Everything runs in a network namespace of its own (small_world.py): real curl, real sockets, nothing of this machine's network.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import Seen, World

pytestmark = pytest.mark.slow

FORCED = "203.0.113.66"
FACTS = {
    "MODEL_HOST": "model.test",
    "CORE_HOSTS": "core-a.test core-b.test",
    "SSM_HOSTS": "ssm.test",
    "AWS_ENDPOINTS": "vpc",
    "VPC_DNS_RESOLVER": "10.42.0.2",
    "SHADOW_HOST": "shadow.test",
    "SHADOW_ADDRESS": FORCED,
    "ATTACKER_HOST": "attacker.test",
    "ATTACKER_ADDRESS": FORCED,
    "EXTERNAL_RESOLVERS": "8.8.8.8 1.1.1.1",
    "SSH_ADDRESS": "8.8.8.8",
    "HOST_PORTS": "443",
    "UPDATE_TARGET": "wanted.test",
    "PROBE_TIMEOUT": "1",
    "PROBE_NONCE": "abc123",
}
DENIED = ["shadow.test", "attacker.test"]
STILL_OPEN = {"ssm-session": "NOT-TESTED"}
ALL = [
    *("model-call", "core", "ssm-endpoint", "ssm-session", "ssh-out"),
    *("attacker-by-name", "attacker-forced-address", "shadow-by-name", "shadow-forced-address"),
    *("external-dns-udp", "vpc-resolver-udp", "external-dns-tcp", "vpc-resolver-tcp", "update"),
]


def enforce(world: World, changed: dict[str, str] | None = None, **settings: Any) -> Seen:
    return world({**FACTS, "POLICY_MODE": "enforce", **(changed or {})}, **{"denied": DENIED, **settings})


def monitor(world: World, changed: dict[str, str] | None = None, **settings: Any) -> Seen:
    return world({**FACTS, "POLICY_MODE": "monitor", **(changed or {})}, **settings)


def all_pass(seen: Seen, but: dict[str, str] | None = None) -> None:
    assert seen.verdicts() == {**dict.fromkeys(ALL, "PASS"), **STILL_OPEN, **(but or {})}, "\n".join(seen.lines)


def test_a_contained_host_in_enforce_passes_everything_but_the_session(world: World) -> None:
    seen = enforce(world)
    all_pass(seen)
    assert seen.tests() == {"1": "PASS", "2": "NOT-TESTED", "3": "PASS", "4": "PASS", "5": "PASS", "6": "PASS"}
    assert seen.code == 3
    assert {path.split("/")[2].split("-")[0] for path in seen.received} == {"abc123"}, "every request carries the run's nonce"
    assert len(seen.received) == len(set(seen.received)) == 5, "one nonce a probe, and nothing denied was received"


def test_a_host_in_monitor_delivers_what_enforce_would_deny(world: World) -> None:
    seen = monitor(world)
    all_pass(seen)
    verdict, said = seen.probe("shadow-forced-address")
    assert verdict == "PASS"
    assert "delivered" in said
    assert "would-be-denied" in said
    assert len(seen.received) == 9


def test_in_monitor_an_open_security_group_delivers_dns_and_ssh_too(world: World) -> None:
    all_pass(monitor(world, {"HOST_PORTS": "all"}, ssh=["8.8.8.8"], resolvers=["8.8.8.8", "1.1.1.1"]))


def test_in_monitor_an_address_without_ssh_shows_nothing(world: World) -> None:
    seen = monitor(world, {"HOST_PORTS": "all"}, resolvers=["8.8.8.8", "1.1.1.1"])
    all_pass(seen, {"ssh-out": "NOT-TESTED"})
    assert "nothing listens there" in seen.probe("ssh-out")[1]


def test_inside_a_session_manager_session_the_last_line_passes_too(world: World, tmp_path: Path) -> None:
    worker = tmp_path / "ssm-session-worker"
    worker.write_text('#!/bin/bash\n"$@"\n')
    worker.chmod(0o755)
    seen = enforce(world, through=[str(worker)])
    assert seen.verdicts()["ssm-session"] == "PASS"
    assert seen.code == 0


@pytest.mark.parametrize(
    ("mode", "settings", "changed", "failing"),
    [
        (enforce, {"absent": ["203.0.113.10"]}, {}, ["model-call"]),
        (enforce, {"foreign": ["model.test"]}, {}, ["model-call"]),
        (enforce, {"denied": [*DENIED, "core-b.test"]}, {}, ["core"]),
        (enforce, {"nameless": ["core-b.test"]}, {}, ["core"]),
        (enforce, {"denied": [*DENIED, "ssm.test"]}, {}, ["ssm-endpoint"]),
        (enforce, {"ssh": ["8.8.8.8"]}, {}, ["ssh-out"]),
        (enforce, {"denied": ["shadow.test"]}, {}, ["attacker-by-name", "attacker-forced-address"]),
        (enforce, {"denied": ["attacker.test"]}, {}, ["shadow-by-name", "shadow-forced-address"]),
        (enforce, {"resolvers": ["1.1.1.1"]}, {}, ["external-dns-udp", "external-dns-tcp"]),
        (enforce, {"broken_resolver": "udp"}, {}, ["model-call", "core", "ssm-endpoint", "vpc-resolver-udp", "update"]),
        (enforce, {"broken_resolver": "tcp"}, {}, ["vpc-resolver-tcp"]),
        (enforce, {"denied": [*DENIED, "wanted.test"]}, {}, ["update"]),
        (enforce, {}, {"UPDATE_EXPECT": "blocked"}, ["update"]),
        (monitor, {"denied": DENIED}, {}, ["attacker-by-name", "attacker-forced-address", "shadow-by-name", "shadow-forced-address"]),
        (monitor, {"denied": ["wanted.test"]}, {}, ["update"]),
        (monitor, {"resolvers": ["8.8.8.8"]}, {}, ["external-dns-udp", "external-dns-tcp"]),
        (monitor, {"ssh": ["8.8.8.8"]}, {}, ["ssh-out"]),
        (monitor, {"resolvers": []}, {"HOST_PORTS": "443 53"}, ["external-dns-udp", "external-dns-tcp"]),
        (monitor, {}, {"HOST_PORTS": "all"}, ["external-dns-udp", "external-dns-tcp"]),
        (
            enforce,
            {"ssh": ["8.8.8.8"], "resolvers": ["1.1.1.1"]},
            {"HOST_PORTS": "all"},
            ["ssh-out", "external-dns-udp", "external-dns-tcp"],
        ),
    ],
    ids=[
        "model away",
        "model with a foreign certificate",
        "core host denied",
        "core host not resolved",
        "ssm denied",
        "ssh open",
        "attacker reached",
        "shadow model reached",
        "external dns reached",
        "vpc resolver mute over udp",
        "vpc resolver mute over tcp",
        "update not in force",
        "update in force too early",
        "monitor that blocks",
        "monitor that blocks the update",
        "monitor: dns past the security group",
        "monitor: ssh past the security group",
        "monitor: dns blocked where it should be watched",
        "monitor: nothing delivered through an open security group",
        "everything open behind an open security group",
    ],
)
def test_each_hole_fails_exactly_its_probe(
    world: World, mode: Any, settings: dict[str, Any], changed: dict[str, str], failing: list[str]
) -> None:
    seen = mode(world, changed, **settings)
    assert [name for name, verdict in seen.verdicts().items() if verdict == "FAIL"] == sorted(failing, key=ALL.index), "\n".join(seen.lines)
    assert seen.code == 1


def test_a_public_address_where_the_vpc_endpoint_should_answer_fails(world: World) -> None:
    names = dict.fromkeys(("model.test", "core-a.test", "core-b.test", "ssm.test", "wanted.test", *DENIED), "203.0.113.10")
    assert enforce(world, names=names).probe("ssm-endpoint")[0] == "FAIL"
    assert enforce(world, {"AWS_ENDPOINTS": "internet"}, names=names).probe("ssm-endpoint")[0] == "PASS"


def test_a_cut_cable_is_not_containment(world: World) -> None:
    """Nothing at all gets out: what is blocked then shows nothing."""
    seen = enforce(world, absent=["203.0.113.10", "203.0.113.11"])
    for name in ("attacker-by-name", "attacker-forced-address", "shadow-forced-address", "ssh-out", "external-dns-udp"):
        assert seen.verdicts()[name] == "NOT-TESTED", name
    assert seen.code == 1


def test_a_gateway_that_drops_in_silence_blocks_as_well(world: World) -> None:
    seen = enforce(world, silent=True)
    all_pass(seen)
    assert "timeout" in seen.probe("attacker-by-name")[1]


def test_an_answer_that_may_be_the_destinations_is_never_a_pass(world: World) -> None:
    seen = enforce(world, denied=[], alert=DENIED)
    assert {seen.verdicts()[name] for name in ALL if name.startswith(("attacker", "shadow"))} == {"NOT-TESTED"}
    assert seen.code == 3


def test_the_attacker_may_be_stopped_at_the_resolver_but_the_shadow_rule_must_decide(world: World) -> None:
    seen = enforce(world, nameless=DENIED)
    assert seen.probe("attacker-by-name")[0] == "PASS"
    assert seen.probe("shadow-by-name")[0] == "NOT-TESTED"
    assert seen.probe("shadow-forced-address")[0] == "PASS"
    assert monitor(world, nameless=DENIED).probe("attacker-by-name")[0] == "FAIL", "in monitor the resolver alerts and answers"


@pytest.mark.parametrize(
    ("changed", "untested"),
    [
        ({"MODEL_HOST": ""}, ["model-call"]),
        ({"CORE_HOSTS": ""}, ["core"]),
        ({"ATTACKER_HOST": ""}, ["attacker-by-name", "attacker-forced-address"]),
        ({"ATTACKER_ADDRESS": ""}, ["attacker-forced-address"]),
        ({"SHADOW_HOST": ""}, ["shadow-by-name", "shadow-forced-address"]),
        ({"EXTERNAL_RESOLVERS": ""}, ["external-dns-udp", "external-dns-tcp"]),
        ({"EXTERNAL_RESOLVERS": "no-such-host"}, ["external-dns-udp", "external-dns-tcp"]),
        ({"SSH_ADDRESS": ""}, ["ssh-out"]),
        ({"SSH_ADDRESS": "no-such-host"}, ["ssh-out"]),
        ({"UPDATE_TARGET": ""}, ["update"]),
    ],
    ids=lambda value: next(iter(value.items())).__repr__() if isinstance(value, dict) else None,
)
def test_what_cannot_be_looked_up_is_not_tested(world: World, changed: dict[str, str], untested: list[str]) -> None:
    all_pass(enforce(world, changed), dict.fromkeys(untested, "NOT-TESTED"))


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"POLICY_MODE": "Enforce"},
        {"POLICY_MODE": "off"},
        {"POLICY_MODE": "monitor", "UPDATE_EXPECT": "blocked"},
        {"POLICY_MODE": "enforce", "PROBE_TIMEOUT": "0"},
        {"POLICY_MODE": "enforce", "PROBE_TIMEOUT": "x"},
        {"POLICY_MODE": "enforce", "PROBE_NONCE": "a b"},
        {"POLICY_MODE": "enforce", "MODEL_HOST": "a$(touch x)"},
        {"POLICY_MODE": "enforce", "ATTACKER_HOST": "two names"},
        {"POLICY_MODE": "enforce", "CONTAINMENT_ENV": "/nowhere"},
        {"POLICY_MODE": "enforce", "UPDATE_EXPECT": "maybe"},
    ],
)
def test_wrong_usage_probes_nothing(folder: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [str(folder / "verify-egress.sh")],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", **environment},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr
    assert [*tmp_path.iterdir()] == []


def test_the_environment_wins_over_the_file_and_unknown_keys_are_left_alone(folder: Path, world: World, tmp_path: Path) -> None:
    facts = tmp_path / "containment.env"
    facts.write_text("MODEL_HOST=nobody.test\nAGENT_STACK=from-file\nPATH=/nowhere\nBASH_ENV=/nowhere\n")
    seen = enforce(world, {"CONTAINMENT_ENV": str(facts)})
    assert seen.lines[0].split()[3] == "stack=from-file"
    assert seen.verdicts()["model-call"] == "PASS"
