"""The status of a fleet: unknown is not yes, not attested is not passed, and stale, failed, ended or drifted is FAIL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.attestation.statement import Attestation, CheckedItem
from containment.attestation.storage import write_attestation
from containment.exit_code import Exit
from containment.fleet.answers import build_status_answer
from containment.fleet.backend import BackendName, Deployment, describe_deployment
from containment.fleet.checks import FleetFacts
from containment.fleet.members import Member
from containment.fleet.status import Observed, StackStatus, build_status, digest_member, find_unreviewed, judge_agents, list_problem_cases
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope
from containment.vending.agent import Agent
from tests.containment.fleet.conftest import Write
from tests.containment.vending.files import make_agent

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
STACK = "coding-monitor"
HOUR = timedelta(hours=1)


@pytest.fixture
def member(project: Path, write_stack: Write) -> Member:
    write_stack(STACK, vpcCidr="10.42.0.0/16")
    return FleetFacts(project, one_controller=True).members[0]


@pytest.fixture
def deployed(member: Member) -> Deployment:
    """Return a deployment of the reviewed policy with one host."""
    return Deployment(stack=STACK, resources=67, hosts=1, networks=1, interrupted=0, policy_digest=digest_member(member))


class Attester:
    """Writes attestations of the stack, signed with a key that attesters.pem has."""

    def __init__(self, folder: Path, policy: str) -> None:
        self._folder, self._policy = folder, policy
        key = Ed25519PrivateKey.generate()
        self.signer = CryptoSigner(key)
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (folder / "attesters.pem").write_bytes(public)

    def attest(self, status: Status = Status.PASS, age: timedelta = HOUR, policy: str = "", signer: CryptoSigner | None = None) -> Path:
        found = Attestation(
            stack=STACK,
            time=NOW - age,
            mode=PolicyMode.MONITOR,
            place="the lab",
            is_simulated=True,
            revision=None,
            reviewed_policy=policy or self._policy,
            live_policy=None,
            checks=(CheckedItem("policy-is-live", "the rules are the reviewed ones", status, "by a test"),),
        )
        envelope = Envelope(found.build_statement(), STATEMENT_PAYLOAD).sign(signer or self.signer)
        return write_attestation(self._folder / "attestations", found, envelope)


@pytest.fixture
def attester(project: Path, member: Member) -> Attester:
    policy = digest_member(member)
    assert policy is not None
    return Attester(project, policy)


def status_of(member: Member, deployment: Deployment | None, folder: Path, agents: tuple[Agent, ...] = ()) -> StackStatus:
    seen = Observed(folder=folder, deployments={STACK: deployment} if deployment else {}, now=NOW, max_age=24 * HOUR)
    return build_status(member, agents, seen)


def test_a_stack_as_reviewed_and_attested_passes(member: Member, deployed: Deployment, project: Path, attester: Attester) -> None:
    attester.attest()
    found = status_of(member, deployed, project)
    assert {case.id: case.status for case in found.cases} == {"deployed": Status.PASS, "drift": Status.PASS, "attested": Status.PASS}
    assert build_status_answer([found], [], BackendName.LAB).exit is Exit.OK


def test_a_stack_that_is_not_deployed_is_neither_drifted_nor_attested(member: Member, project: Path, attester: Attester) -> None:
    attester.attest()
    found = status_of(member, None, project)
    assert [case.status for case in found.cases] == [Status.WARN, Status.SKIPPED, Status.SKIPPED]


@pytest.mark.parametrize(
    ("change", "case", "status"),
    [
        ({"policy_digest": "sha256:" + "0" * 64}, "drift", Status.FAIL),
        ({"policy_digest": None, "unknown": "the state has no DCF rule"}, "drift", Status.INCONCLUSIVE),
        ({"interrupted": 2}, "deployed", Status.FAIL),
        ({"lost": "the simulated cloud was restarted"}, "deployed", Status.FAIL),
    ],
)
def test_a_deployment_that_is_not_the_reviewed_one_is_no_pass(
    member: Member, deployed: Deployment, project: Path, change: dict[str, Any], case: str, status: Status
) -> None:
    found = status_of(member, replace(deployed, **change), project)
    assert {one.id: one.status for one in found.cases}[case] is status


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ({"status": Status.FAIL}, Status.FAIL, "failed"),
        ({"status": Status.NOT_TESTED}, Status.INCONCLUSIVE, "incomplete"),
        ({"age": 25 * HOUR}, Status.FAIL, "stale"),
        ({"age": -HOUR}, Status.FAIL, "future"),
        ({"policy": "sha256:" + "1" * 64}, Status.FAIL, "is reviewed now"),
        ({"signer": CryptoSigner.generate_ed25519()}, Status.FAIL, "none of the trusted keys"),
    ],
)
def test_an_attestation_that_is_not_a_fresh_pass_of_this_policy_is_no_pass(
    member: Member, deployed: Deployment, project: Path, attester: Attester, values: dict[str, Any], status: Status, words: str
) -> None:
    attester.attest(**values)
    found = status_of(member, deployed, project).attested
    assert found.status is status
    assert words in found.title


def test_without_an_attestation_a_stack_is_not_tested_and_the_fleet_is_not_ok(member: Member, deployed: Deployment, project: Path) -> None:
    found = status_of(member, deployed, project)
    assert found.attested.status is Status.NOT_TESTED
    assert build_status_answer([found], [], BackendName.LAB).exit is Exit.INCONCLUSIVE


def test_without_a_trusted_key_no_attestation_passes(member: Member, deployed: Deployment, project: Path, attester: Attester) -> None:
    attester.attest()
    (project / "attesters.pem").unlink()
    assert status_of(member, deployed, project).attested.status is Status.FAIL


def test_the_newest_attestation_counts(member: Member, deployed: Deployment, project: Path, attester: Attester) -> None:
    attester.attest(age=3 * HOUR)
    attester.attest(status=Status.FAIL, age=2 * HOUR)
    assert status_of(member, deployed, project).attested.status is Status.FAIL
    attester.attest(age=HOUR)
    assert status_of(member, deployed, project).attested.status is Status.PASS


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"payload": "?"}', "[" * 9999])
def test_a_damaged_attestation_is_a_failure_and_not_missing(
    member: Member, deployed: Deployment, project: Path, attester: Attester, text: str
) -> None:
    attester.attest().write_text(text)
    assert status_of(member, deployed, project).attested.status is Status.FAIL


def test_ended_agents_and_missing_hosts_fail_and_near_ends_warn(member: Member, deployed: Deployment, project: Path) -> None:
    agents = tuple(make_agent(name, until=day) for name, day in (("gone", "2026-11-28"), ("last", "2026-11-29"), ("later", "2099-06-01")))
    found = status_of(member, deployed, project, agents)
    assert [(case.id, case.status, case.title.split()[0]) for case in found.hosts] == [
        ("agents", Status.FAIL, "gone"),
        ("agents", Status.WARN, "last"),
        ("hosts", Status.FAIL, "1"),
    ]
    assert [case.id for case in status_of(member, replace(deployed, hosts=2), project, agents[1:]).hosts] == ["agents"]


def test_a_host_that_no_file_describes_any_more_fails(member: Member, deployed: Deployment, project: Path) -> None:
    found = status_of(member, replace(deployed, hosts=2), project)
    assert [(case.id, case.status) for case in found.hosts] == [("hosts", Status.FAIL)]


@pytest.mark.parametrize(("hosts", "failed"), [(0, False), (1, True)])
def test_a_stack_by_request_has_no_host_without_an_agent(member: Member, deployed: Deployment, hosts: int, failed: bool) -> None:
    found = list(judge_agents(member, (), replace(deployed, hosts=hosts), NOW.date(), by_request=True))
    assert [case.status for case in found] == [Status.FAIL] * failed


def test_a_deployed_stack_without_a_file_fails_but_not_one_that_is_left_out(deployed: Deployment, member: Member) -> None:
    found = list(find_unreviewed([member], [STACK, "dev"], {"dev": deployed, "orphan": deployed, STACK: deployed}))
    assert [(case.where, case.status) for case in found] == [("orphan", Status.FAIL)]


def test_a_problem_of_a_file_fails_the_status(project: Path, member: Member, write_stack: Write) -> None:
    write_stack("research-monitor", vpcCidr="10.42.0.0/16")
    problems = FleetFacts(project, one_controller=True).problems
    answer = build_status_answer([status_of(member, None, project)], list_problem_cases(problems), BackendName.LAB)
    assert answer.exit is Exit.NO


def test_a_state_without_resources_is_not_deployed_and_one_without_rules_has_no_digest() -> None:
    assert describe_deployment(STACK, {}) is None
    host = {
        "urn": f"urn:pulumi:{STACK}::agent-containment::aws:ec2/instance:Instance::i",
        "type": "aws:ec2/instance:Instance",
        "custom": True,
    }
    found = describe_deployment(STACK, {"resources": [host], "pending_operations": [{}]})
    assert found is not None
    assert (found.hosts, found.interrupted, found.policy_digest) == (1, 1, None)
    assert found.unknown
