"""Which actions wait for how many persons and how long: reviewed data in `rules.yaml`.

Rules kept here:
- each kind of action has its rule; a kind without one makes the file unusable;
- nothing in the file lets an action pass without a person: a class or a task is either refused or decided by people;
- regulated classes need two persons, whatever the file contains.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError, model_validator

from containment.actions.action import Action, ActionKind
from containment.errors import InputError, Problem
from containment.fixes.model_findings import list_problems
from containment.loaders.approvers import REGULATED_PERSONS, Approvers
from containment.loaders.presets import find_class_names
from containment.loaders.strict_yaml import explain_error, read
from containment.names import REGULATED_CLASSES
from containment.record.decision import Text
from containment.record.digests import canonicalize
from containment.record.refusal import Refusal, RefusalCode
from containment.reviewed_data import ReviewedModel

PATH: Final = Path(__file__).with_name("rules.yaml")


class KindRule(ReviewedModel):
    """The rule of one kind of action: its risk, the minutes that it waits, the persons, and where it is never approved."""

    risk: Text
    minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    persons: Annotated[int, Field(ge=1, le=10)]
    never_classes: tuple[str, ...] = ()
    never_tasks: tuple[str, ...] = ()


class GateRules(ReviewedModel):
    """The rules of all kinds, the largest arguments in bytes that a person can be shown, and the most requests that wait at a time."""

    largest_arguments: Annotated[int, Field(ge=1, le=2**20)]
    most_waiting: Annotated[int, Field(ge=1, le=1000)]
    kinds: Mapping[ActionKind, KindRule]

    @model_validator(mode="after")
    def _check_kinds(self) -> GateRules:
        if absent := {*ActionKind} - {*self.kinds}:
            raise ValueError(f"kinds has no {', '.join(sorted(absent))}")
        known = find_class_names()
        unknown = {name for rule in self.kinds.values() for name in rule.never_classes} - known
        if unknown:
            raise ValueError(f"neverClasses has {', '.join(sorted(unknown))}; the classes are {', '.join(sorted(known))}")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What an action needs: persons, the seconds that it waits, and the risk that they read."""

    persons: int
    seconds: int
    risk: str


@functools.cache
def load_gate_rules(path: Path = PATH) -> GateRules:
    """Return the rules of a file; raise InputError if it cannot be used."""
    try:
        return GateRules.model_validate(read(path))
    except ValidationError as error:
        fix = "write the value as the other actions have it"
        problems = list_problems(str(path), error, GateRules, why="no action is approved without them", fix=fix)
        raise InputError("the rules of actions cannot be used", problems) from None
    except (OSError, ValueError) as error:
        what, fix = explain_error(error)
    raise InputError("the rules of actions cannot be used", [Problem(str(path), what, "no action is approved without them", fix)])


def find_requirement(action: Action, agent_class: str, approvers: Approvers, rules: GateRules) -> Requirement:
    """Return what an action needs; raise Refusal for one that no person can approve here.

    Args:
        action: the action.
        agent_class: the class of the agent's stack.
        approvers: the content of approvers.yaml.
        rules: the rules of actions.
    """
    rule = rules.kinds[action.kind]
    if agent_class in rule.never_classes:
        raise Refusal(RefusalCode.NEVER_APPROVED, f"a {action.kind} is never approved in the class {agent_class}")
    if action.task in rule.never_tasks:
        raise Refusal(RefusalCode.NEVER_APPROVED, f"a {action.kind} is never approved in the task {action.task}")
    size = len(canonicalize(action.describe()))
    if size > rules.largest_arguments:
        what = f"its description has {size} bytes, and a person is shown at most {rules.largest_arguments}: split it into smaller actions"
        raise Refusal(RefusalCode.TOO_LARGE, what)
    people = approvers.get_rule(agent_class)
    if people is None:
        raise Refusal(RefusalCode.NO_APPROVERS, f"approvers.yaml names no approvers for the class {agent_class}, so none can approve it")
    least = REGULATED_PERSONS if agent_class in REGULATED_CLASSES else 1
    return Requirement(persons=max(rule.persons, people.persons, least), seconds=rule.minutes * 60, risk=rule.risk)
