"""`containment evidence` writes four files and ends with the verdict; `evidence verify` ends with whether they are genuine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from containment.cli.app import build
from tests.containment.evidence.desk import STACK, Desk, build_result, build_state


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    found = Desk(tmp_path_factory.mktemp("desk"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINMENT_LAB_HOME", str(found.folder / "no-lab"))
        patch.setenv("PATH", str(found.folder))
        patch.delenv("SOURCE_DATE_EPOCH", raising=False)
        found.write("state.json", build_state())
        found.write("report.json", build_result())
        yield found


def run(desk: Desk, *words: str) -> Result:
    return CliRunner().invoke(build(["evidence"]), ["evidence", *words, "--cwd", str(desk.folder)])


def make(desk: Desk, out: str, *words: str) -> Result:
    made = ("--key", str(desk.folder / "key.pem"), "--out", str(desk.folder / out), "--at", "2026-11-28T13:00:00Z")
    return run(desk, STACK, *made, *words)


def add_results(desk: Desk, **changes: Any) -> tuple[str, ...]:
    path = desk.write("changed.json", build_result(**changes))
    return ("--state", str(desk.folder / "state.json"), "--results", str(path))


def test_it_writes_four_files_and_ends_with_the_verdict(desk: Desk) -> None:
    done = make(desk, "one", *add_results(desk))
    assert done.exit_code == 12, done.output
    assert "NOT TESTED" in done.output
    assert done.output.startswith("SIMULATED IN PART")
    assert sorted(path.name for path in (desk.folder / "one").iterdir()) == [
        f"evidence{suffix}" for suffix in (".csv", ".html", ".json", ".md")
    ]
    genuine = run(desk, "verify", str(desk.folder / "one/evidence.json"))
    assert genuine.exit_code == 0, genuine.output
    assert genuine.output.startswith("GENUINE")
    required = run(desk, "verify", str(desk.folder / "one/evidence.json"), "--require-pass")
    assert required.exit_code == 12


def test_a_failed_claim_ends_with_no(desk: Desk) -> None:
    rows = build_result()["predicted"]
    done = make(
        desk, "failed", *add_results(desk, predicted=[{**rows[0], "result": "DISAGREES", "differs": "it was delivered"}, *rows[1:]])
    )
    assert done.exit_code == 10, done.output
    assert "FAIL: at least one claim is false" in done.output
    assert run(desk, "verify", str(desk.folder / "failed/evidence.json")).exit_code == 0, "it is genuine all the same"
    assert run(desk, "verify", str(desk.folder / "failed/evidence.json"), "--require-pass").exit_code == 10


@pytest.mark.parametrize("suffix", [".json", ".csv", ".html", ".md"])
def test_a_changed_file_ends_with_no(desk: Desk, suffix: str) -> None:
    assert make(desk, f"changed-{suffix[1:]}").exit_code == 12
    path = desk.folder / f"changed-{suffix[1:]}" / f"evidence{suffix}"
    path.write_text(path.read_text().replace("NOT TESTED", "PASS", 1))
    done = run(desk, "verify", str(path.with_suffix(".json")))
    assert done.exit_code == 10, done.output
    assert done.output.startswith("REFUSED")


def test_a_rendering_that_is_missing_is_not_tested(desk: Desk) -> None:
    make(desk, "alone")
    for suffix in (".csv", ".html", ".md"):
        (desk.folder / f"alone/evidence{suffix}").unlink()
    done = run(desk, "verify", str(desk.folder / "alone/evidence.json"), "--json")
    document = json.loads(done.output)
    assert [case["status"] for case in document["cases"]] == ["passed", "not tested", "not tested", "not tested"]
    assert done.exit_code == 0


def test_the_key_has_to_be_known(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path)
    done = run(desk, STACK, "--key", str(other.folder / "key.pem"), "--out", str(tmp_path / "out"))
    assert done.exit_code == 1
    assert not (tmp_path / "out").exists()
    assert run(desk, STACK).exit_code == 2, "without a key nothing is signed"
    make(desk, "known")
    trusted = ("--public-key", str(other.folder / "attesters.pem"))
    assert run(desk, "verify", str(desk.folder / "known/evidence.json"), *trusted).exit_code == 10
    assert run(other, "verify", str(desk.folder / "known/evidence.json")).exit_code == 10
    own = ("--public-key", str(desk.folder / "attesters.pem"))
    assert run(other, "verify", str(desk.folder / "known/evidence.json"), *own).exit_code == 0


def test_a_known_secret_stops_the_bundle(desk: Desk) -> None:
    named = desk.folder / "secrets.txt"
    named.write_text("10.43.0.0/16\n")
    done = make(desk, "secret", "--secrets", str(named))
    assert done.exit_code == 1
    assert "secrets.txt:1" in done.output
    assert not (desk.folder / "secret").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("verify", "nowhere.json"), 1),
        (("no-such-stack", "--key", "key.pem"), 2),
        ((STACK, "--key", "key.pem", "--at", "yesterday"), 2),
        ((STACK, "--key", "key.pem", "--at", "2026-11-28T13:00:00"), 2),
        ((STACK, "--key", "key.pem", "--results", "nowhere.json"), 1),
        ((STACK, "--key", "key.pem", "--state", "nowhere.json"), 1),
        ((STACK, "--key", "nowhere.pem"), 1),
        ((STACK, "--key", "key.pem", "--out", "key.pem"), 1),
    ],
)
def test_wrong_usage_ends_with_its_code_and_no_traceback(desk: Desk, words: tuple[str, ...], code: int) -> None:
    done = run(desk, *(str(desk.folder / word) if word == "key.pem" else word for word in words))
    assert done.exit_code == code, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_the_time_of_source_date_epoch_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    done = run(desk, STACK, "--key", str(desk.folder / "key.pem"), "--out", str(desk.folder / "epoch"), "--json")
    assert json.loads(done.output)["made"] == "2026-11-18T11:06:40Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert run(desk, STACK, "--key", str(desk.folder / "key.pem")).exit_code == 2
