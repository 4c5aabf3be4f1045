"""`containment host`: the files on a stack's host, listed or written to a folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import exit_on_error
from containment.cli.options import Agent, StackOptions, TableIn, print_answer
from containment.exit_code import Exit
from containment.files.output_files import convert_write_errors
from containment.files.whole_files import write_whole
from containment.host.contents import build_first_boot, build_host_files
from containment.host.first_boot import LIMIT, build_user_data
from containment.host.host_file import HostFile
from containment.queries.results import Answer, Section

if TYPE_CHECKING:
    from containment.config.spec import ContainmentSpec


@print_answer(TableIn)
def host(
    source: StackOptions,
    agent: Agent = "",
    write: Annotated[Path | None, typer.Option("--write", help="Write the files below this folder instead of /.")] = None,
) -> Answer:
    """Show the files and the first boot of a stack's host."""
    spec = source.read()
    spec = find_agent_spec(spec, agent, source.folder) if agent else spec
    files, boot, size = build_host_files(spec), build_first_boot(spec), len(build_user_data(spec).encode())
    if write:
        _write(files, write)
    parts = [
        f"first boot {word}: {', '.join(found) or 'nothing'}" for word, found in (("installs", boot.packages), ("runs", boot.commands))
    ]
    parts.append(f"user data: {size} of {LIMIT} bytes" + (f"; written below {write}" if write else ""))
    return Answer(
        verb="host",
        headline="\n".join([f"{spec.stack}: {len(files)} files", *parts]),
        exit=Exit.OK,
        sections=(Section("Files", ("mode", "path", "purpose"), tuple((f.permissions, f.path, f.why) for f in files)),),
        document={
            "schema": "containment-host/v1",
            "files": [{"path": f.path, "permissions": f.permissions, "bytes": len(f.content.encode()), "why": f.why} for f in files],
            "firstBoot": {"packages": list(boot.packages), "commands": list(boot.commands)},
            "userDataBytes": size,
        },
    )


def find_agent_spec(spec: ContainmentSpec, name: str, folder: Path) -> ContainmentSpec:
    """Return the stack's spec with an agent's harness; raise InputError if the stack has no such agent, or if it has ended."""
    from containment.vending.hosts import plan_hosts
    from containment.vending.listing import make_not_found_error
    from containment.vending.loader import read_agents

    plan = plan_hosts(spec, read_agents(folder).find_agents(spec.stack), datetime.now(UTC).date())
    found = {host.agent.name: host.spec for host in plan.hosts if host.agent}
    if name not in found:
        raise make_not_found_error(name, sorted(found))
    return found[name]


def _write(files: Sequence[HostFile], below: Path) -> None:
    """Write files below a folder, over the files of an earlier run; end the command if that fails."""
    for each in files:
        path = below / each.path.lstrip("/")
        with exit_on_error(), convert_write_errors(path, "a host without it is not the reviewed one"):
            write_whole(path, each.content, int(each.permissions, 8))
