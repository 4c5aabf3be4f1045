"""Where approvers are named, enforce mode, an entry or a waiver without a valid decision stops the program and the pack."""

from __future__ import annotations

import json
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.record.decision import DecisionKind
from containment.record.digests import digest_ruleset
from containment.record.log import append_decision
from containment.record.shipped import load_shipped_entries
from containment.record.subjects import build_enforce_subject, build_entry_subject, list_catalog_subjects
from tests.containment.record.conftest import EVIDENCE, Office
from tests.containment.record.planted import CASES, Maker, write_log
from tests.support.deploy import REPOSITORY, deploy, stack_config
from tests.support.entries import FIELDS

PROGRAM = """
from pathlib import Path
from components.decision_guard import refuse_undecided
from components.stack_config import build_policy, read_spec
spec = read_spec()
refuse_undecided(spec, build_policy(spec), Path({folder!r}))
"""
SAAS = "approvedSaasApiDomains"
NAME = "api.partner.example"
ENTRY = {"name": NAME, **FIELDS}
OTHER = {"name": "other.partner.example", **FIELDS}


@pytest.fixture
def record(tmp_path: Path) -> Office:
    """Return a folder that names one approver for the class coding."""
    found = Office(tmp_path)
    found.write_approvers("{coding: {roles: [security]}}")
    return found


def _run(record: Office, stack: str, **config: Any) -> str | None:
    return deploy(stack, stack_config(stack, **config), textwrap.dedent(PROGRAM.format(folder=str(record.folder)))).error


def _decide(record: Office, kind: DecisionKind, stack: str, subject: Any, **changes: Any) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    values = {"not_before": now - timedelta(minutes=1), "expires": now + timedelta(days=9), "kind": kind, "stack": stack}
    append_decision(record.sign(record.make(**values, subject=subject, **changes), "Approver One"), folder=record.folder, now=now)


def _digest(**config: Any) -> str:
    overrides = {key: json.dumps(value) for key, value in config.items()}
    return digest_ruleset(build_ruleset(read_stack("coding-enforce", overrides, REPOSITORY)))


def test_without_approvers_for_the_class_every_stack_comes_up(record: Office) -> None:
    """A fresh clone, an empty file, and a file that names others need no decision."""
    for text in (None, "", "people: []\nclasses: {}\n"):
        path = record.folder / "approvers.yaml"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        assert _run(record, "coding-enforce", **{SAAS: [ENTRY]}) is None
    record.write_approvers("{research: {roles: [security]}}")
    assert _run(record, "coding-enforce", **{SAAS: [ENTRY]}) is None


def test_an_unusable_approvers_file_stops_the_program(record: Office) -> None:
    """It is unknown who may decide, which is no permission."""
    (record.folder / "approvers.yaml").write_text("people: nobody\n")
    error = _run(record, "coding-enforce")
    assert error is not None
    assert "approvers.yaml:people" in error


def test_enforce_needs_a_decision_about_todays_policy(record: Office) -> None:
    """Enforce mode by editing the file is refused; a decision about another policy does not count."""
    error = _run(record, "coding-enforce")
    assert error is not None
    assert "coding-enforce:policyMode: is enforce without a valid decision (no-decision" in error
    assert _run(record, "coding-monitor") is None
    _decide(record, DecisionKind.ENFORCE, "coding-enforce", build_enforce_subject("coding-enforce", "sha256:" + "5" * 64, EVIDENCE))
    error = _run(record, "coding-enforce")
    assert error is not None
    assert "wrong-policy" in error
    _decide(record, DecisionKind.ENFORCE, "coding-enforce", build_enforce_subject("coding-enforce", _digest(), EVIDENCE))
    assert _run(record, "coding-enforce") is None
    _decide(record, DecisionKind.ROLLBACK, "coding-enforce", {"stack": "coding-enforce", "mode": "monitor"})
    error = _run(record, "coding-enforce")
    assert error is not None
    assert "revoked" in error


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_planted_approval_does_not_count(record: Office, case: str) -> None:
    """A log that a person wrote, with its head, is refused with the code of what is wrong with the approval."""
    planted = CASES[case]
    record.write_approvers(planted.classes)
    if envelopes := planted.make(Maker(record, _digest())):
        write_log(record, envelopes)
    error = _run(record, "coding-enforce")
    assert error is not None
    assert f"policyMode: is enforce without a valid decision ({planted.code}" in error


