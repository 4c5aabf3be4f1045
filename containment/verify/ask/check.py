"""`check`: the policy pack's rules over states and previews, without an engine."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from containment.model.errors import InputError, Problem
from containment.verify.answers import Answer, Case, Exit, Status
from containment.verify.state_policy import read_resources
from containment.verify.waiver_text import waiver_text, waivers_text
from policypack.deployed.view import faults_of
from policypack.finding import Finding, Rule
from policypack.graph import Graph, Resource
from policypack.registry import RULES
from policypack.stored import deployed_in
from policypack.waiver_rule import root_of, rule_of
from policypack.waivers import apply, load


def check(files: Sequence[Path], only: Sequence[str] = ()) -> Answer:
    """Return every violation in every file; a file without a resource is no pass. `only` are ids of rules, all without; InputError."""
    chosen_rules(only)  # a mistake in a rule's name comes first
    return check_states([(file.name, read_resources(file)) for file in files], only, [str(file) for file in files])


def check_states(
    states: Sequence[tuple[str, Sequence[Resource]]], only: Sequence[str] = (), named: Sequence[str] = (), *, offer_waivers: bool = False
) -> Answer:
    """Return every violation in every state, each a title with its resources.

    `named` are the states as the user named them. With `offer_waivers` each violation comes with the text of a waiver for it, and
    `data` has all of them as the text of a file.
    """
    rules = chosen_rules(only)
    cases: list[Case] = []
    resources = 0
    today = datetime.now(UTC).date()
    waivers = load(today, {rule.id for rule in RULES})
    about = rule_of(waivers)
    assert about.check_stack is not None
    offered: list[tuple[Finding, str]] = []
    for title, found in states:
        deployed = deployed_in(found)
        resources += deployed
        graph = Graph(found)
        root = root_of(graph)
        broken, waived = apply(findings_in(graph, rules), waivers, root)
        offered += [(one, root) for one in broken]
        if rules == RULES:
            broken += [Finding(about, fault.where, fault.what) for fault in about.check_stack(graph)]
        cases += [Case(one.finding.id, one.finding.what, Status.SKIPPED, title, one.message) for one in waived]
        for one in broken:
            text = advice_of(one)
            if offer_waivers and one.id != about.id:
                text = f"{text}\nwaiver, for the time until it is repaired:\n{waiver_text(one, root, today)}"
            cases.append(Case(one.id, one.what, Status.FAILED, f"{title}: {one.where.rsplit('::', 1)[-1] or 'the stack'}", text))
        ids = {one.id for one in broken}
        cases += [Case(rule.id, rule.info, Status.PASSED, title) for rule in rules if rule.id not in ids and deployed]
    failed = sum(case.status is Status.FAILED for case in cases)
    plural = "" if len(states) == 1 else "s"
    if not resources:
        return Answer("check", f"NOTHING TO CHECK: no resource in {len(states)} file{plural}", Exit.NOTHING)
    of = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
    words = f"{failed} violations" if failed else "no violation"
    more = {"waivers": waivers_text(offered, today)} if offer_waivers else {}
    return Answer(
        "check",
        f"{'REFUSED' if failed else 'PASSED'}: {words} of {of} in {resources} resources of {len(states)} file{plural}",
        Exit.FAILED if failed else Exit.OK,
        cases=tuple(cases),
        data={"files": list(named), "resources": resources, "rules": len(rules), **more},
    )


def chosen_rules(only: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules with these ids, all for none; raises InputError for an id that is none."""
    known = {rule.id: rule for rule in RULES}
    if unknown := [one for one in only if one not in known]:
        near = {one: difflib.get_close_matches(one, known, 1) for one in unknown}
        problems = [
            Problem(
                f"--rule {one}",
                "is no rule of the pack",
                "nothing would be judged",
                f"write {near[one][0]}" if near[one] else "see docs/rules.md",
            )
            for one in unknown
        ]
        raise InputError("cannot check", problems)
    return tuple(rule for rule in RULES if not only or rule.id in only)


def findings_in(graph: Graph, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return what rules find, resource by resource and then as a stack."""
    found: list[Finding] = []
    alone = [(rule, rule.check_resource) for rule in rules if rule.check_resource]
    for place, resource in enumerate(graph.resources if alone else ()):
        before = graph.resources[:place]
        for rule, ask in alone:
            found += [Finding(rule, fault.where or resource.urn, fault.what) for fault in ask(resource, before)]
    for rule in rules:
        if rule.check_stack:
            found += [Finding(rule, fault.where, fault.what) for fault in faults_of(rule, graph)]
    return list(dict.fromkeys(found))


def advice_of(finding: Finding) -> str:
    """Return why a finding matters and what to write instead."""
    return "\n".join(finding.message.splitlines()[1:])
