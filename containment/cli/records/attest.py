"""`containment attest`: whether a stack's reviewed policy is in force and its logs arrive, as a signed statement."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import ask_passphrase, drop_options, read_overrides, require_key
from containment.cli.help.default_command import make_group
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import (
    Config,
    ExportedState,
    Folder,
    Real,
    SigningKey,
    StackArgument,
    TableIn,
    declare_public_key,
    print_answer,
)
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.results import Answer, Section

if TYPE_CHECKING:
    from containment.attestation.statement import Attestation

_RUN = "run"

app = typer.Typer(help="Attest that a stack is contained now.", no_args_is_help=True, cls=make_group(_RUN))
PublicKeys = Annotated[list[Path] | None, declare_public_key("; by default attesters.pem")]


@app.command(_RUN, epilog=build_epilog("attest run"))
@print_answer(TableIn)
def run(
    stack: StackArgument,
    key: SigningKey = None,
    public_key: PublicKeys = None,
    gateway_log: Annotated[
        list[str] | None, typer.Option("--gateway-log", metavar="PATH", help="Gateway's log: file, folder, s3://BUCKET/PREFIX; repeatable.")
    ] = None,
    wait: Annotated[float | None, typer.Option("--wait", min=0, help="Seconds to look for a canary; 20 (lab), 660 (AWS).")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of attestations; attestations by default.")] = None,
    state: ExportedState = None,
    write_timer: Annotated[
        Path | None, typer.Option("--write-timer", metavar="DIR", help="Write systemd units that repeat this; do nothing else.")
    ] = None,
    config: Config = None,
    real: Real = False,
    folder: Folder = Path(),
) -> Answer:
    """Attest a stack: policy, account, logs and three canaries.

    Reads Controller and account back, compares them with the policy that the stack's files build, checks that logs arrive, sends a
    permitted request, a denied one and a DNS query from the host, finds them in the logs, and signs the result. Each check is PASS, FAIL
    or NOT TESTED with its reason; `attest STACK` is short for `attest run STACK`.
    """
    from containment.attestation.attest import AttestOptions, attest
    from containment.attestation.keys import load_attester_signer, load_attesters
    from containment.attestation.reviewed import read_reviewed
    from containment.attestation.storage import FOLDER, write_attestation
    from containment.machine import live_systems
    from containment.machine.deployed_state import read_state
    from containment.queries.subject.state_policy import find_region
    from containment.record.envelope import STATEMENT_PAYLOAD, Envelope
    from policypack.graph.resources import Graph

    reader = InputReader("the stack cannot be attested")
    given = reader.read(lambda: require_key(key, "an attestation"))
    if given.is_read:
        pending = reader.read(lambda: load_attester_signer(given.value, public_key or (), folder, ask_passphrase))
    else:
        reader.read(lambda: load_attesters(public_key or (), folder))
    overrides = read_overrides(reader, config)
    reviewed = reader.read(lambda: read_reviewed(stack, overrides, folder))
    home = None if real else live_systems.find_running_lab()
    resources = reader.read(lambda: [] if write_timer and state is None else read_state(stack, state, home, folder))
    reader.require()
    if write_timer is not None:
        _write_timer(stack, write_timer)
    region = find_region(Graph(resources.value))
    place = live_systems.find_lab_systems(home) if home else live_systems.find_real_systems(stack, region, demanded=real, folder=folder)
    found = attest(reviewed.value, resources.value, place, home, AttestOptions(tuple(gateway_log or ()), wait))
    signer = pending.value
    envelope = Envelope(found.build_statement(), STATEMENT_PAYLOAD).sign(signer)
    path = write_attestation(out or folder / FOLDER, found, envelope)
    return _build_answer(found, path, [signer.public_key.keyid])


@app.command("verify", epilog=build_epilog("attest verify"))
@print_answer(TableIn)
def verify(
    file: Annotated[Path, typer.Argument(help="The attestation's file.")],
    public_key: PublicKeys = None,
    folder: Folder = Path(),
) -> Answer:
    """Verify an attestation's signature and show it, offline."""
    from containment.attestation.keys import load_attesters
    from containment.attestation.storage import read_attestation

    reader = InputReader("the attestation cannot be verified")
    keys = reader.read(lambda: load_attesters(public_key or (), folder))
    found = reader.read(lambda: read_attestation(file, keys.value if keys.is_read else None))
    reader.require()
    stored = found.value
    return _build_answer(stored.attestation, file, list(stored.signers))


def _write_timer(stack: str, target: Path) -> None:
    """Write the units of a timer that runs this command line without --write-timer, and end the command."""
    from containment.systemd_units.timers import RepeatedCommand

    paths = RepeatedCommand(
        name=f"containment-attest-{stack}",
        purpose=f"Attest the containment of {stack}",
        words=[sys.executable, "-m", "containment", *drop_options(sys.argv[1:], "--write-timer")],
        folder=Path.cwd(),
        success=[Exit.INCONCLUSIVE],
        hours=6,  # four in the 24 hours after which an attestation is stale
    ).write(target)
    for path in paths:
        typer.echo(str(path))
    typer.echo(f"next: copy both to /etc/systemd/system, then systemctl enable --now {paths[1].name}", err=True)
    raise typer.Exit(Exit.OK)


def _build_answer(found: Attestation, path: Path, signers: list[str]) -> Answer:
    from containment.preflight.finding import Status

    counts = {status: len(found.select(status)) for status in (Status.PASS, Status.FAIL, Status.NOT_TESTED)}
    live = "simulated, in the lab" if found.is_simulated else "live"
    head = f"{found.verdict}: {found.stack}, {live}: {counts[Status.PASS]} passed, {counts[Status.FAIL]} failed"
    head += f", {counts[Status.NOT_TESTED]} NOT TESTED"
    rows = tuple((one.id, one.status.value, _join(one.detail, one.fix), one.witness) for one in found.checks)
    document = {
        "schema": "containment-attestation/v1",
        "stack": found.stack,
        "verdict": found.verdict.value,
        "time": f"{found.time:%Y-%m-%dT%H:%M:%SZ}",
        "mode": found.mode.value,
        "place": found.place,
        "simulated": found.is_simulated,
        "revision": found.revision,
        "reviewedPolicy": found.reviewed_policy,
        "livePolicy": found.live_policy,
        "checks": [one.to_dict() for one in found.checks],
        "file": str(path),
        "signedBy": signers,
    }
    return Answer(
        "attest",
        head,
        found.verdict.exit,
        sections=(Section("Checks", ("check", "result", "found", "witness"), rows, drop_first=("witness",)),),
        assumptions=(f"read from {found.place}", f"signed by {', '.join(signers)}", f"file {path}"),
        document=document,
    )


def _join(detail: str, fix: str) -> str:
    return f"{detail}. Fix: {fix}" if fix else detail
