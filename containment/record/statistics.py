"""How often reviewers decide, and how often they approve: signs of approval fatigue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from containment.loaders.approvers import Approvers
from containment.record.approval_checks import index_keys
from containment.record.decision import DecisionKind
from containment.record.entry import Entry, EntryKind

FEWEST: Final = 20
"""Decisions from which on a share of approvals means something."""


@dataclass(frozen=True, slots=True)
class ReviewerCount:
    """One reviewer: approvals, rejections, hours with a decision, and the most decisions in one hour."""

    name: str
    approved: int
    rejected: int
    hours: int
    most_per_hour: int

    @property
    def decided(self) -> int:
        """Approvals and rejections."""
        return self.approved + self.rejected

    @property
    def rate(self) -> float:
        """The share of approvals."""
        return self.approved / self.decided

    @property
    def per_hour(self) -> float:
        """Decisions per hour in which there was one."""
        return self.decided / self.hours

    def find_fatigue(self, per_hour: int, rate: float) -> str:
        """Return the sign of fatigue, "" if there is none."""
        signs = []
        if self.most_per_hour > per_hour:
            signs.append(f"{self.most_per_hour} decisions in one hour (more than {per_hour})")
        if self.decided >= FEWEST and self.rate > rate:
            signs.append(f"{self.rate:.0%} of {self.decided} approved (more than {rate:.0%})")
        return ", ".join(signs)


@dataclass(frozen=True, slots=True)
class PromptCount:
    """How many actions were put before persons: all, hours with one, and the most in one hour."""

    prompts: int
    hours: int
    most_per_hour: int
    started: int

    @property
    def per_hour(self) -> float:
        """Prompts per hour in which there was one."""
        return self.prompts / self.hours if self.hours else 0.0

    def find_fatigue(self, per_hour: int) -> str:
        """Return the sign of fatigue, "" if there is none."""
        return f"{self.most_per_hour} actions in one hour (more than {per_hour})" if self.most_per_hour > per_hour else ""


def count_prompts(entries: Sequence[Entry]) -> PromptCount:
    """Return how often persons were asked about actions of agents, and how many actions were started."""
    hours = Counter(_get_hour(entry) for entry in entries if entry.kind is EntryKind.ACTION_REQUEST)
    started = sum(entry.kind is EntryKind.EXECUTION and entry.body.get("state") == "started" for entry in entries)
    return PromptCount(hours.total(), len(hours), max(hours.values(), default=0), started)


def is_about_action(entry: Entry) -> bool:
    """Return whether a signed entry decides about an action of an agent."""
    return entry.kind.is_signed and entry.envelope.decision.kind is DecisionKind.ACTION


def count_reviewers(entries: Sequence[Entry], approvers: Approvers) -> list[ReviewerCount]:
    """Return the counts of every key that signed, by person where approvers.yaml names one."""
    keys = index_keys(approvers.people)
    counts: Counter[tuple[str, EntryKind]] = Counter()
    hours: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for approval in entry.envelope.signatures if entry.kind.is_signed else ():
            found = keys.get(approval.keyid)
            name = found[0].name if found else f"key {approval.keyid[:16]}"
            counts[name, entry.kind] += 1
            hours[name, _get_hour(entry)] += 1
    names = sorted({name for name, _ in counts})
    return [
        ReviewerCount(
            name,
            counts[name, EntryKind.DECISION],
            counts[name, EntryKind.REJECTION],
            sum(one == name for one, _ in hours),
            max(count for (one, _), count in hours.items() if one == name),
        )
        for name in names
    ]


def _get_hour(entry: Entry) -> str:
    return entry.time.strftime("%Y-%m-%dT%H")
