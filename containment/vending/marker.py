"""The file that keeps a stack's hosts by request: `agents/<stack>.by-request`.

A stack without agent files has a single host that no person requested. Once a stack has had an agent this must not return, whoever removes
the last agent file and however; Pulumi's state is not read by a program, so the folder itself records it. The file's presence counts, and
its text is for readers.
"""

from __future__ import annotations

from typing import Final

from containment.vending.agent import FOLDER

MARKER_SUFFIX: Final = ".by-request"


def make_marker_name(stack: str) -> str:
    """Return the path of a stack's marker inside of the project."""
    return f"{FOLDER}/{stack}{MARKER_SUFFIX}"


def build_marker(stack: str) -> str:
    """Return the text of a stack's marker."""
    return f"The hosts of {stack} are made by request: one per agent file that names the stack, and none without one.\n"
