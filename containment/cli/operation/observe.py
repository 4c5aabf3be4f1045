"""`containment observe`: what agents contacted and what enforce mode would deny, and the timer that repeats it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import print_and_exit, refuse_usage, show, write_file
from containment.cli.operation.log_options import OptionalPaths, Rejected, Since, Until, read_window, show_progress
from containment.cli.options import (
    Config,
    Folder,
    Json,
    OutputFile,
    ReportFormat,
    ReportIn,
    StackOrNone,
    choose_format,
    read_configured_stack,
    take_options,
)
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.results import Answer, Section

if TYPE_CHECKING:
    from containment.observe.evidence import NamedAgent
    from containment.observe.observation import Scope


@dataclass(frozen=True, slots=True)
class TimerRequest:
    """What a timer observes: the options of `containment observe`, and the hours between two runs."""

    stack: str | None
    config: Sequence[str]
    paths: Sequence[str]
    rules: Path | None
    since: str
    results: Path | None
    hours: int
    folder: Path


def find_deployed_groups(stack: str | None, config: list[str] | None, folder: Path) -> list[str]:
    """Return the log groups that a stack deploys, as sources; end the command where there is none."""
    from containment.observe.reading.sources import list_stack_groups

    if stack is None:
        refuse_usage("PATH", "is not given, and no --stack", "there are no logs to read", "give logs, or --stack STACK for its log groups")
    keys = read_configured_stack(stack, config, folder).config
    found = list_stack_groups(stack, flows=keys.enable_vpc_flow_logs, queries=keys.enable_dns_query_logs)
    if not found:
        refuse_usage(
            f"Pulumi.{stack}.yaml",
            "deploys no log group: enableVpcFlowLogs and enableDnsQueryLogs are false",
            "there are no logs to read",
            "give logs to read, or set one of them to true",
        )
    return found


def write_units(request: TimerRequest, target: Path) -> Answer:
    """Write the units that observe a stack into a folder, and return which files they are and what installs them."""
    from containment.loaders.observation_runs import find_results_folder
    from containment.observe.reading.sources import list_stack_groups
    from containment.systemd_units.timers import RepeatedCommand

    stack, folder = request.stack, request.folder
    assert stack is not None, "the command has refused a timer without a stack"
    keys = read_configured_stack(stack, request.config, folder).config
    kept = str(request.results) if request.results is not None else keys.observe_results
    if not kept:
        refuse_usage(
            "--results",
            f"is not given, and Pulumi.{stack}.yaml has no observeResults",
            "results that are not kept cannot be checked",
            f"set observeResults in Pulumi.{stack}.yaml, or give --results FOLDER",
        )
    project = folder.resolve()
    place = find_results_folder(kept, stack, project).resolve()
    groups = list_stack_groups(stack, flows=keys.enable_vpc_flow_logs, queries=keys.enable_dns_query_logs)
    if not groups and not request.paths:
        groups = find_deployed_groups(stack, [*request.config], folder)  # raises
    sources = [*dict.fromkeys([*groups, *(_make_absolute(one) for one in request.paths)])]
    command = [sys.executable, "-m", "containment", "observe", *sources, "--stack", stack, "--since", request.since]
    command += [word for one in request.config for word in ("--config", one)]
    command += ["--rules", str(request.rules.resolve())] if request.rules else []
    command += ["--results", str(place.parent)]
    units = RepeatedCommand(
        name=f"containment-observe-{stack}",
        purpose=f"Observe the traffic of the agents of {stack}",
        words=command,
        folder=project,
        results=place,
        success=(Exit.NO, Exit.INCONCLUSIVE),  # something would be denied, or that is not certain for some line
        hours=request.hours,
    ).write(target)
    files = [str(one.resolve()) for one in units]
    steps = [f"systemctl --user link {' '.join(files)}", f"systemctl --user enable --now {units[1].name}", "loginctl enable-linger"]
    notes = (
        [] if request.paths else ["denials will be NOT TESTED: give the log group or the bucket of the gateway's logs as well (logs:GROUP)"]
    )
    if keys.observe_results != kept:
        notes.append(f"preflight does not check these results until Pulumi.{stack}.yaml has observeResults: {kept}")
    return Answer(
        verb="observe",
        headline=f"{stack} is observed every {request.hours} h once the timer is enabled; results below {place}",
        exit=Exit.OK,
        sections=(
            Section("Units", ("file",), tuple((one,) for one in files)),
            Section("Sources", ("source",), tuple((one,) for one in sources)),
            Section("To enable it", ("command",), tuple((one,) for one in steps)),
        ),
        assumptions=tuple(notes),
        document={
            "schema": "containment-observe-timer/v1",
            "stack": stack,
            "everyHours": request.hours,
            "units": files,
            "command": command,
            "results": str(place),
            "enable": steps,
        },
    )


def _make_absolute(source: str) -> str:
    return source if source.startswith(("s3://", "logs:", "lab:")) else str(Path(source).resolve())


@take_options
def observe(
    paths: OptionalPaths = None,
    stack: StackOrNone = None,
    config: Config = None,
    folder: Folder = Path(),
    rules: Annotated[Path | None, typer.Option("--rules", help="JSON with uuid and name of each rule, or a state.")] = None,
    since: Since = None,
    until: Until = None,
    gap: Annotated[int, typer.Option("--gap", min=1, help="Minutes without a line that count as a gap.")] = 60,
    rejects: Rejected = None,
    results: Annotated[Path | None, typer.Option("--results", help="Folder for a dated result that preflight checks.")] = None,
    write_timer: Annotated[Path | None, typer.Option("--write-timer", help="Write systemd units that do this into this folder.")] = None,
    every: Annotated[int, typer.Option("--every", min=1, max=8760, help="Hours between two runs of the timer.")] = 24,
    out: OutputFile = None,
    format_: ReportIn = None,
    as_json: Json = False,
) -> None:
    """List what agents contacted and what enforce mode would deny.

    Reads logs of the gateway, FlowIQ exports, VPC flow logs and resolver query logs, plain, gzip or Parquet. Without paths it reads the
    log groups that the stack deploys.
    """
    from containment.extras import OBSERVE

    is_page = format_ is ReportFormat.HTML and not as_json
    chosen = None if is_page else choose_format(format_, as_json)
    OBSERVE.require()
    from containment.loaders.observation_runs import find_results_folder
    from containment.observe.observation import observe as run
    from containment.observe.report.answer import build_answer
    from containment.observe.report.page import render_page, write_result
    from containment.queries.renderers import Format, render_text

    reader = InputReader("logs cannot be observed")
    window = read_window(reader, since, until)
    if write_timer is not None:
        request = TimerRequest(stack, config or [], paths or [], rules, since or "14d", results, every, folder)
        reader.read(lambda: _require_stack(stack, "--write-timer", "the timer observes a stack"))
        if stack is not None:
            reader.read(lambda: read_configured_stack(stack, config, folder))
        reader.require()
        print_and_exit(write_units(request, write_timer), chosen or Format.TABLE)
    if results is not None:
        reader.read(lambda: _require_stack(stack, "--results", "it keeps the results of a stack"))
    scope = reader.read(lambda: _build_scope(stack, config, folder, rules, *window, timedelta(minutes=gap)))
    sources = reader.read(lambda: paths or find_deployed_groups(stack, config, folder))
    reader.require()
    with show_progress() as report:
        found = run(sources.value, scope.value, rejects, report)
    answer = build_answer(found)
    if results is not None and stack is not None:
        path = write_result(found, stack, sources.value, find_results_folder(str(results), stack, folder), datetime.now(UTC))
        typer.echo(f"note: the result is {path}", err=True)
    text = render_page(found, answer) if chosen is None else render_text(answer, chosen)
    if out:
        write_file(out, text if text.endswith("\n") else f"{text}\n")
    if chosen is None and not out:
        typer.echo(text, nl=False)
    elif chosen is not None and not out:
        show(answer, chosen)
    raise typer.Exit(int(answer.exit))


def _require_stack(stack: str | None, option: str, why: str) -> None:
    """Raise UsageError for an option that needs --stack."""
    if stack is None:
        refuse_usage(option, "is given without --stack", why, "give --stack STACK too")


def _build_scope(
    stack: str | None,
    config: list[str] | None,
    folder: Path,
    rules: Path | None,
    since: datetime | None,
    until: datetime | None,
    gap: timedelta,
) -> Scope:
    from containment.loaders.presets import load_library
    from containment.observe.observation import Scope
    from containment.observe.state_names import read_agent_hosts, read_rule_file
    from containment.policy.builder import build_ruleset

    reader = InputReader("logs cannot be observed")
    pending = reader.read(load_library)
    known, hosts = reader.read(lambda: (read_rule_file(rules), read_agent_hosts(rules)) if rules else (None, ())).get_or((None, ()))
    if stack is None and config:
        reader.read(lambda: _require_stack(stack, "--config", "it sets keys of a stack"))
    found = None if stack is None else reader.read(lambda: read_configured_stack(stack, config, folder))
    reader.require()
    scope = Scope(library=pending.value, stack=stack, rules=known, hosts=hosts, since=since, until=until, longest_gap=gap)
    if stack is None or found is None:
        return scope
    if known is None:
        known, hosts = _find_deployed(stack, folder)
    spec = found.value
    policy = build_ruleset(spec)
    return replace(scope, ruleset=policy, agents=spec.agent_subnets, region=spec.config.aws_region, rules=known, hosts=hosts)


def _find_deployed(stack: str, folder: Path) -> tuple[dict[str, str] | None, tuple[NamedAgent, ...]]:
    """Return the deployed rules by uuid and the deployed agents, from the lab or Pulumi.

    Without a readable state, or without a rule in it, the rules are None, and stderr has a note.
    """
    from containment.errors import ContainmentError
    from containment.machine.deployed_state import read_state
    from containment.observe.state_names import find_agent_hosts, find_rules
    from containment_lab.home import LabHome

    home = LabHome.find()
    try:
        resources = read_state(stack, None, home if home.find_stack_files(stack) else None, folder)
    except ContainmentError as error:
        typer.echo(
            f"note: rules keep their uuids, because the state of {stack} is not readable here (give --rules FILE): {error}", err=True
        )
        return None, ()
    outputs = [one.outputs for one in resources]
    found = find_rules(outputs)
    if not found:
        typer.echo(f"note: rules keep their uuids, because the state of {stack} has no rule (give --rules FILE)", err=True)
    return found or None, find_agent_hosts(outputs)
