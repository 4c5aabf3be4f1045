"""`containment lab world|verify|watch`: the lab's data plane, its validation tests and its decisions."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from containment.cli.common import exit_on_error, make_console, print_and_exit, read_overrides, require_seconds
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import (
    DEFAULT_STACK,
    Agent,
    Config,
    Folder,
    SkipIfImpossible,
    Stack,
    StackOrNone,
    TableIn,
    TextIn,
    Update,
    take_format,
)
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.logs.record import DecisionRecord, render_record
from containment.queries.renderers import Format
from containment.queries.results import Answer, Section
from containment_lab.errors import LabNetworkError
from containment_lab.home import LabHome
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork, list_networks, take_down_all
from containment_lab.validation.probes import Result

if TYPE_CHECKING:
    from containment.config.spec import ContainmentSpec

_COLOURS = {Result.PASS: "green", Result.FAIL: "red", Result.NOT_TESTED: "yellow"}

world = typer.Typer(help="Create and remove the networks of deployed stacks.", no_args_is_help=True)


@world.command("up", epilog=build_epilog("lab world up"))
@take_format(TextIn)
def create_network(stack: Stack = DEFAULT_STACK, agent: Agent = "", *, chosen: Format) -> None:
    """Create or update the network of a stack."""
    network = LabNetwork(LabHome.find(), stack, agent)
    _run_or_exit(network.require_host)
    status = _run_or_exit(network.bring_up)
    if chosen is Format.JSON:
        typer.echo(json.dumps({"schema": "containment-world-up/v1", "stack": stack, **status}, indent=2))
        return
    typer.echo(f"{stack}: {status['rules']} rules in force, {status['dns_rules']} DNS firewall rules; logs in {status['folder']}")
    for each in status["unresolved"]:
        typer.echo(f"  not resolved here, matches nothing: {each}", err=True)


@world.command("down", epilog=build_epilog("lab world down"))
def remove_networks(stack: StackOrNone = None) -> None:
    """Remove a stack's network, or all without --stack."""
    home = LabHome.find()

    def remove() -> list[str]:
        if stack is None:
            return take_down_all(home)
        network = LabNetwork(home, stack)
        network.require_stack()
        return [stack] if network.take_down() else []

    ended = _run_or_exit(remove)
    for each in ended:
        typer.echo(each, err=True)


@world.command("status", epilog=build_epilog("lab world status"))
@take_format(TableIn)
def show_status(*, chosen: Format) -> None:
    """List the stacks that have a network here."""
    found = [(each, each.is_running()) for each in list_networks(LabHome.find())]
    rows = tuple((each.stack, "runs" if runs else "does not run", str(each.folder)) for each, runs in found)
    document = None
    if chosen is Format.JSON:
        lines = [{"stack": each.stack, "runs": runs, **(each.send_command("status") if runs else {})} for each, runs in found]
        document = {"schema": "containment-world-status/v1", "worlds": lines}
    tables = (Section("Networks", ("stack", "state", "logs"), rows),) if rows else ()
    print_and_exit(
        Answer(verb="world-status", headline=f"{len(rows)} stacks have a network here", exit=Exit.OK, sections=tables, document=document),
        chosen,
    )


@take_format(TableIn)
def verify(
    stack: Stack = DEFAULT_STACK,
    agent: Agent = "",
    config: Config = None,
    folder: Folder = Path(),
    update: Update = True,
    skip: SkipIfImpossible = False,
    *,
    chosen: Format,
) -> None:
    """Run the six validation tests from the deployed agent host.

    The logs of gateway and resolver decide the results. Every URL whose TLS the gateway decrypts is then tried by a client that trusts
    the gateway's authority, and by one that pins the destination's certificate.
    """
    from containment.cli.lab.screen.six_tests import announce, describe, summarize
    from containment_lab.validation.opened_tls import list_opened_urls, summarize_clients, try_clients
    from containment_lab.validation.six_tests import NAMES, choose_update_target, determine_mode, run_six_tests

    place, reader = LabNetwork(LabHome.find(), stack, agent), InputReader("the tests cannot be run")
    lacking = list_missing() or list(filter(None, [place.home.find_problem()]))
    overrides, spec = read_overrides(reader, config), None
    if not lacking:
        reader.read(place.require_host)
        spec = reader.read(lambda: read_tested_stack(stack, overrides, folder, update=update)) if update or config else None
    _run_or_exit(reader.require)
    updater = make_updater(folder, spec.value, overrides) if update and spec else None
    if lacking:
        code, why = Exit.OK if skip else Exit.ERROR, "; ".join(lacking)
        if chosen is Format.TABLE:
            typer.echo(f"SKIPPED    the six validation tests of {stack}: {why}")
            raise typer.Exit(code)
        skipped = Section(
            "Tests", ("test", "name", "result", "observed"), tuple((str(n), name, "SKIPPED", why) for n, name in NAMES.items())
        )
        document: dict[str, Any] = {"schema": "containment-verify/v1", "stack": stack, "mode": None, "tests": [], "skipped": lacking}
        print_and_exit(
            Answer(verb="verify", headline=f"SKIPPED: {stack}: {why}", exit=code, sections=(skipped,), document=document), chosen
        )
    _run_or_exit(place.bring_up)
    mode, target = determine_mode(place), choose_update_target(place.send_command("rules"))
    for line in announce(stack, mode, place.send_command("status")["instance"], added=target if update else None):
        typer.echo(line, err=True)
    tested = _run_or_exit(lambda: run_six_tests(place, target, updater))
    clients = _run_or_exit(lambda: try_clients(place, list_opened_urls(place.send_command("rules"))))
    good = all(each.only_on_aws for each in tested) and all(each.result is Result.PASS for each in clients)
    code = Exit.OK if good else Exit.NO
    if chosen is not Format.TABLE:
        rows = tuple(
            (str(each.number), NAMES[each.number], each.result.value, part.probe.id, part.probe.target, part.result.value, part.says)
            for each in tested
            for part in each.probes
        )
        table = Section("Tests", ("test", "name", "result", "probe", "target", "outcome", "observed"), rows)
        document = {
            "schema": "containment-verify/v1",
            "stack": stack,
            "mode": mode.value,
            "tests": [_build_document(each) for each in tested],
            "openedTls": [each.serialize() for each in clients],
            "skipped": [] if clients else [summarize_clients(clients).removeprefix("SKIPPED").strip()],
        }
        opened = Section(
            "Clients of opened TLS",
            ("url", "rule", "client", "result", "observed"),
            tuple((each.url, each.rule, each.client.value, each.result.value, each.says) for each in clients),
        )
        tables = (table, opened) if clients else (table,)
        print_and_exit(Answer(verb="verify", headline=f"{stack}, mode {mode.value}", exit=code, sections=tables, document=document), chosen)
    out = make_console()
    for result, line in describe(tested):
        out.print(f"[{_COLOURS[result]}]{escape(line)}[/]")
    for client in clients:
        out.print(f"[{_COLOURS[client.result]}]{escape(client.format_line())}[/]")
    out.print(escape(summarize_clients(clients)))
    out.print(escape(summarize(stack, mode, tested)))
    raise typer.Exit(code)


