"""`containment discover`: agents, MCP servers, model connections and skills of this machine or container, compared with a class."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import drop_options, print_and_exit, refuse_usage, write_file
from containment.cli.options import (
    Config,
    Folder,
    Json,
    OutputFile,
    StackOrNone,
    TableIn,
    choose_format,
    read_configured_stack,
    take_options,
)
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.renderers import Format, render_text

if TYPE_CHECKING:
    from containment.discovery.declared import Declared
    from containment.discovery.discover import Options
    from containment.discovery.identity import Identifier
    from containment.discovery.repetition import EventLog
    from containment.queries.results import Answer

_STDOUT = "-"


@take_options
def discover(
    stack: StackOrNone = None,
    config: Config = None,
    declared: Annotated[Path | None, typer.Option("--declared", help="File of declared agents, or a launcher's profile.")] = None,
    write_declared: Annotated[Path | None, typer.Option("--write-declared", help="Write the stack's declaration; do nothing else.")] = None,
    project: Annotated[list[Path] | None, typer.Option("--project", help="A folder to look in as well; repeatable.")] = None,
    home: Annotated[list[Path] | None, typer.Option("--home", help="A home folder to look in as well; repeatable.")] = None,
    resolver_log: Annotated[list[Path] | None, typer.Option("--resolver-log", help="Log that maps addresses to names; repeatable.")] = None,
    endpoint: Annotated[list[str] | None, typer.Option("--endpoint", metavar="NAME", help="A model endpoint; repeatable.")] = None,
    all_programs: Annotated[bool, typer.Option("--all-programs", help="Compare the programs of all processes.")] = False,
    ocsf: Annotated[str | None, typer.Option("--ocsf", help="File for OCSF events as JSON lines; - for stdout.")] = None,
    out: OutputFile = None,
    every: Annotated[str | None, typer.Option("--every", metavar="TIME", help="Interval such as 5m: repeat until SIGTERM.")] = None,
    unit: Annotated[Path | None, typer.Option("--unit", "--write-timer", help="Write systemd units that do this into this folder.")] = None,
    folder: Folder = Path(),
    format_: TableIn = None,
    as_json: Json = False,
) -> None:
    """Find agents, MCP servers, model connections and skills here.

    Reads /proc and configuration files; executes, resolves and contacts nothing. With --stack or --declared it lists differences. Items
    that cannot be read are NOT SEEN, and counted. Run as root to see all users.
    """
    chosen = choose_format(format_, as_json)
    from containment.discovery.answer import build_answer as _loaded  # noqa: F401 - libraries load before the clock starts
    from containment.discovery.repetition import parse_interval, write_units

    is_formatted = as_json or format_ is not None
    reader = InputReader("nothing is discovered")
    reader.read(lambda: _check_outputs(ocsf, out, every, is_formatted=is_formatted and unit is None))
    interval = reader.read(lambda: parse_interval(every) if every is not None else 300.0)
    if unit is not None:  # what the units read need not exist yet, or not here
        reader.require()
        words = drop_options(sys.argv[1:], "--unit", "--write-timer", "--every")
        print_and_exit(write_units(unit, words, interval.value, folder), chosen)
    pending = reader.read(lambda: _read_declared(stack, config, declared, folder))
    options = reader.read(lambda: _build_options(project, home, resolver_log, endpoint))
    reader.require()
    if write_declared is not None:
        _write_declared(pending.value, write_declared)
    events = _open_events(ocsf)
    run = partial(_run, options.value, pending.value, events, all_programs=all_programs)
    if every is not None:
        _repeat(run, events, interval.value, out)
    answer, _ = run(None)
    if not out:
        print_and_exit(answer, chosen)
    _write_answer(answer, chosen, out)
    raise typer.Exit(int(answer.exit))


def _check_outputs(ocsf: str | None, out: Path | None, every: str | None, *, is_formatted: bool) -> None:
    """Raise UsageError for outputs that would be mixed on standard output."""
    if ocsf == _STDOUT and out is None and every is None:
        refuse_usage(
            "--ocsf -", "and the answer would both be on standard output", "neither could be read", "give --out FILE for the answer"
        )
    if every and is_formatted:
        refuse_usage(
            "--every",
            "prints a line per run, and --json or --format is given too",
            "documents one after another are no JSON",
            "leave out --json and --format; --out FILE gets the JSON of each run",
        )


def _read_declared(stack: str | None, config: list[str] | None, path: Path | None, folder: Path) -> Declared | None:
    from containment.discovery.declared import declare_stack, read_declared

    def require_stack() -> None:
        if config and stack is None:
            refuse_usage("--config", "is given without --stack", "it sets keys of a stack", "give --stack STACK too")

    reader = InputReader("the declaration cannot be read")
    reader.read(require_stack)
    given = reader.read(lambda: read_declared(path) if path else None)
    if stack is None:
        reader.require()
        return given.value
    from containment.loaders.presets import load_library

    library = load_library()
    spec = reader.read(lambda: read_configured_stack(stack, config, folder, library))
    reader.require()
    declared = declare_stack(spec.value, library)
    return declared.merge(given.value) if given.value else declared


def _write_declared(known: Declared | None, path: Path) -> None:
    from containment.discovery.declared import format_declared

    if known is None:
        refuse_usage("--write-declared", "is given without --stack", "it writes what a stack declares", "give --stack STACK too")
    write_file(path, format_declared(known))
    typer.echo(f"{path} declares {known.name}: copy it to machines without this project, and give --declared there")
    raise typer.Exit(int(Exit.OK))


def _build_options(project: list[Path] | None, home: list[Path] | None, logs: list[Path] | None, endpoint: list[str] | None) -> Options:
    from containment.baseline.endpoints import ModelEndpoints
    from containment.discovery.discover import Options
    from containment.errors import InputError, Problem
    from containment.loaders.presets import load_library

    given = [(name, one) for name, paths in (("--project", project), ("--home", home)) for one in paths or []]
    why = "agents in it would not be found"
    problems = [Problem(f"{name} {one}", "is not a folder", why, "name a folder that exists") for name, one in given if not one.is_dir()]
    if problems:
        raise InputError("discovery cannot look there", problems)
    return Options(
        projects=tuple(project or ()),
        homes=tuple(str(one.resolve()) for one in home or ()),
        resolver_logs=tuple(logs or ()),
        find_endpoint=ModelEndpoints(load_library(), named=endpoint or ()).find_set,
    )


def _open_events(ocsf: str | None) -> EventLog | None:
    from containment.discovery.repetition import EventLog

    return None if ocsf is None else EventLog(path=None if ocsf == _STDOUT else Path(ocsf), write_line=typer.echo)


def _run(
    options: Options, declared: Declared | None, events: EventLog | None, identifier: Identifier | None, *, all_programs: bool
) -> tuple[Answer, int]:
    """Return the answer of one discovery, and the number of new events."""
    from containment.discovery.answer import build_answer
    from containment.discovery.comparison import compare
    from containment.discovery.discover import discover
    from containment.discovery.ocsf import build_events

    found = discover(options, identifier)
    every_program = all_programs or found.view.is_own_namespace
    differences = compare(found, declared, all_programs=every_program) if declared else ()
    count = events.write_new(build_events(found, differences, declared)) if events else 0
    return build_answer(found, differences, declared), count


def _write_answer(answer: Answer, chosen: Format, out: Path) -> None:
    text = render_text(answer, chosen)
    write_file(out, text if text.endswith("\n") else f"{text}\n")


def _repeat(discover_once: Callable[[Identifier], tuple[Answer, int]], events: EventLog | None, seconds: float, out: Path | None) -> None:
    """Run discovery until a signal, and end the command."""
    from containment.discovery.identity import Identifier
    from containment.discovery.known_data import load_harness_signs
    from containment.discovery.repetition import find_lock_path, lock, repeat

    identifier = Identifier(signs=load_harness_signs())

    def run() -> str:
        before = time.process_time()
        identifier.forget_files()
        answer, count = discover_once(identifier)
        if out:
            _write_answer(answer, Format.JSON, out)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        written = f"; {count} new events" if events else ""
        return f"{moment} {answer.headline}{written}; {time.process_time() - before:.2f} s of processor time"

    is_shared = events is not None and events.path is None
    with lock(find_lock_path()):
        repeat(run, seconds, lambda line: _print_line(line, err=is_shared), lambda text: typer.echo(f"error: {text}", err=True))
    raise typer.Exit(int(Exit.INTERRUPTED))


def _print_line(line: str, *, err: bool) -> None:
    typer.echo(line, err=err)
    (sys.stderr if err else sys.stdout).flush()
