"""`containment lab world|verify|run|watch`: the lab's data plane, and what is asked of it. No logic of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from containment.cli.common import Exit, console, fail
from containment.lab.home import LabHome
from containment.lab.world.control import World, WorldError, down_all, running
from containment.lab.world.decisions import readable
from containment.lab.world.harness import HarnessError, install
from containment.lab.world.probes import Result
from containment.lab.world.tools import missing
from containment.model.decision_log import DecisionRecord

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack, e.g. coding-monitor.")]
Pairs = Annotated[list[str] | None, typer.Option("--config", "-c", help="KEY=VALUE, as the stack was brought up with.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
_TIMED_OUT = 124
"""How `timeout` ends when it had to end its command."""
_COLOURS = {Result.PASS: "green", Result.FAIL: "red", Result.NOT_TESTED: "yellow"}

world = typer.Typer(help="The network that a deployed stack lives in, as namespaces on this machine.", no_args_is_help=True)


@world.command("up")
def up(stack: Stack = "coding-monitor") -> None:
    """Make a stack's network from what is deployed, or bring a running one up to date."""
    status = _told(lambda: World(LabHome.find(), stack).up())
    typer.echo(f"{stack}: {status['rules']} rules in force, {status['dns_rules']} DNS firewall rules; logs in {status['folder']}")
    for each in status["unresolved"]:
        typer.echo(f"  not resolved here, selects nothing: {each}", err=True)


@world.command("down")
def down(stack: Annotated[str | None, typer.Option("--stack", "-s", help="Only this stack's.")] = None) -> None:
    """End a stack's network, or all of this lab home's; nothing of them is left."""
    home = LabHome.find()
    ended = _told(lambda: down_all(home) if stack is None else [stack] if World(home, stack).down() else [])
    for each in ended:
        typer.echo(each, err=True)


@world.command("status")
def status(as_json: Json = False) -> None:
    """Say which stacks have a network here."""
    found = [(each, each.runs()) for each in running(LabHome.find())]
    if as_json:
        lines = [{"stack": each.stack, "runs": runs, **(each.ask("status") if runs else {})} for each, runs in found]
        typer.echo(json.dumps({"schema": "containment-world-status/v1", "worlds": lines}, indent=2))
        return
    for each, runs in found:
        typer.echo(f"{each.stack}: {'runs' if runs else 'does not run'}, logs in {each.folder}")


def verify(
    stack: Stack = "coding-monitor",
    config: Pairs = None,
    folder: Annotated[Path, typer.Option("-C", "--cwd", help="The program's folder.")] = Path(),
    update: Annotated[bool, typer.Option(help="Test 6: really add a destination to the stack, and take it away again.")] = True,
    skip: Annotated[bool, typer.Option("--skip-if-impossible", help="Exit 0 where no namespaces can be made, and say so.")] = False,
    as_json: Json = False,
) -> None:
    """Run the six validation tests from the deployed agent host, and judge them with the gateway's and the resolver's logs."""
    from containment.lab.world.six_tests import NAMES, mode_in_force, six_tests

    if lacking := missing():
        for name in NAMES.values():
            typer.echo(f"SKIPPED    {name}: {'; '.join(lacking)}")
        raise typer.Exit(Exit.OK if skip else Exit.ERROR)
    place = World(LabHome.find(), stack)
    _told(place.up)
    mode = mode_in_force(place)
    tested = _told(lambda: six_tests(place, _updater(folder, stack, config or []) if update else None))
    if as_json:
        typer.echo(
            json.dumps(
                {"schema": "containment-verify/v1", "stack": stack, "mode": mode.value, "tests": [_document(each) for each in tested]},
                indent=2,
            )
        )
    else:
        out = console()
        out.print(f"{stack}, mode {mode.value}, from the agent host ({place.ask('status')['instance']}):")
        for each in tested:
            colour = "green" if each.only_on_aws else _COLOURS[each.result]
            out.print(f"[{colour}]{escape(each.line())}[/]")
            for part in each.probes:
                if part.result is Result.FAIL or (part.result is Result.NOT_TESTED and not each.only_on_aws):
                    out.print(f"    {escape(part.line())}")
    raise typer.Exit(Exit.OK if all(each.only_on_aws for each in tested) else Exit.FAILED)


