"""The timer of `containment observe`: the units that a folder receives, and the log groups that a stack deploys."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from containment.cli.common import refuse_usage
from containment.cli.options import read_configured_stack
from containment.exit_code import Exit
from containment.queries.results import Answer, Section


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
    from containment.observe.reading.log_groups import list_stack_groups

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
    from containment.observe.reading.log_groups import list_stack_groups
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
