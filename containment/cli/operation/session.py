"""`containment session`: whether operators' sessions on a stack's host work, and only those."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from containment.cli.help.default_command import make_group
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import Config, ExportedState, Folder, Real, StackArgument, TableIn, print_answer, read_configured_stack
from containment.errors import InputError, Problem
from containment.input_reader import InputReader
from containment.queries.results import Answer, Section

_VERIFY = "verify"

app = typer.Typer(help="Verify operators' sessions on agent hosts.", no_args_is_help=True, cls=make_group(_VERIFY))


@app.command(_VERIFY, epilog=build_epilog("session verify"))
@print_answer(TableIn)
def verify(
    stack: StackArgument,
    instance: Annotated[str, typer.Option("--instance", metavar="ID", help="Host for the session; by default the stack's only one.")] = "",
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the session's record.")] = 60.0,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the results; sessions by default.")] = None,
    state: ExportedState = None,
    config: Config = None,
    real: Real = False,
    folder: Folder = Path(),
) -> Answer:
    """Open and end a session through the stack's document.

    Compares the deployed document with the stack's files, opens a session with it, runs the second validation test inside, ends the
    session, finds its record in the log group, and tries the default document and forwarding to other hosts, which must be refused.
    Each check is PASS, FAIL or NOT TESTED with its reason; the lab's cloud has documents and no sessions. Run it as an operator.
    """
    from containment.attestation.statement import decide_verdict
    from containment.machine import live_systems
    from containment.machine.deployed_state import read_state
    from containment.preflight.facts import UnreadFact
    from containment.preflight.finding import Status
    from containment.session_check.opening import Waiting, check_session, list_untested
    from containment.session_check.storage import FOLDER, VerifiedSession, write_session
    from containment.session_check.target import find_target, require_sessions

    home = None if real else live_systems.find_running_lab()
    reader = InputReader("no session can be opened")
    pending = reader.read(lambda: require_sessions(read_configured_stack(stack, config, folder)))
    resources = reader.read(lambda: read_state(stack, state, home, folder))
    reader.require()
    target = find_target(pending.value, resources.value, instance)
    place = (
        live_systems.find_lab_systems(home) if home else live_systems.find_real_systems(stack, target.region, demanded=real, folder=folder)
    )
    clients = place.clients
    if isinstance(clients, UnreadFact):
        problem = Problem("the account", str(clients.why), "a session is opened with AWS", "set AWS credentials of an operator")
        raise InputError("no session can be opened", [problem])
    if home:
        checks = list_untested(target, clients, "the lab's cloud has no sessions of Systems Manager; run it on AWS with --real")
    else:
        checks = check_session(target, clients, Waiting(record=wait))
    found = VerifiedSession(stack=stack, target=target, place=place.said, is_simulated=bool(home), time=datetime.now(UTC), checks=checks)
    path = write_session(out or folder / FOLDER, found)
    counts = {status: sum(one.status is status for one in checks) for status in (Status.PASS, Status.FAIL, Status.NOT_TESTED)}
    verdict = decide_verdict(one.status for one in checks)
    head = f"{verdict}: {stack}, {target.instance}: {counts[Status.PASS]} passed, {counts[Status.FAIL]} failed"
    rows = tuple((one.id, one.status.value, f"{one.detail}. Fix: {one.fix}" if one.fix else one.detail) for one in checks)
    return Answer(
        "session",
        f"{head}, {counts[Status.NOT_TESTED]} NOT TESTED",
        verdict.exit,
        sections=(Section("Checks", ("check", "result", "found"), rows),),
        assumptions=(f"read from {place.said}", f"file {path}"),
        document={**found.to_dict(), "file": str(path)},
    )
