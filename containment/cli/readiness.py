"""`containment doctor` and `containment preflight`: checks before a deployment, and the output of their findings in any format.

`doctor` checks this machine and this checkout, `preflight` the AWS account and the Controller. The exit code is NO if a check failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import typer

from containment.cli import common
from containment.cli.options import AttestedWithin, Folder, Real, StackOptions, TableIn, take_format
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.machine.doctor import examine
from containment.preflight.finding import CHECK_STATUSES, Finding, Status
from containment.queries.renderers import Format
from containment.queries.renderers.table import format_status_lines, wrap_text
from containment.queries.results import Answer, Section

_INDENT = " " * 9


def print_findings(
    verb: str, findings: Sequence[Finding], chosen: Format, headline: str = "", facts: Mapping[str, Any] | None = None
) -> NoReturn:
    """Print findings and exit with their exit code.

    Args:
        verb: the command, for the JSON schema's name.
        findings: the results of the checks.
        chosen: output format.
        headline: first line; by default the counts.
        facts: keys of the JSON object in addition to the findings.
    """
    if chosen is Format.TABLE:
        typer.echo("\n".join(format_lines(findings, headline)))
        raise typer.Exit(choose_exit_code(findings))
    document = {"schema": f"containment-{verb}/v1", **(facts or {}), "findings": convert_to_data(findings)}
    rows = tuple((f.status.value, f.check, f.detail, f.fix) for f in findings)
    table = Section("Findings", ("status", "check", "detail", "fix"), rows)
    common.print_and_exit(
        Answer(
            verb=verb, headline=headline or _format_counts(findings), exit=choose_exit_code(findings), sections=(table,), document=document
        ),
        chosen,
    )


def format_lines(findings: Sequence[Finding], headline: str = "") -> list[str]:
    """Return one line per finding, with a fix unless it passed, and the counts; wrapped on a terminal."""
    width, colored = common.get_terminal_width(), common.is_colored()
    out = wrap_text(headline, width) if headline else []
    for f in findings:
        out += format_status_lines(f.status.value, f.status.color if colored else None, f"{f.check}: {f.detail}", width)
        if f.fix and f.status is not Status.PASS:
            out += wrap_text(f"fix: {f.fix}", width, _INDENT, f"{_INDENT}     ")
    return [*out, *wrap_text(_format_counts(findings), width)]


def _format_counts(findings: Sequence[Finding]) -> str:
    return ", ".join(f"{sum(f.status is status for f in findings)} {status.value}" for status in CHECK_STATUSES)


def convert_to_data(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Return findings as JSON objects."""
    return [{"check": f.check, "status": f.status.value, "detail": f.detail, "fix": f.fix} for f in findings]


def choose_exit_code(findings: Sequence[Finding]) -> Exit:
    """Return NO if any check failed; warnings and skipped checks are no failure."""
    return Exit.NO if any(f.status is Status.FAIL for f in findings) else Exit.OK


@take_format(TableIn)
def preflight(
    source: StackOptions,
    real: Real = False,
    attested_within: AttestedWithin = 24,
    *,
    chosen: Format,
) -> None:
    """Check the AWS account and the Controller before deploying.

    Changes nothing; each line is PASS, WARN, FAIL or SKIPPED. Reads this folder's lab while it is up, else the account of your AWS
    credentials and the Controller of the stack file or of AVIATRIX_CONTROLLER_IP, AVIATRIX_USERNAME and AVIATRIX_PASSWORD.
    """
    from containment.attestation.storage import check_freshness
    from containment.loaders.approvers import load_approvers
    from containment.loaders.stack_file import NO_IMAGE, NOT_SET, read_stack
    from containment.machine import live_systems
    from containment.preflight.aws import read_account
    from containment.preflight.controller import read_controller
    from containment.preflight.facts import Facts, UnreadFact
    from containment.preflight.registry import run_checks
    from containment.preflight.stack_checks import check_approvers, check_credential_gateway, check_last_observation
    from containment.vending.listing import check_agents

    stack, folder = source.stack, source.folder
    home = None if real else live_systems.find_running_lab()
    reader = InputReader("the stack cannot be checked")
    pending = reader.read(source.read)
    reader.read(lambda: load_approvers(folder))
    reader.require()
    spec, given = pending.value, source.overrides
    place = (
        live_systems.find_lab_systems(home)
        if home
        else live_systems.find_real_systems(stack, spec.config.aws_region, demanded=real, folder=folder)
    )
    spec = read_stack(stack, {**place.overrides, **given}, folder)
    image = spec.config.agent_image_id
    clients, controller = place.clients, place.controller
    facts = Facts(
        spec=spec,
        now=datetime.now(UTC),
        aws=clients if isinstance(clients, UnreadFact) else read_account(clients, spec, image if image != NO_IMAGE else ""),
        controller=controller if isinstance(controller, UnreadFact) else read_controller(controller, spec),
        image_is_named=image not in ("", NO_IMAGE),
        account_is_named=spec.config.aws_access_account != NOT_SET,
        demanded=place.demanded,
    )
    head = {"stack": stack, "asked": place.said, "lab": home is not None}
    named = check_approvers(spec.config.agent_class, is_regulated=spec.strict_logging, folder=folder)
    attested = check_freshness(stack, folder, longest=timedelta(hours=attested_within))
    agents = check_agents(stack, facts.now.date(), folder)
    watched = check_last_observation(spec, facts.now, folder=folder)
    found = [*run_checks(facts), named, check_credential_gateway(spec), attested, *([agents] if agents else []), watched]
    print_findings("preflight", found, chosen, f"{stack}, reading {place.said}", head)


@take_format(TableIn)
def doctor(folder: Folder = Path(), *, chosen: Format) -> None:
    """Check tools, versions, known traps and credentials.

    Each line is PASS, WARN, FAIL or SKIPPED, with the fix.
    """
    print_findings("doctor", examine(folder), chosen)
