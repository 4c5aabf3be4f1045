"""Probes of the deployed `verify-egress.sh`, joined with the decisions in the logs and with the receipts of their nonces.

The script reports what happened; only logs contain the reason. A probe is joined by its target (name, address, port) with the decisions
logged since the start of the run, and by its nonce with the receipts. A probe without an expected decision fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from containment.logs.record import DecisionRecord, render_record
from containment.names import PolicyMode
from containment.policy.flow import PolicyVerdict
from containment.preflight.finding import Status
from containment_lab.internet.address_plan import find_address
from containment_lab.validation.named_denies import is_applied_by_name

Result: TypeAlias = Status
_PROBE = re.compile(r"PROBE (\d) (\S+) (\S+) (PASS|FAIL|NOT-TESTED) (\w+): (.*) nonce=(\S+)$")
ONLY_ON_AWS = frozenset({"ssm-session"})
"""Probes that cannot be tested on one machine: the SSM agent that opens a session is missing."""


@dataclass(frozen=True)
class Probe:
    """One line of the script's output: test number, id, target, and the script's result and observation."""

    test: int
    id: str
    target: str
    result: Result
    outcome: str
    detail: str
    nonce: str

    @property
    def host(self) -> str:
        """The target's name or address, without its port."""
        return self.target.rpartition(":")[0] or self.target

    @property
    def port(self) -> int | None:
        """The target's port."""
        port = self.target.rpartition(":")[2]
        return int(port) if port.isdigit() else None


@dataclass(frozen=True)
class ProbeResult:
    """A probe with its final result, an explanation, and the logged decision."""

    probe: Probe
    result: Result
    says: str
    decision: DecisionRecord | None = None
    arrived: tuple[str, ...] = field(default=())

    def format_line(self) -> str:
        """Return one line for the terminal."""
        log = f"  | {render_record(self.decision)}" if self.decision else ""
        return f"{self.result.value:<10} {self.probe.id} {self.probe.target}: {self.says}{log}"


def read_probes(output: str) -> list[Probe]:
    """Parse the script's output into probes."""
    out = []
    for line in output.splitlines():
        if found := _PROBE.match(line.strip()):
            test, id_, target, result, outcome, detail, nonce = found.groups()
            out.append(
                Probe(
                    test=int(test),
                    id=id_,
                    target=target,
                    result=Result(result.replace("-", " ")),
                    outcome=outcome,
                    detail=detail,
                    nonce=nonce.lower(),
                )
            )
    return out


_ADDRESS = re.compile(r"[0-9.]+")
_RULES: dict[str, tuple[str, ...]] = {
    "model-call": ("allow-model-gateways", "allow-model-gateway-cidrs"),
    "core": ("allow-core", "allow-packages", "allow-model-gateways", "allow-saas-apis", "allow-identity-telemetry", "allow-mcp-gateways"),
    "attacker-by-name": ("default-deny", "deny-paste-and-webhooks", "dns-firewall"),
    "attacker-forced-address": ("default-deny", "deny-paste-and-webhooks"),
    "shadow-by-name": ("shadow-model-deny",),
    "shadow-forced-address": ("shadow-model-deny",),
    "external-dns-udp": ("deny-dns-exfil-udp", "security-group", "network-acl"),
    "external-dns-tcp": ("deny-dns-exfil-tcp", "security-group", "network-acl"),
    "ssh-out": ("default-deny", "security-group", "network-acl"),
    "vpc-resolver-udp": ("vpc-resolver", "dns-firewall"),
    "vpc-resolver-tcp": ("vpc-resolver", "dns-firewall"),
}
"""Probe → the rules (without prefix) that may decide it; for other probes only the verdict counts."""


