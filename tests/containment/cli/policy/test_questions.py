"""The questions' command line: exit codes as published, one object in JSON, newly allowed first, mistakes without a traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.containment.cli.conftest import Run

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("arguments", "code", "starts"),
    [
        (["--to", "api.openai.com:443"], 10, "DENIED"),
        (["--to", "\uff21\uff30\uff29\uff0eopenai\uff0ecom.:443"], 10, "DENIED"),
        (["--to", "github.com"], 0, "PERMITTED"),
        (["--to", "github.com:443", "--http"], 10, "DENIED"),
        (["--to", "github.com:443", "--no-sni"], 10, "DENIED"),
        (["--to", "github.com:443/udp"], 10, "DENIED"),
        (["--to", "8.8.8.8:53/udp"], 10, "DENIED"),
        (["--to", "[2001:db8::1]:443"], 10, "DENIED"),
        (["--to", "10.0.0.1/icmp"], 10, "DENIED"),
    ],
)
def test_explain_prints_and_ends_as_published(stacks: Path, run: Run, arguments: list[str], code: int, starts: str) -> None:
    result = run("explain", "--stack", "coding-enforce", *arguments)
    assert (result.exit_code, result.output.splitlines()[0].startswith(starts)) == (code, True), result.output


def test_in_monitor_a_deny_is_reported_as_what_it_would_be(stacks: Path, run: Run) -> None:
    result = run("explain", "--stack", "coding-monitor", "--to", "api.openai.com:443")
    assert result.exit_code == 10
    assert result.output.startswith("WOULD BE DENIED (today: delivered)")


@pytest.mark.parametrize("mode", ["monitor", "enforce"])
@pytest.mark.parametrize("agent_class", ["coding", "locked-down"])
def test_every_statement_is_proved_for_shipped_classes(stacks: Path, run: Run, agent_class: str, mode: str) -> None:
    result = run("prove", "--stack", f"{agent_class}-{mode}", "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["schema"]) == (0, "containment-prove/v1")
    assert {case["status"] for case in found["cases"]} <= {"passed", "skipped"}
    assert sum(case["status"] == "passed" for case in found["cases"]) >= 8


@pytest.mark.parametrize("verb", [["reach"], ["prove"], ["risk"], ["explain", "--to", "github.com"]])
def test_every_format_is_well_formed_and_contains_the_headline(stacks: Path, run: Run, verb: list[str]) -> None:
    asked = [*verb, "--stack", "coding-enforce", "--format"]
    headline = json.loads(run(*asked, "json").stdout)["headline"]
    assert run(*asked, "table").stdout.splitlines()[0] == headline
    assert run(*asked, "markdown").stdout.startswith("**")
    sarif = json.loads(run(*asked, "sarif").stdout)
    assert sarif["version"] == "2.1.0"
    suite = ElementTree.fromstring(run(*asked, "junit").stdout)
    assert suite.tag == "testsuite"
    assert int(suite.get("tests", "-1")) == len(suite.findall("testcase"))


def test_an_equal_policy_is_reported_in_one_line(stacks: Path, run: Run) -> None:
    result = run("diff", "coding-enforce", "coding-enforce")
    assert result.exit_code == 0
    assert result.output.splitlines()[0].startswith("Equal: ")


def test_a_wider_class_is_newly_allowed_and_loud(stacks: Path, run: Run) -> None:
    result = run("diff", "locked-down-enforce", "coding-enforce", "--format", "markdown")
    assert result.exit_code == 11
    assert result.output.startswith("**NEWLY ALLOWED")
    assert "pypi.org" in result.output


def test_the_way_back_allows_nothing_new(stacks: Path, run: Run) -> None:
    result = run("diff", "coding-enforce", "locked-down-enforce")
    assert result.exit_code == 0
    assert result.output.startswith("Nothing newly allowed")


def test_enforce_denies_what_monitor_delivers_and_allows_nothing_new(stacks: Path, run: Run) -> None:
    result = run("diff", "coding-monitor", "coding-enforce")
    assert result.exit_code == 0
    assert "NEWLY DENIED" in result.output


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository of its own with this checkout's presets and two stack files, committed, as the current folder."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "presets", folder / "presets")
    for name in ("Pulumi.yaml", "Pulumi.coding-enforce.yaml", "Pulumi.locked-down-enforce.yaml"):
        (folder / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "base"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, timeout=60)
    monkeypatch.chdir(folder)
    return folder


def test_a_registry_widened_to_its_top_level_domain_is_the_first_line(checkout: Path, run: Run) -> None:
    catalog = checkout / "presets" / "catalog" / "package-registries.yaml"
    catalog.write_text(catalog.read_text(encoding="utf-8").replace("pattern: pypi.org", 'pattern: "*.org"'), encoding="utf-8")
    result = run("diff", "HEAD", ".", "--format", "markdown")
    assert result.exit_code == 11, result.output
    assert result.output.splitlines()[0].startswith("**NEWLY ALLOWED")
    wanted = ("allow-packages", "Python Software Foundation", "accepts uploads", "TLS naming", "exit code 11")
    assert [word for word in wanted if word not in result.output.splitlines()[0]] == []
    row = next(line for line in result.output.splitlines() if "coding-enforce" in line and ".org" in line and line.startswith("|"))
    assert all(word in row for word in ("allow-packages", "Python Software Foundation", "uploads", "TLS naming"))
    assert "refused" in result.output, "that the presets would not even load is told"
    unchanged = run("diff", "HEAD:locked-down-enforce", ".")
    assert unchanged.output.startswith("Equal: ")


def test_two_equal_revisions_are_equal_in_one_line(checkout: Path, run: Run) -> None:
    result = run("diff", "HEAD", "HEAD", "--format", "markdown")
    assert result.exit_code == 0
    assert result.output.startswith("**Equal: ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["explain", "--to", "github.com"], 2),
        (["reach", "--stack", "coding-enforce", "--state", "x.json"], 2),
        (["reach", "--stack", "nowhere"], 2),
        (["prove", "--state", "missing.json"], 1),
        (["explain", "--stack", "coding-enforce", "--to", "github.com:99999"], 1),
        (["explain", "--stack", "coding-enforce", "--to", "bad name!:443"], 1),
        (["diff", "no-such-revision", "coding-enforce"], 1),
        (["diff", "--", "--upload-pack=x", "coding-enforce"], 1),
        (["check", "missing.json"], 1),
    ],
)
def test_mistakes_are_reported_without_a_traceback(stacks: Path, run: Run, arguments: list[str], code: int) -> None:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_no_state_is_reported(stacks: Path, run: Run) -> None:
    for text in ("{}", "[]", "not json", '{"deployment": {"resources": [{"urn": 1}]}}', '{"deployment": {}}'):
        (stacks / "state.json").write_text(text)
        for verb in ("prove", "check"):
            result = run(verb, *(["state.json"] if verb == "check" else ["--state", "state.json"]))
            assert result.exit_code in (1, 6), (text, result.output)
            assert "Traceback" not in result.output


def test_check_judges_by_the_rules_that_are_named_only(stacks: Path, run: Run) -> None:
    host = {"urn": "urn:h", "type": "aws:ec2/instance:Instance", "inputs": {"associatePublicIpAddress": True, "tags": {"AgentStack": "s"}}}
    (stacks / "state.json").write_text(json.dumps({"deployment": {"resources": [host]}}))
    named = run("check", "state.json", "--rule", "agent-host-requires-imdsv2", "--format", "json")
    assert named.exit_code == 10
    assert {case["id"] for case in json.loads(named.output)["cases"]} == {"agent-host-requires-imdsv2"}
    other = run("check", "state.json", "--rule", "gateway-has-no-ipv6")
    assert other.exit_code == 0
    assert "of 1 rule in" in other.output


def test_check_knows_its_rules_by_name(stacks: Path, run: Run) -> None:
    result = run("check", "state.json", "--rule", "agent-host-requires-imds")
    assert result.exit_code == 1
    assert "agent-host-requires-imdsv2" in result.output
