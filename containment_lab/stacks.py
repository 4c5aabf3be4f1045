"""The stacks of a lab home, and the error for a name that is none of them."""

from __future__ import annotations

from pathlib import Path

from containment.config.stack_name import find_closest
from containment_lab.errors import HomeError, NoStackError
from containment_lab.home import LabHome


def require_stack(home: LabHome, stack: str, project: str = "", folder: Path = Path()) -> None:
    """Raise NoStackError (exit code 2) when a stack is not in this lab, with the closest existing name.

    A lab home that cannot be used is a HomeError: its stacks are unknown then.

    Args:
        home: The lab home; nothing is created in it.
        stack: The stack's name.
        project: Its project; "" for any.
        folder: The program's folder; its stack files name stacks that could be deployed.
    """
    if problem := home.find_problem():
        raise HomeError(problem)
    there = home.get_stack_file(project, stack).exists() if project else bool(home.find_stack_files(stack))
    if there:
        return
    here = sorted({path.stem for path in home.find_stacks() if project in ("", path.parent.name)})
    files = find_stack_names(folder)
    start = f"no stack {stack!r} in this lab ({home.root})"
    if stack in files:
        raise NoStackError(f"{start}; bring it up first: containment lab up --stack {stack}")
    if meant := find_closest(stack, here) or find_closest(stack, files):
        raise NoStackError(f"{start}, did you mean {meant!r}?")
    raise NoStackError(f"{start}; stacks here: {', '.join(here) or 'none'}")


def find_stack_names(folder: Path) -> set[str]:
    """Return the stacks that have a stack file in a program's folder."""
    return {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml")}
