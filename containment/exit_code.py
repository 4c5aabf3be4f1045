"""Exit codes of all commands, in one table: each number has one meaning in every command."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Self


@unique
class Exit(IntEnum):
    """Exit codes with their meanings; docs/cli/index.md and every command's help are generated from here."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Create a member that equals its number and has a meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "it worked, or the answer is yes"
    ERROR = 1, "it failed, or there is no answer: a file, a tool or the program is at fault"
    USAGE = 2, "wrong usage: an option, a command or a stack that does not exist"
    VIOLATION = 3, "a mandatory policy is violated, and nothing else went wrong"
    LOCKED = 4, "another run has the stack's lock"
    INTERRUPTED = 5, "interrupted (Ctrl-C, SIGTERM, SIGHUP)"
    NOTHING = 6, "there was nothing to check"
    NO = 10, "the answer is no: denied, not proved, violated, or a failed check or test"
    NEWLY_ALLOWED = 11, "something is newly allowed"
    INCONCLUSIVE = 12, "not certain: something is unknown, undocumented or was not read"
