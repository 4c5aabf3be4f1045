"""Control questions of the published references, each with the claims that show it.

A control has the worst status of its claims; one without a claim in the bundle is NOT TESTED, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from containment.evidence.model import Claim, ClaimStatus, Part, PartName, find_worst
from containment.preflight.finding import Status

_BLUEPRINT: Final = "Aviatrix blueprint"
_FOUR: Final = "agent isolation: the four controls"
_WORKSPACE: Final = "NVIDIA Secure Agent Workspace"
_SEGMENTATION: Final = "network segmentation and egress controls"
ANY: Final = "*"
"""In the id of a claim: any text, so `run-*` is every claim of the run, and `*-file` the claim of each agent."""


@dataclass(frozen=True, slots=True)
class Control:
    """One question; `claims` are (part, claim id), and `gap` is why nothing in a bundle can show it."""

    id: str
    question: str
    source: str
    claims: tuple[tuple[PartName, str], ...] = ()
    gap: str = ""


def _shown_by(part: PartName, *ids: str) -> tuple[tuple[PartName, str], ...]:
    return tuple((part, id_) for id_ in ids)


_TESTS: Final = tuple(
    Control(f"validation-{number}", question, f"{_BLUEPRINT}, validation tests", _shown_by(PartName.TESTS, f"test-{number}", "run-*"))
    for number, question in enumerate(
        (
            "Does the agent reach the approved model gateway, and does the log name the permit rule?",
            "Do the core endpoints resolve and connect without public SSH?",
            "Does a connection to an attacker's domain fail, with a named deny in the log?",
            "Does a connection to an unapproved model provider fail, with the shadow-model deny in the log?",
            "Do queries to external resolvers fail while the VPC's resolver works?",
            "Is a new destination would-be-denied, then approved, then delivered?",
        ),
        1,
    )
)
_THREATS: Final = tuple(
    Control(f"threat-{threat}", question, f"{_BLUEPRINT}, threat context", _shown_by(PartName.THREATS, threat))
    for threat, question in (
        ("exfiltration", "Can a manipulated agent send data to a place of the attacker?"),
        ("supply-chain", "Can a malicious skill or dependency contact its author?"),
        ("shadow-model", "Can the agent call an unsanctioned model provider?"),
        ("dns-exfiltration", "Can data leave in queries to an external resolver?"),
        ("lateral-movement", "Can a compromised agent reach adjacent workloads?"),
    )
)
CONTROLS: Final = (
    *_TESTS,
    *_THREATS,
    Control(
        "insertion-private-host",
        "Has the agent host no public address, no way in and no other route out?",
        f"{_BLUEPRINT}, insertion pattern",
        _shown_by(
            PartName.PACK,
            "agent-host-has-no-public-ip",
            "agent-host-has-no-way-in",
            "agent-host-takes-no-ingress",
            "agent-subnet-has-no-nat-route",
            "agent-subnet-joins-no-other-network",
        ),
    ),
    Control(
        "insertion-host",
        "Is the host hardened: least privilege, encrypted volume, IMDSv2, no secret in user data?",
        f"{_BLUEPRINT}, insertion pattern",
        _shown_by(
            PartName.PACK,
            "agent-role-is-minimal",
            "agent-volumes-are-encrypted",
            "agent-host-requires-imdsv2",
            "user-data-holds-no-secret",
        ),
    ),
    Control(
        "insertion-logs",
        "Are VPC Flow Logs and the Controller's syslog complete?",
        f"{_BLUEPRINT}, insertion pattern",
        _shown_by(PartName.PACK, "vpc-flow-logs-are-complete", "syslog-is-encrypted"),
    ),
    Control(
        "policy-order",
        "Do named denies come first, and does a default deny catch the rest?",
        f"{_BLUEPRINT}, policy pack",
        (
            *_shown_by(PartName.RULES, "default-deny", "ordered", "invariants"),
            *_shown_by(PartName.PROOFS, "named-denies-first", "default-deny"),
            *_shown_by(PartName.STATE, "same-policy", "same-mode"),
        ),
    ),
    Control(
        "class-permits",
        "Does the class reach what its row of the class table permits, and nothing that the row denies?",
        f"{_BLUEPRINT}, agent-class presets",
        _shown_by(PartName.PREDICTED, "flow-*", "run-*"),
    ),
    Control(
        "monitor-first",
        "Was the agent's normal traffic observed and settled before its denies were applied?",
        f"{_BLUEPRINT}, rollout principle",
        _shown_by(PartName.OBSERVED, ANY),
    ),
    Control(
        "four-network",
        "Is all outbound traffic limited to an explicit allow-list, with everything else blocked and logged?",
        _FOUR,
        (
            *_shown_by(PartName.PROOFS, "only-approved-names", "default-deny"),
            *_shown_by(PartName.EVASION, "technique-*", "run-*"),
            *_shown_by(PartName.CONFIGURATION, "denies-applied"),
        ),
    ),
    Control(
        "four-files", "Does the agent see only the folders that it was granted?", _FOUR, gap="no part of a bundle tests the host's files"
    ),
    Control("four-tools", "Has the agent only the tools of its task?", _FOUR, gap="no part of a bundle tests the agent's tools"),
    Control("four-processes", "Is the agent's process isolated by kernel or hypervisor?", _FOUR, gap="no part of a bundle tests processes"),
    Control(
        "human-decision",
        "Is every decision of a person signed and recorded so that a change is found?",
        "agent isolation: the human in the loop",
        _shown_by(PartName.DECISIONS, ANY),
    ),
    Control(
        "human-gate",
        "Did persons approve each action that cannot be undone before it was executed?",
        "agent isolation: the human in the loop",
        _shown_by(PartName.ACTIONS, ANY),
    ),
    Control(
        "enforcement-in-force",
        "Is what was reviewed in force now, by reading it back and by packets?",
        _SEGMENTATION,
        _shown_by(PartName.ATTESTATIONS, ANY),
    ),
    Control(
        "llm-traffic",
        "Is traffic to model providers observed, and is it complete?",
        _SEGMENTATION,
        _shown_by(PartName.OBSERVED, "logs-*", "names-agree"),
    ),
    Control(
        "shadow-agents",
        "Are agents, MCP servers, tools and model connections discovered inside hosts and containers, and compared with the class?",
        "agent isolation: discovery inside the environment",
        _shown_by(PartName.DISCOVERY, ANY),
    ),
    Control(
        "stakeholders",
        "Is there a business owner, a security approver and a data steward for every agent?",
        _WORKSPACE,
        _shown_by(PartName.STAKEHOLDERS, *(f"*-{what}" for what in ("business", "securityApprover", "dataSteward", "file", "until"))),
    ),
    Control(
        "residual-risks",
        "Is everything that stays possible named, with what would close it?",
        _WORKSPACE,
        _shown_by(PartName.RESIDUAL, ANY),
    ),
)
"""Every control question, in the order of the references."""


@dataclass(frozen=True, slots=True)
class ControlResult:
    """A control with its status in a bundle, the claims that show it, and the reason of a status other than PASS."""

    control: Control
    status: ClaimStatus
    shown_by: tuple[str, ...]
    reason: str


def judge_controls(parts: Iterable[Part]) -> tuple[ControlResult, ...]:
    """Return the result of every control."""
    known = {part.name: part for part in parts}
    return tuple(_judge_control(control, known) for control in CONTROLS)


def find_controls(part: PartName, claim: str) -> tuple[str, ...]:
    """Return the ids of the controls that a claim shows."""
    return tuple(one.id for one in CONTROLS if any(name is part and _matches(id_, claim) for name, id_ in one.claims))


def _judge_control(control: Control, parts: dict[PartName, Part]) -> ControlResult:
    if not control.claims:
        return ControlResult(control, Status.NOT_TESTED, (), control.gap)
    statuses, shown, reasons = list[Status](), list[str](), list[str]()
    for name, id_ in control.claims:
        part = parts.get(name)
        found = list(_find_claims(part, id_))
        if not found:
            statuses.append(Status.NOT_TESTED)
            reasons.append(f"{name}: {part.reason if part and part.content is None else f'has no claim {id_}'}")
        statuses += [Status(claim.status) for claim in found]
        shown.append(f"{name}: {id_}")
        reasons += [f"{name}: {claim.id} is {claim.status}" for claim in found if claim.status != Status.PASS]
    return ControlResult(control, find_worst(statuses), tuple(shown), "; ".join(dict.fromkeys(reasons)))


def _find_claims(part: Part | None, id_: str) -> Iterator[Claim]:
    yield from (claim for claim in (part.claims if part else ()) if _matches(id_, claim.id))


def _matches(wanted: str, claim: str) -> bool:
    return fnmatchcase(claim, wanted)
