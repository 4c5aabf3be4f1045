"""The commands of `containment-sandbox`.

The parser is argparse, and each command imports what it needs: a start spends its time on the command, not on imports.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from containment.errors import ContainmentError, InputError
from containment.exit_code import Exit
from containment.program_parser import HelpFormatter, ProgramParser
from containment.streams import exit_on_file_error

if TYPE_CHECKING:
    from containment.launcher.limits.time_limit import TimeLimit
    from containment.launcher.settings import Settings

_NETWORK = "Open connections for launchers without a network."
_DESCRIPTION = "Run one command confined by the profile of an agent class."
_CODES = (Exit.OK, Exit.ERROR, Exit.USAGE, Exit.NO)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    codes = "\n".join(f"  {code.value:>2} {code.meaning}" for code in _CODES)
    parser = ProgramParser(
        prog="containment-sandbox",
        description=_DESCRIPTION,
        epilog=f"Exit codes:\n{codes}\n\n`run` returns the command's own exit code once it has started, and 124 if its deadline ended it.",
        formatter_class=HelpFormatter,
    )
    commands = parser.add_subparsers(title="Commands", dest="name", metavar="COMMAND", required=True, parser_class=ProgramParser)
    run = _add_command(commands, "run", "Run a command confined by a profile.", _run)
    run.add_argument("--task", metavar="NAME", help="The task of the profile that the command is for.")
    run.add_argument("--folder", type=Path, metavar="DIR", help="The folder that becomes /home/agent (default: a temporary one).")
    run.add_argument("--event-log", type=Path, metavar="FILE", help="Append events (OCSF, one JSON object per line) to this file.")
    run.add_argument("--network", type=Path, metavar="SOCKET", help="Let the local proxy connect through this network service.")
    run.add_argument(
        "--deadline", metavar="TIME", help="End the command then: +SECONDS, or a UTC time such as 2026-12-01T18:00:00Z. Needs --folder."
    )
    run.add_argument("--grace", type=float, default=30.0, metavar="SECONDS", help="Time between SIGTERM and SIGKILL (default: 30).")
    run.add_argument("--quiet", action="store_true", help="Print nothing about the layers in use.")
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="The program, one of the profile's, with arguments.")
    check = _add_command(commands, "check", "Show which layers this machine has.", _check)
    check.add_argument("--json", action="store_true", help="Print JSON.")
    unit = _add_command(commands, "unit", "Print the systemd units for a command.", _unit)
    unit.add_argument("--task", metavar="NAME", help="The task of the profile that the command is for.")
    unit.add_argument("--folder", type=Path, metavar="DIR", help="The folder that becomes /home/agent.")
    unit.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="The program, one of the profile's, with arguments.")
    network = commands.add_parser("network", help=_NETWORK, description=_NETWORK, formatter_class=HelpFormatter)
    network.add_argument(
        "--socket", type=Path, default=Path("/run/agent-network/socket"), metavar="SOCKET", help="The Unix socket to listen on."
    )
    network.add_argument("--unit", action="store_true", help="Print the service's systemd unit instead.")
    network.set_defaults(run=_serve_network)
    return parser


def find_help(*words: str) -> str:
    """Return the help of the program, or of the command that is named."""
    return (find_commands()[words[0]] if words else build_parser()).format_help()


def find_commands() -> Mapping[str, argparse.ArgumentParser]:
    """Return the parsers of the commands by name."""
    actions = build_parser()._actions  # noqa: SLF001 - argparse has no public way
    return next(dict(each.choices) for each in actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command of the launcher and return its exit code."""
    with exit_on_file_error("containment-sandbox"):
        options = build_parser().parse_args(arguments)
        return _run_command(options)


def run_and_exit() -> NoReturn:
    """Run a command of the launcher as the whole program, and end with its exit code.

    The process ends without the interpreter's own clean-up of modules, which a caller would wait for: `main` has written and closed all.
    """
    code = main()
    sys.stderr.flush()
    os._exit(code)


def _run_command(options: argparse.Namespace) -> int:
    try:
        code: int = options.run(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return Exit.ERROR
    except ContainmentError as error:
        print(f"containment-sandbox: {error}", file=sys.stderr)
        return Exit.ERROR
    except OSError as error:
        print(f"containment-sandbox: the command was not started: {error}", file=sys.stderr)
        return Exit.ERROR
    return code


def _add_command(
    commands: argparse._SubParsersAction[ProgramParser],
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text, formatter_class=HelpFormatter)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--profile", type=Path, metavar="FILE", help="The profile: containment render --as launcher.")
    place.add_argument("--bundle", type=Path, metavar="DIR", help="The updater's folder: the profile is the active bundle's.")
    parser.set_defaults(run=run)
    return parser


def _read_command(options: argparse.Namespace) -> tuple[str, ...]:
    words = tuple(options.command[1:] if options.command[:1] == ["--"] else options.command)
    if not words:
        print("containment-sandbox: no command: write it after --, e.g. -- bash", file=sys.stderr)
        raise SystemExit(int(Exit.USAGE))
    return words


def _read_settings(options: argparse.Namespace) -> Settings:
    """Return the settings of the profile that is named, or of the active bundle's."""
    if options.bundle is not None:
        from containment.launcher.active_bundle import read_active_settings

        return read_active_settings(options.bundle)
    from containment.launcher.settings import read_settings

    return read_settings(options.profile)


def _run(options: argparse.Namespace) -> int:
    from containment.launcher.start import Request, find_event_log, run_command

    command = _read_command(options)
    return run_command(
        Request(
            settings=_read_settings(options),
            command=command,
            task=options.task,
            folder=options.folder,
            event_log=options.event_log or find_event_log(),
            network=options.network,
            time_limit=_read_time_limit(options),
            is_quiet=options.quiet,
        )
    )


def _read_time_limit(options: argparse.Namespace) -> TimeLimit | None:
    if not options.deadline:
        return None
    from containment.launcher.limits.time_limit import parse_time_limit

    return parse_time_limit(options.deadline, options.grace)


def _check(options: argparse.Namespace) -> int:
    from containment.launcher.layers import describe_layers, examine_layers

    layers = examine_layers(_read_settings(options).limits)
    if options.json:
        print(
            json.dumps(
                {
                    "schema": "containment-sandbox-check/v1",
                    "layers": describe_layers(layers),
                    "starts": not any(each.is_refusal for each in layers),
                },
                indent=2,
            )
        )
    else:
        for each in layers:
            word = "yes" if each.is_present else "MISSING" if each.is_required else "no"
            fix = f" -- {each.fix}" if each.fix and not each.is_present else ""
            print(f"{each.name:<16} {'required' if each.is_required else 'optional'}  {word:<8} {each.found}{fix}")
    return Exit.NO if any(each.is_refusal for each in layers) else Exit.OK


def _serve_network(options: argparse.Namespace) -> int:
    if options.unit:
        from containment.launcher.unit import build_network_unit

        print(build_network_unit(options.socket), end="")
        return Exit.OK
    from containment.launcher.network.network_service import serve_connections

    serve_connections(options.socket)
    return Exit.OK


def _unit(options: argparse.Namespace) -> int:
    from containment.launcher.unit import build_unit

    command = _read_command(options)
    source = ("--bundle", options.bundle.resolve()) if options.bundle is not None else ("--profile", options.profile.resolve())
    print(build_unit(_read_settings(options), source, command, task=options.task, folder=options.folder), end="")
    return Exit.OK