def _build_document(test: Any) -> dict[str, Any]:
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
    return {"number": test.number, "result": test.result.value, "line": test.format_line(), "probes": probes}


def read_tested_stack(stack: str, overrides: Mapping[str, str], folder: Path, *, update: bool) -> ContainmentSpec:
    """Return the configuration of a stack under test; raise InputError with the problems of its files.

    Args:
        stack: name of the stack.
        overrides: the values of --config.
        folder: folder of the Pulumi project.
        update: whether the program has to be run.
    """
    from containment.loaders.stack_file import read_stack
    from containment_lab.formats.config import Project

    reader = InputReader("the stack cannot be tested")
    found = reader.read(lambda: read_stack(stack, overrides, folder))
    if update:
        reader.read(lambda: Project.load(folder.resolve()))
    reader.require()
    return found.value


def make_updater(folder: Path, spec: ContainmentSpec, overrides: Mapping[str, str]) -> Callable[[str | None], None]:
    """Return a function that deploys a stack with one more approved destination, or unchanged for None.

    Args:
        folder: folder of the Pulumi project.
        spec: the stack.
        overrides: the values of --config.
    """
    from containment.cli.lab.screen.verdict import format_errors
    from containment.config.destination_entry import dump_item
    from containment_lab.engine.report import Report
    from containment_lab.engine.session import Session

    have = [dump_item(item) for item in spec.config.approved_saas_api_domains]
    today = datetime.now(UTC).date().isoformat()
    shared = {
        "owner": "containment lab verify",
        "reason": "Test of an update.",
        "function": "Shows that an update is applied.",
        "until": today,
    }

    def bring_up(target: str | None) -> None:
        more = {"approvedSaasApiDomains": json.dumps([*have, {"name": target, **shared}])} if target else {}
        session = Session(
            folder=folder,
            stack=spec.stack,
            new_report=lambda preview: Report(preview, lambda *_: None, lambda _: None),
            config={**overrides, **more},
        )
        report = session.up(True)
        if report.exit:
            what = "the stack could not be updated for test 6: " + "; ".join(format_errors(report)).strip()
            why, fix = "the test adds a destination and removes it", "correct that, or leave the test out with --no-update"
            raise LabNetworkError(what, why=why, fix=fix)

    return bring_up


@take_format(TextIn)
def watch(
    stack: Stack = DEFAULT_STACK,
    seconds: Annotated[float, typer.Option(help="Stop after this time; 0: until interrupted.")] = 0,
    since_start: Annotated[bool, typer.Option("--all", help="Include earlier decisions.")] = False,
    *,
    chosen: Format,
) -> None:
    """Show decisions as they are made.

    As JSON: one record per line.
    """
    place, reader = LabNetwork(LabHome.find(), stack), InputReader("no decision can be shown")
    reader.read(lambda: require_seconds(seconds))
    reader.read(place.require_stack)
    _run_or_exit(reader.require)
    count = 0 if since_start else int(_run_or_exit(lambda: place.send_command("decisions"))["count"])
    out, until = make_console(), time.monotonic() + seconds if seconds else None
    try:
        while until is None or time.monotonic() < until:
            told = _run_or_exit(partial(place.send_command, "decisions", after=count))
            count = int(told["count"])
            for each in told["records"]:
                record = DecisionRecord.model_validate(each)
                if chosen is Format.JSON:
                    typer.echo(record.model_dump_json())
                    continue
                colour = "green" if record.verdict.value == "PERMIT" else "red" if record.enforced else "yellow"
                out.print(f"[{colour}]{escape(render_record(record))}[/]")
            sys.stdout.flush()
            time.sleep(0.1)
    except KeyboardInterrupt:
        raise typer.Exit(Exit.OK) from None


def _run_or_exit(work: Callable[[], Any]) -> Any:
    """Return the result of `work`; end the command on an error that the user can correct."""
    with exit_on_error(FileNotFoundError, RuntimeError):
        return work()
