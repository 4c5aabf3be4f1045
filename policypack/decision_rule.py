"""The rule about decisions: enforce mode, added destinations and waivers have valid ones where approvers are named for the class.

Like the rule about waivers it depends on files and the time, so it is not one of the files in `rules/`. It reads approvers.yaml and
`decisions/` in the folder that contains the pack. The stack and the class are those of the host's tags. An enforce decision counts for
exactly the policy that the program registers (`registered_policy`), and what its rules permit beyond the release needs a promotion
(`permitted_destinations`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from containment.errors import InputError
from containment.loaders.approvers import FILE
from containment.names import HostTag, PolicyMode
from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.registered_policy import list_policies
from policypack.graph.resources import Graph
from policypack.permitted_destinations import find_unpromoted
from policypack.waivers import Waivers

if TYPE_CHECKING:  # imported where a folder has a record; most have none
    from containment.record.decision import DecisionKind
    from containment.record.gate import Record
    from containment.record.subjects import Subject

FOLDER: Final = Path(__file__).parents[1]
ID: Final = "decisions-are-approved"
INFO: Final = (
    "Enforce mode, added destinations and waivers have valid, signed decisions where approvers.yaml names approvers for the class."
)
WHY: Final = "a person who can edit a file could enforce an unreviewed policy or accept a hole alone"
REPAIR: Final = "`containment request`, then `containment approve` by the persons whom approvers.yaml names for the class"
_URN_PARTS: Final = 4


def load_decisions(folder: Path = FOLDER) -> Record | None:
    """Return the record of a folder, None if it has none; an unusable approvers.yaml is a record with a problem."""
    if not (folder / FILE).exists() and not (folder / "decisions").exists():
        return None
    from containment.record.gate import Record, load_record

    try:
        return load_record(folder)
    except InputError as error:
        return Record(problem=str(error))


def build_decision_rule(record: Record | None, waivers: Waivers, now: datetime | None = None) -> Rule:
    """Return the rule for a record and a file's waivers."""

    def check_stack(graph: Graph) -> list[Violation]:
        if record is None:
            return []
        time = now or datetime.now(UTC)
        return list(dict.fromkeys(fault for host in find_hosts(graph) for fault in _check_host(graph, host, record, waivers, time)))

    return Rule(ID, Severity.CRITICAL, INFO, WHY, REPAIR, scope=Scope.AGENTS, check_stack=check_stack)


def list_waiver_subjects(waivers: Waivers, stack: str) -> list[tuple[DecisionKind, Subject]]:
    """Return the decisions that a file's waivers need for a stack; URNs of other stacks do not count."""
    from containment.record.decision import DecisionKind
    from containment.record.subjects import build_waiver_subject

    return [
        (DecisionKind.WAIVER, build_waiver_subject(one.rule, one.resource, one.reason, one.owner, one.until))
        for one in waivers.entries
        if _is_for_stack(one.resource, stack)
    ]


def _is_for_stack(resource: str, stack: str) -> bool:
    parts = resource.split("::")
    return not resource.startswith("urn:pulumi:") or len(parts) != _URN_PARTS or parts[0].removeprefix("urn:pulumi:") == stack


def _check_host(graph: Graph, host: Host, record: Record, waivers: Waivers, now: datetime) -> list[Violation]:
    from containment.record.digests import digest_ruleset
    from containment.record.gate import StackState, find_undecided

    where = host.resource.urn
    if record.problem and not record.decisions and not record.approvers.classes:
        return [Violation(where, f"cannot be judged: {record.problem}")]
    known = [_get_values(host, tag) for tag in (HostTag.AGENT_CLASS, HostTag.AGENT_STACK, HostTag.POLICY_MODE)]
    classes, stacks, modes = known
    found = []
    for agent_class in classes:
        if not isinstance(agent_class, str):
            if record.approvers.classes:
                found.append(Violation(where, f"has a tag {HostTag.AGENT_CLASS} whose value is not known, so who approves is not known"))
            continue
        for stack in stacks:
            if not record.is_approval_required(agent_class):
                continue
            is_enforced = not modes or any(mode != PolicyMode.MONITOR.value for mode in modes)
            state = StackState(
                stack=str(stack),
                agent_class=agent_class,
                is_enforced=is_enforced,
                policy_digests=tuple(map(digest_ruleset, list_policies(graph))) if is_enforced else None,
                entries=tuple(list_waiver_subjects(waivers, str(stack))),
            )
            found += [Violation(where, f"{one.where} {one.what}") for one in find_undecided(record, state, now)]
            found += [Violation(where, what) for what in find_unpromoted(graph, record, str(stack), agent_class, now)]
    return found


def _get_values(host: Host, tag: HostTag) -> Sequence[Any]:
    return host.tags.get(tag.value, ())
