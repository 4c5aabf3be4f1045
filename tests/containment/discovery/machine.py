"""A machine of its own, in namespaces, with planted agents; runs discovery in it and writes what it found.

`unshare --pid --fork --mount-proc --mount --net python -m tests.containment.discovery.machine FOLDER` starts five processes and four
sockets, and writes `result.json` to FOLDER.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from containment.discovery.answer import build_answer, build_data
from containment.discovery.comparison import compare
from containment.discovery.declared import Declared
from containment.discovery.discover import Options, discover
from containment.discovery.inventory import Inventory, Reader
from containment.discovery.ocsf import build_events
from containment.queries.renderers import Format, render_text
from tests.containment.discovery.planted import LISTED, SECRETS, list_files, plant, plant_skills

NAMED, LOGGED, LITERAL = "203.0.113.10", "203.0.113.20", "203.0.113.30"
MODELS = {"models.example.com", "llm.example.com"}
NOBODY = 65534
_SLEEP = "import time; time.sleep(600)"
_SERVER = "import time\nif time is None:\n    from mcp.server.fastmcp import FastMCP\ntime.sleep(600)\n"
_CLIENT = """
import socket, sys, time
ends = [socket.create_connection((one, int(port))) for one, port in (each.split(":") for each in sys.argv[2:])]
open(sys.argv[1], "w").close()
time.sleep(600)
"""


def main(folder: Path) -> None:
    """Plant everything, discover, and write the result."""
    home, project, markers = folder / "home", folder / "project", folder / "markers"
    for each in (home, project, markers):
        each.mkdir()
    servers = {name: str(path) for name, path in (plant(one, home, project, markers) for one in list_files())}
    assert len(servers) >= LISTED
    skills = {name: str(path) for name, path in plant_skills(home, project).items()}
    set_up_network(folder)
    listening = [listen(NAMED, 443), listen(LOGGED, 443), listen(LITERAL, 443), listen("127.0.0.1", 11434)]
    pids = start_processes(folder, home, project)
    (folder / "resolver.log").write_text(f"dnsmasq[1]: reply llm.example.com is {LOGGED}\n")
    options = Options(
        projects=(project,),
        homes=(str(home),),
        resolver_logs=(folder / "resolver.log",),
        find_endpoint=lambda name: "test" if name in MODELS else None,
    )
    found = discover(options)
    result: dict[str, Any] = {"servers": servers, "skills": skills, "pids": pids, "found": build_data(found, (), None)}
    result["dropped"] = {
        reader.value: build_data(discover(Options(**{**_as_dict(options), "left_out": (reader,)})), (), None) for reader in Reader
    }
    result["outputs"] = write_outputs(found)
    result["unprivileged"] = discover_as_nobody(options)
    result["trace"] = trace(folder, home, project)
    result["markers"] = [one.name for one in markers.iterdir()]
    (folder / "result.json").write_text(json.dumps(result))
    assert listening


def _as_dict(options: Options) -> dict[str, Any]:
    return {name: getattr(options, name) for name in ("projects", "homes", "resolver_logs", "find_endpoint")}


def set_up_network(folder: Path) -> None:
    """Give the loopback interface the addresses of the models, and the machine a hosts file of its own."""
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{NAMED} models.example.com\n")
    commands = [
        ["ip", "link", "set", "lo", "up"],
        *(["ip", "address", "add", f"{one}/32", "dev", "lo"] for one in (NAMED, LOGGED, LITERAL)),
    ]
    for words in (*commands, ["mount", "--bind", str(folder / "hosts"), "/etc/hosts"]):
        subprocess.run(words, check=True, timeout=20)


def listen(address: str, port: int) -> socket.socket:
    """Return a listening socket."""
    server = socket.create_server((address, port))
    server.listen(8)
    return server


def start_processes(folder: Path, home: Path, project: Path) -> dict[str, int]:
    """Start the planted processes and return their numbers."""
    python = os.path.realpath(sys.executable)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "notes.py").write_text(_SERVER)
    (programs / "files.py").write_text(_SERVER)
    (programs / "client.py").write_text(_CLIENT)
    gone = programs / "gone"
    shutil.copy("/bin/sleep", gone)
    (home / ".cursor" / "mcp.json").write_text(
        json.dumps(
            {
                "mcpServers": {
                    "running": {"command": python, "args": ["-S", str(programs / "files.py")]},
                    **_keep(home / ".cursor" / "mcp.json"),
                }
            }
        )
    )
    ends = [f"{NAMED}:443", f"{LOGGED}:443", f"{LITERAL}:443", "127.0.0.1:11434"]
    commands = {
        "inline code": [python, "-S", "-c", _SLEEP],
        "deleted": [str(gone), "600"],
        "container": ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "/bin/sleep", "601"],
        "unconfigured": [python, "-S", str(programs / "notes.py"), "--token", SECRETS["password"]],
        "configured": [python, "-S", str(programs / "files.py")],
        "client": [python, "-S", str(programs / "client.py"), str(folder / "connected"), *ends],
    }
    if (node := shutil.which("node")) is not None:
        harness = folder / "lib" / "node_modules" / "openclaw"
        harness.mkdir(parents=True)
        (harness / "package.json").write_text('{"name": "openclaw"}')
        (harness / "openclaw.mjs").write_text(
            'import {spawn} from "node:child_process"; spawn("/bin/sleep", ["602"]); setInterval(() => {}, 9000)'
        )
        shutil.copy(os.path.realpath(node), programs / "backup-agent")
        commands["renamed"] = [str(programs / "backup-agent"), str(harness / "openclaw.mjs"), "gateway", "run"]
    started = {name: subprocess.Popen(words, cwd=project).pid for name, words in commands.items()}
    parents = [started["container"], *([started["renamed"]] if "renamed" in started else [])]
    deadline = time.monotonic() + 60
    while not ((folder / "connected").exists() and all(map(has_child, parents))) and time.monotonic() < deadline:
        time.sleep(0.05)
    gone.unlink()
    return started


def has_child(pid: int) -> bool:
    """Return whether a process has a child that runs another program."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return any(Path(f"/proc/{child}/comm").read_text() == "sleep\n" for child in children)


