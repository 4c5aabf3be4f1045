"""`containment baseline`: what is usual in an agent's model traffic, deviations from it, and agents outside vended networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.help.exit_codes import build_epilog
from containment.cli.operation.log_options import Paths, Rejected, Since, Until, read_window, show_progress
from containment.cli.options import Folder, StackOrNone, TableIn, print_answer
from containment.extras import OBSERVE
from containment.input_reader import InputReader
from containment.queries.results import Answer

if TYPE_CHECKING:
    from containment.baseline.reading import LogScope

app = typer.Typer(help="Learn and check what is usual in model traffic.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """The options that select lines of logs."""

    folder: Folder = Path()
    endpoint: Annotated[
        list[str] | None, typer.Option("--endpoint", metavar="NAME", help="An LLM endpoint that the catalog lacks; repeatable.")
    ] = None
    since: Since = None
    until: Until = None
    rejects: Rejected = None

    def build_scope(self, report: Callable[[int, str], None], stack: str | None = None, learned: Sequence[str] = ()) -> LogScope:
        """Return what is read of the logs.

        Args:
            report: is called with the number of lines and the file while they are read.
            stack: the stack whose agents' lines are read; by default every line.
            learned: endpoints that a baseline contains.
        """
        from containment.baseline.endpoints import ModelEndpoints
        from containment.baseline.reading import LogScope
        from containment.loaders.presets import load_library
        from containment.loaders.stack_file import read_stack

        reader = InputReader("logs cannot be read")
        library = reader.read(load_library)
        spec = reader.read(lambda: read_stack(stack, None, self.folder)) if stack is not None else None
        since, until = read_window(reader, self.since, self.until)
        reader.require()
        agents: Sequence[IPv4Network | IPv6Network] = spec.value.agent_subnets if spec else ()
        region = spec.value.config.aws_region if spec else "us-east-1"
        return LogScope(
            endpoints=ModelEndpoints(library.value, region, [*(self.endpoint or ()), *learned]),
            agents=agents,
            since=since,
            until=until,
            rejects=self.rejects,
            report=report,
        )


@app.command("learn", epilog=build_epilog("baseline learn"))
@print_answer(TableIn)
def learn(
    paths: Paths,
    window: LogOptions,
    out: Annotated[Path, typer.Option("--out", help="The baseline to write.")] = Path("baseline.json"),
    replace: Annotated[bool, typer.Option("--replace", help="Replace a baseline that exists.")] = False,
    stack: StackOrNone = None,
) -> Answer:
    """Write what is usual per agent and LLM endpoint.

    Reads the same logs as `containment observe`. Review the file in a pull request: traffic that it contains is no deviation later.
    """

    OBSERVE.require()
    from containment.baseline.answer import describe_profile
    from containment.baseline.learning import learn_profile
    from containment.baseline.profile import check_target, write_profile
    from containment.baseline.reading import read_traffic
    from containment.baseline.thresholds import load_thresholds

    reader = InputReader("no baseline is learned")
    reader.read(lambda: check_target(out, replace=replace))
    with show_progress() as report:
        scope = reader.read(lambda: window.build_scope(report, stack))
        reader.require()
        reading = read_traffic(paths, scope.value)
    profile = learn_profile(reading, load_thresholds())
    write_profile(out, profile)
    return describe_profile(profile)


@app.command("check", epilog=build_epilog("baseline check"))
@print_answer(TableIn)
def check(
    paths: Paths,
    window: LogOptions,
    profile: Annotated[Path, typer.Option("--profile", help="The baseline to compare with.")] = Path("baseline.json"),
    stack: StackOrNone = None,
) -> Answer:
    """List deviations of new logs, each with its reason.

    Compares UTC days. Values that the logs do not contain are NOT MEASURED; the exit code is then 12 unless there is a deviation.
    """

    OBSERVE.require()
    from containment.baseline.answer import describe_comparison
    from containment.baseline.checking import compare_with_profile
    from containment.baseline.profile import read_profile
    from containment.baseline.reading import read_traffic
    from containment.baseline.thresholds import load_thresholds

    reader = InputReader("nothing is compared")
    known = reader.read(lambda: read_profile(profile))
    with show_progress() as report:
        scope = reader.read(lambda: window.build_scope(report, stack, known.value.list_endpoints() if known.is_read else ()))
        reader.require()
        reading = read_traffic(paths, scope.value)
    return describe_comparison(compare_with_profile(reading, known.value, load_thresholds()), reading)


@app.command("estate", epilog=build_epilog("baseline estate"))
@print_answer(TableIn)
def estate(
    paths: Paths,
    window: LogOptions,
    vended: Annotated[list[str] | None, typer.Option("--vended", metavar="CIDR", help="Network of a VPC with agents; repeatable.")] = None,
) -> Answer:
    """List sources outside vended VPCs that use LLM endpoints.

    Vended networks are the vpcCidr of every stack file of the folder, and those of --vended.
    """

    OBSERVE.require()
    from containment.baseline.answer import describe_estate
    from containment.baseline.estate import find_outside_sources, find_vended_networks

    reader = InputReader("the estate cannot be read")
    networks = reader.read(lambda: find_vended_networks(window.folder, vended or ()))
    with show_progress() as report:
        scope = reader.read(lambda: window.build_scope(report))
        reader.require()
        found = find_outside_sources(paths, scope.value, networks.value)
    return describe_estate(found, networks.value)
