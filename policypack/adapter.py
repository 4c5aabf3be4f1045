"""Adapter between CrossGuard and the rules: proxies become plain data, faults become violations, one policy per rule.

Three behaviors of CrossGuard would disable a containment rule, and are prevented here: a policy that reads an unknown value is
skipped (rules get UNKNOWN instead); a stack policy gets outputs, in which an unset property looks unknown (the inputs of each
resource are remembered from when it was analyzed); a check that raises ends the run without a result (here it is a violation).
Waived findings are reported by one advisory policy after all rules.
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

from policypack.facts.compute import get_own_tags, is_tagged
from policypack.facts.deployed.deployed_view import find_violations
from policypack.facts.hosts import find_hosts
from policypack.finding import Finding, Rule, Violation
from policypack.graph.known_types import COMPUTE, INTERFACE, TEMPLATES
from policypack.graph.resources import Graph, Resource
from policypack.request_memory import RequestMemory
from policypack.waiver_rule import build_waiver_rule, find_root
from policypack.waivers import WaivedFinding, Waivers


class _RuleRunner:
    """Run one rule for CrossGuard; the last rule also prints what was judged."""

    def __init__(self, rule: Rule, memory: RequestMemory, waivers: Waivers, is_last: bool) -> None:
        self.rule, self._memory, self._waivers, self._is_last = rule, memory, waivers, is_last

    def run_on_resource(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource, seen = self._memory.get_request(args)
        if self.rule.check_resource is None or not _is_host_already(resource):
            return
        self._memory.checks += 1
        for fault in self._run_guarded(resource.urn, self.rule.check_resource, resource, seen):
            self._memory.reported[resource.urn].add((self.rule.id, fault.what))
            self._send_or_waive(Finding(self.rule, fault.where, fault.what), report)

    def run_on_stack(self, args: StackValidationArgs, report: ReportViolation) -> None:
        graph = self._memory.get_graph(args)
        self._memory.checks += 1
        for fault in self._run_guarded("", find_violations, self.rule, graph):
            if (self.rule.id, fault.what) not in self._memory.reported.get(fault.where, ()):
                self._send_or_waive(Finding(self.rule, fault.where, fault.what), report, find_root(graph))
        if self._is_last:
            print(format_summary(graph, self._memory.checks), flush=True)  # the engine shows what a pack prints
            self._memory.checks = 0

    def _send_or_waive(self, finding: Finding, report: ReportViolation, root: str = "") -> None:
        waiver = self._waivers.find_waiver(finding, root)
        if waiver is None:
            report(finding.message, finding.where or None)
        else:
            self._memory.waived.setdefault(finding.where, []).append(WaivedFinding(finding, waiver))

    def _run_guarded(self, where: str, check: Any, *arguments: Any) -> Sequence[Violation]:
        try:
            found: list[Violation] = check(*arguments)
        except Exception as error:  # noqa: BLE001  a check that raises is a violation
            return [Violation(where, f"the check itself failed ({type(error).__name__}: {error}); nothing was judged")]
        return found


class RulePolicy(ResourceValidationPolicy, StackValidationPolicy):
    """One CrossGuard policy, with one name, for a rule that judges single resources and the whole stack."""

    def __init__(self, judge: _RuleRunner) -> None:
        Policy.__init__(self, **_build_metadata(judge.rule))  # each base class's constructor requires a callback
        self._judge = judge

    def has_validation(self) -> bool:
        """Return True: the policy validates resources."""
        return True

    def has_remediation(self) -> bool:
        """Return False: the policy changes no resource."""
        return False

    def validate(self, args: Any, report_violation: ReportViolation) -> None:
        """Judge one resource or the whole stack, whichever the SDK passes."""
        if isinstance(args, StackValidationArgs):
            self._judge.run_on_stack(args, report_violation)
        else:
            self._judge.run_on_resource(args, report_violation)


class WaivedFindingsPolicy(RulePolicy):
    """The advisory policy that reports waived findings."""

    def __init__(self, memory: RequestMemory) -> None:
        said = "Findings that policypack/waivers.yaml accepts, each with its reason and end."
        Policy.__init__(self, name="waived-findings", description=said, enforcement_level=EnforcementLevel.ADVISORY)
        self._memory = memory

    def validate(self, args: Any, report_violation: ReportViolation) -> None:
        """Report the waived findings of the rules before it, and forget them."""
        kept = self._memory.waived
        for where in list(kept) if isinstance(args, StackValidationArgs) else [args.urn]:
            for waived in kept.pop(where, []):
                report_violation(waived.message, where or None)


def build_policies(rules: Iterable[Rule], memory: RequestMemory | None = None, waivers: Waivers | None = None) -> list[Policy]:
    """Return one CrossGuard policy per rule, all with one memory, then the two policies about waivers."""
    memory, waivers = memory or RequestMemory(), waivers or Waivers()
    ordered = [*rules, build_waiver_rule(waivers)]
    found: list[Policy] = []
    for rule in ordered:
        judge = _RuleRunner(rule, memory, waivers, is_last=rule is ordered[-1])
        assert rule.check_stack is not None, f"{rule.id} judges no stack"
        # A resource policy costs one call per resource, so a rule that only judges relations is a stack policy alone.
        found.append(
            RulePolicy(judge) if rule.check_resource else StackValidationPolicy(validate=judge.run_on_stack, **_build_metadata(rule))
        )
    return [*found, WaivedFindingsPolicy(memory)]


def format_summary(graph: Graph, checks: int) -> str:
    """Return one line with the hosts that were found and the number of checks that ran."""
    hosts = [host.resource.label for host in find_hosts(graph)]
    return f"containment: {len(hosts)} agent host{'' if len(hosts) == 1 else 's'} ({', '.join(hosts) or 'none'}), {checks} checks"


def _is_host_already(resource: Resource) -> bool:
    """Return whether a resource can be judged alone: compute only if its own tags make it an agent host.

    Whether other compute is a host depends on other resources (it may only forward packets), so the stack check judges it.
    """
    return resource.type not in (*COMPUTE, *TEMPLATES, INTERFACE) or is_tagged(get_own_tags(resource))


def _build_metadata(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.id,
        "description": rule.info,
        "severity": Severity(rule.severity.value),
        "tags": list(rule.ids),
        "remediation_steps": rule.fix,
    }
