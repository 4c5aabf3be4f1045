"""Shells complete commands, options, stacks, configuration keys and rules; each shell's script is generated."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from containment.cli.app import build, find_typed_words

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Complete in the repository's folder."""
    monkeypatch.chdir(ROOT)


def answer(instruction: str, more: dict[str, str]) -> str:
    """Return what the command prints to a shell that completes."""
    environment = {**more, "_CONTAINMENT_COMPLETE": instruction}
    done = CliRunner().invoke(build(), [], prog_name="containment", env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout


def complete(line: str, shell: str = "bash") -> list[str]:
    """Return what a shell is offered at the end of a line."""
    words = line.split(" ")
    by_shell = {
        "bash": {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    return [part.split("\t")[0] for part in answer(f"complete_{shell}", by_shell).splitlines() if part]


def test_commands_complete() -> None:
    assert complete("containment pr") == ["preflight", "prove", "promote"]


def test_stacks_of_the_named_folder_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("coding-a", "coding-b", "other"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    assert complete(f"containment prove -C {tmp_path} --stack o") == ["other"]
    monkeypatch.chdir(tmp_path)
    assert complete("containment plan -s coding-") == ["coding-a", "coding-b"]


def test_keys_of_the_project_complete_with_their_equals_sign() -> None:
    assert complete("containment plan -c vpcC") == ["vpcCidr="]
    assert "policyMode=" in complete("containment lab up -s x -c ", shell="fish")


def test_no_project_completes_to_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert complete("containment plan -c ") == []
    (tmp_path / "Pulumi.yaml").write_text("config: [")
    assert complete("containment plan -c ") == []


def test_rules_complete() -> None:
    assert "agent-host-requires-imdsv2" in complete("containment check --rule agent-host-requires")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_generated_and_loads(shell: str, tmp_path: Path) -> None:
    script = answer(f"source_{shell}", {})
    assert f"complete_{shell}" in script
    if binary := shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([binary, "-n", str(tmp_path / "script")], check=True, timeout=60)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"COMP_WORDS": "containment\nplan\n-s\n", "_CONTAINMENT_COMPLETE": "complete_bash"}, ["plan", "-s"]),
        ({"_TYPER_COMPLETE_ARGS": "containment lab up -s ", "_CONTAINMENT_COMPLETE": "complete_zsh"}, ["lab", "up", "-s"]),
        ({"_TYPER_COMPLETE_ARGS": "containment plan -c 'a", "_CONTAINMENT_COMPLETE": "complete_fish"}, ["plan", "-c", "'a"]),
        ({"COMP_WORDS": "another\nprogram"}, ["--json"]),
    ],
)
def test_only_the_command_under_the_cursor_is_loaded(environment: dict[str, str], words: list[str]) -> None:
    assert list(find_typed_words(["--json"], environment)) == words


def test_the_installed_command_completes() -> None:
    environment = {"COMP_WORDS": "containment pla", "COMP_CWORD": "1", "_CONTAINMENT_COMPLETE": "complete_bash", "PYTHONPATH": str(ROOT)}
    code = "import sys; sys.argv = ['containment']; from containment.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["plan"]
