"""The attempts under the launcher: those of the confinement's table that need no lab, and `attempts.yaml`."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.deployment.confinement.attempts import ATTEMPTS as CONFINEMENT_ATTEMPTS
from tests.deployment.confinement.attempts import RUNNER as CONFINEMENT_RUNNER

TARGETS: Final = frozenset(
    {"victim", "token", "secret", "key", "work", "temporary", "address", "open_file", "segment", "socket", "checkout", "person", "scratch"}
    | {"scratch2", "log", "loader", "library", "port", "datagram"}
)
_TARGET: Final = re.compile(r"""T\[["'](\w+)["']\]""")
LAYERS: Final = ("mounts", "landlock", "seccomp")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt; see the head of the files for the meaning of each key."""

    id: str
    code: str
    way: str = "network"
    root: bool = False
    unless: str = ""
    by: tuple[str, ...] = ()


def _list_attempts() -> tuple[Attempt, ...]:
    shared = [Attempt(**asdict(each)) for each in CONFINEMENT_ATTEMPTS if {*_TARGET.findall(each.code + each.unless)} <= TARGETS]
    own: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("attempts.yaml").read_text())
    return (*shared, *(Attempt(**{**each, "by": tuple(each.get("by", ()))}) for each in own))


ATTEMPTS: Final = _list_attempts()
_FUNCTIONS: Final = CONFINEMENT_RUNNER.partition("\ngiven = json.load(")[0]
RUNNER: Final = (
    _FUNCTIONS
    + '''

def reported(work):
    """Return what a function returns in a process that another process started and left."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        work(write)
        os._exit(0)
    os.close(write)
    text = b""
    while part := os.read(read, 4096):
        text += part
    os.close(read)
    os.waitpid(child, 0)
    return text.decode() or "failed: no report"


def grandchild(attempt):
    return reported(lambda write: os.write(write, made(attempt).encode()))


def daemon(attempt):
    def start(write):
        os.setsid()
        if os.fork() == 0:
            os.write(write, made(attempt).encode())
            os._exit(0)

    return reported(start)


given = json.load(sys.stdin)
T = given["targets"]
ways = {"direct": made, "grandchild": grandchild, "daemon": daemon}
print(json.dumps({each["id"]: {name: ways[name](each) for name in given["from"]} for each in given["attempts"]}))
'''
)
"""The text of a program that makes attempts: in its child, in a grandchild, and in a process that is detached from it."""
