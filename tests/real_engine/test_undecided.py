"""Edited YAML and `up` without a decision: the official engine runs the program, which refuses, and the pack, which refuses by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.record.digests import digest_ruleset
from tests.containment.record.conftest import Office
from tests.containment.record.planted import CASES, ONE, STACK, Maker, write_log
from tests.deployment.lab import REPOSITORY, Lab
from tests.real_engine.driver import Official, Outcome, copy_programs
from tests.support.entries import FIELDS

pytestmark = pytest.mark.real_engine

RULE = "decisions-are-approved"
GUARD = "refuse_undecided(spec, ruleset)\n"
MONITOR = "coding-monitor"
SAAS = "agent-containment:approvedSaasApiDomains"
ENTRY = {"name": "api.partner.example", **FIELDS}


@pytest.fixture(scope="module")
def place(pulumi: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Official, Office]]:
    """Return the CLI and a folder with the program, the pack and one approver of the class coding; the platform is up."""
    folder = tmp_path_factory.mktemp("undecided")
    copy_programs(folder, {})
    shutil.copytree(REPOSITORY / "policypack", folder / "policypack")
    with Lab(tmp_path_factory.mktemp("undecided-lab")) as lab:
        official = Official(pulumi, tools, folder, lab)
        official.prepare(folder / "platform", "platform")
        official.up(folder / "platform", "platform")
        for stack in (STACK, MONITOR):
            official.prepare(folder, stack)
        yield official, Office(folder)


@pytest.fixture(autouse=True)
def clean(place: tuple[Official, Office]) -> None:
    """Give every test the shipped program, one approver, and an empty record."""
    folder = place[1].folder
    shutil.rmtree(folder / "decisions", ignore_errors=True)
    shutil.copy(REPOSITORY / "__main__.py", folder / "__main__.py")
    place[1].write_approvers(ONE)


def run(place: tuple[Official, Office], verb: str, stack: str = STACK) -> Outcome:
    official, office = place
    more = ("--yes", "--skip-preview") if verb == "up" else ()
    return official.run(office.folder, verb, "--stack", stack, "--policy-pack", str(office.folder / "policypack"), *more)


def leave_out_guard(folder: Path) -> None:
    """Make the program one that checks no decision: only the pack is left."""
    main = folder / "__main__.py"
    assert GUARD in main.read_text()
    main.write_text(main.read_text().replace(GUARD, ""))


def get_digest() -> str:
    return digest_ruleset(build_ruleset(read_stack(STACK, None, REPOSITORY)))


def assert_refused_by_pack(outcome: Outcome, text: str) -> None:
    assert outcome.code != 0, outcome.printed
    assert outcome.violations == {(RULE, "mandatory")}, [*outcome.errors, *outcome.complaints]
    assert any(text in one for one in outcome.complaints), outcome.complaints


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_enforce_without_a_decision_is_refused_by_the_program(place: tuple[Official, Office], verb: str) -> None:
    official, office = place
    outcome = run(place, verb)
    assert outcome.code != 0
    assert "is enforce without a valid decision (no-decision" in outcome.printed
    assert {one["type"] for one in official.resources(office.folder, STACK)} <= {"pulumi:pulumi:Stack"}


@pytest.mark.parametrize("case", ["a stranger's key", "approved by the requester", "expired", "replayed", "about another policy"])
def test_a_planted_approval_is_refused_by_the_pack(place: tuple[Official, Office], case: str) -> None:
    office, planted = place[1], CASES[case]
    office.write_approvers(planted.classes)
    leave_out_guard(office.folder)
    if envelopes := planted.make(Maker(office, get_digest())):
        write_log(office, envelopes)
    assert_refused_by_pack(run(place, "preview"), f"is enforce without a valid decision ({planted.code}")


def test_an_entry_written_by_hand_is_refused_by_program_and_pack(place: tuple[Official, Office]) -> None:
    office = place[1]
    path = office.folder / f"Pulumi.{MONITOR}.yaml"
    text = path.read_text()
    document = yaml.safe_load(text)
    document["config"][SAAS] = [ENTRY]
    path.write_text(yaml.safe_dump(document))
    try:
        refused = run(place, "preview", MONITOR)
        assert refused.code != 0
        assert f"{path.name}:approvedSaasApiDomains: has {ENTRY['name']} without a valid promotion decision" in refused.printed
        leave_out_guard(office.folder)
        assert_refused_by_pack(run(place, "preview", MONITOR), f"permits {ENTRY['name']}, which is not in the release")
    finally:
        path.write_text(text)


def test_a_decided_policy_comes_up_and_its_next_preview_is_judged_by_ids(place: tuple[Official, Office]) -> None:
    """The digest that the pack computes is the program's, before ids are known and after."""
    official, office = place
    write_log(office, [Maker(office, get_digest()).decide("Approver One")])
    official.must(office.folder, "preview", "--stack", STACK, "--policy-pack", str(office.folder / "policypack"))
    assert run(place, "up").code == 0
    assert run(place, "preview").code == 0
    leave_out_guard(office.folder)
    official.configure(office.folder, STACK, "verifySni", "false")
    assert_refused_by_pack(run(place, "preview"), "wrong-policy")
