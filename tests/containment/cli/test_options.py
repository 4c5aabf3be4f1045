"""Options that commands share behave the same in each of them."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from pathlib import Path

import pytest

from containment.cli import options

from .conftest import Run

CLI = Path(options.__file__).parent
VERBS = {
    "plan": ["plan", "-s", "coding-monitor"],
    "host": ["host", "-s", "coding-monitor"],
    "reach": ["reach", "-s", "coding-enforce"],
    "prove": ["prove", "-s", "coding-enforce"],
    "risk": ["risk", "-s", "coding-enforce"],
    "explain": ["explain", "-s", "coding-enforce", "--to", "api.openai.com"],
    "diff": ["diff", "locked-down-enforce", "coding-enforce"],
    "doctor": ["doctor"],
    "preflight": ["preflight", "-s", "coding-monitor"],
    "lab status": ["lab", "status"],
    "lab stacks": ["lab", "stacks"],
    "lab world status": ["lab", "world", "status"],
}
each_verb = pytest.mark.parametrize("words", VERBS.values(), ids=VERBS)


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a lab home and credentials of no one."""
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AVIATRIX_CONTROLLER_IP"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@each_verb
def test_json_is_short_for_format_json(stacks: Path, run: Run, words: list[str]) -> None:
    short, long = run(*words, "--json"), run(*words, "-f", "json")
    assert short.exit_code == long.exit_code
    assert json.loads(short.stdout).keys() == json.loads(long.stdout).keys()


@each_verb
@pytest.mark.parametrize("other", ["table", "markdown", "csv"])
def test_json_contradicts_another_format(stacks: Path, run: Run, words: list[str], other: str) -> None:
    result = run(*words, "--json", "-f", other)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"--format {other}" in result.stderr


@each_verb
def test_csv_has_whole_rows_under_one_header_and_markdown_begins_with_the_headline(stacks: Path, run: Run, words: list[str]) -> None:
    result = run(*words, "-f", "csv")
    rows = list(csv.reader(io.StringIO(result.stdout), strict=True))
    assert rows[0][0] == "table"
    assert {len(row) for row in rows} == {len(rows[0])}
    assert run(*words, "-f", "markdown").stdout.startswith("**")


def test_csv_has_every_row_of_every_table(stacks: Path, run: Run) -> None:
    every = list(csv.DictReader(io.StringIO(run(*VERBS["plan"], "-f", "csv").stdout)))
    rows = [row for row in every if row["table"].startswith("Rules")]
    rules = json.loads(run(*VERBS["plan"], "--json").stdout)["rules"]
    assert [row["rule"] for row in rows] == [*(rule["name"] for rule in rules), "default action"]
    assert [row["why"] for row in rows][:-1] == [rule["why"] for rule in rules]
    risks = list(csv.DictReader(io.StringIO(run(*VERBS["risk"], "-f", "csv").stdout)))
    assert len({row["table"] for row in risks}) > 3


@pytest.mark.parametrize("verb", ["plan", "host", "reach", "prove", "risk", "explain", "preflight"])
def test_a_stack_of_another_folder_is_read_from_there(
    stacks: Path, run: Run, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run(*VERBS[verb], "--json")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(*VERBS[verb]).exit_code == 2
    there = run(*VERBS[verb], "--json", "-C", str(stacks))
    assert (there.exit_code, there.stdout) == (here.exit_code, here.stdout)


def test_diff_reads_both_sides_from_the_folder_and_sets_keys_of_the_second(
    stacks: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    same = ["diff", "coding-monitor", "coding-monitor", "-C", str(stacks)]
    assert run(*same).stdout.startswith("Equal: ")
    assert "NEWLY ALLOWED: acme.example.com" in run(*same, "-c", 'approvedSaasApiDomains=["acme.example.com"]').stdout


def test_doctor_looks_at_the_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime:\n  name: python\n  options:\n    virtualenv: nowhere\n")
    assert "nowhere does not exist" in run("doctor", "-C", str(tmp_path)).stdout


@pytest.mark.parametrize(
    ("words", "suggested"),
    [
        (["pln"], "plan"),
        (["lab", "prevew"], "preview"),
        (["plan", "--stak", "x"], "--stack"),
        (["plan", "--formt", "json"], "--format"),
        (["reach", "-s", "coding-enforce", "-f", "tabel"], "table"),
    ],
)
def test_a_misspelled_command_or_option_gets_a_suggestion(stacks: Path, run: Run, words: list[str], suggested: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert f"did you mean {suggested}? " in result.stderr


@pytest.mark.parametrize("verb", ["plan", "host", "reach", "prove", "risk", "explain", "preflight"])
def test_a_stack_that_does_not_exist_is_wrong_usage(stacks: Path, run: Run, verb: str) -> None:
    result = run(*[word.replace("coding-", "codng-") for word in VERBS[verb]])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "coding-monitor" in result.stderr


def test_an_interruption_has_its_own_exit_code(stacks: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("containment.cli.policy.plan.build_ruleset", interrupted)
    result = run("plan")
    assert (result.exit_code, result.stdout, result.stderr) == (5, "", "interrupted\n")


def test_the_version_names_the_package_the_commit_and_the_python(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert re.fullmatch(r"containment \d+\.\d+\.\d+ \((commit [0-9a-f]{7,}(-dirty)?, )?Python 3\.\d+\.\d+\)", result.stdout.strip())


def test_a_run_without_a_command_is_wrong_usage(run: Run) -> None:
    result = run("lab", "run")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "fix: give a command after `--`, or a harness with --with" in result.stderr


@pytest.mark.parametrize("verb", ["verify", "report"])
def test_a_machine_that_cannot_send_packets_is_skipped_in_data_too(run: Run, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    for module in ("network", "report"):
        monkeypatch.setattr(f"containment.cli.lab.{module}.list_missing", lambda: ["no namespaces"])
    result = run("lab", verb, "--json")
    assert result.exit_code == 1
    assert "no namespaces" in json.dumps(json.loads(result.stdout))
    assert run("lab", verb, "--json", "--skip-if-impossible").exit_code == 0


def test_an_option_is_declared_once() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(CLI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Option", "typer.Argument"):
                found.setdefault(ast.unparse(node), []).append(f"{path.relative_to(CLI)}:{node.lineno}")
    assert {text: places for text, places in found.items() if len(places) > 1} == {}
