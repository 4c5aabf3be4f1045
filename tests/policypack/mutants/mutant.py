"""What a mutant is: one hole in a compliant stack, with the rule that refuses it and where.

A table has mutants as rows; what a row changes is a few `Set`, `Unset`, `Drop` and `Add` that belong together. `HOST` and the like
are names that every stack of this repository gives its resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from containment.names import PolicyMode
from tests.policypack.mutants.program import Program

HOST: Final = "agent-instance"
VPC: Final = "network-vpc"
SUBNET: Final = "network-agent-subnet-0"
TABLE: Final = "network-agent-rt"
GATEWAY: Final = "gateway-spoke"
RULES: Final = "policy-rules"
AGENTS: Final = "policy-sg-agent-workload"
NEIGHBOURS: Final = "policy-sg-east-west-deny"
ROLE: Final = "agent-identity-role"
STACK: Final = "stack"
INTERNET: Final = "def000ad-0000-0000-0000-000000000001"
ANYWHERE: Final = "def000ad-0000-0000-0000-000000000000"
MONITOR, ENFORCE = (PolicyMode.MONITOR,), (PolicyMode.ENFORCE,)


@dataclass(frozen=True)
class Set:
    """A property, or a part of it, is stated."""

    name: str
    path: str
    value: Any

    def apply(self, program: Program) -> None:
        """Make the change."""
        program.put(self.name, self.path, self.value)


@dataclass(frozen=True)
class Unset:
    """A property, or a part of it, is left out."""

    name: str
    path: str

    def apply(self, program: Program) -> None:
        """Make the change."""
        program.unset(self.name, self.path)


@dataclass(frozen=True)
class Drop:
    """A resource is left out."""

    name: str

    def apply(self, program: Program) -> None:
        """Make the change."""
        program.drop(self.name)


@dataclass(frozen=True)
class Add:
    """A resource is declared."""

    type: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    name: str = "extra"

    def apply(self, program: Program) -> None:
        """Make the change."""
        program.add(self.type, self.name, self.inputs)


@dataclass(frozen=True)
class Read:
    """A resource is read (`.get()`): it sets nothing, and what was read is known at once."""

    type: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    name: str = "extra"

    def apply(self, program: Program) -> None:
        """Make the change."""
        program.read(self.type, self.name, self.outputs)


@dataclass(frozen=True)
class Deployed:
    """A property is something else where it is deployed than the program sets; a first preview cannot know it."""

    name: str
    key: str
    value: Any

    def apply(self, program: Program) -> None:
        """Make the change."""
        program.deploy(self.name, self.key, self.value)


Change = Set | Unset | Drop | Add | Read | Deployed


@dataclass(frozen=True)
class Mutant:
    """A hole: `id` says what is done, `rule` refuses it at `where` (by default where the first change is).

    `also` are rules that may refuse it too. `in_preview` is the rules that a first preview refuses it by when that differs (none: it
    cannot tell yet which rule uses which group). `modes` are those in which it is a hole.
    """

    id: str
    rule: str
    changes: tuple[Change, ...]
    where: str = ""
    also: tuple[str, ...] = ()
    in_preview: tuple[str, ...] | None = None
    modes: tuple[PolicyMode, ...] = tuple(PolicyMode)

    @property
    def place(self) -> str:
        """The name of the resource at which it is refused."""
        return self.where or self.changes[0].name

    def applied(self, program: Program) -> Program:
        """Return the program with the hole."""
        for change in self.changes:
            change.apply(program)
        return program

    def is_refused(self, found: AbstractSet[tuple[str, str]], form: str) -> bool:
        """Tell whether what was found, (rule, resource name) each, is what this mutant says."""
        rules = {rule for rule, _ in found}
        if form == "preview" and self.in_preview is not None:
            return rules == set(self.in_preview)
        return (self.rule, self.place) in found and rules <= {self.rule, *self.also}
