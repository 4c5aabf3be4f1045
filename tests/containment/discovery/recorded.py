"""An inventory with one of everything, for tests that need no machine."""

from __future__ import annotations

from containment.discovery.declared import Declared, DeclaredServer, DeclaredSkill
from containment.discovery.inventory import (
    Certainty,
    FoundConnection,
    FoundHarness,
    FoundListener,
    FoundProcess,
    FoundServer,
    FoundServerProcess,
    FoundSkill,
    Inventory,
    Mark,
    Reader,
    Unseen,
    View,
)

DIGEST = f"sha256:{'ab' * 32}"
PROCESS = FoundProcess(
    pid=7,
    parent=1,
    user="agent",
    program="/usr/local/bin/node",
    command=("node", "openclaw.mjs"),
    runtime="node",
    container="",
    started=1795953600.0,
    marks=(Mark.HARNESS,),
    identity="openclaw",
)
HARNESS = FoundHarness(
    harness="openclaw", title="OpenClaw", pid=7, user="agent", program="/usr/local/bin/node", evidence="package openclaw", container=""
)
SERVER = FoundServer(
    name="files",
    file="/home/agent/.openclaw/openclaw.json",
    harness="openclaw",
    command=("mcp-files", "--root", "/srv"),
    secrets=("env TOKEN",),
    tools=("read",),
    pids=(8,),
    digest=DIGEST,
)
SERVER_PROCESS = FoundServerProcess(
    pid=9, user="agent", name="notes.py", command=("python3", "notes.py"), evidence="name mcp-notes", container="docker 0123456789ab"
)
SKILL = FoundSkill(name="pdf", kind="skill", harness="openclaw", path="/home/agent/.openclaw/skills/pdf", digest=DIGEST, files=2)
CONNECTION = FoundConnection(
    pid=7,
    program="/usr/local/bin/node",
    address="203.0.113.9",
    port=443,
    protocol="tcp",
    names=("models.example.com",),
    endpoint="models.example.com",
    certainty=Certainty.NAMED,
    source="/etc/hosts",
)
LISTENER = FoundListener(pid=7, program="/usr/local/bin/node", address="127.0.0.1", port=18789, title="OpenClaw gateway")
INVENTORY = Inventory(
    view=View(host="vm", user="root", is_root=True, is_own_namespace=False, roots=("/",), homes=("/home/agent",), projects=("/srv",)),
    time=1795953600.0,
    processes_read=3,
    files_read=1,
    processes=(PROCESS,),
    harnesses=(HARNESS,),
    servers=(SERVER,),
    server_processes=(SERVER_PROCESS,),
    skills=(SKILL,),
    connections=(CONNECTION,),
    listeners=(LISTENER,),
    unseen=(
        Unseen(reader=Reader.PROCESSES, where="program files of other users' processes", reason="permission denied", count=3),
        Unseen(reader=Reader.SKILLS, where="/home/other/.claude/skills", reason="permission denied"),
    ),
)
DECLARED = Declared(
    stack="coding-enforce",
    agent_class="coding",
    harnesses=("openclaw",),
    programs=("/usr/local/bin/node",),
    models=("models.example.com",),
    local_ports=(18789,),
    mcp_servers=(DeclaredServer(name="files", command=("mcp-files", "--root", "/srv"), tools=("read",)),),
    skills=(DeclaredSkill(name="pdf", digest=DIGEST),),
)
"""A declaration of everything in the inventory but the server that runs in no configuration."""
