"""Measure the analyser's speed, compared with dd's CUDD and z3 on the same questions in the same run.

`python benchmarks/proofs.py [--seconds N] [--rules N]` prints CPU seconds of this process for each size (so that other load on the
machine counts little), and next to each bound whether it was kept. CUDD and z3 get the class numbers that the analyser found,
which spares them the names and addresses; each stops after N seconds, and its progress is printed. Only answers of both are
compared. Where dd lacks CUDD, its diagrams in Python replace it, and the output names them.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

from containment.addresses.port_range import PortRange
from containment.analysis import Analysis, Box, L7Match, find_differences
from containment.analysis.classes.box import EVERYWHERE
from containment.analysis.classes.table import Table
from containment.analysis.proofs import ProofStatus, run_proofs, update_proofs
from containment.analysis.reachability import find_reachable
from containment.analysis.subject import Subject
from containment.config.spec import resolve
from containment.loaders.presets import load_library
from containment.names import Action, PolicyMode, Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.rules import PUBLIC_INTERNET, CidrSelector, Rule, RuleSet, SmartGroup, TagSelector, WebGroup
from containment.queries.subject.subjects import build_subject

NAMED = {"dd.cudd": "CUDD", "dd.autoref": "dd in pure Python (no CUDD here)"}
SIZES = ((20, 100), (200, 5_000), (2_000, 100_000))


def build_policy(rules: int, domains: int, seed: int = 7, classes: int = 8) -> RuleSet:
    """Return a random policy of a given size: rules by name and by address, with wildcards, denies among permits, and a default deny."""
    rng = random.Random(seed)
    smart = {
        f"class-{index}": SmartGroup(
            f"class-{index}", (TagSelector({"AgentClass": str(index)}), CidrSelector(IPv4Network((0x0A2A0000 + index * 256, 24))))
        )
        for index in range(classes)
    }
    smart["public"], smart["anywhere"] = PUBLIC_INTERNET, SmartGroup("Anywhere", (CidrSelector(IPv4Network("0.0.0.0/0")),))
    for index in range(max(4, rules // 8)):
        smart[f"net-{index}"] = SmartGroup(
            f"net-{index}",
            tuple(CidrSelector(IPv4Network((rng.getrandbits(32) >> 8 << 8, rng.choice([16, 20, 24])), strict=False)) for _ in range(2)),
        )
    names = [f"host{index}.zone{index % max(1, domains // 50)}.example{index % 17}.com" for index in range(domains)]
    names[:: max(1, domains // (domains // 50 + 1))] = [
        f"*.zone{index}.example{index % 17}.com" for index in range(len(names[:: max(1, domains // (domains // 50 + 1))]))
    ]
    groups = max(2, rules * 3 // 4)
    held: list[list[str]] = [[] for _ in range(groups)]
    for index, name in enumerate(names):
        held[index % groups].append(name)
        if rng.random() < 0.02:
            held[rng.randrange(groups)].append(name)
    web = {
        f"web-{index}": WebGroup(f"web-{index}", tuple(DomainPattern(name) for name in dict.fromkeys(members or ["a.example"])))
        for index, members in enumerate(held)
    }
    out = []
    for index in range(rules - 1):
        source = (f"class-{rng.randrange(classes)}",)
        if index < groups:
            out.append(
                Rule(
                    f"web-{index}",
                    index + 1,
                    rng.choice([Action.PERMIT, Action.PERMIT, Action.DENY]),
                    source,
                    ("public",),
                    Protocol.TCP,
                    (PortRange(443, 443),),
                    (f"web-{index}",),
                    tls_required=True,
                )
            )
        else:
            to = (f"net-{rng.randrange(max(4, rules // 8))}",)
            ports = (PortRange(rng.choice([22, 53, 443, 1000]), 2000),) if rng.random() < 0.5 else ()
            out.append(
                Rule(
                    f"net-{index}",
                    index + 1,
                    rng.choice([Action.PERMIT, Action.DENY]),
                    source,
                    to,
                    rng.choice([Protocol.TCP, Protocol.UDP, Protocol.ANY]),
                    ports,
                )
            )
    out.append(Rule("default-deny", rules, Action.DENY, ("anywhere",), ("anywhere",), Protocol.ANY))
    return RuleSet(tuple(out), smart, web)


class Clock:
    """CPU seconds of this process since it was made."""

    def __init__(self) -> None:
        self._began = time.process_time()

    def read(self) -> float:
        return time.process_time() - self._began


def run_all_proofs(ruleset: RuleSet) -> dict[str, float]:
    """Run every question once and return CPU seconds by question; building the classes counts as one."""
    told: dict[str, float] = {}
    denied = [group.patterns[0] for group in list(ruleset.web_groups.values())[:5]]
    probe = Box((EVERYWHERE,), (EVERYWHERE,), (WebGroup("asked", tuple(denied)),), frozenset({L7Match.TLS_NAMED}))

    def timed(name: str, ask: Callable[[], object]) -> None:
        clock = Clock()
        ask()
        told[name] = clock.read()

    analysis = Analysis(ruleset, probes=[probe])
    timed("classes", lambda: analysis.table.readings)
    timed("dead rules", analysis.find_dead_rules)
    timed("order", lambda: analysis.find_preceding_permits([rule for rule in ruleset.rules if rule.web_groups and not rule.action.permits]))
    timed("reach", lambda: analysis.find_permitting_rules())
    timed("deny set", lambda: analysis.find_permitting_rules(analysis.get_probe(0)))
    return told


def add_domain(ruleset: RuleSet) -> RuleSet:
    """Return the policy with one more domain in one group."""
    name, group = list(ruleset.web_groups.items())[1]
    more = WebGroup(group.name, (*group.patterns, DomainPattern("brand-new.example")))
    return RuleSet(ruleset.rules, ruleset.smart_groups, {**ruleset.web_groups, name: more}, ruleset.default_action)


def import_diagrams() -> ModuleType:
    """Return dd's CUDD, or its pure Python replacement where the wheel has none."""
    try:
        return importlib.import_module("dd.cudd")
    except ImportError:
        return importlib.import_module("dd.autoref")


