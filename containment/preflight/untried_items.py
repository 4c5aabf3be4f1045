"""Everything that was never run against real AWS or a real Controller, and what to try first.

The lab simulates both. Its limits are listed here as data, for `containment doctor` and for docs/not-run-here.md. After trying an entry,
remove it and add the result to the tests or the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

PAGE: Final = "docs/not-run-here.md"


class System(StrEnum):
    """A real system that was not available."""

    AWS = "real AWS"
    CONTROLLER = "a real Controller"


@dataclass(frozen=True)
class UntriedItem:
    """One thing that was never tried.

    `open_question` is what only the real system can answer, `try_first` the first experiment, `since` the date of the entry.
    """

    system: System
    what: str
    open_question: str
    try_first: str
    since: date


_SINCE = date(2026, 11, 28)

NOT_RUN: Final = (
    UntriedItem(
        System.CONTROLLER,
        "A whole deployment, `pulumi up` to `pulumi destroy`",
        "Whether the Controller accepts every object as the simulator does, and removes them in the same order.",
        "`containment preflight --stack locked-down-monitor`, then `pulumi up` of that stack in an empty account",
        _SINCE,
    ),
    UntriedItem(
        System.CONTROLLER,
        "The six validation tests on a real gateway",
        "Whether rules, watch mode and logs give the same decisions as in the lab.",
        "`bash /opt/openclaw-vca/verify-egress.sh` in a Session Manager session on the host, monitor first",
        _SINCE,
    ),
    UntriedItem(
        System.CONTROLLER,
        "The flip from monitor to enforce under load",
        "How long the gateways take to apply it, and whether permitted flows under way are cut.",
        "the flip of one stack while `python -m containment_lab.validation.load` runs on its host",
        _SINCE,
    ),
    UntriedItem(
        System.CONTROLLER,
        "The evasion table",
        "Which techniques a real gateway decides differently: split and fragmented hellos, trailing dots, forged server names.",
        "the rows of `tests/scenarios/evasion.yaml` that start with `tls-` and `sni-`, by hand, against a name server that you run",
        _SINCE,
    ),
    UntriedItem(
        System.CONTROLLER,
        "A verified server name (`verify_sni`) with a spoofed address",
        "Whether the gateway connects to the address that the client chose, to the one DNS gives, or to neither.",
        "`curl --resolve PERMITTED-NAME:443:YOUR-ADDRESS https://PERMITTED-NAME/`, and which of the two servers receives it",
        _SINCE,
    ),
    UntriedItem(
        System.CONTROLLER,
        "TLS decryption (`tlsDecryptionUrls`), also together with SNAT",
        "Whether the release supports both, how a path with escapes or a query is compared, and what is logged when a client pins.",
        "one URL; then a client that trusts the gateway's CA, one that does not, and one that pins the server's own certificate",
        _SINCE,
    ),
    UntriedItem(
        System.CONTROLLER,
        "Time until a changed WebGroup or SmartGroup is in force",
        "Seconds or minutes; the lab applies a change at once, and membership by tag at the Controller's next inventory.",
        "add one domain, then `curl` to it every second",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "A Session Manager session to the host",
        "Whether the endpoints, their policies and the role are enough for the agent of Systems Manager.",
        "`aws ssm start-session --target INSTANCE`, then the checks that `containment host` lists",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "Operators' sessions through the stack's own document (`operatorSessions`)",
        "Whether the shell is the operator's user and its record is streamed, and whether IAM refuses all other documents.",
        "`containment session verify STACK --real`, as an operator with session-manager-plugin on the PATH, then without a second factor",
        date(2026, 11, 29),
    ),
    UntriedItem(
        System.AWS,
        "First boot of the host from a real image",
        "Whether cloud-init, the pinned packages and the prepared image work with access to the permitted names only.",
        "one stack that installs its harness at first boot (`installMode`), one from a prepared image (`agentImageId`)",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "DNS Firewall, endpoint policies and network ACLs on real traffic",
        "Whether the services refuse what the lab's resolver, endpoints and filters refuse.",
        "`dig TXT any.name.example` and an S3 upload to a bucket of another account, from the host",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "Object Lock and retention of the logs",
        "Whether they really cannot be shortened or deleted; the simulator allows what AWS refuses.",
        "a deletion with the deploying role, in a bucket with a retention of one day",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "The kill switch, `containment stop`, and the way back",
        "How long a forced stop takes, and whether a network ACL ends tracked connections as the lab's filters do.",
        "a download that is limited to a few KB a second on the host, then `containment stop --stack STACK --reason TEXT --json`",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "The end of an ephemeral host",
        "Whether Scheduler's universal target ends the host with this role, and the host's own timer with a real cloud-init.",
        "an agent file whose deadline is ten minutes from now; once with the schedule deleted",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "Quotas, throttling and eventual consistency",
        "Whether an update of many stacks at once runs into limits that the simulator does not have.",
        "two stacks at the same time in an account with default quotas",
        _SINCE,
    ),
    UntriedItem(
        System.AWS,
        "The updater of signed bundles on a real host",
        "Whether its unit reads the bucket through the stack's S3 endpoint with the host's role; under systemd it runs in"
        " `tests/deployment/units`, from a folder.",
        "`containment-bundle-update --write-timer /etc/systemd/system`, start the service, then `containment-bundle-update --status`",
        date(2026, 11, 29),
    ),
    UntriedItem(
        System.AWS,
        "The Cedar policy of a class's tools in AgentCore",
        "Whether AgentCore's schema accepts each statement, with servers as targets, and `stack` and `task` as claims.",
        "`containment render --as cedar --gateway ARN`, and one statement as an `AgentcorePolicy` of a gateway with a policy engine",
        date(2026, 11, 29),
    ),
)
"""All entries, the Controller's first, because most open questions are there."""


def format_counts() -> str:
    """Return one line for `doctor`: the number of entries per system, and the newest date."""
    counts = ", ".join(f"{sum(each.system is system for each in NOT_RUN)} on {system.value}" for system in reversed(System))
    return f"{len(NOT_RUN)} things were never tried: {counts} (as of {max(each.since for each in NOT_RUN)})"
