"""Mutants judged: every hole in one stack, in both forms, by the pack's own reasoning in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from policypack.graph.resources import Resource
from policypack.registry import RULES
from policypack.standalone_checks import check_stack
from tests.policypack.mutants import (
    archive,
    credential_gateway,
    deployed,
    ephemeral,
    grants,
    hosts,
    identity,
    names,
    network,
    permits,
    policy,
    services,
    sessions,
    too_wide,
    type_table,
)
from tests.policypack.mutants.generated import generated
from tests.policypack.mutants.mutant import Mutant
from tests.policypack.mutants.program import FORMS, Program, Stack

_TABLES = (
    archive,
    credential_gateway,
    deployed,
    ephemeral,
    grants,
    hosts,
    identity,
    names,
    network,
    permits,
    policy,
    services,
    sessions,
    too_wide,
)
WRITTEN = tuple(mutant for table in _TABLES for mutant in table.TABLE)
BY_TYPE = type_table.TABLE
"""Holes by a type, which are the same in every stack: each is judged in one stack of its turn."""


@dataclass(frozen=True)
class Verdict:
    """What was found in a mutant of a stack, (rule, resource name) by form, and which (type, property) pairs it changed."""

    mutant: Mutant
    stack: str
    found: Mapping[str, frozenset[tuple[str, str]]]
    touched: frozenset[tuple[str, str]]

    @property
    def wrong(self) -> list[str]:
        """Say each form in which it is not refused as the mutant says."""
        return [
            f"{self.mutant.id} in {self.stack}, {form}: expected {self.mutant.rule} at {self.mutant.place}, found {sorted(found)}"
            for form, found in self.found.items()
            if not self.mutant.is_refused(found, form)
        ]

    @property
    def killers(self) -> frozenset[str]:
        """The rules that refuse it once ids are known."""
        return frozenset(rule for rule, _ in self.found["known"])


def found_in(resources: Iterable[Resource]) -> frozenset[tuple[str, str]]:
    """Return the (rule, resource name) of everything that stands against a program; `stack` for the stack itself."""
    return frozenset((one.id, one.where.rsplit("::", 1)[-1] or "stack") for one in check_stack(resources))


def judge(mutant: Mutant, name: str, stack: Stack) -> Verdict:
    """Return what the pack says about one mutant of one stack."""
    program = mutant.applied(Program(stack))
    return Verdict(mutant, name, {form: found_in(program.resources(form)) for form in FORMS}, frozenset(program.touched))


def sampled(mutants: Iterable[Mutant], per_rule: int) -> list[Mutant]:
    """Draw at most `per_rule` mutants of each rule, the same ones on every run."""
    by_rule: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_rule.setdefault(mutant.rule, []).append(mutant)
    return [one for rule, group in by_rule.items() for one in Random(rule).sample(group, min(per_rule, len(group)))]


def in_turn(mutants: Iterable[Mutant], stacks: Mapping[str, Stack]) -> Iterator[Verdict]:
    """Yield each mutant judged in one stack of a mode it is a hole in, the stacks taking turns."""
    for number, mutant in enumerate(mutants):
        fit = [name for name in stacks if name.rpartition("-")[2] in mutant.modes]
        name = fit[number % len(fit)]
        yield judge(mutant, name, stacks[name])


def everywhere(stacks: Mapping[str, Stack]) -> Iterator[Verdict]:
    """Yield every mutant, generated ones for each stack, judged in every stack of a mode it is a hole in; those by type in turn."""
    for name, stack in stacks.items():
        for mutant in (*WRITTEN, *generated(stack)):
            if name.rpartition("-")[2] in mutant.modes:
                yield judge(mutant, name, stack)
    yield from in_turn(BY_TYPE, stacks)


def kills(verdicts: Iterable[Verdict]) -> Counter[str]:
    """Return how many mutants each rule refuses that no other rule does."""
    return Counter(next(iter(one.killers)) for one in verdicts if len(one.killers) == 1)


def unneeded(verdicts: Iterable[Verdict], *, fewest: int) -> list[str]:
    """Return the rules that refuse fewer than `fewest` mutants which no other rule refuses."""
    alone = kills(verdicts)
    return [rule.id for rule in RULES if alone[rule.id] < fewest]


def told(verdicts: list[Verdict]) -> str:
    """Return the counts in words."""
    pairs = frozenset[tuple[str, str]]().union(*(one.touched for one in verdicts))
    ids, stacks = {one.mutant.id for one in verdicts}, {one.stack for one in verdicts}
    alone = kills(verdicts)
    least = ", ".join(f"{rule} {count}" for rule, count in sorted(alone.items(), key=lambda item: (item[1], item[0]))[:5])
    written = len(ids & {one.id for one in WRITTEN})
    kinds = f"{len(ids)} kinds ({written} written, {len(ids) - written} generated)"
    return (
        f"{len(verdicts)} holes of {kinds} in {len(pairs)} (type, property) pairs"
        f" of {len(stacks)} stacks, each in both forms; {len(alone)} rules refuse some that no other does, fewest: {least}"
    )