def find_dead_by_diagrams(table: Table, count: int, limit: float) -> tuple[set[int], int, float]:
    """Return the dead rules that binary decision diagrams find over the same classes, the number of rules examined, and CPU seconds."""
    clock = Clock()
    manager = import_diagrams().BDD()
    conditions = []
    sizes = [max(1, (len(dimension.kinds) - 1).bit_length()) for dimension in table.readings[0]]
    for place, size in enumerate(sizes):
        manager.declare(*(f"v{place}_{bit}" for bit in range(size)))
    codes = [
        [_build_cube(manager, place, number, sizes[place]) for number in range(len(dimension.kinds))]
        for place, dimension in enumerate(table.readings[0])
    ]
    known = [_join_parts(manager, cubes) for cubes in codes]
    for box in range(count):
        made = manager.true
        for place, dimension in enumerate(table.readings[0]):
            made &= _join_parts(manager, [codes[place][number] for number, kind in enumerate(dimension.kinds) if kind.bits >> box & 1])
        conditions.append(made)
    possible = manager.true
    for one in known:
        possible &= one
    taken, dead, done = manager.false, set(), 0
    for box, condition in enumerate(conditions):
        if clock.read() > limit:
            break
        if condition & ~taken & possible == manager.false:
            dead.add(box)
        taken |= condition
        done += 1
    return dead, done, clock.read()


def _build_cube(manager: object, place: int, number: int, size: int) -> object:
    return manager.cube({f"v{place}_{bit}": bool(number >> bit & 1) for bit in range(size)})  # type: ignore[attr-defined]


def _join_parts(manager: object, parts: list[object]) -> object:
    while len(parts) > 1:
        parts = [parts[index] | parts[index + 1] if index + 1 < len(parts) else parts[index] for index in range(0, len(parts), 2)]  # type: ignore[operator]
    return parts[0] if parts else manager.false  # type: ignore[attr-defined]


def find_dead_by_z3(table: Table, count: int, limit: float) -> tuple[set[int], int, float]:
    """Return the dead rules that z3 finds over the same classes, the number of rules examined, and CPU seconds."""
    import z3

    clock = Clock()
    solver = z3.SolverFor("QF_BV")
    dimensions = table.readings[0]
    sizes = [max(1, (len(dimension.kinds) - 1).bit_length()) for dimension in dimensions]
    places = [z3.BitVec(f"d{place}", size) for place, size in enumerate(sizes)]
    for place, dimension in enumerate(dimensions):
        solver.add(z3.ULE(places[place], len(dimension.kinds) - 1))
    dead, done = set(), 0
    for box in range(count):
        if clock.read() > limit:
            break
        parts = [
            z3.Or([places[place] == number for number, kind in enumerate(dimension.kinds) if kind.bits >> box & 1])
            for place, dimension in enumerate(dimensions)
        ]
        condition = z3.And(parts)
        solver.push()
        solver.add(condition)
        if solver.check() == z3.unsat:
            dead.add(box)
        solver.pop()
        solver.add(z3.Not(condition))
        done += 1
    return dead, done, clock.read()


