"""Decide a call from the reviewed data itself: the reasons for agents and logs, and the check of the Cedar policy's decision.

It shares no code with the policy's text, so that one mistake is not made twice; a property test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from containment.tool_scopes.arguments import LARGEST, Argument, ArgumentType, read_number
from containment.tool_scopes.kinds import ActionKind, Rule
from containment.tool_scopes.scope import ToolGrant, ToolScope

_DENIED_PARTS: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the data decides about a call; `detail` names the argument and its limit, never its value."""

    rule: Rule
    detail: str = ""
    grant: ToolGrant | None = None

    @property
    def is_permitted(self) -> bool:
        """Whether the call may be made."""
        return self.rule is Rule.PERMITTED


def decide_call(scope: ToolScope, task: str, tool: str, arguments: Mapping[str, Any], approval: ActionKind | None = None) -> Verdict:
    """Return the verdict on a call; `approval` is the kind of action that a person approved for exactly this call."""
    grant = scope.known.get(tool)
    if grant is None:
        return Verdict(Rule.UNKNOWN_TOOL, "no server of the class has a reviewed tool of this name")
    if task not in scope.tasks or tool not in scope.tasks[task].tools:
        return Verdict(Rule.NOT_IN_TASK, f"the task {task} does not list it", grant)
    declared = grant.tool.arguments
    for name in arguments:
        if name not in declared:
            return Verdict(Rule.UNKNOWN_ARGUMENT, f"takes {', '.join(declared) or 'no argument'}, and a call has another one", grant)
    for name, argument in declared.items():
        if name not in arguments:
            if argument.required:
                return Verdict(Rule.MISSING_ARGUMENT, f"{name} is required", grant)
            continue
        if problem := _find_problem(argument, arguments[name]):
            rule, detail = problem
            return Verdict(rule, f"{name} {detail}", grant)
    if grant.tool.action is not approval:
        return Verdict(Rule.NEEDS_APPROVAL, f"{grant.tool.action or 'no action'} is what a person decides on here", grant)
    return Verdict(Rule.PERMITTED, "", grant)


def _find_problem(argument: Argument, value: Any) -> tuple[Rule, str] | None:
    """Return the rule that a value breaks, and its limit in words."""
    match argument.type:
        case ArgumentType.BOOLEAN:
            return None if isinstance(value, bool) else (Rule.ARGUMENT_TYPE, "is not a boolean")
        case ArgumentType.INTEGER:
            if isinstance(value, bool) or not isinstance(value, int):
                return Rule.ARGUMENT_TYPE, "is not a whole number"
            return _find_bound(argument, value) if abs(value) <= LARGEST else (Rule.ARGUMENT_LIMIT, f"is beyond {LARGEST}")
        case ArgumentType.NUMBER:
            number = read_number(value)
            if number is None:
                return Rule.ARGUMENT_TYPE, "is not a number with at most four decimal places"
            return _find_bound(argument, number)
        case ArgumentType.STRINGS:
            if not isinstance(value, list) or not all(map(_is_text, value)):
                return Rule.ARGUMENT_TYPE, "is not a list of texts"
            if argument.one_of and not {*value} <= {*argument.one_of}:
                return Rule.ARGUMENT_LIMIT, f"has a text other than {', '.join(argument.one_of)}"
            return None
    if not _is_text(value):
        return Rule.ARGUMENT_TYPE, "is not a text"
    return _find_path_problem(argument, value) if argument.type is ArgumentType.PATH else _find_text_problem(argument, value)


def _find_bound(argument: Argument, value: Any) -> tuple[Rule, str] | None:
    if argument.minimum is not None and value < argument.minimum:
        return Rule.ARGUMENT_LIMIT, f"is below {argument.minimum}"
    if argument.maximum is not None and value > argument.maximum:
        return Rule.ARGUMENT_LIMIT, f"is above {argument.maximum}"
    return None


def _find_path_problem(argument: Argument, value: str) -> tuple[Rule, str] | None:
    first, *parts = value.split("/")
    if first or not parts or _DENIED_PARTS & {*parts} or "\0" in value:
        return Rule.ARGUMENT_LIMIT, "is not an absolute path in normal form (no '..', '.' or '//')"
    if not any(parts[: len(folder)] == folder for folder in (one.split("/")[1:] for one in argument.within)):
        return Rule.ARGUMENT_LIMIT, f"is not within {' or '.join(argument.within)}"
    return None


def _find_text_problem(argument: Argument, value: str) -> tuple[Rule, str] | None:
    if argument.one_of and value not in argument.one_of:
        return Rule.ARGUMENT_LIMIT, f"is none of {', '.join(argument.one_of)}"
    if argument.like and not any(is_like(value, pattern) for pattern in argument.like):
        return Rule.ARGUMENT_LIMIT, f"is not like {' or '.join(argument.like)}"
    if any(is_like(value, pattern) for pattern in argument.unlike):
        return Rule.ARGUMENT_LIMIT, f"is like {' or '.join(argument.unlike)}"
    return None


def is_like(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern in which '*' is any text, in time linear in both."""
    first, *middle = pattern.split("*")
    if not middle:
        return text == pattern
    last = middle.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)
