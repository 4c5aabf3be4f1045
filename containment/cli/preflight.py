"""`containment preflight`: would a deployment trip over the account or the Controller, or leave a hole because of them?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from containment.cli.common import console, overrides_of, told
from containment.cli.findings import as_data, exit_code, show


def preflight(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack, e.g. coding-monitor.")] = "coding-monitor",
    config: Annotated[list[str] | None, typer.Option("--config", "-c", help="KEY=VALUE, as with `pulumi up -c`; may be repeated.")] = None,
    real: Annotated[bool, typer.Option("--real", help="Ask the real account and Controller, though a lab is up here.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Look at the AWS account and the Controller before a deployment, and change nothing; each line PASS, WARN, FAIL or SKIPPED.

    Asks this folder's lab while it is up, else the account of your AWS credentials and the Controller of the stack file or of
    AVIATRIX_CONTROLLER_IP, AVIATRIX_USERNAME and AVIATRIX_PASSWORD.
    """
    from containment.stack_file import NO_IMAGE, NOT_SET, read_stack
    from containment.verify.preflight import places
    from containment.verify.preflight.aws import read_account
    from containment.verify.preflight.controller import read_controller
    from containment.verify.preflight.facts import Facts, Unread
    from containment.verify.preflight.registry import judge

    given = overrides_of(config or [])
    home = None if real else places.running_lab()
    with told():
        spec = read_stack(stack, given)
        place = places.lab(home) if home else places.real(stack, spec.config.aws_region, demanded=real)
        spec = read_stack(stack, {**place.overrides, **given})
    image = spec.config.agent_image_id
    clients, controller = place.clients, place.controller
    facts = Facts(
        spec=spec,
        now=datetime.now(UTC),
        aws=clients if isinstance(clients, Unread) else read_account(clients, spec, image if image != NO_IMAGE else ""),
        controller=controller if isinstance(controller, Unread) else read_controller(controller, spec),
        image_is_named=image not in ("", NO_IMAGE),
        account_is_named=spec.config.aws_access_account != NOT_SET,
        demanded=place.demanded,
    )
    findings = judge(facts)
    if as_json:
        head = {"schema": "containment-preflight/v1", "stack": stack, "asked": place.said, "lab": home is not None}
        typer.echo(json.dumps({**head, "findings": as_data(findings)}, indent=2))
    else:
        console().print(f"{escape(stack)}, asking {escape(place.said)}")
        show(findings)
    raise typer.Exit(exit_code(findings))