def _keep(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text().removeprefix("// a comment\n").replace(",\n}", "}"))["mcpServers"]
    return found


def write_outputs(found: Inventory) -> dict[str, str]:
    """Return every form of output, compared with an empty declaration."""
    differences = compare(found, Declared(stack="empty", agent_class="none"), all_programs=True)
    answer = build_answer(found, differences, Declared(stack="empty", agent_class="none"))
    outputs = {form.value: render_text(answer, form) for form in (Format.TABLE, Format.JSON, Format.MARKDOWN, Format.CSV)}
    outputs["ocsf"] = "".join(f"{json.dumps(one)}\n" for one in build_events(found, differences, None))
    return outputs


def discover_as_nobody(options: Options) -> dict[str, Any]:
    """Return what a plain user finds, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.environ.pop("HOME", None)
        os.chdir("/")
        found = discover(Options(find_endpoint=options.find_endpoint))
        with os.fdopen(writing, "w") as out:
            json.dump(build_data(found, (), None) | {"exitCode": int(build_answer(found, (), None).exit)}, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as result:
        text = result.read()
    os.waitpid(child, 0)
    answer: dict[str, Any] = json.loads(text)
    return answer


def trace(folder: Path, home: Path, project: Path) -> str | None:
    """Return the system calls of the command that start a program or open a connection; None where strace is not installed."""
    if shutil.which("strace") is None:
        return None
    path = folder / "trace.txt"
    command = [
        sys.executable,
        "-m",
        "containment",
        "discover",
        "--home",
        str(home),
        "--project",
        str(project),
        "--out",
        str(folder / "answer.txt"),
    ]
    calls = "trace=execve,execveat,fork,vfork,clone,clone3,connect,sendto,sendmsg,sendmmsg"
    subprocess.run(["strace", "-f", "-qq", "-e", calls, "-o", str(path), *command], timeout=120, check=False, capture_output=True)
    assert (folder / "answer.txt").read_text().count("server-") >= LISTED, "the traced command found the planted servers"
    return path.read_text()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
