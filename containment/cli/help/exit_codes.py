"""The end of each command's help: one example and its exit codes; tests parse every example.

`containment.exit_code` defines the meanings of the codes.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from textwrap import indent
from typing import Final

from containment.exit_code import Exit

_ALWAYS: Final = (Exit.OK, Exit.ERROR, Exit.USAGE, Exit.INTERRUPTED)

HELP_ENDS: Final[Mapping[str, tuple[str, tuple[Exit, ...]]]] = {
    "plan": ("--stack coding-monitor --destinations", (Exit.NO,)),
    "doctor": ("--json", (Exit.NO,)),
    "host": ("--stack coding-monitor", ()),
    "preflight": ("--stack coding-monitor", (Exit.NO,)),
    "explain": ("--stack coding-monitor --to https://api.openai.com", (Exit.NO, Exit.INCONCLUSIVE)),
    "reach": ("--stack coding-monitor --names", ()),
    "diff": ("coding-monitor coding-enforce", (Exit.NEWLY_ALLOWED,)),
    "prove": ("--stack coding-monitor", (Exit.NO, Exit.INCONCLUSIVE)),
    "risk": ("--stack coding-monitor", ()),
    "render": ("--as launcher --stack coding-monitor --write profile.json", (Exit.NO,)),
    "bundle build": ("--stack coding-monitor --revision 1 --until 2027-01-31", (Exit.NO,)),
    "bundle sign": ("bundles/coding-monitor --key signer.pem", (Exit.NO,)),
    "bundle verify": ("bundles/coding-monitor --public-key signer.pub.pem", (Exit.NO,)),
    "bundle show": ("bundles/coding-monitor", (Exit.NO,)),
    "tools list": ("--stack coding-monitor", ()),
    "tools show": ("files", ()),
    "tools check": ("--stack coding-monitor", (Exit.NOTHING, Exit.NO, Exit.INCONCLUSIVE)),
    "tools pin": ("files", (Exit.NO,)),
    "tools serve": ("--task code-review --port 8080", ()),
    "check": ("state.json --rule agent-host-requires-imdsv2", (Exit.NOTHING, Exit.NO, Exit.INCONCLUSIVE)),
    "vend new": ("build-agent --stack coding-monitor --until 2027-03-31", ()),
    "vend list": ("--stack coding-monitor", (Exit.NOTHING,)),
    "vend show": ("build-agent", ()),
    "vend remove": ("build-agent --reason 'the project has ended'", ()),
    "promote": ("api.example.com -s coding-monitor --owner 'Team A' --reason 'reads tickets' --until 2027-03-31", ()),
    "catalog due": ("--days 60", (Exit.NOTHING, Exit.NO)),
    "request": ("dismissal --name ads.example.com --reason 'not needed' --by platform-team", ()),
    "approve request": ("decisions/requests/REQUEST.json --key approver.pem --as security-approver", (Exit.NO,)),
    "approve list": ("", (Exit.NOTHING, Exit.NO)),
    "approve show": ("ACTION", ()),
    "approve approve": ("ACTION --key approver.pem --as security-approver", (Exit.NO,)),
    "approve reject": ("ACTION --key approver.pem --as security-approver --reason 'wrong branch'", (Exit.NO,)),
    "approve serve": ("--key approver.pem --as security-approver", ()),
    "audit list": ("--stack coding-monitor", ()),
    "audit show": ("12", ()),
    "audit verify": ("--anchor heads.json", (Exit.NO,)),
    "audit stats": ("--per-hour 20", ()),
    "audit anchor": ("heads.json", ()),
    "fleet plan": ("--preview", (Exit.NO, Exit.VIOLATION, Exit.NOTHING)),
    "fleet up": ("coding-monitor coding-enforce --parallel 4", (Exit.NO, Exit.VIOLATION, Exit.LOCKED, Exit.NOTHING)),
    "fleet destroy": ("coding-monitor", (Exit.LOCKED, Exit.NOTHING)),
    "fleet reap": ("--write", (Exit.NO, Exit.NOTHING)),
    "fleet status": ("--attested-within 12", (Exit.NO, Exit.INCONCLUSIVE, Exit.NOTHING)),
    "evidence run": ("coding-monitor --key signer.pem", (Exit.NO, Exit.INCONCLUSIVE)),
    "evidence verify": ("evidence/coding-monitor/evidence.json --public-key signer.pub.pem", (Exit.NO, Exit.INCONCLUSIVE)),
    "enforce": ("coding-monitor --evidence observed.json", (Exit.NO,)),
    "rollback": ("coding-enforce --reason 'a build needs a new registry'", (Exit.NO,)),
    "attest run": ("coding-monitor --key attester.pem", (Exit.NO, Exit.INCONCLUSIVE)),
    "attest verify": ("attestations/coding-monitor/TIME.json", (Exit.NO, Exit.INCONCLUSIVE)),
    "session verify": ("coding-monitor", (Exit.NO, Exit.INCONCLUSIVE)),
    "stop": ("build-agent --stack coding-monitor --reason 'unknown traffic'", (Exit.NOTHING,)),
    "observe": ("gateway.log --stack coding-monitor --json", (Exit.NO, Exit.INCONCLUSIVE)),
    "discover": ("--stack coding-monitor --project .", (Exit.NO, Exit.INCONCLUSIVE, Exit.LOCKED)),
    "baseline learn": ("gateway.log --out baseline.json", ()),
    "baseline check": ("gateway.log --profile baseline.json", (Exit.NO, Exit.INCONCLUSIVE)),
    "baseline estate": ("flows.parquet --vended 10.42.0.0/16", (Exit.NO, Exit.INCONCLUSIVE)),
    "lab preview": ("--stack coding-monitor --policy-pack policypack", (Exit.VIOLATION,)),
    "lab up": ("--stack coding-monitor --policy-pack policypack", (Exit.VIOLATION, Exit.LOCKED)),
    "lab refresh": ("--stack coding-monitor", (Exit.LOCKED,)),
    "lab destroy": ("--stack coding-monitor", (Exit.LOCKED,)),
    "lab export": ("--stack coding-monitor", ()),
    "lab down": ("", ()),
    "lab env": ("", ()),
    "lab status": ("", ()),
    "lab stacks": ("", ()),
    "lab verify": ("--stack coding-monitor", (Exit.NO,)),
    "lab run": ("--stack coding-monitor -- curl https://api.openai.com", ()),
    "lab watch": ("--stack coding-monitor --seconds 30", ()),
    "lab report": ("--stack coding-monitor --out report.html", (Exit.NO,)),
    "lab world up": ("--stack coding-monitor", ()),
    "lab world down": ("--stack coding-monitor", ()),
    "lab world status": ("", ()),
}
"""Command -> the arguments of its example, and its exit codes in addition to the common ones."""

_MORE: Final[Mapping[str, str]] = {"lab run": "Once the command was started: the exit code of that command."}
_SHOWN: Final[Mapping[str, str]] = {f"{group} {verb}": group for group, verb in (("vend", "new"), ("evidence", "run"), ("attest", "run"))}
"""Commands that are typed without their last word."""
_WIDTH: Final = 72


def get_codes(command: str) -> tuple[Exit, ...]:
    """Return the exit codes of a command such as `lab up`, in ascending order."""
    return tuple(sorted((*_ALWAYS, *HELP_ENDS[command][1])))


def build_epilog(command: str) -> str:
    """Return the text at the end of a command's help."""
    lines = [f"{code:>2} {code.meaning}" for code in get_codes(command)]
    example = "\b\nExample:\n" + indent(build_example(command), "  ")
    return "\n\n".join([example, "\b\nExit codes:\n" + "\n".join(lines), *([_MORE[command]] if command in _MORE else [])])


def build_example(command: str) -> str:
    """Return the example of a command, as it is typed in lines that fit a terminal."""
    lines = [f"containment {_SHOWN.get(command, command)}"]
    for word in map(shlex.quote, shlex.split(HELP_ENDS[command][0])):
        if len(lines[-1]) + len(word) > _WIDTH:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return "\n".join(lines)
