"""`containment bundle`: build, sign, verify and show the signed bundle of a stack."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import ask_passphrase
from containment.cli.help.default_command import make_group
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import (
    DEFAULT_STACK,
    Agent,
    Config,
    Folder,
    Stack,
    StackOrNone,
    TableIn,
    declare_public_key,
    print_answer,
    read_configured_stack,
)
from containment.cli.time_options import parse_time, refuse_past
from containment.errors import InputError, Problem
from containment.input_reader import InputReader
from containment.queries.results import Answer

if TYPE_CHECKING:
    from containment.config.spec import ContainmentSpec

_VERIFY = "verify"
_WHY_TIME = "a bundle is valid between two times"
KEYS = "bundle-signers.pem"
"""Public keys of signers, next to Pulumi.yaml; the same file is the trust root of hosts."""

app = typer.Typer(help="Build, sign and verify a stack's signed bundle.", no_args_is_help=True, cls=make_group(_VERIFY))
_Bundle = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of bundle.yaml.")]
_PublicKeys = Annotated[list[Path] | None, declare_public_key(f"; by default {KEYS}")]


@app.command("build", epilog=build_epilog("bundle build"))
@print_answer(TableIn)
def build(
    revision: Annotated[int, typer.Option("--revision", min=1, help="Number of this bundle, higher than all before.")],
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="End of validity: 2027-01-31, or with T12:00:00Z.")],
    from_: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Start of validity; now by default.")] = None,
    description: Annotated[str, typer.Option("--description", help="Summary of the changes, for people.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="The folder to write; bundles/STACK by default.")] = None,
    stack: Stack = DEFAULT_STACK,
    agent: Agent = "",
    config: Config = None,
    folder: Folder = Path(),
) -> Answer:
    """Render a stack's class into a bundle, unsigned.

    A rendering that permits more than the class is refused. The folder then contains bundle.yaml, the launcher's profile, the OpenShell
    policy and an index. With --agent, all are for the harness of that agent.
    """
    from containment.bundle.build import BundleRequest
    from containment.cli.policy.host import find_agent_spec
    from containment.loaders.presets import load_library
    from containment.queries.records.bundle import answer_build

    def read_spec() -> ContainmentSpec:
        spec = read_configured_stack(stack, config, folder, library.value)
        return find_agent_spec(spec, agent, folder) if agent else spec

    reader = InputReader("the bundle cannot be built")
    start = reader.read(lambda: parse_time("--from", from_, _WHY_TIME) if from_ is not None else datetime.now(UTC).replace(microsecond=0))
    end, library = reader.read(lambda: _parse_end(until)), reader.read(load_library)
    found = reader.read(read_spec) if library.is_read else None
    reader.require()
    assert found is not None, "presets that cannot be used raise"
    request = BundleRequest(revision=revision, not_before=start.value, expires_at=end.value, description=description)
    return answer_build(found.value, library.value, request, out or folder / "bundles" / (f"{stack}-{agent}" if agent else stack))


@app.command("sign", epilog=build_epilog("bundle sign"))
@print_answer(TableIn)
def sign(
    bundle: _Bundle,
    key: Annotated[str, typer.Option("--key", help="Ed25519 key file in PEM, or awskms:KEY-ID.")],
    public_key: _PublicKeys = None,
    folder: Folder = Path(),
) -> Answer:
    """Sign a bundle whose members match its manifest."""
    from containment.attestation.keys import load_attester_signer
    from containment.queries.records.bundle import answer_sign

    reader = InputReader("the bundle cannot be signed")
    signer = reader.read(lambda: load_attester_signer(key, public_key or (), folder, ask_passphrase, KEYS))
    _add_bundle(reader, bundle)
    reader.require()
    return answer_sign(bundle, signer.value)


@app.command(_VERIFY, epilog=build_epilog("bundle verify"))
@print_answer(TableIn)
def verify(
    bundle: _Bundle,
    public_key: _PublicKeys = None,
    stack: StackOrNone = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="The time to judge validity at; now by default.")] = None,
    above: Annotated[int | None, typer.Option("--above", min=1, help="The host's revision; the bundle's must be higher.")] = None,
    folder: Folder = Path(),
) -> Answer:
    """Verify a bundle as a host does.

    `bundle FOLDER` is short for it.
    """
    from containment.attestation.keys import load_attesters
    from containment.bundle.verify import HighWaterMark
    from containment.queries.records.bundle import Expectation, answer_verify

    reader = InputReader("the bundle cannot be verified")
    now = reader.read(lambda: parse_time("--at", at, _WHY_TIME) if at is not None else datetime.now(UTC))
    keys = reader.read(lambda: load_attesters(public_key or (), folder, KEYS))
    _add_bundle(reader, bundle)
    reader.require()
    mark = HighWaterMark(above, "") if above is not None else None
    return answer_verify(bundle, keys.value, Expectation(stack=stack, now=now.value, mark=mark))


@app.command("show", epilog=build_epilog("bundle show"))
@print_answer(TableIn)
def show(bundle: _Bundle, public_key: _PublicKeys = None, folder: Folder = Path()) -> Answer:
    """Show a bundle's manifest, members and signatures."""
    from containment.attestation.keys import load_attesters
    from containment.queries.records.bundle import answer_show

    reader = InputReader("the bundle cannot be shown")
    keys = reader.read(lambda: load_attesters(public_key or (), folder, KEYS))
    _add_bundle(reader, bundle)
    reader.require()
    return answer_show(bundle, keys.value)


def _parse_end(text: str) -> datetime:
    return refuse_past("--until", parse_time("--until", text, _WHY_TIME), "every host would refuse the bundle")


def _add_bundle(reader: InputReader, bundle: Path) -> None:
    """Add what is wrong with the folder of a bundle to the mistakes of other inputs; alone, it is an answer with the refusal's code."""
    from containment.bundle.files import read_folder
    from containment.bundle.refusal import BundleRefusal

    def check() -> None:
        try:
            read_folder(bundle)
        except BundleRefusal as refusal:
            problem = Problem(refusal.where, refusal.what, refusal.code.meaning, refusal.code.fix)
            raise InputError("the bundle cannot be read", [problem]) from None

    if reader.has_errors:
        reader.read(check)
