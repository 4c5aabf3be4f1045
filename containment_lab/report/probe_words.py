"""Descriptions of the probes of the six tests and of their results, for readers."""

from __future__ import annotations

from containment.policy.flow import PolicyVerdict
from containment_lab.validation.probes import Probe, ProbeResult, Result

_MEANINGS = {"unresolved": "not delivered (the name did not resolve)", "blocked": "not delivered"}
_AWS_PROBES = {"ssm-session": "an SSM session"}


def describe_attempt(probe: Probe) -> str:
    """Return a description of a probe."""
    host = probe.host if probe.port else probe.target
    match probe.id:
        case "ssm-session":
            return describe_aws_probe(probe.id)
        case "ssh-out":
            return f"SSH to {host}"
        case name if name.startswith("external-dns-"):
            return f"a DNS query over {name.rpartition('-')[2].upper()} to {host}"
        case name if name.startswith("vpc-resolver-"):
            return f"a DNS query over {name.rpartition('-')[2].upper()} to the VPC's resolver {host}"
        case name if name.endswith("-forced-address"):
            return f"HTTPS to {host} at an address of the client's choice"
        case "update-after":
            return f"HTTPS to {host} after it was added"
    return f"HTTPS to {host}"


def describe_result(judged: ProbeResult) -> str:
    """Return a description of a probe's result: delivered or not, and the rule that decided in the log."""
    decision, outcome = judged.decision, judged.probe.outcome
    if decision is None or judged.result is not Result.PASS:
        return judged.says
    rule = decision.rule or str(decision.rule_uuid)
    if rule.startswith("endpoint-policy:"):
        return judged.says
    if decision.verdict is PolicyVerdict.PERMIT:
        return f"{outcome}, permitted by {rule}"
    if decision.enforced:
        return f"{_MEANINGS.get(outcome, outcome)}, denied by {rule}"
    return f"{outcome}, and logged as would-be-denied by {rule}"


def describe_aws_probe(probe: str) -> str:
    """Return the description of a probe that only AWS can show."""
    return _AWS_PROBES.get(probe, probe)
