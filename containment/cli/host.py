"""`containment host`: which files land on a stack's host, and, on request, the files themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from containment.cli.common import console, fail, overrides_of, told
from containment.host.contents import first_boot, host_files
from containment.host.first_boot import LIMIT, user_data


def host(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack, e.g. coding-monitor.")] = "coding-monitor",
    config: Annotated[list[str] | None, typer.Option("--config", "-c", help="KEY=VALUE, as with `pulumi up -c`; may be repeated.")] = None,
    write: Annotated[Path | None, typer.Option("--write", help="Write the files below this folder, as they would lie below /.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show what lands on a stack's host, and what runs there at first boot (normally nothing)."""
    from containment.stack_file import read_stack

    with told():
        spec = read_stack(stack, overrides_of(config or []))
        files, boot, size = host_files(spec), first_boot(spec), len(user_data(spec).encode())
    for each in files if write else ():
        path = write / each.path.lstrip("/")  # type: ignore[operator]  # `write` is set in this loop
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)  # ours are read-only
            path.write_text(each.content, encoding="utf-8")
            path.chmod(int(each.permissions, 8))
        except OSError as error:
            fail(f"{path} cannot be written: {error}")
    if as_json:
        lines = [{"path": f.path, "permissions": f.permissions, "bytes": len(f.content.encode()), "why": f.why} for f in files]
        runs = {"packages": list(boot.packages), "commands": list(boot.commands)}
        typer.echo(json.dumps({"schema": "containment-host/v1", "files": lines, "firstBoot": runs, "userDataBytes": size}, indent=2))
        return
    out = console()
    for f in files:
        out.print(f"{f.permissions}  {escape(f.path):<46} {escape(f.why)}")
    for word, found in (("installs", boot.packages), ("runs", boot.commands)):
        out.print(f"first boot {word}: {escape(', '.join(found)) or 'nothing'}")
    out.print(f"user data: {size} of {LIMIT} bytes" + (f"; written below {escape(str(write))}" if write else ""))
