"""Whether a statement of a host's role stays within what is permitted, action by action and resource by resource.

Every statement that allows is judged by itself: a denial, a condition or a permissions boundary elsewhere does not excuse it,
because each of them can be changed or lifted alone. A pattern of actions passes only when one permitted line covers all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from policypack.iam.account import ACCOUNT, Surroundings
from policypack.iam.consequences import consequence_of
from policypack.iam.documents import Statement
from policypack.iam.globs import covers, is_wild
from policypack.iam.permitted import PERMITTED, Permitted
from policypack.iam.targets import Owner, Target
from policypack.plain import UNKNOWN

_PARTITIONS: Final = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"})
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
_VARIABLE: Final = "${"


def excess(statement: Statement, around: Surroundings) -> Iterator[str]:
    """Yield what one statement allows beyond the permitted list, in words; nothing for a denial.

    What is not known yet is not judged: the document is judged again once it is.
    """
    if not statement.allows:
        return
    if statement.not_actions:
        yield f"allows everything but {_listed(statement.not_actions)} (NotAction); name the actions instead"
    if statement.not_resources:
        yield f"allows {_listed(statement.actions)} on everything but {_listed(statement.not_resources)} (NotResource); name them instead"
    for action in statement.actions:
        if action is not UNKNOWN:
            yield from _excess_of_action(str(action).strip(), statement, around)


def _excess_of_action(action: str, statement: Statement, around: Surroundings) -> Iterator[str]:
    lines = lines_for(action)
    if not lines:
        why = consequence_of(action)
        what = "matches actions that are" if is_wild(action) else "is"
        yield f"allows {action}, which {what} on no list of what a host may do{f': {why}' if why else ''}"
        return
    if statement.not_resources:
        return
    for resource in statement.resources or ("*",):
        fault = "" if resource is UNKNOWN else _fault_of_resource(str(resource), lines, around)
        if fault:
            yield f"allows {action} on {resource}: {fault}"


@lru_cache(maxsize=1024)
def lines_for(action: str) -> tuple[Permitted, ...]:
    """Return the permitted lines that cover an action, or all of a pattern of actions."""
    return tuple(line for line in PERMITTED if any(covers(one, action) for one in line.actions))


def _fault_of_resource(resource: str, lines: tuple[Permitted, ...], around: Surroundings) -> str:
    """Return why an action may not be granted on a resource, empty when some line permits it."""
    if any(line.on_everything or not line.targets for line in lines) and not resource.strip("*"):
        return ""
    targets = [target for line in lines for target in line.targets]
    if not targets:
        return ""  # the action takes no resource, so naming one only narrows
    made = around.resource_at(resource)
    if made is not None:
        fits = any(made.type.startswith(target.modules) for target in targets if target.modules)
        return "" if fits else f"{made.label} is no {_nouns(targets)}"
    faults = [_fault_of_arn(resource, target, around) for target in targets]
    return "" if "" in faults else faults[0]


def _fault_of_arn(resource: str, target: Target, around: Surroundings) -> str:
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


def _is_this_account(account: str, around: Surroundings) -> bool:
    return account == around.account if around.account else bool(ACCOUNT.fullmatch(account))


def _nouns(targets: list[Target]) -> str:
    return " or ".join(dict.fromkeys(target.noun for target in targets))


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join("what is not known yet" if value is UNKNOWN else str(value) for value in values) or "nothing"