def _document(test: Any) -> dict[str, Any]:
    probes = [
        {
            "id": each.probe.id,
            "target": each.probe.target,
            "result": each.result.value,
            "says": each.says,
            "decision": each.decision.model_dump(mode="json") if each.decision else None,
            "arrivedAt": list(each.arrived),
        }
        for each in test.probes
    ]
    return {"number": test.number, "result": test.result.value, "line": test.line(), "probes": probes}


def _updater(folder: Path, stack: str, config: list[str]) -> Callable[[str | None], None]:
    """Return what brings the stack up with one approved destination more, or (None) as it was."""
    from containment.cli.common import overrides_of
    from containment.cli.lab_screen import Screen
    from containment.lab.engine.session import Session
    from containment.lab.formats.config import parse_pairs
    from containment.stack_file import read_stack

    have = read_stack(stack, overrides_of(config), folder).config.approved_saas_api_domains

    def bring_up(target: str | None) -> None:
        pairs = [pair for pair in config if not pair.rpartition(":")[2].startswith("approvedSaasApiDomains=")] if target else config
        more = [f"approvedSaasApiDomains={json.dumps([*have, target])}"] if target else []
        screen = Screen(False, quiet=True)
        session = Session(folder, stack, screen.report, [], parse_pairs([*pairs, *more], "--config"), {}, False, screen.show)
        report = session.up(True)
        if report.exit:
            raise WorldError(f"the stack could not be updated: {report.diagnostics}")

    return bring_up


def run(
    words: Annotated[list[str] | None, typer.Argument(help="The command, after `--`; with `--with` none: the harness's own start.")] = None,
    stack: Stack = "coding-monitor",
    harness: Annotated[str | None, typer.Option("--with", help="Install a harness first, by npm: NAME or NAME@VERSION.")] = None,
    seconds: Annotated[float, typer.Option(help="End the command after so long; 0: when it ends.")] = 0,
) -> None:
    """Run a command where the agent runs, and list by rule what it wanted to reach. Exits as the command does."""
    if not words and harness is None:
        fail("there is nothing to run: say a command after `--`, or a harness by --with")
    home = LabHome.find()
    words = _told(lambda: install(home, harness).words(words or [])) if harness else words or []
    place = World(home, stack)
    _told(place.up)
    before = place.ask("decisions")["count"]
    bounded = ["timeout", "--kill-after=5", str(seconds), *words] if seconds else words
    code = subprocess.run(place.command(bounded), check=False).returncode
    if seconds and code == _TIMED_OUT:
        typer.echo(f"ended after {seconds:g} s, as told", err=True)
        code = 0
    wanted: dict[tuple[str, str, str], int] = {}
    for each in map(DecisionRecord.model_validate, place.settled(before)):
        if each.bytes_in is None:
            verdict = each.verdict.value if each.enforced or each.verdict.value == "PERMIT" else "WOULD-DENY"
            key = (each.rule or str(each.rule_uuid), verdict, f"{each.server_name or each.address}:{each.port}")
            wanted[key] = wanted.get(key, 0) + 1
    for (rule, verdict, where), count in sorted(wanted.items()):
        typer.echo(f"{verdict:<10} {rule:<44} {where} x{count}", err=True)
    if not wanted:
        typer.echo("it wanted to reach nothing", err=True)
    raise typer.Exit(code)


def watch(
    stack: Stack = "coding-monitor",
    seconds: Annotated[float, typer.Option(help="End after so long; 0: until interrupted.")] = 0,
    since_start: Annotated[bool, typer.Option("--all", help="Begin with what was decided before.")] = False,
) -> None:
    """Show decisions as they are made: in colours on a terminal, plain lines in a pipe."""
    place = World(LabHome.find(), stack)
    count = 0 if since_start else int(_told(lambda: place.ask("decisions"))["count"])
    out, end = console(), time.monotonic() + seconds if seconds else None
    try:
        while end is None or time.monotonic() < end:
            told = _told(partial(place.ask, "decisions", after=count))
            count = int(told["count"])
            for each in told["records"]:
                record = DecisionRecord.model_validate(each)
                colour = "green" if record.verdict.value == "PERMIT" else "red" if record.enforced else "yellow"
                out.print(f"[{colour}]{escape(readable(record))}[/]")
            sys.stdout.flush()
            time.sleep(0.1)
    except KeyboardInterrupt:
        raise typer.Exit(Exit.OK) from None


def _told(work: Callable[[], Any]) -> Any:
    """Do something and tell what a person can act on, without a traceback."""
    try:
        return work()
    except (WorldError, HarnessError, FileNotFoundError, RuntimeError) as error:
        fail(str(error))
