"""Limits of single hosts, whatever the class: models are approved gateways only, and AWS services are of the stack's region."""

from __future__ import annotations

from collections.abc import Iterable

from containment.catalog.known_hosts import has_overlap
from containment.config.destination_entry import get_names
from containment.config.destinations import Destinations
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.class_limits import Permit
from containment.config.validation.problems import Checks
from containment.errors import Problem
from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.account_hosts import is_model_host
from containment.patterns.permitted_names.aws_regions import find_service_region, move_to_region


def check_model_hosts(permits: Iterable[Permit], denied: Destinations, gateways: Destinations | None, checks: Checks) -> None:
    """Refuse a host of models that is permitted by anything but the approved model gateways; `check_overlaps` refuses denied ones."""
    approved = frozenset(gateways.patterns) if gateways else frozenset()
    for permit in permits:
        host = permit.pattern
        if (
            not (host.is_exact and is_model_host(host.text))
            or host in approved
            or any(has_overlap(host, other) for other in denied.patterns)
        ):
            continue
        checks.problems.append(
            Problem(
                permit.where,
                f"{host.text!r} is a host of models, and no approved model gateway",
                "prompts and data go to the provider, whose approval nothing records",
                f"remove it, or move it to {get_alias('approved_model_gateway_domains')}",
            )
        )


def check_service_regions(permits: Iterable[Permit], config: StackConfig, checks: Checks) -> None:
    """Refuse an AWS service endpoint of another region: it serves every account, and no endpoint policy of the VPC applies to it."""
    listed = [
        (DomainPattern.parse(name), f"{checks.file}:{get_alias(key)}")
        for key in ("aws_infra_domains", "internal_dns_domains")
        for name in get_names(getattr(config, key))
    ]
    seen = [*listed, *((permit.pattern, permit.where) for permit in permits)]
    for pattern, where in dict.fromkeys(seen):
        region = find_service_region(pattern)
        if region in (None, config.aws_region):
            continue
        checks.problems.append(
            Problem(
                where,
                f"{pattern.text!r} is a service of AWS in {region}, and awsRegion is {config.aws_region}",
                "it serves every account, and no VPC endpoint of this stack answers it with a policy",
                f"write {move_to_region(pattern, config.aws_region)}, or remove it",
            )
        )
