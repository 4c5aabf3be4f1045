"""Exit codes of each command, for the end of its help after an example; `containment.exit_code` defines their meanings."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import Final

from containment.cli.help.examples import build_example
from containment.exit_code import Exit

_ALWAYS: Final = (Exit.OK, Exit.ERROR, Exit.USAGE, Exit.INTERRUPTED)

CODES: Final[Mapping[str, tuple[Exit, ...]]] = {
    "plan": (Exit.NO,),
    "doctor": (Exit.NO,),
    "host": (),
    "preflight": (Exit.NO,),
    "explain": (Exit.NO, Exit.INCONCLUSIVE),
    "reach": (),
    "diff": (Exit.NEWLY_ALLOWED,),
    "prove": (Exit.NO, Exit.INCONCLUSIVE),
    "risk": (),
    "render": (Exit.NO,),
    "bundle build": (Exit.NO,),
    "bundle sign": (Exit.NO,),
    "bundle verify": (Exit.NO,),
    "bundle show": (Exit.NO,),
    "tools list": (),
    "tools show": (),
    "tools check": (Exit.NOTHING, Exit.NO, Exit.INCONCLUSIVE),
    "tools pin": (Exit.NO,),
    "tools serve": (),
    "check": (Exit.NOTHING, Exit.NO, Exit.INCONCLUSIVE),
    "vend new": (),
    "vend list": (Exit.NOTHING,),
    "vend show": (),
    "vend remove": (),
    "promote": (),
    "catalog due": (Exit.NOTHING, Exit.NO),
    "request": (),
    "approve request": (Exit.NO,),
    "approve list": (Exit.NOTHING, Exit.NO),
    "approve show": (),
    "approve approve": (Exit.NO,),
    "approve reject": (Exit.NO,),
    "approve serve": (),
    "audit list": (),
    "audit show": (),
    "audit verify": (Exit.NO,),
    "audit stats": (),
    "audit anchor": (),
    "fleet plan": (Exit.NO, Exit.VIOLATION, Exit.NOTHING),
    "fleet up": (Exit.NO, Exit.VIOLATION, Exit.LOCKED, Exit.NOTHING),
    "fleet destroy": (Exit.LOCKED, Exit.NOTHING),
    "fleet reap": (Exit.NO, Exit.NOTHING),
    "fleet status": (Exit.NO, Exit.INCONCLUSIVE, Exit.NOTHING),
    "evidence run": (Exit.NO, Exit.INCONCLUSIVE),
    "evidence verify": (Exit.NO, Exit.INCONCLUSIVE),
    "enforce": (Exit.NO,),
    "rollback": (Exit.NO,),
    "attest run": (Exit.NO, Exit.INCONCLUSIVE),
    "attest verify": (Exit.NO, Exit.INCONCLUSIVE),
    "session verify": (Exit.NO, Exit.INCONCLUSIVE),
    "stop": (Exit.NOTHING,),
    "observe": (Exit.NO, Exit.INCONCLUSIVE),
    "discover": (Exit.NO, Exit.INCONCLUSIVE, Exit.LOCKED),
    "baseline learn": (),
    "baseline check": (Exit.NO, Exit.INCONCLUSIVE),
    "baseline estate": (Exit.NO, Exit.INCONCLUSIVE),
    "lab preview": (Exit.VIOLATION,),
    "lab up": (Exit.VIOLATION, Exit.LOCKED),
    "lab refresh": (Exit.LOCKED,),
    "lab destroy": (Exit.LOCKED,),
    "lab export": (),
    "lab down": (),
    "lab env": (),
    "lab status": (),
    "lab stacks": (),
    "lab verify": (Exit.NO,),
    "lab run": (),
    "lab watch": (),
    "lab report": (Exit.NO,),
    "lab world up": (),
    "lab world down": (),
    "lab world status": (),
}
"""Command -> its exit codes in addition to the common ones."""

_MORE: Final[Mapping[str, str]] = {"lab run": "Once the command was started: the exit code of that command."}


def get_codes(command: str) -> tuple[Exit, ...]:
    """Return the exit codes of a command such as `lab up`, in ascending order."""
    return tuple(sorted((*_ALWAYS, *CODES[command])))


def build_epilog(command: str) -> str:
    """Return the text at the end of a command's help."""
    lines = [f"{code:>2} {code.meaning}" for code in get_codes(command)]
    example = "\b\nExample:\n" + indent(build_example(command), "  ")
    return "\n\n".join([example, "\b\nExit codes:\n" + "\n".join(lines), *([_MORE[command]] if command in _MORE else [])])
