"""`containment preflight`: checks of the AWS account and the Controller before a deployment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from containment.cli.common import exit_on_error
from containment.cli.options import AttestedWithin, Real, StackOptions, TableIn, take_format
from containment.cli.readiness.findings import print_findings
from containment.queries.renderers import Format


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
    from containment.loaders.stack_file import NO_IMAGE, NOT_SET, read_stack
    from containment.machine import live_systems
    from containment.preflight.approvals import check_approvers
    from containment.preflight.aws import read_account
    from containment.preflight.controller import read_controller
    from containment.preflight.facts import Facts, UnreadFact
    from containment.preflight.gateway import check_credential_gateway
    from containment.preflight.observations import check_last_observation
    from containment.preflight.registry import run_checks
    from containment.vending.expiry import check_agents

    given, stack, folder = source.overrides, source.stack, source.folder
    home = None if real else live_systems.find_running_lab()
    with exit_on_error():
        spec = read_stack(stack, given, folder)
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
