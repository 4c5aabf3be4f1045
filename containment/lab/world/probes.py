"""What the deployed `verify-egress.sh` says, and what it is joined with: one probe, what was seen of it, and who decided.

The script knows what it saw; only logs know why. A probe is joined by what it asked for (name, address, port) with the decisions logged
since the run began, and by its nonce with what arrived where. A probe that should have left a decision and left none has failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from containment.lab.world.addresses import address_of
from containment.lab.world.decisions import readable
from containment.model.decision_log import DecisionRecord
from containment.model.flow import Verdict
from containment.model.names import PolicyMode


class Result(StrEnum):
    """How a probe or a test ended."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    NOT_TESTED = "NOT TESTED"


_PROBE = re.compile(r"PROBE (\d) (\S+) (\S+) (PASS|FAIL|NOT-TESTED) (\w+): (.*) nonce=(\S+)$")
ONLY_ON_AWS = frozenset({"ssm-session"})
"""Probes that nothing on one machine can show: no agent of AWS's is there to open a session."""


@dataclass(frozen=True)
class Probe:
    """One line of the script: test number, what it is, whom it asked, what the script makes of it and saw."""

    test: int
    id: str
    target: str
    result: Result
    outcome: str
    detail: str
    nonce: str

    @property
    def host(self) -> str:
        """The name or address that was asked, without its port."""
        return self.target.rpartition(":")[0] or self.target

    @property
    def port(self) -> int | None:
        """The port that was asked."""
        port = self.target.rpartition(":")[2]
        return int(port) if port.isdigit() else None


@dataclass(frozen=True)
class Judged:
    """A probe with its final result, the words for it, and the decision it left."""

    probe: Probe
    result: Result
    says: str
    decision: DecisionRecord | None = None
    arrived: tuple[str, ...] = field(default=())

    def line(self) -> str:
        """Return one line for a person."""
        log = f"  | {readable(self.decision)}" if self.decision else ""
        return f"{self.result.value:<10} {self.probe.id} {self.probe.target}: {self.says}{log}"


def read_probes(output: str) -> list[Probe]:
    """Return the probes of a run of the script."""
    out = []
    for line in output.splitlines():
        if found := _PROBE.match(line.strip()):
            test, id_, target, result, outcome, detail, nonce = found.groups()
            out.append(Probe(int(test), id_, target, Result(result.replace("-", " ")), outcome, detail, nonce.lower()))
    return out


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
"""Which rules (without prefix) may have decided a probe; what is not listed here is judged by verdict alone."""


def judge(
    probe: Probe, decisions: Sequence[DecisionRecord], receipts: Iterable[dict[str, Any]], mode: PolicyMode, asked_name: str = ""
) -> Judged:
    """Join one probe with the logs, and say how it ended; `asked_name` is what the script asks the VPC's resolver for."""
    arrived = tuple(each["holder"] for each in receipts if each["nonce"] == probe.nonce)
    decision = _decision(probe, decisions, asked_name)
    if probe.result is not Result.PASS:
        why = "only on AWS: " + probe.detail if probe.id in ONLY_ON_AWS else probe.detail
        return Judged(probe, probe.result, why, decision, arrived)
    if decision is None:
        return Judged(probe, Result.FAIL, f"{probe.outcome}, but no log tells which rule decided", None, arrived)
    rule = decision.rule or str(decision.rule_uuid)
    if rule.startswith("endpoint-policy:"):
        # That the endpoint answers is what counts; the probe signs nothing, so its policy has to refuse the call.
        return Judged(
            probe,
            Result.PASS,
            f"the VPC's own endpoint answered, and its policy decides on calls ({decision.verdict.value} to one nobody signed)",
            decision,
        )
    names = _RULES.get(probe.id)
    if names and not _expected(probe, rule):
        return Judged(probe, Result.FAIL, f"decided by {rule}, expected {' or '.join(names)}", decision, arrived)
    if decision.verdict is Verdict.DENY and decision.enforced:
        if probe.outcome == "delivered" and not probe.id.startswith("vpc-resolver"):
            return Judged(probe, Result.FAIL, f"{rule} says denied, and it was delivered", decision, arrived)
        if "attacker" in arrived:
            return Judged(probe, Result.FAIL, f"{rule} says denied, and the attacker has its nonce", decision, arrived)
        return Judged(probe, Result.PASS, f"DENIED by {rule}", decision, arrived)
    if decision.verdict is Verdict.DENY:
        if mode is PolicyMode.ENFORCE:
            return Judged(probe, Result.FAIL, f"only watched by {rule}, in enforce", decision, arrived)
        return Judged(probe, Result.PASS, f"WOULD-DENY by {rule}, {probe.outcome}", decision, arrived)
    return Judged(probe, Result.PASS, f"PERMITTED by {rule}", decision, arrived)


def _decision(probe: Probe, decisions: Sequence[DecisionRecord], asked_name: str) -> DecisionRecord | None:
    """Return the decision on a probe: on the name it asked for, where it lay or at the address it forced; else the resolver's refusal."""
    if probe.id.startswith("vpc-resolver"):
        return next((each for each in decisions if each.port == 53 and each.server_name == asked_name), None)
    named = [each for each in decisions if each.server_name and each.server_name.rstrip(".").lower() == probe.host.lower()]
    forced = probe.id.endswith("-forced-address")
    flows = [each for each in named if each.port == probe.port and (each.address != address_of(probe.host)) == forced]
    if not flows and not named:
        flows = [each for each in decisions if str(each.address) == probe.host and each.port == probe.port]
    elif not flows and not forced:
        flows = [each for each in named if each.port == probe.port or (each.port == 53 and each.verdict is Verdict.DENY)]
    own = [each for each in flows if _expected(probe, each.rule or "")] or flows  # one address and port over UDP and TCP is two flows
    return next((each for each in own if each.bytes_out is None), own[0] if own else None)


def _expected(probe: Probe, rule: str) -> bool:
    return any(rule == name or rule.endswith(f"-{name}") or rule.startswith(f"{name}:") for name in _RULES.get(probe.id, ()))