def find_dead_by_classes(table: Table, count: int) -> tuple[set[int], list[float]]:
    """Return the dead rules that the analyser finds over the same classes, without marks like the others, and CPU seconds up to each."""
    clock = Clock()
    dead, told = set(), []
    for box in range(count):
        if table.find(1 << box, (1 << box) - 1) is None:
            dead.add(box)
        told.append(clock.read())
    return dead, told


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--rules", type=int, action="append", help="only this size (default: all)")
    options.add_argument("--stacks", type=int, default=1_000, help="number of stacks to build and prove (default: %(default)s)")
    chosen = options.parse_args()
    limit, wrong = chosen.seconds, False
    built, proved_in = measure_stacks(chosen.stacks)
    print(f"{chosen.stacks} stacks: built in {built:.2f} s and proved in {proved_in:.2f} s{_format_bound(built + proved_in, 5.0)}")
    for rules, domains in SIZES:
        if chosen.rules and rules not in chosen.rules:
            continue
        ruleset = build_policy(rules, domains)
        count = len(ruleset.rules)
        told = run_all_proofs(ruleset)
        by_question = ", ".join(f"{name} {seconds:.3f}" for name, seconds in told.items())
        print(
            f"{rules} rules, {domains} domains: all proofs {sum(told.values()):.3f} s{_format_bound(sum(told.values()), 1.0)}  "
            f"({by_question})"
        )
        table = Analysis(ruleset).table
        _ = table.readings
        ours, seconds = find_dead_by_classes(table, count)
        print(f"  dead rules over the same classes: analyser {seconds[-1]:.3f} s, {len(ours)} dead")
        for name, ask in ((NAMED[import_diagrams().__name__], find_dead_by_diagrams), ("z3", find_dead_by_z3)):
            theirs, done, took = ask(table, count, limit)
            same = theirs == {box for box in ours if box < done}
            wrong |= not same
            share = seconds[done - 1] if done else 0.0
            print(f"  {name}: {took:.3f} s for {done} of {count}, {took / max(share, 1e-6):.0f} times as long as the analyser for those; "
                  f"{'same answers' if same else 'DIFFERENT ANSWERS'}")  # fmt: skip
        clock = Clock()
        equal = find_differences(ruleset, build_policy(rules, domains))
        print(f"  compared with an equal policy built again: {clock.read():.3f} s, {len(equal)} differences")
        more = add_domain(ruleset)
        clock = Clock()
        changed = find_differences(ruleset, more)
        print(f"  one domain added, whole comparison: {clock.read() * 1e3:.1f} ms, {len(changed)} differences")
        first, *later = measure_updates(ruleset)
        slowest = max(first, *later)
        print(f"  one domain added, all invariants proved again: first {first * 1e3:.1f} ms, then {min(later) * 1e3:.1f} to "
              f"{max(later) * 1e3:.1f} ms{_format_bound(slowest, 0.020)}")  # fmt: skip
        print(
            f"  readable set: {len(find_reachable(Analysis(ruleset)))} lines" if rules <= 200 else "  readable set: not timed at this size"
        )
    return 1 if wrong else 0


def _format_bound(seconds: float, wanted: float) -> str:
    return f" ({'below' if seconds < wanted else 'NOT below'} the bound of {wanted * 1e3:g} ms)"


def measure_updates(ruleset: RuleSet, count: int = 8) -> list[float]:
    """Return CPU seconds of proving all invariants again after adding one domain, each time another one in another group.

    Python's garbage collector runs before; otherwise its pass, 50 to 100 ms for 100,000 domains, counts in the first call.
    """
    groups = list(ruleset.web_groups.values())
    before = run_proofs(
        Subject("asked", ruleset, denied=tuple(group.patterns[0] for group in groups[:5]),
                approved=tuple(pattern for group in groups[5:] for pattern in group.patterns), own=(IPv4Network("10.42.0.0/16"),))
    )  # fmt: skip
    gc.collect()  # garbage of reading and proving is not a cost of the first question
    told = []
    for index in range(count):
        group = groups[1 + index % (len(groups) - 1)]
        more = WebGroup(group.name, (*group.patterns, DomainPattern(f"brand-new-{index}.example")))
        web = {**ruleset.web_groups, group.name: more}
        after = replace(before.subject, ruleset=RuleSet(ruleset.rules, ruleset.smart_groups, web, ruleset.default_action))
        clock = Clock()
        again = update_proofs(before, after)
        told.append(clock.read())
        assert again.kept
    return told


def measure_stacks(count: int) -> tuple[float, float]:
    """Return CPU seconds of building specs and policies of many stacks, with all classes and modes, and of proving them."""
    library = load_library()
    classes = sorted(library.presets)
    clock = Clock()
    subjects = []
    for index in range(count):
        raw = {
            "awsAccessAccount": "account", "agentImageId": "ami-00000000", "agentClass": classes[index % len(classes)],
            "policyMode": [*PolicyMode][index // len(classes) % 2], "vpcCidr": f"10.{index // 16 % 256}.{index % 16 * 16}.0/20",
            "awsRegion": ("us-east-1", "eu-west-1", "us-west-2")[index % 3],
        }  # fmt: skip
        subjects.append(build_subject(resolve(raw, library, f"stack-{index}"), library))
    built = clock.read()
    clock = Clock()
    for subject in subjects:
        verdicts = {proof.id: proof.verdict for proof in run_proofs(subject).proofs}
        assert verdicts["shadow-models-out-of-reach"] is ProofStatus.PROVED, subject.title
    return built, clock.read()


if __name__ == "__main__":
    sys.exit(main())
