"""An attestation fails when the live Controller, account or log path is changed behind the program's back, with the change as witness.

One lab for all: each case changes the live systems by their own interfaces, attests, and restores them.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from containment.attestation.storage import Freshness, find_latest
from containment.cli.app import build
from containment.controller_api.client import ControllerClient
from containment.machine.live_systems import find_lab_systems
from containment_lab.home import LabHome
from tests.deployment.lab import Lab
from tests.deployment.world import world_of
from tests.real_engine.driver import copy_programs

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.namespaces, pytest.mark.timeout(600)]

STACK = "coding-site1"
COPILOT = "10.9.9.9"
RULESETS = "microseg/policy-list3"


@dataclass(frozen=True)
class Place:
    """The lab with its stack, and a folder that is a git checkout."""

    lab: Lab
    folder: Path

    @property
    def client(self) -> ControllerClient:
        address = find_lab_systems(LabHome(self.lab.home)).controller
        return ControllerClient(address)  # type: ignore[arg-type]

    def attest(self) -> tuple[int, dict[str, tuple[str, str]], dict[str, Any]]:
        """Attest the stack; return the exit code, status and text of each check, and the document."""
        words = ["attest", STACK, "--key", str(self.folder / "key.pem"), "--wait", "2", "-C", str(self.folder), "--json"]
        done = CliRunner(env=self.lab.environment).invoke(build(words), words)
        assert done.exit_code in (0, 10, 12), done.output
        document = json.loads(done.stdout)
        Path(document["file"]).unlink()  # one per second
        return done.exit_code, {one["id"]: (one["status"], f"{one['detail']} {one['witness']}") for one in document["checks"]}, document

    def sync(self) -> None:
        world_of(self.lab, STACK).send_command("sync")

    def get_ruleset(self) -> dict[str, Any]:
        (one,) = (each for each in self.client.call_rest("GET", RULESETS)["dcf_policies"] if each["name"].endswith(STACK))
        return self.client.call_rest("GET", f"{RULESETS}/{one['uuid']}")

    def put_ruleset(self, ruleset: dict[str, Any]) -> None:
        self.client.call_rest("PUT", f"{RULESETS}/{ruleset['uuid']}", ruleset)
        self.sync()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("attested")
    copy_programs(folder, {STACK: ("coding-monitor", "10.77.0.0/16")})
    stack_file = folder / f"Pulumi.{STACK}.yaml"
    text = stack_file.read_text().replace("policyMode: monitor", "policyMode: enforce")
    stack_file.write_text(f"{text}  agent-containment:copilotPrivateIp: {COPILOT}\n")
    key = Ed25519PrivateKey.generate()
    none = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "attesters.pem").write_bytes(public)
    git = ["git", "-C", str(folder), "-c", "user.name=platform-team", "-c", "user.email=platform@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "stacks"], check=True)
    lab = Lab(tmp_path_factory.mktemp("attested-lab"))
    try:
        more = ["--config", f"extraStacks={json.dumps([STACK])}"]
        lab.must("up", "platform", "--skip-preview", *more, folder=folder / "platform")
        lab.must("up", STACK, "--skip-preview", folder=folder)
        world_of(lab, STACK)
        yield Place(lab, folder)
    finally:
        world_of(lab, STACK).take_down()
        lab.down()


def find_rule(ruleset: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in ruleset["policies"] if one["name"].endswith(name))


@pytest.fixture
def restored(place: Place) -> Iterator[Place]:
    """Yield the place, and restore its ruleset, groups and switches afterwards."""
    ruleset = place.get_ruleset()
    groups = {each["uuid"]: each for each in place.client.call_rest("GET", "app-domains")["app_domains"]}
    try:
        yield place
    finally:
        for uuid, group in groups.items():
            if place.client.call_rest("GET", f"app-domains/{uuid}") != group:
                place.client.call_rest("PUT", f"app-domains/{uuid}", group)
        place.put_ruleset(ruleset)


def test_an_untouched_stack_passes_every_check_with_a_log_line_per_canary(place: Place) -> None:
    code, checks, document = place.attest()
    assert (code, document["verdict"]) == (0, "PASSED"), checks
    assert document["simulated"] is True
    assert document["reviewedPolicy"] == document["livePolicy"]
    witnesses = {one["id"]: one["witness"] for one in document["checks"]}
    assert '"action": "Permit"' in witnesses["canary-permit"]
    assert '"action": "Deny"' in witnesses["canary-deny"]
    assert '"firewall_rule_action": "BLOCK"' in witnesses["canary-dns"]
    assert witnesses["canary-flow"].endswith("ACCEPT OK")


def permit_the_shadow_model(ruleset: dict[str, Any]) -> None:
    find_rule(ruleset, "shadow-model-deny")["action"] = "PERMIT"


def swap_two_rules(ruleset: dict[str, Any]) -> None:
    first, second = find_rule(ruleset, "shadow-model-deny"), find_rule(ruleset, "allow-model-gateways")
    first["priority"], second["priority"] = second["priority"], first["priority"]
    ruleset["policies"].sort(key=lambda one: one["priority"])


def remove_a_rule(ruleset: dict[str, Any]) -> None:
    ruleset["policies"].remove(find_rule(ruleset, "deny-dns-exfil-udp"))


def silence_a_rule(ruleset: dict[str, Any]) -> None:
    find_rule(ruleset, "allow-model-gateways")["logging"] = False


def log_ends_only(ruleset: dict[str, Any]) -> None:
    find_rule(ruleset, "shadow-model-deny")["log_profile"] = "def000ad-7000-0000-0000-000000000002"


def watch_the_default_deny(ruleset: dict[str, Any]) -> None:
    rule = find_rule(ruleset, "default-deny")
    rule["watch"] = True
    if "enforcement" in rule:
        rule["enforcement"] = "MONITOR"


def detach(ruleset: dict[str, Any]) -> None:
    ruleset["attach_to"] = ""


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        (permit_the_shadow_model, {"policy-is-live": "shadow-model-deny, verdict", "canary-deny": '"action": "Permit"'}),
        (swap_two_rules, {"policy-is-live": "the order differs"}),
        (remove_a_rule, {"policy-is-live": "deny-dns-exfil-udp is missing"}),
        (silence_a_rule, {"policy-is-live": "logging", "rules-are-logged": "allow-model-gateways", "canary-permit": "no line"}),
        (log_ends_only, {"rules-are-logged": "shadow-model-deny"}),
        (watch_the_default_deny, {"policy-is-live": "default-deny, applied"}),
        (detach, {"policy-is-applied": "not attached", "canary-deny": ""}),
    ],
)
def test_a_rule_that_is_changed_on_the_controller_fails_with_the_rule_as_witness(
    restored: Place, change: Callable[[dict[str, Any]], None], failed: dict[str, str]
) -> None:
    ruleset = restored.get_ruleset()
    change(ruleset)
    restored.put_ruleset(ruleset)
    code, checks, document = restored.attest()
    assert (code, document["verdict"]) == (10, "FAILED"), checks
    for ident, word in failed.items():
        assert checks[ident][0] == "FAIL", (ident, checks)
        assert word in checks[ident][1], checks[ident]


def test_a_name_that_is_added_to_a_web_group_fails_with_the_name_as_witness(restored: Place) -> None:
    groups = restored.client.call_rest("GET", "app-domains")["app_domains"]
    rule = find_rule(restored.get_ruleset(), "allow-model-gateways")
    group = next(one for one in groups if one["uuid"] == rule["web_filters"][0])
    group["selector"]["any"].append({"all": {"snifilter": "attacker.example"}})
    restored.client.call_rest("PUT", f"app-domains/{group['uuid']}", group)
    restored.sync()
    code, checks, _ = restored.attest()
    assert code == 10
    assert checks["policy-is-live"][0] == "FAIL"
    assert "added attacker.example" in checks["policy-is-live"][1]


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"verify_sni": False}, {"tls-is-live": "verifySni: True reviewed, False live", "policy-is-live": "tls"}),
        ({"certificate_validation": "CERTIFICATE_VALIDATION_LOG_ONLY"}, {"tls-is-live": "certificateValidation"}),
    ],
)
def test_a_tls_profile_that_is_edited_fails_with_the_field_as_witness(place: Place, change: dict[str, Any], failed: dict[str, str]) -> None:
    ident = find_rule(place.get_ruleset(), "allow-model-gateways")["tls_profile"]
    before = place.client.call_rest("GET", f"dcf/tls-profile/{ident}")
    place.client.call_rest("PUT", f"dcf/tls-profile/{ident}", {**before, **change})
    try:
        code, checks, _ = place.attest()
    finally:
        place.client.call_rest("PUT", f"dcf/tls-profile/{ident}", before)
    assert code == 10
    for check, word in failed.items():
        assert (checks[check][0], word in checks[check][1]) == ("FAIL", True), checks[check]


def test_a_default_action_that_permits_fails(restored: Place) -> None:
    default = "microseg/default-action-policy"
    before = restored.client.call_rest("GET", default)
    restored.client.call_rest("PUT", default, {**before, "action": "PERMIT"})
    try:
        code, checks, _ = restored.attest()
        assert code == 10
        assert "the default action is PERMIT" in checks["policy-is-applied"][1]
    finally:
        restored.client.call_rest("PUT", default, before)


def test_a_collector_that_receives_nothing_fails_although_the_policy_is_unchanged(place: Place) -> None:
    world = world_of(place.lab, STACK)
    world.send_command("collect", on=False)
    try:
        code, checks, document = place.attest()
        assert code == 10
        assert checks["policy-is-live"][0] == "PASS"
        assert {ident: checks[ident][0] for ident in ("canary-permit", "canary-deny")} == {"canary-permit": "FAIL", "canary-deny": "FAIL"}
        assert "in no line" in checks["canary-permit"][1]
        assert document["verdict"] == "FAILED"
    finally:
        world.send_command("collect", on=True)


def test_copilot_that_is_dissociated_or_gets_no_syslog_fails(place: Place) -> None:
    client = place.client
    syslog = client.call_get("get_remote_syslog_logging_status", index=9)
    client.call_post("disable_remote_syslog_logging", index=9)
    try:
        code, checks, _ = place.attest()
        assert (code, checks["copilot-gets-logs"][0]) == (10, "FAIL")
        assert "syslog profile 9 is not set" in checks["copilot-gets-logs"][1]
    finally:
        fields = {key: syslog[key] for key in ("index", "server", "port", "protocol", "name")}
        client.upload("enable_remote_syslog_logging", fields, {})
    client.call_post("disable_copilot_association")
    try:
        assert "not associated" in place.attest()[1]["copilot-gets-logs"][1]
    finally:
        client.call_post("enable_copilot_association", copilot_ip=COPILOT, public_ip=COPILOT)


def test_logs_that_stop_on_aws_fail_with_the_canaries_that_are_missing(place: Place) -> None:
    ec2, logs = place.lab.aws("ec2"), place.lab.aws("logs")
    group = f"/containment/{STACK}/flow-logs"
    (flow,) = (one for one in ec2.describe_flow_logs()["FlowLogs"] if one.get("LogGroupName") == group)
    kept = {key: flow[key] for key in ("LogGroupName", "TrafficType", "DeliverLogsPermissionArn")}
    ec2.delete_flow_logs(FlowLogIds=[flow["FlowLogId"]])
    logs.delete_log_group(logGroupName=f"/containment/{STACK}/dns-queries")
    place.sync()
    try:
        code, checks, _ = place.attest()
        assert code == 10
        found = {ident: checks[ident][0] for ident in ("flow-logs-are-delivered", "query-logs-are-delivered", "canary-flow", "canary-dns")}
        assert set(found.values()) == {"FAIL"}, checks
        assert "has no flow log" in checks["flow-logs-are-delivered"][1]
        assert "there is no log group" in checks["query-logs-are-delivered"][1]
        assert checks["canary-permit"][0] == "PASS", "the gateway's log is another path"
    finally:
        ec2.create_flow_logs(ResourceIds=[flow["ResourceId"]], ResourceType="VPC", **kept)
        logs.create_log_group(logGroupName=f"/containment/{STACK}/dns-queries")
        place.sync()


def test_an_edited_stack_file_fails_until_it_is_committed(place: Place) -> None:
    path = place.folder / f"Pulumi.{STACK}.yaml"
    before = path.read_text()
    path.write_text(before + "# edited\n")
    try:
        code, checks, _ = place.attest()
        assert (code, checks["files-are-reviewed"][0]) == (10, "FAIL")
    finally:
        path.write_text(before)


def test_a_controller_that_does_not_answer_is_never_passed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from containment.attestation import log_checks
    from containment.controller_api.errors import ControllerError
    from containment.queries.account import controller

    def refuse(_: object) -> None:
        raise ControllerError("the Controller does not answer")

    monkeypatch.setattr(controller.read_controller, "__defaults__", (refuse,))
    monkeypatch.setattr(log_checks, "ControllerReader", refuse)
    code, checks, document = place.attest()
    left = {ident for ident, (status, _) in checks.items() if status == "NOT TESTED"}
    assert left >= {"policy-is-live", "policy-is-applied", "tls-is-live", "rules-are-logged", "copilot-gets-logs", "account-is-contained"}
    assert (code, document["verdict"]) in ((12, "INCOMPLETE"), (10, "FAILED"))


def test_the_newest_attestation_counts_and_one_that_was_changed_is_unusable(place: Place) -> None:
    words = ["attest", STACK, "--key", str(place.folder / "key.pem"), "--wait", "2", "-C", str(place.folder), "--json"]
    done = CliRunner(env=place.lab.environment).invoke(build(words), words)
    path = Path(json.loads(done.stdout)["file"])
    try:
        assert find_latest(STACK, place.folder).status is Freshness.PASSED
        words = ["attest", "verify", str(path), "-C", str(place.folder), "--json"]
        assert json.loads(CliRunner().invoke(build(words), words).stdout)["verdict"] == "PASSED"
        path.write_text(path.read_text().replace("A", "B", 1))
        assert find_latest(STACK, place.folder).status is Freshness.UNUSABLE
        assert CliRunner().invoke(build(words), words).exit_code == 1
    finally:
        path.unlink()