def test_a_true_approval_written_in_the_same_way_counts(record: Office) -> None:
    """The cases above are refused for what is wrong with them, and not for how their log was written."""
    write_log(record, [Maker(record, _digest()).decide("Approver One")])
    assert _run(record, "coding-enforce") is None


def test_an_entry_needs_a_promotion(record: Office) -> None:
    """A name in the stack's file without its decision is refused, in both modes; a decided one continues the enforce decision."""
    _decide(record, DecisionKind.ENFORCE, "coding-enforce", build_enforce_subject("coding-enforce", _digest(), EVIDENCE))
    for stack in ("coding-enforce", "coding-monitor"):
        error = _run(record, stack, **{SAAS: [ENTRY]})
        assert error is not None
        assert f"Pulumi.{stack}.yaml:{SAAS}: has {NAME} without a valid promotion decision" in error
    for stack in ("coding-enforce", "coding-monitor"):
        subject = build_entry_subject(f"Pulumi.{stack}.yaml", SAAS, ENTRY)
        _decide(record, DecisionKind.PROMOTION, stack, subject, policy_digest=_digest(**{SAAS: [ENTRY]}))
        assert _run(record, stack, **{SAAS: [ENTRY]}) is None
    error = _run(record, "coding-enforce", **{SAAS: [ENTRY, OTHER]})
    assert error is not None
    assert "other.partner.example without" in error
    assert f"has {NAME}" not in error


def test_an_exception_needs_a_waiver_decision_about_its_words(record: Office) -> None:
    """The owner, the reason and the end of an exception are part of what is decided."""
    entry = {"host": "api.openai.com", "owner": "data team", "reason": "pilot until spring", "until": "2027-03-31"}
    file, key, gateways = "Pulumi.coding-monitor.yaml", "sanctionedModelProviders", "approvedModelGatewayDomains"
    given = {gateways: ["api.openai.com"], key: [entry]}
    _decide(record, DecisionKind.PROMOTION, "coding-monitor", build_entry_subject(file, gateways, "api.openai.com"))
    error = _run(record, "coding-monitor", **given)
    assert error is not None
    assert f"{key}: has api.openai.com without a valid waiver decision (no-decision" in error
    _decide(record, DecisionKind.WAIVER, "coding-monitor", build_entry_subject(file, key, entry))
    assert _run(record, "coding-monitor", **given) is None
    for change in ({"until": "2027-06-30"}, {"owner": "other team"}, {"reason": "forever"}):
        error = _run(record, "coding-monitor", **{**given, key: [{**entry, **change}]})
        assert error is not None
        assert f"{key}: has api.openai.com without a valid waiver decision (wrong-subject" in error


def test_a_changed_log_has_no_valid_decision(record: Office) -> None:
    """One changed byte of the log makes every decision void."""
    _decide(record, DecisionKind.ENFORCE, "coding-enforce", build_enforce_subject("coding-enforce", _digest(), EVIDENCE))
    assert _run(record, "coding-enforce") is None
    path = record.folder / "decisions" / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(b"decision", b"decisiom", 1))
    error = _run(record, "coding-enforce")
    assert error is not None
    assert "log-broken" in error


def test_an_added_catalog_entry_needs_a_promotion(record: Office) -> None:
    """The program judges the catalog's sets of the class: an entry beyond the release, or one with fewer flags, is refused."""
    library = load_library()
    name, found = "package-registries", library.sets["package-registries"]
    shipped = load_shipped_entries()
    entries = [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in found.entries]
    assert list_catalog_subjects({name: entries}, shipped) == []
    risky = next(one for one in entries if one["uploads"])
    ((kind, subject),) = list_catalog_subjects({name: [*entries, {**risky, "uploads": False}]}, shipped)
    assert (kind, subject["name"], subject["file"]) == (DecisionKind.PROMOTION, risky["pattern"], f"presets/catalog/{name}.yaml")
    assert [one["name"] for _, one in list_catalog_subjects({"mine": entries[:1]}, shipped)] == [entries[0]["pattern"]]
