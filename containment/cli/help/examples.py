"""One example of each command, for the end of its help; tests parse every one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, str]] = {
    "plan": "--stack coding-monitor --destinations",
    "doctor": "--json",
    "host": "--stack coding-monitor",
    "preflight": "--stack coding-monitor",
    "explain": "--stack coding-monitor --to https://api.openai.com",
    "reach": "--stack coding-monitor --names",
    "diff": "coding-monitor coding-enforce",
    "prove": "--stack coding-monitor",
    "risk": "--stack coding-monitor",
    "check": "state.json --rule agent-host-requires-imdsv2",
    "observe": "gateway.log --stack coding-monitor --json",
    "discover": "--stack coding-monitor --project .",
    "promote": "api.example.com -s coding-monitor --owner 'Team A' --reason 'reads tickets' --until 2027-03-31",
    "render": "--as launcher --stack coding-monitor --write profile.json",
    "request": "dismissal --name ads.example.com --reason 'not needed' --by platform-team",
    "enforce": "coding-monitor --evidence observed.json",
    "rollback": "coding-enforce --reason 'a build needs a new registry'",
    "stop": "build-agent --stack coding-monitor --reason 'unknown traffic'",
    "vend new": "build-agent --stack coding-monitor --until 2027-03-31",
    "vend list": "--stack coding-monitor",
    "vend show": "build-agent",
    "vend remove": "build-agent --reason 'the project has ended'",
    "baseline learn": "gateway.log --out baseline.json",
    "baseline check": "gateway.log --profile baseline.json",
    "baseline estate": "flows.parquet --vended 10.42.0.0/16",
    "bundle build": "--stack coding-monitor --revision 1 --until 2027-01-31",
    "bundle sign": "bundles/coding-monitor --key signer.pem",
    "bundle verify": "bundles/coding-monitor --public-key signer.pub.pem",
    "bundle show": "bundles/coding-monitor",
    "tools list": "--stack coding-monitor",
    "tools show": "files",
    "tools check": "--stack coding-monitor",
    "tools pin": "files",
    "tools serve": "--task code-review --port 8080",
    "catalog due": "--days 60",
    "approve request": "decisions/requests/REQUEST.json --key approver.pem --as security-approver",
    "approve list": "",
    "approve show": "ACTION",
    "approve approve": "ACTION --key approver.pem --as security-approver",
    "approve reject": "ACTION --key approver.pem --as security-approver --reason 'wrong branch'",
    "approve serve": "--key approver.pem --as security-approver",
    "audit list": "--stack coding-monitor",
    "audit show": "12",
    "audit verify": "--anchor heads.json",
    "audit stats": "--per-hour 20",
    "audit anchor": "heads.json",
    "fleet plan": "--preview",
    "fleet up": "coding-monitor coding-enforce --parallel 4",
    "fleet destroy": "coding-monitor",
    "fleet reap": "--write",
    "fleet status": "--attested-within 12",
    "evidence run": "coding-monitor --key signer.pem",
    "evidence verify": "evidence/coding-monitor/evidence.json --public-key signer.pub.pem",
    "attest run": "coding-monitor --key attester.pem",
    "attest verify": "attestations/coding-monitor/TIME.json",
    "session verify": "coding-monitor",
    "lab preview": "--stack coding-monitor --policy-pack policypack",
    "lab up": "--stack coding-monitor --policy-pack policypack",
    "lab refresh": "--stack coding-monitor",
    "lab destroy": "--stack coding-monitor",
    "lab export": "--stack coding-monitor",
    "lab down": "",
    "lab env": "",
    "lab status": "",
    "lab stacks": "",
    "lab verify": "--stack coding-monitor",
    "lab watch": "--stack coding-monitor --seconds 30",
    "lab run": "--stack coding-monitor -- curl https://api.openai.com",
    "lab report": "--stack coding-monitor --out report.html",
    "lab world up": "--stack coding-monitor",
    "lab world down": "--stack coding-monitor",
    "lab world status": "",
}
"""Command -> the arguments of its example."""

_SHOWN: Final[Mapping[str, str]] = {f"{group} {verb}": group for group, verb in (("vend", "new"), ("evidence", "run"), ("attest", "run"))}
"""Commands that are typed without their last word."""
_WIDTH: Final = 72


def build_example(command: str) -> str:
    """Return the example of a command, as it is typed in lines that fit a terminal."""
    lines = [f"containment {_SHOWN.get(command, command)}"]
    for word in map(shlex.quote, shlex.split(EXAMPLES[command])):
        if len(lines[-1]) + len(word) > _WIDTH:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return "\n".join(lines)
