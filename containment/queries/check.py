"""The `check` command: the policy pack's rules over states and previews, without a Pulumi engine.

A finding has the text of a waiver for it: an entry of `policypack/waivers.yaml` without reason and owner. Both are left as "...", which
the pack rejects, so that an entry that is only pasted accepts no finding.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import yaml

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case
from containment.queries.subject.state_policy import read_resources
from policypack.decision_rule import build_decision_rule, load_decisions
from policypack.facts.deployed.deployed_view import find_violations
from policypack.finding import Finding, Rule
from policypack.graph.resources import Graph, Resource
from policypack.registry import RULES
from policypack.stored_resources import count_deployed
from policypack.waiver_rule import build_waiver_rule, find_root
from policypack.waivers import NOT_WAIVABLE, Waivers, apply_waivers, load_waivers


def check(files: Sequence[Path], only: Sequence[str] = ()) -> Answer:
    """Return every violation in every file; files without a resource are NOTHING TO CHECK, not a pass.

    Args:
        files: checkpoints, stack exports or previews.
        only: ids of the rules to apply; all rules if empty.

    Raises:
        InputError: a rule id or a file is wrong.
    """
    reader = InputReader("cannot check")
    reader.read(lambda: choose_rules(only))
    states = [(file.name, reader.read(partial(read_resources, file))) for file in files]
    reader.require()
    return check_states([(title, found.value) for title, found in states], only, [str(file) for file in files])


def check_states(
    states: Sequence[tuple[str, Sequence[Resource]]], only: Sequence[str] = (), named: Sequence[str] = (), *, offer_waivers: bool = False
) -> Answer:
    """Return every violation in every state, each a title with its resources.

    Args:
        states: title and resources of each state.
        only: ids of the rules to apply; all rules if empty.
        named: the states as the user named them, for `data`.
        offer_waivers: add a waiver's text to each violation, and the text of a file with all of them to `data`.
    """
    rules = choose_rules(only)
    cases: list[Case] = []
    resources = 0
    today = datetime.now(UTC).date()
    waivers = load_waivers(today, {rule.id for rule in RULES})
    offered: list[tuple[Finding, str]] = []
    for title, found in states:
        deployed = count_deployed(found)
        resources += deployed
        graph = Graph(found)
        root = find_root(graph)
        broken, waived = apply_waivers(check_graph(graph, rules), waivers, root)
        offered += [(one, root) for one in broken]
        if rules == RULES:
            broken += check_waivers_and_decisions(waivers, graph)
        cases += [Case(one.finding.id, one.finding.what, Status.SKIPPED, title, one.message) for one in waived]
        for one in broken:
            text = get_advice(one)
            if offer_waivers and one.rule in RULES:
                text = f"{text}\nwaiver until it is repaired:\n{format_waiver(one, root, today)}"
            cases.append(Case(one.id, one.what, Status.FAIL, f"{title}: {one.where.rsplit('::', 1)[-1] or 'the stack'}", text))
        ids = {one.id for one in broken}
        cases += [Case(rule.id, rule.info, Status.PASS, title) for rule in rules if rule.id not in ids and deployed]
    failed = sum(case.status is Status.FAIL for case in cases)
    plural = "" if len(states) == 1 else "s"
    if not resources:
        return Answer("check", f"NOTHING TO CHECK: no resource in {len(states)} file{plural}", Exit.NOTHING)
    of = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
    words = f"{failed} violations" if failed else "no violation"
    more = {"waivers": format_waivers(offered, today)} if offer_waivers else {}
    return Answer(
        "check",
        f"{'REFUSED' if failed else 'PASSED'}: {words} of {of} in {resources} resources of {len(states)} file{plural}",
        Exit.NO if failed else Exit.OK,
        cases=tuple(cases),
        data={"files": list(named), "resources": resources, "rules": len(rules), **more},
    )


def choose_rules(only: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules with these ids, or all if there are none; raise InputError for an unknown id."""
    known = {rule.id: rule for rule in RULES}
    if unknown := [one for one in only if one not in known]:
        near = {one: difflib.get_close_matches(one, known, 1) for one in unknown}
        problems = [
            Problem(
                f"--rule {one}",
                "is not a rule of the pack",
                "no resource would be checked",
                f"write {near[one][0]}" if near[one] else "see docs/rules/index.md",
            )
            for one in unknown
        ]
        raise InputError("cannot check", problems)
    return tuple(rule for rule in RULES if not only or rule.id in only)


def check_graph(graph: Graph, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return the violations: first those of each resource, then those of the stack as a whole."""
    found: list[Finding] = []
    alone = [(rule, rule.check_resource) for rule in rules if rule.check_resource]
    for place, resource in enumerate(graph.resources if alone else ()):
        before = graph.resources[:place]
        for rule, ask in alone:
            found += [Finding(rule, fault.where or resource.urn, fault.what) for fault in ask(resource, before)]
    for rule in rules:
        if rule.check_stack:
            found += [Finding(rule, fault.where, fault.what) for fault in find_violations(rule, graph)]
    return list(dict.fromkeys(found))


def check_waivers_and_decisions(waivers: Waivers, graph: Graph) -> list[Finding]:
    """Return what is wrong with the waivers themselves, and with the decisions that they and the stack need."""
    found = []
    for rule in (build_waiver_rule(waivers), build_decision_rule(load_decisions(), waivers)):
        assert rule.check_stack is not None
        found += [Finding(rule, fault.where, fault.what) for fault in rule.check_stack(graph)]
    return found


def get_advice(finding: Finding) -> str:
    """Return the reason and the fix of a finding: its message without the first line."""
    return "\n".join(finding.message.splitlines()[1:])


LONGEST: Final = timedelta(days=90)
"""The proposed duration of a waiver; a longer one needs a deliberate decision."""
_OPEN: Final = "..."


def format_waiver(finding: Finding, root: str, today: date) -> str:
    """Return the entry for a finding, or why it cannot be waived; `root` is the URN of the stack, for findings about the stack."""
    if finding.id in NOT_WAIVABLE:
        return f"# {finding.id} cannot be waived: repair {(finding.where or root).rsplit('::', 1)[-1] or 'the stack'}"
    entry = {"rule": finding.id, "resource": finding.where or root, "reason": _OPEN, "owner": _OPEN, "until": today + LONGEST}
    return yaml.safe_dump([entry], sort_keys=False, width=1000).rstrip()


def format_waivers(findings: Iterable[tuple[Finding, str]], today: date) -> str:
    """Return the entries for findings, each once: one waiver accepts all findings of a rule at one resource."""
    return "\n".join(dict.fromkeys(format_waiver(finding, root, today) for finding, root in findings))
