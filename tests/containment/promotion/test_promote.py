"""A promotion writes the narrowest entry or nothing, shows what it opens, and refuses what configuration refuses."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.loaders.stack_file import read_stack
from containment.record.decision import DecisionKind
from containment.record.subjects import build_catalog_subject, build_entry_subject, list_entry_subjects
from tests.containment.promotion.conftest import OPTIONS, Run

STACK = "coding-monitor"
FILE = f"Pulumi.{STACK}.yaml"
NETWORKS = "approvedModelGatewayCidrs"


def entries(project: Path, file: str = FILE, key: str = "approvedSaasApiDomains") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((project / file).read_text())["config"][f"agent-containment:{key}"]
    return found


def document(result: Any) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_an_entry_is_added_and_no_other_byte_changes(run: Run, project: Path) -> None:
    before = (project / FILE).read_text()
    found = document(run("promote", "CRM.acme.example.", "-s", STACK, *OPTIONS, "--json"))
    text = (project / FILE).read_text()
    assert text.startswith(before.rstrip("\n"))
    (entry,) = entries(project)
    assert entry == {
        "name": "crm.acme.example",
        "owner": "team crm",
        "reason": "Reads tickets.",
        "function": "Reads tickets.",
        "until": "2999-12-31",
        "ticket": "T-9",
    }
    assert found["written"] == [{"file": FILE, "key": "approvedSaasApiDomains", **entry}]
    assert found["stacks"] == [STACK]
    assert any(one["change"] == "NEWLY ALLOWED" or "newly allowed" in one["change"] for one in found["differences"])
    assert [(one["change"], one["through"]) for one in found["risk"]] == [("added", "crm.acme.example")]
    assert run("plan", "-s", STACK).exit_code == 0


def test_running_again_changes_nothing_and_a_later_end_renews(run: Run, project: Path) -> None:
    run("promote", "crm.acme.example", "kb.acme.example", "-s", STACK, *OPTIONS)
    text = (project / FILE).read_bytes()
    again = run("promote", "kb.acme.example", "crm.acme.example", "-s", STACK, *OPTIONS)
    assert (again.exit_code, (project / FILE).read_bytes()) == (0, text)
    assert "Nothing to do" in again.stdout
    later = [option if option != "2999-12-31" else "3999-12-31" for option in OPTIONS]
    assert run("promote", "kb.acme.example", "-s", STACK, *later).exit_code == 0
    assert [(one["name"], one["until"]) for one in entries(project)] == [
        ("crm.acme.example", "2999-12-31"),
        ("kb.acme.example", "3999-12-31"),
    ]


def test_a_dry_run_writes_nothing(run: Run, project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*.yaml")}
    assert document(run("promote", "crm.acme.example", "-s", STACK, *OPTIONS, "--dry-run", "--json"))["dryRun"] is True
    assert {path: path.read_bytes() for path in project.rglob("*.yaml")} == before


def test_a_bare_name_becomes_an_entry_in_its_place(run: Run, project: Path) -> None:
    with (project / FILE).open("a") as out:
        out.write("  # ours\n  approvedSaasApiDomains:\n    - a.acme.example\n    - CRM.acme.example # why\n    - z.acme.example\n")
    assert run("promote", "crm.acme.example", "-s", STACK, *OPTIONS).exit_code == 0
    found = yaml.safe_load((project / FILE).read_text())["config"]["approvedSaasApiDomains"]
    assert [one if isinstance(one, str) else one["name"] for one in found] == ["a.acme.example", "crm.acme.example", "z.acme.example"]
    assert "# ours" in (project / FILE).read_text()
    assert "# why" in (project / FILE).read_text()


@pytest.mark.parametrize(("name", "options"), [("artifacts.acme.internal", ()), ("*.acme.internal", ("--wildcard",))])
def test_a_name_that_only_the_resolver_answers_is_promoted_and_permits_no_flow(
    run: Run, project: Path, name: str, options: tuple[str, ...]
) -> None:
    found = document(run("promote", name, "-s", STACK, "--key", "internalDnsDomains", *OPTIONS, *options, "--json"))
    raw = yaml.safe_load((project / FILE).read_text())["config"]
    wanted = list_entry_subjects({key.partition(":")[2]: value for key, value in raw.items()}, STACK)
    assert [(DecisionKind.PROMOTION, subject) in wanted for subject in found["written"]] == [True]
    assert found["differences"] == []
    assert name in {str(one) for one in read_stack(STACK, folder=project).dns_names}


@pytest.mark.parametrize("name", ["*.co.uk", "metadata.google.internal", "acme.duckdns.org", "203.0.113.66", "acme-services.com"])
def test_a_name_that_the_resolver_may_not_answer_is_refused(run: Run, project: Path, name: str) -> None:
    before = (project / FILE).read_bytes()
    assert run("promote", name, "-s", STACK, "--key", "internalDnsDomains", "--wildcard", *OPTIONS).exit_code == 1
    assert (project / FILE).read_bytes() == before


def test_a_bare_network_becomes_an_entry_in_its_place(run: Run, project: Path) -> None:
    with (project / FILE).open("a") as out:
        out.write(f"  {NETWORKS}:\n    - 10.201.0.5\n    - 10.202.0.0/28 # why\n")
    evidence = json.loads(make_evidence(project).read_text())
    evidence["wouldBeDenied"][0] |= {"name": "10.201.0.5", "registrableDomain": "10.201.0.5"}
    (project / "evidence.json").write_text(json.dumps(evidence))
    options = (*OPTIONS, "--json", "--evidence", project / "evidence.json")
    found = document(run("promote", "10.201.0.5/32", "-s", STACK, "--key", NETWORKS, *options))
    assert [(one["name"], one["count"]) for one in found["observed"]] == [("10.201.0.5/32", 41)]
    assert found["differences"] == []  # the rules are the same
    listed = yaml.safe_load((project / FILE).read_text())["config"][NETWORKS]
    assert [one if isinstance(one, str) else one["name"] for one in listed] == ["10.201.0.5/32", "10.202.0.0/28"]
    assert "Nothing to do" in run("promote", "10.201.0.5/32", "-s", STACK, "--key", NETWORKS, *OPTIONS).stdout


@pytest.mark.parametrize("name", ["52.0.0.0/24", "10.0.0.0/8", "10.201.0.5/24", "models.acme.example", "10.42.7.0/28"])
def test_a_network_that_no_permit_can_have_is_refused(run: Run, project: Path, name: str) -> None:
    before = (project / FILE).read_bytes()
    found = run("promote", name, "-s", STACK, "--key", NETWORKS, *OPTIONS)
    assert (found.exit_code, "Traceback" in found.output) == (1, False)
    assert (project / FILE).read_bytes() == before


def test_an_entry_of_a_catalog_set_names_every_stack_it_feeds(run: Run, project: Path) -> None:
    flags = ("--no-uploads", "--no-relays", "--no-foreign-tenant")
    found = document(run("promote", "papers.acme.example", "--set", "research-apis", *OPTIONS, *flags, "--json"))
    assert found["stacks"] == ["research-enforce", "research-monitor"]
    assert found["file"] == "presets/catalog/research-apis.yaml"
    listed = yaml.safe_load((project / found["file"]).read_text())["entries"][-1]
    assert (listed["pattern"], listed["uploads"], str(listed["until"])) == ("papers.acme.example", False, "2999-12-31")
    again = run("promote", "papers.acme.example", "--set", "research-apis", *OPTIONS)
    assert "Nothing to do" in again.stdout


def test_what_is_written_is_what_a_decision_has_to_be_about(run: Run, project: Path) -> None:
    """The approval of what the command prints is the one that a preview asks for."""
    found = document(run("promote", "crm.acme.example", "-s", STACK, *OPTIONS, "--json"))
    raw = yaml.safe_load((project / FILE).read_text())["config"]
    wanted = list_entry_subjects({key.partition(":")[2]: value for key, value in raw.items()}, STACK)
    assert all((DecisionKind.PROMOTION, subject) in wanted for subject in found["written"])
    found = document(run("promote", "10.201.0.0/28", "-s", STACK, "--key", NETWORKS, *OPTIONS, "--json"))
    raw = yaml.safe_load((project / FILE).read_text())["config"]
    assert found["written"] == [build_entry_subject(FILE, NETWORKS, raw[f"agent-containment:{NETWORKS}"][0])]
    found = document(run("promote", "papers.acme.example", "--set", "research-apis", *OPTIONS, "--no-uploads", "--json"))
    entries = yaml.safe_load((project / found["file"]).read_text())["entries"]
    assert found["written"] == [build_catalog_subject("research-apis", entries[-1])]


REFUSED = {
    "api.openai.com": "wg-unapproved-model-providers denies",
    "pastebin.com": "paste, file-drop or webhook site",
    "ntfy.sh": "wg-paste-and-webhooks denies",
    "dns.google": "public resolver over HTTPS",
    "203.0.113.66": "is the address 203.0.113.66",
    "co.uk": "is the public suffix",
    "*.openai.com": "wg-unapproved-model-providers denies",
    "*.github.io": "public suffix",
    "acme.ngrok-free.app": "tunnel",
    "content.dropboxapi.com": "takes uploads from third parties",
    "a..b": "empty label",
}


def test_every_refused_name_is_reported_at_once_and_nothing_is_written(run: Run, project: Path) -> None:
    stack = "healthcare-phi-monitor"
    before = (project / f"Pulumi.{stack}.yaml").read_bytes()
    result = run("promote", *REFUSED, "fine.acme.example", "-s", stack, "--wildcard", "--owner", "1", "--until", "2020-01-01")
    assert result.exit_code == 1
    assert (project / f"Pulumi.{stack}.yaml").read_bytes() == before
    for text in (*REFUSED.values(), "--owner 1: contains no word", "--reason: is empty", "--until 2020-01-01: has passed"):
        assert text in result.stderr, text
    assert "fine.acme.example" not in result.stderr


@pytest.mark.parametrize("name", REFUSED)
def test_each_refused_name_is_refused_alone(run: Run, name: str) -> None:
    result = run("promote", name, "-s", "healthcare-phi-monitor", "--wildcard", *OPTIONS)
    assert result.exit_code == 1
    assert REFUSED[name] in result.stderr


@pytest.mark.parametrize("name", ["api.openai.com", "*.openai.com", "ntfy.sh", "dns.quad9.net"])
def test_a_denied_name_is_refused_in_a_set_that_no_stack_uses(run: Run, name: str) -> None:
    flags = ("--no-uploads", "--no-relays", "--no-foreign-tenant", "--wildcard")
    result = run("promote", name, "--set", "public-saas", *OPTIONS, *flags)
    assert result.exit_code == 1
    assert name in result.stderr


def test_a_set_that_is_denied_takes_no_promotion(run: Run) -> None:
    result = run("promote", "x.acme.example", "--set", "unapproved-models", *OPTIONS)
    assert result.exit_code == 1
    assert "which is denied" in result.stderr


def test_a_key_that_replaces_the_classs_own_set_is_refused_while_unset(run: Run) -> None:
    result = run("promote", "x.acme.example", "-s", STACK, "--key", "openclawCoreDomains", *OPTIONS)
    assert result.exit_code == 1
    assert "replaces the class's own set" in result.stderr


@pytest.mark.parametrize(
    ("hosts", "wide", "written"),
    [
        (["a.acme.example.com", "b.acme.example.com"], False, ["a.acme.example.com", "b.acme.example.com"]),
        (["a.acme.example.com", "b.acme.example.com"], True, ["*.acme.example.com"]),
        (["a.acme.co.uk", "b.c.acme.co.uk", "x.example.net"], True, ["*.acme.co.uk", "x.example.net"]),
        (["acme.com", "a.acme.com"], True, ["*.acme.com", "acme.com"]),
    ],
)
def test_hosts_stay_exact_unless_a_wildcard_is_wanted(run: Run, project: Path, hosts: list[str], wide: bool, written: list[str]) -> None:
    result = run("promote", *hosts, "-s", STACK, *OPTIONS, *(["--wildcard"] if wide else []))
    assert result.exit_code == 0, result.output
    assert [one["name"] for one in entries(project)] == written


def test_a_wildcard_without_the_option_is_refused(run: Run) -> None:
    result = run("promote", "*.acme.example", "-s", STACK, *OPTIONS)
    assert result.exit_code == 1
    assert "--wildcard is not given" in result.stderr


def make_evidence(folder: Path, stack: str = STACK) -> Path:
    seen = {"agent": "host-1", "firstSeen": "2026-11-02T08:00:00Z", "lastSeen": "2026-11-20T18:00:00Z", "days": 9}
    rows = [
        {"name": name, "registrableDomain": "acme.example", "rule": "default-deny", "count": count, "bytesOut": 10, "bytesIn": None}
        | {"inCatalog": known, "catalogSet": None, "flags": ["upload"] if known else [], **seen}
        for name, count, known in (("crm.acme.example", 41, False), ("kb.acme.example", 7, True))
    ]
    evidence = {
        "schema": "containment-observe/v1",
        "stack": stack,
        "policyDigest": None,
        "window": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-28T00:00:00Z", "days": 20, "sessions": 48},
        "gaps": [],
        "rejected": {},
        "lines": {},
        "wouldBeDenied": rows,
        **{key: [] for key in ("dnsOnly", "addressWithoutName", "disagreements", "neverUsed")},
    }
    path = folder / "evidence.json"
    path.write_text(json.dumps(evidence))
    return path


def test_the_pull_request_has_counts_and_dates_and_names_what_was_not_seen(run: Run, project: Path) -> None:
    text = project / "pr.md"
    options = ("--evidence", make_evidence(project), "--pr-text", text)
    assert run("promote", "crm.acme.example", "other.acme.example", "-s", STACK, *OPTIONS, *options).exit_code == 0
    found = text.read_text()
    for part in ("crm.acme.example", "| 41 |", "2026-11-02T08:00:00", "2026-11-20T18:00:00", "team crm", "T-9", "2999-12-31", FILE):
        assert part in found, part
    assert "other.acme.example is not in the evidence" in found
    assert "crm.acme.example is not in the evidence" not in found


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--from-evidence", "crm.acme.example"], ["crm.acme.example"]),
        (["--from-evidence", "acme.example"], ["crm.acme.example", "kb.acme.example"]),
        (["--all-in-catalog"], ["kb.acme.example"]),
    ],
)
def test_names_can_be_taken_from_the_evidence(run: Run, project: Path, options: list[str], names: list[str]) -> None:
    result = run("promote", "-s", STACK, *OPTIONS, "--evidence", make_evidence(project), *options)
    assert result.exit_code == 0, result.output
    assert [one["name"] for one in entries(project)] == names


def test_a_name_that_the_evidence_lacks_is_refused_with_those_it_has(run: Run, project: Path) -> None:
    options = ("--evidence", make_evidence(project), "--from-evidence", "nope.example")
    result = run("promote", "-s", STACK, *OPTIONS, *options)
    assert result.exit_code == 1
    assert "crm.acme.example, kb.acme.example" in result.stderr


@pytest.mark.parametrize("text", ["", "{}", "[]", "nul", '{"schema": "containment-observe/v2"}'])
def test_a_file_that_is_no_evidence_is_refused(run: Run, project: Path, text: str) -> None:
    (project / "e.json").write_text(text)
    result = run("promote", "crm.acme.example", "-s", STACK, *OPTIONS, "--evidence", project / "e.json")
    assert result.exit_code == 1
    assert "the evidence cannot be used" in result.stderr


def git(project: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@your-org.example")
    return subprocess.run(["git", "-C", str(project), *who, *arguments], check=True, capture_output=True, text=True).stdout


def test_a_branch_has_one_commit_with_the_changed_file_alone(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{key}_NAME", "a")
        monkeypatch.setenv(f"GIT_{key}_EMAIL", "a@your-org.example")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "start")
    (project / "untracked.json").write_text("{}")
    found = document(run("promote", "crm.acme.example", "-s", STACK, *OPTIONS, "--branch", "--json"))
    assert git(project, "branch", "--show-current").strip() == found["branch"]
    assert git(project, "rev-parse", "HEAD").strip() == found["commit"]
    assert git(project, "show", "--name-only", "--format=%s", "HEAD").split("\n\n") == [f"{STACK}: permit crm.acme.example", f"{FILE}\n"]
    (project / "Pulumi.yaml").write_text((project / "Pulumi.yaml").read_text() + "# changed\n")
    refused = run("promote", "kb.acme.example", "-s", STACK, *OPTIONS, "--branch")
    assert refused.exit_code == 1
    assert "the checkout has changes: Pulumi.yaml\n" in refused.stderr
    assert [one["name"] for one in entries(project)] == ["crm.acme.example"]


def test_outside_of_a_checkout_no_branch_is_made_and_nothing_is_written(run: Run, project: Path) -> None:
    before = (project / FILE).read_bytes()
    result = run("promote", "crm.acme.example", "-s", STACK, *OPTIONS, "--branch")
    assert result.exit_code == 1
    assert "is in no git checkout" in result.stderr
    assert (project / FILE).read_bytes() == before


def test_without_git_no_branch_is_made_and_nothing_is_written(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (project / FILE).read_bytes()
    monkeypatch.setenv("PATH", str(project))
    result = run("promote", "crm.acme.example", "-s", STACK, *OPTIONS, "--branch")
    assert result.exit_code == 1
    assert "git: is not on PATH" in result.stderr
    assert (project / FILE).read_bytes() == before


def test_an_ended_entry_of_a_set_is_refused_until_it_is_promoted_again(run: Run, project: Path) -> None:
    path = project / "presets" / "catalog" / "research-apis.yaml"
    flags = ("--no-uploads", "--no-relays", "--no-foreign-tenant")
    assert run("promote", "papers.acme.example", "--set", "research-apis", *OPTIONS, *flags).exit_code == 0
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    path.write_text(path.read_text().replace("2999-12-31", str(yesterday)))
    due = run("catalog", "due")
    assert due.exit_code == 10
    assert "papers.acme.example" in due.stdout
    found = document(run("promote", "papers.acme.example", "--set", "research-apis", *OPTIONS, "--json"))
    assert found["notCompared"]
    assert all(f"until {yesterday}" in text for text in found["notCompared"])
    assert run("catalog", "due").exit_code == 0
