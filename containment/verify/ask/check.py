"""`check`: the policy pack's rules over states and previews, without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from containment.verify.answers import Answer, Case, Exit, Status
from containment.verify.state_policy import read_resources
from policypack.finding import Finding
from policypack.graph import Graph, Resource
from policypack.registry import RULES
from policypack.waiver_rule import root_of, rule_of
from policypack.waivers import apply, load


def check(files: Sequence[Path]) -> Answer:
    """Return every violation in every file; a file without a resource is no pass."""
    cases: list[Case] = []
    resources = 0
    for file in files:
        found = read_resources(file)
        resources += len(found)
        root = root_of(Graph(found))
        waivers = load(datetime.now(UTC).date(), {rule.id for rule in RULES})
        broken, waived = apply(findings_in(found), waivers, root)
        about = rule_of(waivers)
        if about.check_stack is not None:
            broken += [Finding(about, fault.where, fault.what) for fault in about.check_stack(Graph(found))]
        cases += [Case(one.finding.id, one.finding.what, Status.SKIPPED, file.name, one.message) for one in waived]
        cases += [
            Case(one.id, one.what, Status.FAILED, f"{file.name}: {one.where.rsplit('::', 1)[-1] or 'the stack'}", _advice(one))
            for one in broken
        ]
        ids = {one.id for one in broken}
        cases += [Case(rule.id, rule.info, Status.PASSED, file.name) for rule in RULES if rule.id not in ids and found]
    failed = sum(case.status is Status.FAILED for case in cases)
    plural = "" if len(files) == 1 else "s"
    if not resources:
        return Answer("check", f"NOTHING TO CHECK: no resource in {len(files)} file{plural}", Exit.NOTHING)
    words = f"{failed} violations" if failed else "no violation"
    return Answer(
        "check",
        f"{'REFUSED' if failed else 'PASSED'}: {words} of {len(RULES)} rules in {resources} resources of {len(files)} file{plural}",
        Exit.FAILED if failed else Exit.OK,
        cases=tuple(cases),
        data={"files": [str(file) for file in files], "resources": resources, "rules": len(RULES)},
    )


def findings_in(resources: Sequence[Resource]) -> list[Finding]:
    """Return what every rule finds, resource by resource and then as a stack."""
    found: list[Finding] = []
    for place, resource in enumerate(resources):
        for rule in RULES:
            if rule.check_resource:
                found += [
                    Finding(rule, fault.where or resource.urn, fault.what) for fault in rule.check_resource(resource, resources[:place])
                ]
    graph = Graph(resources)
    for rule in RULES:
        if rule.check_stack:
            found += [Finding(rule, fault.where, fault.what) for fault in rule.check_stack(graph)]
    return list(dict.fromkeys(found))


def _advice(finding: Finding) -> str:
    return "\n".join(finding.message.splitlines()[1:])
