"""A machine for the tests: a host with a sandbox behind the proxy, and an internet, each a network namespace.

Run in a network namespace of its own: `unshare --net python -m tests.containment.local_proxy.machine FOLDER`. The folder has `world.json`
with the profile, the names and the bounds; `events.jsonl` and `lookups` are written there. A file `full` makes the disk full.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from containment.confinement import kernel
from containment.local_proxy.bounds import Bounds
from containment.local_proxy.rules.destination import Address
from containment.local_proxy.serve import serve
from containment.local_proxy.termination.authority import create_authority
from containment.sandbox.profile import LauncherProfile

WEB, ATTACKER, PRIVATE = "93.184.216.34", "93.184.216.35", "10.20.0.5"
HOST, HOST_PRIVATE = "93.184.216.1", "10.20.0.1"


class FileSink:
    """Events in a file, one line each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, event: Mapping[str, Any]) -> None:
        path = Path("/dev/full") if (self._folder / "full").exists() else self._folder / "events.jsonl"
        with path.open("a") as out:
            out.write(json.dumps(event) + "\n")


class ListedNames:
    """A resolver with a table, which records every lookup."""

    def __init__(self, folder: Path, names: Mapping[str, list[str]]) -> None:
        self._folder, self._names = folder, names

    async def resolve(self, host: str) -> list[Address]:
        with (self._folder / "lookups").open("a") as out:
            out.write(f"{host}\n")
        if host == "slow.example.com":
            await asyncio.sleep(60)
        if host not in self._names:
            raise socket.gaierror(-2, "Name or service not known")
        return [ip_address(one) for one in self._names[host]]


def run(*words: str) -> None:
    """Run a command that has to succeed."""
    subprocess.run(words, check=True)


def start(*words: str) -> subprocess.Popen[str]:
    """Start a program that ends with this one."""
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: kernel_end_with_parent())


def kernel_end_with_parent() -> None:
    """Have the kernel end this process with its parent."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def find_child(process: int) -> int:
    """Return the only child of a process, once there is one."""
    while True:
        found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        if found:
            return int(found[0])
        time.sleep(0.005)


def listen_inside(process: int) -> socket.socket:
    """Return a socket that listens in the network namespace of a process."""
    found = list[socket.socket]()

    def work() -> None:
        namespace = os.open(f"/proc/{process}/ns/net", os.O_RDONLY)
        kernel.join(namespace, kernel.CLONE_NEWNET)  # of this thread alone
        os.close(namespace)
        found.append(socket.create_server(("127.0.0.1", 3128), backlog=256))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0]


def main(folder: Path) -> None:
    """Make the namespaces, and run the proxy."""
    world = json.loads((folder / "world.json").read_text())
    run("ip", "link", "set", "lo", "up")
    internet = start("unshare", "--net", sys.executable, "-m", "tests.containment.local_proxy.internet", str(folder))
    run("ip", "link", "add", "outside", "type", "veth", "peer", "name", "eth0")
    while Path(f"/proc/{internet.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
        time.sleep(0.005)
    run("ip", "link", "set", "eth0", "netns", str(internet.pid))
    inside = ("nsenter", f"--net=/proc/{internet.pid}/ns/net", "ip")
    for command in ("link set lo up", "link set eth0 up", *(f"address add {one}/24 dev eth0" for one in (WEB, ATTACKER, PRIVATE))):
        run(*inside, *command.split())
    run("ip", "link", "set", "outside", "up")
    for one in (HOST, HOST_PRIVATE):
        run("ip", "address", "add", f"{one}/24", "dev", "outside")
    assert internet.stdout
    assert internet.stdout.readline() == "ready\n"
    sandbox = start("unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "sleep", "infinity")
    init = find_child(sandbox.pid)
    run("nsenter", f"--net=/proc/{init}/ns/net", "ip", "link", "set", "lo", "up")
    listener = listen_inside(init)
    profile = LauncherProfile.model_validate(world["profile"])
    authority = create_authority(profile) if world["terminates"] else None
    if authority:
        (folder / "sandbox-ca.pem").write_bytes(authority.certificate)
    print(json.dumps({"init": init, "host": os.getpid()}), flush=True)
    serve(
        listener,
        init,
        profile,
        FileSink(folder),
        task=world["task"],
        resolver=ListedNames(folder, world["names"]),
        bounds=Bounds(**world["bounds"]),
        authority=authority,
        trust=(folder / "ca.pem").read_bytes(),
    )
    print("served", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
