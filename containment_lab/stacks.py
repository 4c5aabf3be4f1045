"""The stacks of a lab home, and the error for a name that is none of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from containment.config.stack_name import find_closest
from containment.errors import Problem, StackNotFoundError
from containment_lab.home import LabHome

_CLASS: Final = "agentClass"
"""The key that makes a stack without a file deliberate."""
_LIST: Final = "list them: containment lab stacks"


def require_stack(home: LabHome, stack: str, project: str = "", folder: Path = Path()) -> None:
    """Raise StackNotFoundError (exit code 2) when a stack is not in this lab, with the closest existing name.

    A lab home that cannot be used is a HomeError: its stacks are unknown then.

    Args:
        home: The lab home; nothing is created in it.
        stack: The stack's name.
        project: Its project; "" for any.
        folder: The program's folder; its stack files name stacks that could be deployed.
    """
    home.require_possible()
    there = home.get_stack_file(project, stack).exists() if project else bool(home.find_stack_files(stack))
    if there:
        return
    here = sorted({path.stem for path in home.find_stacks() if project in ("", path.parent.name)})
    files = find_stack_names(folder)
    why = "only a deployed stack has a host, a network and a state"
    missing = Problem(f"stack {stack!r}", f"is not in this lab ({home.root})", why, _propose(stack, here, files))
    raise StackNotFoundError("no such stack in the lab", [missing])


def _propose(stack: str, here: Sequence[str], files: Collection[str]) -> str:
    """Return the fix for a stack that is not in the lab.

    Args:
        stack: the name.
        here: the stacks of the lab.
        files: the stacks that have a file, which could be brought up.
    """
    if stack in files:
        return f"bring it up first: containment lab up --stack {stack}"
    if meant := find_closest(stack, here):
        return f"use {meant}; {_LIST}"
    if meant := find_closest(stack, files):
        return f"did you mean {meant}? bring it up first: containment lab up --stack {meant}"
    if here:
        return f"use one of: {', '.join(here)}; {_LIST}"
    return f"bring a stack up first: containment lab up --stack {next(iter(sorted(files)), 'STACK')}; {_LIST}"


def require_stack_file(home: LabHome, stack: str, project: str, folder: Path, pairs: Collection[str]) -> None:
    """Raise StackNotFoundError (exit code 2) for a new stack that has no file and no class, in a folder whose stacks have files.

    Such a name is mistyped: the stack would be deployed with the defaults of the project instead of its configuration. A stack is
    deliberate when its file exists, when it is in the lab already, or when an option sets its class. Nothing is written.

    Args:
        home: The lab home.
        stack: The stack's name.
        project: Its project.
        folder: The folder of the stack files.
        pairs: The keys that options set.
    """
    files = find_stack_names(folder)
    is_named = not {_CLASS, f"{project}:{_CLASS}"}.isdisjoint(pairs)
    if not files or stack in files or is_named or home.get_stack_file(project, stack).exists():
        return
    new = f"for a new stack, write Pulumi.{stack}.yaml"
    meant = find_closest(stack, files)
    fix = f"did you mean {meant}? {new}" if meant else f"use one of: {', '.join(sorted(files))}; {new}"
    why = "the stack would be deployed with the defaults of Pulumi.yaml, and no configuration of its own"
    missing = Problem(f"--stack {stack}", f"there is no stack file Pulumi.{stack}.yaml in {folder}", why, fix)
    raise StackNotFoundError("no such stack", [missing])


def find_stack_names(folder: Path) -> set[str]:
    """Return the stacks that have a stack file in a program's folder."""
    return {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml")}
