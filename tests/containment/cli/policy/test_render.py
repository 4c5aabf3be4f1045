"""`containment render`: the file on standard output, its proofs on standard error, and a refusal of whatever is wider or cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from containment.cli.app import build
from containment.exit_code import Exit
from tests.support.child import REPOSITORY

APP = build(["render"])
STACK = ("-s", "research-enforce", "-C", str(REPOSITORY))


def run(*words: str) -> Result:
    return CliRunner().invoke(APP, ["render", *words, *STACK])


def test_the_file_alone_is_on_standard_output_and_the_limit_is_stated() -> None:
    result = run("--as", "openshell")
    assert result.exit_code == Exit.OK, result.output
    assert yaml.safe_load(result.stdout)["landlock"] == {"compatibility": "hard_requirement"}
    assert "enforced only where OpenShell runs" in result.stderr
    assert "SKIPPED openshell-programs" in result.stderr


@pytest.mark.parametrize("kind", ["openshell", "launcher", "webgroups"])
def test_a_file_that_was_written_is_compared_and_proved(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "out" / "file"
    assert run("--as", kind, "--write", str(path)).exit_code == Exit.OK
    result = run("--as", kind, "--check", str(path))
    assert result.exit_code == Exit.OK
    assert result.stdout == ""
    assert f"PROVED: {path}" in result.stderr


def test_a_wider_file_ends_with_no_and_a_counterexample(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(run("--as", "openshell").stdout.replace("hard_requirement", "best_effort"))
    result = run("--as", "openshell", "--check", str(path), "--json")
    assert result.exit_code == Exit.NO
    found = json.loads(result.stdout)
    assert found["exitCode"] == Exit.NO
    assert ["landlock.compatibility", "/etc/shadow can be written: best_effort applies no rule where the kernel lacks Landlock"] in [
        shown for proof in found["proofs"] for shown in proof["shown"]
    ]


def test_a_file_of_another_format_is_not_proved_and_the_right_keys_are_named(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("network: {egress: {deny: all, allow: [api.example.com]}}\n")
    result = run("--as", "openshell", "--check", str(path))
    assert result.exit_code == Exit.NO
    assert "write network_policies" in result.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"[]", b"{", b"a: &a [*a]", b"null"])
@pytest.mark.parametrize("kind", ["openshell", "launcher", "webgroups"])
def test_a_file_that_cannot_be_read_is_never_proved(kind: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    result = run("--as", kind, "--check", str(path))
    assert result.exit_code in (Exit.ERROR, Exit.NO)
    assert isinstance(result.exception, SystemExit)


def test_a_missing_file_and_a_folder_are_errors_with_a_fix(tmp_path: Path) -> None:
    for path, says in ((tmp_path, "is a folder, not a file"), (tmp_path / "none", "does not exist")):
        result = run("--as", "launcher", "--check", str(path))
        assert result.exit_code == Exit.ERROR
        assert says in result.stderr
        assert "fix:" in result.stderr


def test_protos_are_for_openshell_alone() -> None:
    result = run("--as", "launcher", "--schema")
    assert result.exit_code == Exit.ERROR
    assert "leave it out" in result.stderr


def test_json_has_the_text_with_its_digest() -> None:
    found = json.loads(run("--as", "launcher", "--json").stdout)
    assert json.loads(found["text"])["schema"] == "containment-launcher-profile/v1"
    assert found["enforcedBy"]
    assert len(found["sha256"]) == 64
