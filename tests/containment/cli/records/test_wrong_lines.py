"""Command lines that a newcomer writes wrong: what is printed names the mistake and a fix that works."""

from __future__ import annotations

import re
from pathlib import Path

from tests.containment.cli.commands import help_text
from tests.containment.cli.conftest import Run


def test_a_file_that_is_no_observation_is_one_mistake_and_not_one_per_key(stacks: Path, run: Run) -> None:
    for text in ("{}", "[]", '{"resources": []}'):
        (stacks / "given.json").write_text(text)
        done = run("enforce", "coding-monitor", "--evidence", "given.json")
        assert done.exit_code == 1
        assert "given.json: is no output of containment observe: it has no schema" in done.stderr
        assert done.stderr.count("fix: ") == 1


def test_the_proposed_time_of_a_bundle_is_taken(stacks: Path, run: Run) -> None:
    for text in ("2026-11-29", "2026-11-29T12:30:00"):
        said = run("evidence", "coding-monitor", "--key", "none.pem", "--at", text).stderr
        found = re.search(r"fix: write (\S+) for UTC", said)
        assert found is not None, said
        assert "--at" not in run("evidence", "coding-monitor", "--key", "none.pem", "--at", found[1]).stderr
    assert not (stacks / "evidence").exists()


def test_a_file_that_is_no_attestation_is_not_blamed_on_its_key(stacks: Path, run: Run) -> None:
    (stacks / "given.json").write_text("{}")
    said = run("attest", "verify", "given.json").stderr
    assert "fix: name a file that containment attest STACK wrote" in said


def test_a_key_of_evidence_is_not_explained_as_one_of_an_approval(stacks: Path, run: Run) -> None:
    assert stacks == Path.cwd()
    said = run("evidence", "coding-monitor", "--key", "none.pem").stderr
    assert "--key none.pem: does not exist" in said
    assert "approval" not in said


def test_the_example_of_a_rollback_goes_back() -> None:
    """A stack in monitor mode has nothing to go back from."""
    assert "containment rollback coding-enforce" in help_text(("rollback",))
