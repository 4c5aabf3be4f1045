"""`containment lab status` and `containment lab stacks`: what runs and what stands in this lab home."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from containment.cli.common import console
from containment.lab import simulators
from containment.lab.home import LabHome


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Say which simulators run, where to reach them, and where they log."""
    home = LabHome.find()
    found = simulators.status(home)
    if as_json:
        lines = [{"name": s.name, "port": s.port, "pid": s.pid, "rssKiB": s.rss_kib, "log": str(s.log)} for s in found]
        typer.echo(json.dumps({"schema": "containment-lab-status/v1", "home": str(home.root), "simulators": lines}, indent=2))
        return
    out = console()
    out.print(f"lab home {home.root}")
    for s in found:
        alive = f"pid {s.pid}, {(s.rss_kib or 0) / 1024:.0f} MB" if s.pid else "not running"
        out.print(f"  {s.name:<11} 127.0.0.1:{s.port:<6} {alive:<20} log {s.log}")


def stacks(project: Annotated[str, typer.Option("--project", help="Only stacks of this project.")] = "") -> None:
    """List the stacks that have resources here, one `project/stack` a line (or just the stack, with --project)."""
    for path in sorted((LabHome.find().root / "stacks").glob("*/*.json")):
        name = path.parent.name
        if project in ("", name) and json.loads(path.read_text()).get("deployment", {}).get("resources"):
            typer.echo(path.stem if project else f"{name}/{path.stem}")
