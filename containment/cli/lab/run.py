"""`containment lab run`: run a confined command as the agent.

Libraries are imported on use, because a person waits for the start of the command.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from containment.cli.common import exit_on_error, read_overrides, refuse, require_seconds
from containment.cli.options import DEFAULT_STACK, Agent, Config, Folder, Stack
from containment.errors import Problem
from containment.input_reader import InputReader
from containment_lab.home import LabHome
from containment_lab.network.control import LabNetwork


def run(
    words: Annotated[list[str] | None, typer.Argument(help="Command after `--`; by default the harness's start.")] = None,
    stack: Stack = DEFAULT_STACK,
    agent: Agent = "",
    config: Config = None,
    cwd: Folder = Path(),
    folder: Annotated[Path | None, typer.Option("--folder", help="Writable folder; by default a temporary one.")] = None,
    harness: Annotated[str | None, typer.Option("--with", help="Install a harness first: NAME or NAME@VERSION.")] = None,
    seconds: Annotated[float, typer.Option(help="Stop the command after this time; 0: no limit.")] = 0,
    vm: Annotated[bool, typer.Option("--vm", help="Run the command in a temporary virtual machine.")] = False,
    given: Annotated[Path | None, typer.Option("--input", metavar="DIR", help="With --vm: files for the task, in /input.")] = None,
) -> None:
    """Run a command confined as the agent; list its connections.

    The command has an unprivileged user id and separate namespaces. It sees /usr, the agent host's files and one writable folder, its
    home. No other file, process, socket, key or variable of this machine is visible to it. If that is not possible, it is not started.

    With --vm the command runs in a separate virtual machine behind the same gateway. Of this machine it sees only --input; its /output is
    copied to --folder, and everything else is discarded. The limit is one hour.

    The deployed policy decides; --config is only checked against the stack file.

    Not contained: vulnerabilities of the kernel. Limits apply per process, not to the sum of memory, processor time and disk.
    """
    with exit_on_error(FileNotFoundError, RuntimeError):
        reader = InputReader("the command cannot be run")
        reader.read(lambda: _check_options(has_words=bool(words), harness=harness, vm=vm, given=given))
        reader.read(lambda: require_seconds(seconds))
        overrides = read_overrides(reader, config)
        if config:
            reader.read(lambda: _check_config(stack, overrides, cwd))
        network = LabNetwork(LabHome.find(), stack, agent)
        reader.read(network.require_host)
        reader.require()
        if vm:
            ended = _run_in_vm(network, tuple(words or ()), folder, given, seconds)
        else:
            ended = _run(network, tuple(words or ()), harness, folder, seconds)
    raise typer.Exit(ended)


def _run(world: LabNetwork, words: tuple[str, ...], harness: str | None, folder: Path | None, seconds: float) -> int:
    """Run the command, print its connections and return its exit code."""
    from containment_lab.agent.command import run_as_agent
    from containment_lab.harness.install import install

    installed = install(world.home, harness) if harness else None
    status = world.ensure_current()
    command = words or (installed.start if installed else ())
    ended = run_as_agent(world, command, folder=folder, harness=installed, seconds=seconds)
    if ended.timed_out:
        typer.echo(f"stopped after {seconds:g} s (--seconds)", err=True)
    records = world.await_decisions(status["decisions"]) if ended.packets_sent else []
    for line in _format_connections(records):
        typer.echo(line, err=True)
    return ended.code


def _run_in_vm(world: LabNetwork, words: tuple[str, ...], folder: Path | None, given: Path | None, seconds: float) -> int:
    """Run the command in a virtual machine, print its connections and return its exit code."""
    from containment_lab.vm.agent import run_in_vm

    status = world.ensure_current()
    ended = run_in_vm(world, words, seconds=seconds, given=given, output=folder)
    limit = f"stopped after {seconds:g} s (--seconds)" if ended.expired else ""
    kept = f"saved in {folder}: {', '.join(ended.output) or 'no file'}" if folder is not None else ""
    missing = "" if ended.saved else "its output was not saved"
    for line in filter(None, (limit, kept, missing, f"image {ended.image}, booted in {ended.boot_seconds:.1f} s")):
        typer.echo(line, err=True)
    for line in _format_connections(world.await_decisions(status["decisions"])):
        typer.echo(line, err=True)
    return ended.code


def _format_connections(records: Iterable[dict[str, Any]]) -> list[str]:
    """Return the connections of a command, one line per verdict, rule and destination."""
    if not records:
        return ["no connection attempts observed"]
    from containment.logs.record import DecisionRecord

    counts: dict[tuple[str, str, str], int] = {}
    for each in map(DecisionRecord.model_validate, records):
        if each.bytes_in is None:
            verdict = each.verdict.value if each.enforced or each.verdict.value == "PERMIT" else "WOULD-DENY"
            key = (each.rule or str(each.rule_uuid), verdict, f"{each.server_name or each.address}:{each.port}")
            counts[key] = counts.get(key, 0) + 1
    return [f"{verdict:<10} {rule:<44} {where} x{count}" for (rule, verdict, where), count in sorted(counts.items())]


def _check_options(*, has_words: bool, harness: str | None, vm: bool, given: Path | None) -> None:
    """Raise UsageError with every option that is missing or contradicts another."""
    problems = []
    if not has_words and harness is None:
        fix = "give a command after `--`, or a harness with --with"
        problems.append(Problem("COMMAND", "is not given", "there is nothing to run", fix))
    if vm and harness is not None:
        why = "a harness is not installed in the virtual machine"
        problems.append(Problem("--vm and --with", "exclude each other", why, "leave one of them out"))
    if given is not None and not vm:
        why = "only the virtual machine has /input"
        problems.append(Problem("--input", "is an option of --vm", why, "add --vm, or put the files into --folder"))
    if problems:
        refuse(problems)


def _check_config(stack: str, overrides: dict[str, str], cwd: Path) -> None:
    """Check a stack file together with `--config` options; raise InputError if the stack would refuse one."""
    from containment.loaders.stack_file import read_stack

    read_stack(stack, overrides, cwd)
