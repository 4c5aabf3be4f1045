"""The check of approvers: whether somebody is named to approve decisions about the stack's class."""

from __future__ import annotations

from pathlib import Path

from containment.errors import InputError
from containment.loaders.approvers import FILE, Approvers, load_approvers
from containment.names import REGULATED_CLASSES
from containment.preflight.finding import Finding, Status

ID = "approvers"


def check_approvers(agent_class: str, *, is_regulated: bool, folder: Path = Path()) -> Finding:
    """Return whether approvers are named for a class: WARN for a regulated class without any, FAIL for an unusable file.

    Args:
        agent_class: the stack's class.
        is_regulated: whether its preset demands strict logging.
        folder: the folder with approvers.yaml.
    """
    try:
        approvers = load_approvers(folder)
    except InputError as error:
        what = "; ".join(f"{one.where}: {one.what}" for one in error.problems)
        return Finding(ID, Status.FAIL, f"{FILE} cannot be used: {what}", error.problems[0].fix)
    rule = approvers.get_rule(agent_class)
    if rule is not None:
        names = ", ".join(_list_names(approvers, rule.roles))
        return Finding(ID, Status.PASS, f"{agent_class}: {rule.persons} of {names} approve enforce mode, promotions and waivers")
    what = f"{FILE} names no approvers for {agent_class}, so a person who can edit its files decides alone"
    if is_regulated or agent_class in REGULATED_CLASSES:
        return Finding(ID, Status.WARN, f"{what}; its data is regulated", f"name people, and {agent_class} with persons: 2, in {FILE}")
    return Finding(ID, Status.PASS, f"{what}; none are required for this class")


def _list_names(approvers: Approvers, roles: frozenset[str]) -> list[str]:
    return [one.name for one in approvers.people if one.roles & roles]
