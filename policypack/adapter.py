"""Between CrossGuard and the rules: proxies become plain data, faults become violations, one policy a rule.

Three things CrossGuard does that must not happen to a containment rule, and are prevented here: a policy that touches an
unknown is skipped (rules see UNKNOWN instead); a stack policy sees outputs, where a property left out looks unknown (the
inputs that the same process saw when each resource was analysed are kept); a check that raises ends the run without a
verdict (it becomes a violation). What a waiver accepts is reported by one advisory policy after all rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policypack.deployed.view import faults_of
from policypack.finding import Fault, Finding, Rule
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts, is_tagged, own_tags
from policypack.known_types import COMPUTE, INTERFACE, TEMPLATES
from policypack.memory import Memory
from policypack.waiver_rule import root_of, rule_of
from policypack.waivers import Waived, Waivers


class _Judge:
    """Runs one rule for CrossGuard, and says after the last one what was judged."""

    def __init__(self, rule: Rule, memory: Memory, waivers: Waivers, is_last: bool) -> None:
        self.rule, self._memory, self._waivers, self._is_last = rule, memory, waivers, is_last

    def resource(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource, seen = self._memory.question(args)
        if self.rule.check_resource is None or not _is_host_already(resource):
            return
        self._memory.checks += 1
        for fault in self._guarded(resource.urn, self.rule.check_resource, resource, seen):
            self._memory.reported[resource.urn].add((self.rule.id, fault.what))
            self._say(Finding(self.rule, fault.where, fault.what), report)

    def stack(self, args: StackValidationArgs, report: ReportViolation) -> None:
        graph = self._memory.graph(args)
        self._memory.checks += 1
        for fault in self._guarded("", faults_of, self.rule, graph):
            if (self.rule.id, fault.what) not in self._memory.reported.get(fault.where, ()):
                self._say(Finding(self.rule, fault.where, fault.what), report, root_of(graph))
        if self._is_last:
            print(summary(graph, self._memory.checks), flush=True)  # the engine shows what a pack prints
            self._memory.checks = 0

    def _say(self, finding: Finding, report: ReportViolation, root: str = "") -> None:
        waiver = self._waivers.of(finding, root)
        if waiver is None:
            report(finding.message, finding.where or None)
        else:
            self._memory.waived.setdefault(finding.where, []).append(Waived(finding, waiver))

    def _guarded(self, where: str, check: Any, *arguments: Any) -> Sequence[Fault]:
        try:
            found: list[Fault] = check(*arguments)
        except Exception as error:  # noqa: BLE001  a check that raises has failed, and says so as a violation
            return [Fault(where, f"the check itself failed ({type(error).__name__}: {error}); nothing was judged")]
        return found


class RulePolicy(ResourceValidationPolicy, StackValidationPolicy):
    """One CrossGuard policy, with one name, for a rule that judges single resources and the whole stack."""

    def __init__(self, judge: _Judge) -> None:
        Policy.__init__(self, **_metadata(judge.rule))  # the bases' own constructors ask for one callback each
        self._judge = judge

    def has_validation(self) -> bool:
        """Tell the SDK that this policy validates."""
        return True

    def has_remediation(self) -> bool:
        """Tell the SDK that this policy changes nothing."""
        return False

    def validate(self, args: Any, report_violation: ReportViolation) -> None:
        """Judge what the SDK hands over: one resource or all of them."""
        if isinstance(args, StackValidationArgs):
            self._judge.stack(args, report_violation)
        else:
            self._judge.resource(args, report_violation)


class WaivedPolicy(RulePolicy):
    """The advisory policy that shows what was found and is waived."""

    def __init__(self, memory: Memory) -> None:
        said = "Findings that policypack/waivers.yaml accepts, each with its reason and end."
        Policy.__init__(self, name="waived-findings", description=said, enforcement_level=EnforcementLevel.ADVISORY)
        self._memory = memory

    def validate(self, args: Any, report_violation: ReportViolation) -> None:
        """Report what the rules before it have put aside, and forget it."""
        kept = self._memory.waived
        for where in list(kept) if isinstance(args, StackValidationArgs) else [args.urn]:
            for waived in kept.pop(where, []):
                report_violation(waived.message, where or None)


def policies(rules: Iterable[Rule], memory: Memory | None = None, waivers: Waivers | None = None) -> list[Policy]:
    """Return one CrossGuard policy a rule, sharing one memory, then the two about waivers."""
    memory, waivers = memory or Memory(), waivers or Waivers()
    ordered = [*rules, rule_of(waivers)]
    found: list[Policy] = []
    for rule in ordered:
        judge = _Judge(rule, memory, waivers, is_last=rule is ordered[-1])
        assert rule.check_stack is not None, f"{rule.id} judges no stack"
        # Each policy of resources costs a call a resource, so a rule about relations only is asked about the stack only.
        found.append(RulePolicy(judge) if rule.check_resource else StackValidationPolicy(validate=judge.stack, **_metadata(rule)))
    return [*found, WaivedPolicy(memory)]


def summary(graph: Graph, checks: int) -> str:
    """Return one line: which hosts were found and how many checks ran."""
    hosts = [host.resource.label for host in find_hosts(graph)]
    return f"containment: {len(hosts)} agent host{'' if len(hosts) == 1 else 's'} ({', '.join(hosts) or 'none'}), {checks} checks"


def _is_host_already(resource: Resource) -> bool:
    """Tell whether one resource may be judged by itself: compute only once it says that it is an agent host.

    Other compute is a host or not by what stands around it (it may only forward), which the stack part knows.
    """
    return resource.type not in (*COMPUTE, *TEMPLATES, INTERFACE) or is_tagged(own_tags(resource))


def _metadata(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.id,
        "description": rule.info,
        "severity": Severity(rule.severity.value),
        "tags": list(rule.ids),
        "remediation_steps": rule.fix,
    }
