"""Limits of single hosts, whatever the class.

Models are approved gateways only, AWS services are of the stack's region, and a public name is resolved only where something permits it.
"""

from __future__ import annotations

from collections.abc import Iterable

from containment.catalog.known_hosts import has_overlap
from containment.config.destination_entry import get_names
from containment.config.destinations import Destinations
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.class_limits import Permit
from containment.config.validation.problems import Checks
from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.account_hosts import is_model_host
from containment.patterns.permitted_names.aws_regions import find_service_region, move_to_region
from containment.patterns.permitted_names.local_names import PRIVATE_USE
from containment.patterns.permitted_names.public_suffix import find_registrable_domain
from containment.patterns.permitted_names.resolution import AWS_DOMAINS
from containment.patterns.permitted_names.suffixes import find_suffix
from containment.ternary import Ternary


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
        checks.report(
            permit.where,
            f"{host.text!r} is a host of models, and no approved model gateway",
            "prompts and data go to the provider, whose approval nothing records",
            f"remove it, or move it to {get_alias('approved_model_gateway_domains')}",
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
        checks.report(
            where,
            f"{pattern.text!r} is a service of AWS in {region}, and awsRegion is {config.aws_region}",
            "it serves every account, and no VPC endpoint of this stack answers it with a policy",
            f"write {move_to_region(pattern, config.aws_region)}, or remove it",
        )


def check_resolved_names(permits: Iterable[Permit], config: StackConfig, checks: Checks) -> None:
    """Refuse a name that is resolved (`internalDnsDomains`) although nothing permits it: a query alone carries data to its zone.

    A name passes if its top-level domain is for private use, if AWS's own name servers answer it, if a permit has it or a name of the same
    registrable domain, or if it is exact and a permit by address can be for it. The pack's rule `dns-firewall-is-closed` demands the same.
    """
    patterns = [permit.pattern for permit in permits]
    owners = {find_registrable_domain(pattern.fixed_domain) for pattern in patterns} - {None}
    has_addresses = bool(config.approved_internal_apis or config.approved_model_gateway_cidrs)
    for name in get_names(config.internal_dns_domains):
        pattern = DomainPattern.parse(name)
        domain = pattern.fixed_domain
        if (
            domain.rpartition(".")[2] in PRIVATE_USE
            or find_suffix(domain, AWS_DOMAINS) is not None
            or find_registrable_domain(domain) in owners
            or any(pattern.overlaps(other) is Ternary.YES for other in patterns)
            or (pattern.is_exact and has_addresses)
        ):
            continue
        by_address = f"or list the service's address in {get_alias('approved_internal_apis')}"
        checks.report(
            f"{checks.file}:{get_alias('internal_dns_domains')}",
            f"{name!r} is a public name, and no permit of this stack leads to it",
            f"data can leave in queries to the name servers of {find_registrable_domain(domain) or domain}",
            f"remove it, permit a name of its domain, {by_address if pattern.is_exact else 'or list exact names of internal services'}",
        )
