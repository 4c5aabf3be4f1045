"""Compare the statements of a host's role with the permitted list, per action and resource.

Every Allow statement is judged by itself: a denial, a condition or a permissions boundary elsewhere does not excuse it, because each
of them can be changed or removed alone. A pattern of actions passes only if one permitted line covers all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from containment.iam.documents import Statement
from containment.patterns.wildcards import is_superset, is_wild
from policypack.facts.iam.account import AccountContext
from policypack.facts.iam.conditions import ACCOUNT_ID
from policypack.facts.iam.consequences import find_consequence
from policypack.facts.iam.permitted_actions import PERMITTED, PermittedActions
from policypack.facts.iam.targets import Owner, Target
from policypack.graph.plain_data import UNKNOWN

_PARTITIONS: Final = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"})
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
_VARIABLE: Final = "${"


def find_excess(statement: Statement, around: AccountContext) -> Iterator[str]:
    """Yield, in words, the permissions of a statement beyond the permitted list; nothing for a denial.

    An unknown action or resource is judged once it is known.
    """
    if not statement.allows:
        return
    if statement.not_actions:
        yield f"allows everything but {_join_values(statement.not_actions)} (NotAction); name the actions instead"
    if statement.not_resources:
        yield (
            f"allows {_join_values(statement.actions)} on everything but {_join_values(statement.not_resources)} "
            f"(NotResource); name them instead"
        )
    for action in statement.actions:
        if action is not UNKNOWN:
            yield from _find_action_excess(str(action).strip(), statement, around)


def _find_action_excess(action: str, statement: Statement, around: AccountContext) -> Iterator[str]:
    lines = find_lines(action)
    if not lines:
        why = find_consequence(action)
        what = "matches actions that are" if is_wild(action) else "is"
        yield f"allows {action}, which {what} on no list of what a host may do{f': {why}' if why else ''}"
        return
    if statement.not_resources:
        return
    for resource in statement.resources or ("*",):
        fault = "" if resource is UNKNOWN else _check_resource(str(resource), lines, around)
        if fault:
            yield f"allows {action} on {resource}: {fault}"


@lru_cache(maxsize=1024)
def find_lines(action: str) -> tuple[PermittedActions, ...]:
    """Return the permitted lines that cover an action, or a whole pattern of actions."""
    return tuple(line for line in PERMITTED if any(is_superset(one.lower(), action.lower()) for one in line.actions))


def _check_resource(resource: str, lines: tuple[PermittedActions, ...], around: AccountContext) -> str:
    """Return why an action may not be granted on a resource, "" if some line permits it."""
    if any(line.on_everything or not line.targets for line in lines) and not resource.strip("*"):
        return ""
    targets = [target for line in lines for target in line.targets]
    if not targets:
        return ""  # the action takes no resource, so naming one only narrows
    made = around.find_resource(resource)
    if made is not None:
        fits = any(made.type.startswith(target.modules) for target in targets if target.modules)
        return "" if fits else f"{made.label} is not a {_join_nouns(targets)}"
    faults = [_check_arn(resource, target, around) for target in targets]
    return "" if "" in faults else faults[0]


def _check_arn(resource: str, target: Target, around: AccountContext) -> str:
    parts = resource.split(":", 5)
    if len(parts) < 6 or parts[0].lower() != "arn":
        return f"name a {target.noun} by its ARN"
    partition, service, region, account, rest = parts[1:]
    if is_wild(partition) or is_wild(service) or partition not in _PARTITIONS or service != target.service:
        return f"name a {target.noun} of {target.service}"
    if target.owner is not Owner.GLOBAL and not _REGION.fullmatch(region) and not (target.owner is Owner.AWS and region == "*"):
        return f"the region is {region or 'missing'}; name one"
    if target.owner is Owner.ACCOUNT and not _is_this_account(account, around):
        return f"the account is {account or 'missing'}; name {around.account or 'the twelve digits of this account'}"
    if target.owner is not Owner.ACCOUNT and account:
        return f"a {target.noun} has no account in its ARN"
    named = rest.split("/", 1)[0] if target.owner is Owner.GLOBAL else rest
    return f"name a {target.noun}" if _VARIABLE in named or not target.form.fullmatch(rest) else ""


def _is_this_account(account: str, around: AccountContext) -> bool:
    return account == around.account if around.account else bool(ACCOUNT_ID.fullmatch(account))


def _join_nouns(targets: list[Target]) -> str:
    return " or ".join(dict.fromkeys(target.noun for target in targets))


def _join_values(values: tuple[Any, ...]) -> str:
    return ", ".join("an unknown value" if value is UNKNOWN else str(value) for value in values) or "nothing"
