"""A lab home: the one folder that holds a lab's state, ports, keys and logs.

Owns where things lie below the home. Two homes never meet: each has its own ports, simulators and stacks.
What runs on those ports is `simulators`; what is in a stack file is `formats.checkpoint`.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENV = "CONTAINMENT_LAB_HOME"


@dataclass(frozen=True)
class Ports:
    """The TCP ports on 127.0.0.1 that one home uses, chosen once and kept."""

    aws: int
    controller: int
    aws_provider: int
    aviatrix_provider: int


@dataclass(frozen=True)
class LabHome:
    """One lab's folder: `$CONTAINMENT_LAB_HOME`, else `.lab` in the current directory."""

    root: Path

    @classmethod
    def find(cls) -> LabHome:
        """Return the home in force, made if it does not exist."""
        home = cls(Path(os.environ.get(ENV) or ".lab").resolve())
        home.root.mkdir(parents=True, exist_ok=True)
        return home

    def stack_file(self, project: str, stack: str) -> Path:
        """Return where the checkpoint of a stack is kept (it may not exist yet)."""
        return self.root / "stacks" / project / f"{stack}.json"

    def log_file(self, name: str) -> Path:
        """Return the log file of a simulator, its folder made."""
        folder = self.root / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    @property
    def passphrase_file(self) -> Path:
        """The passphrase of the stacks here, for a user who has set none (mode 600)."""
        return self.root / "passphrase"

    @property
    def controller_ca(self) -> Path:
        """The certificate that signs the Controller simulator's own, in PEM."""
        return self.root / "controller-ca.pem"

    def ports(self) -> Ports:
        """Return this home's ports; the first call picks free ones and writes them down."""
        record = self.root / "ports.json"
        if not record.exists():
            with _free_ports(len(Ports.__dataclass_fields__)) as free:
                aside = record.with_name(f".ports.{os.getpid()}.new")
                aside.write_text(json.dumps(dict(zip(Ports.__dataclass_fields__, free, strict=True)), indent=1) + "\n")
                with contextlib.suppress(FileExistsError):  # another process was first: its ports hold
                    os.link(aside, record)
                aside.unlink()
        return Ports(**json.loads(record.read_text()))


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader or a crash sees the old text or the new one, never a part. `mode` is 0o600 for what holds secrets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _free_ports(count: int) -> Iterator[list[int]]:
    """Hold `count` distinct free loopback ports open until they are written down.

    They lie below the range from which the kernel takes ports for outgoing connections, so that none of those takes one later.
    """
    with contextlib.ExitStack() as held:
        free: list[int] = []
        for port in random.sample(range(20000, 32000), 2000):
            each = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                each.bind(("127.0.0.1", port))
                free.append(port)
            if len(free) == count:
                break
        yield free
