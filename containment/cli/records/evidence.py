"""`containment evidence`: one signed bundle of what was configured, proved, tested and decided, and its verification offline."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from containment.cli.common import ask_passphrase, read_overrides, refuse_usage, require_key
from containment.cli.help.default_command import make_group
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import Config, ExportedState, Folder, SigningKey, StackArgument, TableIn, declare_public_key, print_answer
from containment.cli.time_options import parse_time, refuse_future
from containment.input_reader import InputReader
from containment.queries.results import Answer

if TYPE_CHECKING:
    from containment.config.spec import ContainmentSpec
    from containment.evidence.inputs import Inputs
    from containment.policy.rules import RuleSet
    from containment.record.signer_library import Signer

_RUN = "run"
_WHY_TIME = "ages of attestations, tests and bundles are counted up to the bundle's time"

app = typer.Typer(help="Make and verify signed evidence of a stack.", no_args_is_help=True, cls=make_group(_RUN))
PublicKeys = Annotated[list[Path] | None, declare_public_key(", in place of the folder's")]


@app.command(_RUN, epilog=build_epilog("evidence run"))
@print_answer(TableIn)
def run(
    stack: StackArgument,
    key: SigningKey = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The folder; by default evidence/STACK.")] = None,
    state: ExportedState = None,
    results: Annotated[
        list[Path] | None,
        typer.Option("--results", metavar="FILE", help="JSON of lab report or lab verify; repeatable.", show_default=False),
    ] = None,
    observed: Annotated[Path | None, typer.Option("--observed", help="JSON file of `containment observe`.")] = None,
    discovered: Annotated[Path | None, typer.Option("--discovered", help="JSON file of `containment discover`.")] = None,
    attestations: Annotated[Path | None, typer.Option("--attestations", help="Folder; by default attestations/STACK.")] = None,
    bundle_status: Annotated[
        list[Path] | None,
        typer.Option("--bundle-status", metavar="FILE", help="JSON of a host's live bundle; repeatable.", show_default=False),
    ] = None,
    anchor: Annotated[str | None, typer.Option("--anchor", help="Heads of the log: s3://BUCKET/PREFIX, or a file.")] = None,
    secrets: Annotated[
        list[Path] | None,
        typer.Option("--secrets", metavar="FILE", help="File of secrets, one per line, to search for.", show_default=False),
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="Time of the bundle, e.g. 2026-11-29T12:00:00Z.")] = None,
    config: Config = None,
    folder: Folder = Path(),
) -> Answer:
    """Make a signed bundle of a stack's evidence.

    Writes it as JSON, Markdown, CSV and one page. A part that is missing is NOT TESTED, which is no pass; the verdict is the worst of all
    parts. Where the facts were observed comes first: simulated, live or unknown. `evidence STACK` is short for `evidence run STACK`.
    """
    from importlib.metadata import version

    from containment.evidence.answer import build_made_answer
    from containment.evidence.inputs import Inputs
    from containment.evidence.make import judge_parts, make_bundle, refuse_secrets, write_bundle
    from containment.evidence.secret_scan import collect_secrets

    reader, report = InputReader("evidence cannot be made"), folder / "containment-report.json"
    made_at = reader.read(lambda: _find_time(at)).get_or(datetime.now(UTC))
    inputs = Inputs(
        stack=stack,
        folder=folder,
        made=made_at,
        describe_plan=make_plan_describer(folder, made_at.date()),
        overrides=read_overrides(reader, config),
        state=state,
        results=tuple(results or ()) or ((report,) if report.exists() else ()),
        observed=observed,
        discovered=discovered,
        attestations=attestations,
        bundle_statuses=tuple(bundle_status or ()),
        anchor=anchor,
    )
    signer = reader.read(lambda: _load_signer(key, inputs))
    parts = reader.read(lambda: judge_parts(inputs))
    known = reader.read(lambda: collect_secrets(stack, folder, secrets or ()))
    reader.require()
    owner = inputs.trusted[signer.value.public_key.keyid].owner
    made = make_bundle(parts.value, signer.value, signer_name=owner, version=version("agent-containment"))
    refuse_secrets(made, known.value)
    paths = write_bundle(made, out or folder / "evidence" / stack)
    return build_made_answer(made.bundle, paths)


@app.command("verify", epilog=build_epilog("evidence verify"))
@print_answer(TableIn)
def verify(
    file: Annotated[Path, typer.Argument(help="The bundle, evidence.json.")],
    public_key: PublicKeys = None,
    require_pass: Annotated[bool, typer.Option("--require-pass", help="Fail if the verdict is not PASS.")] = False,
    folder: Folder = Path(),
) -> Answer:
    """Verify a bundle and the files next to it, offline.

    Checks signature, digests and form, judges every claim again from its facts, and renders the files next to the bundle again. Keys are
    those of approvers.yaml and attesters.pem. A bundle with a failed claim can be genuine; --require-pass also demands the verdict PASS.
    """
    from containment.attestation.keys import load_trusted_keys
    from containment.evidence.answer import build_verified_answer, read_bundle_files
    from containment.evidence.verify import verify_bundle
    from containment.loaders.approvers import Approvers, load_approvers

    reader = InputReader("the bundle cannot be verified")
    people = reader.read(lambda: load_approvers(folder))
    keys = reader.read(lambda: load_trusted_keys(people.get_or(Approvers()), folder, public_key or ()))
    texts = reader.read(lambda: read_bundle_files(file))
    reader.require()
    text, renderings = texts.value
    bundle, problems = verify_bundle(text, keys.value, renderings)
    return build_verified_answer(file, bundle, problems, renderings, must_pass=require_pass)


def make_plan_describer(folder: Path, day: date) -> Callable[[ContainmentSpec, RuleSet, list[str]], dict[str, Any]]:
    """Return a function that describes a stack's rules and hosts as `containment plan --json` does.

    Args:
        folder: the folder of agents/; an agent file with a problem has no host here, and is a failed claim of its part.
        day: the day on which an agent has to be active.
    """
    from containment.cli.policy.plan import build_document
    from containment.vending.hosts import plan_hosts
    from containment.vending.loader import read_agents

    def describe_plan(spec: ContainmentSpec, ruleset: RuleSet, broken: list[str]) -> dict[str, Any]:
        files = read_agents(folder)
        agents = [agent for agent in files.agents if agent.stack == spec.stack]
        plan = plan_hosts(spec, agents, day, by_request=spec.stack in files.by_request)
        return build_document(spec, ruleset, broken, plan)

    return describe_plan


def _load_signer(key: str | None, inputs: Inputs) -> Signer:
    """Return the signer of --key; raise InputError."""
    from containment.record.envelope import load_signer

    trusted = {keyid: one.pem for keyid, one in inputs.trusted.items()}
    return load_signer(require_key(key, "evidence"), trusted, ask_passphrase)


def _find_time(text: str | None) -> datetime:
    """Return the time of --at, else that of SOURCE_DATE_EPOCH, else now; raise UsageError for a text that is no time, or a future one."""
    epoch, why = os.environ.get("SOURCE_DATE_EPOCH"), "a bundle of that time cannot know what happens until then"
    if text is not None:
        found = parse_time("--at", text, _WHY_TIME, needs_zone=True)
        return refuse_future("--at", found, why, "leave it out for the present time, or write an earlier one")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        built = datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        refuse_usage("SOURCE_DATE_EPOCH", f"is no time ({epoch!r})", _WHY_TIME, "set it to seconds since 1970, or unset it")
    return refuse_future("SOURCE_DATE_EPOCH", built, why, "unset it for the present time, or set it to an earlier one")
