"""Edited files and `up` without a decision: the lab refuses them by the program, and by the pack where the program does not check.

Every planted approval meets the guard and the rule without a lab (`tests/components`, `tests/policypack`); here, some. `APPROVALS=all`
(`make soak`) tries each.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.record.decision import DecisionKind
from containment.record.digests import digest_ruleset
from containment.record.subjects import build_catalog_subject, build_entry_subject
from tests.containment.record.conftest import Office
from tests.containment.record.planted import CASES, ONE, STACK, Maker, write_log
from tests.deployment.lab import REPOSITORY, Lab, Run
from tests.deployment.watch import hosts
from tests.real_engine.driver import copy_programs
from tests.support.entries import FIELDS

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(900)]

RULE = "decisions-are-approved"
IN_THE_LAB = [*CASES] if os.environ.get("APPROVALS") == "all" else ["nothing", "a stranger's key", "one person for two", "replayed"]
OWN_PRESETS = """from pathlib import Path
from containment.loaders import presets
presets.find_presets_folder = lambda: Path({folder!r})
"""
GUARD = "refuse_undecided(spec, ruleset)\n"
SAAS = "approvedSaasApiDomains"
ENTRY = {"name": "api.partner.example", **FIELDS}
NETWORKS = "approvedModelGatewayCidrs"
NETWORK = {"name": "10.201.0.0/28", **FIELDS}
SET = "package-registries"
ADDED = {
    "pattern": "mirror.example.com",
    "owner": "platform-team",
    "reason": "The company's own mirror of packages.",
    "source": "runtime facts: observed",
    "reviewed": "2026-11-29",
    "uploads": False,
    "relays": False,
    "foreignTenant": False,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Office]]:
    """Return a lab with the platform, and a folder with the program, the pack and approvers for the class coding."""
    folder = tmp_path_factory.mktemp("undecided")
    copy_programs(folder, {})
    for name in ("policypack", "presets"):
        shutil.copytree(REPOSITORY / name, folder / name)
    with Lab(tmp_path_factory.mktemp("undecided-lab")) as lab:
        lab.must("up", "platform", "--skip-preview", folder=folder / "platform")
        yield lab, Office(folder)


@pytest.fixture(autouse=True)
def clean(place: tuple[Lab, Office]) -> None:
    """Give every test the shipped files, one approver, and an empty record."""
    folder = place[1].folder
    shutil.rmtree(folder / "decisions", ignore_errors=True)
    for name in ("__main__.py", "Pulumi.coding-monitor.yaml", f"Pulumi.{STACK}.yaml", f"presets/catalog/{SET}.yaml"):
        shutil.copy(REPOSITORY / name, folder / name)
    main = folder / "__main__.py"
    main.write_text(OWN_PRESETS.format(folder=str(folder / "presets")) + main.read_text())
    place[1].write_approvers(ONE)


def run(place: tuple[Lab, Office], verb: str, stack: str = STACK, *more: str) -> Run:
    lab, office = place
    return lab.run(verb, stack, *more, folder=office.folder, pack=office.folder / "policypack")


def leave_out_guard(folder: Path) -> None:
    """Make the program one that checks no decision, as a person could who edits it: only the pack is left."""
    main = folder / "__main__.py"
    assert GUARD in main.read_text()
    main.write_text(main.read_text().replace(GUARD, ""))


def get_digest(**config: Any) -> str:
    return digest_ruleset(build_ruleset(read_stack(STACK, {key: str(value) for key, value in config.items()}, REPOSITORY)))


def assert_refused_by_program(found: Run, text: str) -> None:
    assert found.code not in (0, 3), found.talk
    assert any(text in one["message"] for one in found.report["diagnostics"]), found.report["diagnostics"]
    assert sum(found.report["changes"].values()) <= 1, found.report["changes"]  # the stack itself


def assert_refused_by_pack(found: Run, text: str) -> None:
    assert found.code == 3, found.talk
    assert {one["policy"] for one in found.report["violations"]} == {RULE}
    assert any(text in one["message"] for one in found.report["violations"]), found.report["violations"]


@pytest.mark.parametrize("case", IN_THE_LAB)
def test_a_planted_approval_is_refused_by_the_pack(place: tuple[Lab, Office], case: str) -> None:
    """The program is one that checks nothing; that the shipped one refuses the same, `tests/components/test_decision_guard` shows."""
    office, planted = place[1], CASES[case]
    office.write_approvers(planted.classes)
    if envelopes := planted.make(Maker(office, get_digest())):
        write_log(office, envelopes)
    leave_out_guard(office.folder)
    assert_refused_by_pack(run(place, "preview"), f"is enforce without a valid decision ({planted.code}")


@pytest.mark.parametrize("case", ["approved by the requester"])
def test_a_planted_approval_is_refused_by_the_program(place: tuple[Lab, Office], case: str) -> None:
    office, planted = place[1], CASES[case]
    write_log(office, planted.make(Maker(office, get_digest())))
    assert_refused_by_program(run(place, "preview"), f"is enforce without a valid decision ({planted.code}")


def test_up_without_a_preview_creates_nothing(place: tuple[Lab, Office]) -> None:
    """`up --skip-preview` of edited YAML stops before the first resource."""
    found = run(place, "up", STACK, "--skip-preview")
    assert_refused_by_program(found, "is enforce without a valid decision (no-decision")
    assert hosts(place[0].aws("ec2"), STACK) == []


def test_a_decided_policy_passes_and_a_policy_edited_after_it_does_not(place: tuple[Lab, Office]) -> None:
    """The pack compares the digest in the decision with the rules that the program registers: before ids are known, and after."""
    office = place[1]
    write_log(office, [Maker(office, get_digest()).decide("Approver One")])
    leave_out_guard(office.folder)
    assert run(place, "preview").code == 0
    edited = run(place, "preview", STACK, "--config", "verifySni=false")
    assert_refused_by_pack(edited, "wrong-policy")
    try:
        assert run(place, "up", STACK, "--skip-preview").code == 0
        assert run(place, "preview").code == 0
        assert_refused_by_pack(run(place, "preview", STACK, "--config", "verifySni=false"), "wrong-policy")
    finally:
        place[0].must("destroy", STACK, folder=office.folder)


@pytest.mark.parametrize(("key", "entry"), [(SAAS, ENTRY), (NETWORKS, NETWORK)], ids=[SAAS, NETWORKS])
def test_an_entry_written_by_hand_needs_its_decision(place: tuple[Lab, Office], key: str, entry: dict[str, str]) -> None:
    """In monitor, an entry of the stack's file is refused by program and pack until exactly it is decided."""
    office, stack = place[1], "coding-monitor"
    path = office.folder / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(path.read_text())
    document["config"][f"agent-containment:{key}"] = [entry]
    path.write_text(yaml.safe_dump(document))
    program = path.parent / "__main__.py"
    guarded = program.read_text()
    assert_refused_by_program(run(place, "preview", stack), f"Pulumi.{stack}.yaml:{key}: has {entry['name']} without a valid promotion")
    leave_out_guard(office.folder)
    assert_refused_by_pack(run(place, "preview", stack), f"permits {entry['name']}, which is not in the release")
    subject = build_entry_subject(path.name, key, entry)
    write_log(office, [Maker(office, get_digest()).decide("Approver One", kind=DecisionKind.PROMOTION, stack=stack, subject=subject)])
    program.write_text(guarded)
    assert run(place, "preview", stack).code == 0


