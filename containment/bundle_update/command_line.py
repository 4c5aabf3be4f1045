"""The command `containment-bundle-update`, and its systemd units: root without any capability, which may write only its own folders."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from containment.bundle.refusal import BundleRefusal
from containment.bundle_update.places import Places, create_folders
from containment.config.stack_name import find_name_problem
from containment.errors import ContainmentError, InputError, Problem
from containment.exit_code import Exit
from containment.program_parser import HelpFormatter, ProgramParser
from containment.streams import exit_on_file_error
from containment.systemd_units.timers import RepeatedCommand
from containment.systemd_units.unit_file import HARDENING

_PROGRAM: Final = "containment-bundle-update"
_CODES: Final = (Exit.OK, Exit.ERROR, Exit.USAGE, Exit.NO)
_SETTINGS: Final = (
    *HARDENING,
    ("MemoryDenyWriteExecute", "yes"),
    ("ProcSubset", "pid"),
    ("RestrictNamespaces", "yes"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    ("TimeoutStartSec", "10min"),
)
_LOCAL: Final = (("PrivateNetwork", "yes"), ("IPAddressDeny", "any"), ("RestrictAddressFamilies", "AF_UNIX"))
_REMOTE: Final = (("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    codes = "\n".join(f"  {code.value:>2} {code.meaning}" for code in _CODES)
    places = Places()
    parser = ProgramParser(
        prog=_PROGRAM,
        description="Fetch, verify and activate the signed bundle of this host's stack, as root.\n"
        "Whatever fails, the last good bundle stays active.",
        epilog=f"Exit codes:\n{codes}",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--stack", required=True, metavar="NAME", help="The stack of this host; bundles of others are refused.")
    parser.add_argument("--harness", metavar="NAME", help="The harness of this host; bundles for others are refused.")
    parser.add_argument("--source", metavar="PLACE", help="A folder, or s3://BUCKET/PREFIX.")
    parser.add_argument("--region", metavar="NAME", help="The region of the bucket.")
    parser.add_argument("--trust-root", type=Path, default=places.trust_root, metavar="FILE", help="Public keys in PEM (%(default)s).")
    parser.add_argument("--bundles", type=Path, default=places.bundles, metavar="DIR", help="Folder of bundles (%(default)s).")
    parser.add_argument("--counters", type=Path, default=places.counters, metavar="DIR", help="Folder of the counter (%(default)s).")
    parser.add_argument("--event-log", type=Path, default=places.event_log, metavar="FILE", help="Events as OCSF (%(default)s).")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--status", action="store_true", help="Show the live revision; change nothing.")
    other.add_argument("--restore-counter", action="store_true", help="Write a lost counter again, from the active bundle.")
    other.add_argument("--write-timer", type=Path, metavar="DIR", help="Write systemd units that run it every hour, and stop.")
    parser.add_argument("--json", action="store_true", help="Print the status as JSON after a run or with --status.")
    return parser


def find_help() -> str:
    """Return the help of the command."""
    return build_parser().format_help()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    with exit_on_file_error(_PROGRAM):
        options = build_parser().parse_args(words)
        return _run_command(options, words)


def _run_command(options: argparse.Namespace, words: list[str]) -> int:
    try:
        return _run(options, words)
    except ContainmentError as error:
        print(f"{_PROGRAM}: {error}", file=sys.stderr)
        return Exit.NO if isinstance(error, BundleRefusal) else Exit.ERROR


def _run(options: argparse.Namespace, words: list[str]) -> int:
    if problem := find_name_problem(options.stack):
        raise InputError("nothing is updated", [Problem(f"--stack {options.stack}", problem, "no stack has it", "name the host's stack")])
    places = Places(trust_root=options.trust_root, bundles=options.bundles, counters=options.counters, event_log=options.event_log)
    if options.status:
        return _show_status(options, places)
    if os.geteuid() != 0:
        why = "a user that can change the bundle can change what it is confined by"
        raise InputError("nothing is updated", [Problem(f"user {os.geteuid()}", "is not root", why, f"sudo {_PROGRAM} {' '.join(words)}")])
    os.umask(0o022)
    if options.restore_counter:
        from containment.bundle_update.update import restore_counter

        mark = restore_counter(places, options.stack)
        print(f"restored: the counter of {options.stack} has the revision {mark.revision} again")
        return Exit.OK
    if options.source is None:
        print(f"{_PROGRAM}: --source is needed: a folder, or s3://BUCKET/PREFIX", file=sys.stderr)
        return Exit.USAGE
    if options.write_timer is not None:
        return _write_timer(options, places)
    return _update(options, places)


def _update(options: argparse.Namespace, places: Places) -> int:
    from containment.bundle_update.sources import parse_source
    from containment.bundle_update.status import read_clock, write_last_run
    from containment.bundle_update.update import Run, update
    from containment.confinement.errors import ConfinementError
    from containment.launcher.events.event_log import EventLog

    source = parse_source(options.source, options.region)
    create_folders(places)
    try:
        log = EventLog(places.event_log)
    except ConfinementError as error:
        why, fix = "it is not activated without a record", "name a file that root may append to"
        raise InputError("nothing is updated", [Problem(f"--event-log {places.event_log}", str(error), why, fix)]) from None
    now = read_clock()
    host = os.uname().nodename or "unknown"
    run = Run(stack=options.stack, host=host, source=source, places=places, now=now, record=log.write, harness=options.harness)
    found = update(run)
    live = f"revision {found.live.manifest.revision}" if found.live else "no bundle"
    try:
        write_last_run(places, found, now)
    except OSError as error:
        print(f"{_PROGRAM}: the result is not written to {places.last_run}: {error.strerror}", file=sys.stderr)
    if options.json:
        _show_status(options, places)
    if found.refusal is not None:
        print(f"{_PROGRAM}: {found.refusal}\n{live} stays active", file=sys.stderr)
        return Exit.NO
    if not options.json:
        print(f"{found.result}: {live} of {options.stack} is active")
    return Exit.OK


def _show_status(options: argparse.Namespace, places: Places) -> int:
    from containment.bundle_update.status import read_clock, read_status

    found = read_status(places, options.stack, os.uname().nodename or "unknown", read_clock())
    if options.json:
        print(json.dumps(found.document, indent=2))
    else:
        live = found.document["live"]
        print(f"{options.stack}: {'revision ' + live['revision'] if live else 'no bundle'} is active")
        for key, value in (live or {}).items():
            print(f"  {key}: {', '.join(value) if isinstance(value, list) else value}")
        for problem in found.problems:
            print(f"  PROBLEM: {problem}")
    return Exit.NO if found.problems else Exit.OK


def _write_timer(options: argparse.Namespace, places: Places) -> int:
    from containment.bundle_update.sources import FolderSource, parse_source

    is_local = isinstance(parse_source(options.source, options.region), FolderSource)
    create_folders(places)  # systemd needs folders before it lets a service write them
    kept = ["--stack", options.stack, "--source", options.source]
    kept += ["--harness", options.harness] if options.harness else []
    kept += ["--region", options.region] if options.region else []
    for name, value in (("trust-root", places.trust_root), ("bundles", places.bundles), ("counters", places.counters)):
        kept += [f"--{name}", str(value)]
    words = [*kept, "--event-log", str(places.event_log)]
    paths = describe_timer(words, places, is_local=is_local).write(options.write_timer)
    for path in paths:
        print(path)
    print(f"next: copy both to /etc/systemd/system, then systemctl enable --now {paths[1].name}", file=sys.stderr)
    return Exit.OK


def describe_timer(arguments: Sequence[str], places: Places, *, is_local: bool) -> RepeatedCommand:
    """Return the updater as a command that a timer starts every hour.

    Args:
        arguments: the options of the updater.
        places: its folders, the only ones that it may write.
        is_local: whether the source is a folder, so that no network is needed.
    """
    words = [sys.executable, "-I", "-m", "containment.bundle_update", *arguments]  # isolated: no variable or folder adds code
    return RepeatedCommand(
        name=_PROGRAM,
        purpose="Update the signed bundle of this host",
        words=words,
        folder=Path("/"),
        success=(),
        hours=1,
        writable=(places.bundles, places.counters, places.event_log.parent),
        settings=(*_SETTINGS, *(_LOCAL if is_local else _REMOTE)),
    )