def evaluate_probe(
    probe: Probe, decisions: Sequence[DecisionRecord], receipts: Iterable[dict[str, Any]], mode: PolicyMode, asked_name: str = ""
) -> ProbeResult:
    """Join one probe with the logs and the receipts, and return its result.

    Args:
        probe: The probe.
        decisions: The decisions logged since the start of the run.
        receipts: The receipts of nonces.
        mode: The mode in force.
        asked_name: The name that the script queries at the VPC's resolver.
    """
    arrived = tuple(each["holder"] for each in receipts if each["nonce"] == probe.nonce)
    decision = _find_probe_decision(probe, decisions, asked_name)
    if mode is PolicyMode.MONITOR and decision is not None and _is_stopped_by_applied_deny(probe, decision) and not arrived:
        # The script on the host knows the mode only, and expects a delivery; the log shows a deny that is applied in monitor as well.
        return ProbeResult(probe, Result.PASS, f"DENIED by {decision.rule}, which is applied in monitor as well", decision, arrived)
    if probe.result is not Result.PASS:
        why = "only on AWS: " + probe.detail if probe.id in ONLY_ON_AWS else probe.detail
        return ProbeResult(probe, probe.result, why, decision, arrived)
    if decision is None and probe.id == "model-call" and _ADDRESS.fullmatch(probe.host):
        # A call to the credential gateway stays inside the VPC, where DCF has no rule.
        return ProbeResult(probe, Result.PASS, "answered by the credential gateway, whose log has the call", None, arrived)
    if decision is None:
        return ProbeResult(probe, Result.FAIL, f"{probe.outcome}, but no log line has the rule that decided", None, arrived)
    rule = decision.rule or str(decision.rule_uuid)
    if rule.startswith("endpoint-policy:"):
        # An answer of the endpoint is enough; the probe signs nothing, so the endpoint's policy has to refuse the call.
        return ProbeResult(
            probe,
            Result.PASS,
            f"the VPC's own endpoint answered, and its policy decides on calls ({decision.verdict.value} to an unsigned one)",
            decision,
        )
    names = _RULES.get(probe.id)
    if names and not _is_expected(probe, rule):
        return ProbeResult(probe, Result.FAIL, f"decided by {rule}, expected {' or '.join(names)}", decision, arrived)
    if decision.verdict is PolicyVerdict.DENY and decision.enforced:
        if probe.outcome == "delivered" and not probe.id.startswith("vpc-resolver"):
            return ProbeResult(probe, Result.FAIL, f"logged as denied by {rule}, but it was delivered", decision, arrived)
        if "attacker" in arrived:
            return ProbeResult(probe, Result.FAIL, f"logged as denied by {rule}, but the attacker has its nonce", decision, arrived)
        return ProbeResult(probe, Result.PASS, f"DENIED by {rule}", decision, arrived)
    if decision.verdict is PolicyVerdict.DENY:
        if mode is PolicyMode.ENFORCE:
            return ProbeResult(probe, Result.FAIL, f"only watched by {rule}, in enforce", decision, arrived)
        return ProbeResult(probe, Result.PASS, f"WOULD-DENY by {rule}, {probe.outcome}", decision, arrived)
    return ProbeResult(probe, Result.PASS, f"PERMITTED by {rule}", decision, arrived)


def _is_stopped_by_applied_deny(probe: Probe, decision: DecisionRecord) -> bool:
    """Return whether a probe that the script counts as failed was stopped by an expected deny by name."""
    failed = probe.result is Result.FAIL and probe.outcome not in ("delivered", "unclear")
    return failed and is_applied_by_name(decision) and _is_expected(probe, decision.rule or "")


def _find_probe_decision(probe: Probe, decisions: Sequence[DecisionRecord], asked_name: str) -> DecisionRecord | None:
    """Return the decision on a probe: on its name at the resolved or the forced address; else the resolver's refusal."""
    if probe.id.startswith("vpc-resolver"):
        return next((each for each in decisions if each.port == 53 and each.server_name == asked_name), None)
    named = [each for each in decisions if each.server_name and each.server_name.rstrip(".").lower() == probe.host.lower()]
    forced = probe.id.endswith("-forced-address")
    flows = [each for each in named if each.port == probe.port and (each.address != find_address(probe.host)) == forced]
    if not flows and not named:
        flows = [each for each in decisions if str(each.address) == probe.host and each.port == probe.port]
    elif not flows and not forced:
        flows = [each for each in named if each.port == probe.port or (each.port == 53 and each.verdict is PolicyVerdict.DENY)]
    own = [
        each for each in flows if _is_expected(probe, each.rule or "")
    ] or flows  # the same address and port over UDP and TCP are two flows
    return next((each for each in own if each.bytes_out is None), own[0] if own else None)


def _is_expected(probe: Probe, rule: str) -> bool:
    return any(rule == name or rule.endswith(f"-{name}") or rule.startswith(f"{name}:") for name in _RULES.get(probe.id, ()))