def test_an_entry_added_to_the_catalog_needs_its_decision(place: tuple[Lab, Office]) -> None:
    """An entry that a catalog set has beyond the release is refused until it is decided, and again when its words change."""
    office, stack = place[1], "coding-monitor"
    path = office.folder / "presets" / "catalog" / f"{SET}.yaml"
    document = yaml.safe_load(path.read_text())

    def write(entry: dict[str, Any]) -> None:
        path.write_text(yaml.safe_dump({**document, "entries": [*document["entries"], entry]}))

    write(ADDED)
    where = f"presets/catalog/{SET}.yaml:entries: has {ADDED['pattern']} without a valid promotion decision"
    assert_refused_by_program(run(place, "preview", stack), where)
    subject = build_catalog_subject(SET, ADDED)
    write_log(office, [Maker(office, get_digest()).decide("Approver One", kind=DecisionKind.PROMOTION, stack=stack, subject=subject)])
    assert run(place, "preview", stack).code == 0
    write({**ADDED, "reason": "Another reason than the decided one."})
    assert_refused_by_program(run(place, "preview", stack), f"{where} (wrong-subject")
    shutil.rmtree(office.folder / "decisions")
    leave_out_guard(office.folder)
    assert_refused_by_pack(run(place, "preview", stack), f"permits {ADDED['pattern']}, which is not in the release")
