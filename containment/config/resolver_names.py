"""Names that a stack's DNS firewall lets the VPC resolver answer.

They are the permitted names, as exact names or with a leading `*.`, the only wildcard of a DNS firewall list. The exact names of unapproved
model providers are answered on purpose: the attempt then reaches the rule that blocks it and names it in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from containment.config.destination_entry import get_names
from containment.config.destinations import Destinations
from containment.config.stack_config import StackConfig
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern

ENDPOINT_HOSTS = ("ssm", "ssmmessages", "ec2messages", "logs", "sts", "ec2", "api.ecr", "dkr.ecr", "*.dkr.ecr")
"""First labels of the names that the VPC's interface endpoints answer for, before `.<region>.amazonaws.com`."""

SECRETS_HOST = "secretsmanager"
"""The same for the endpoint of the credential gateway."""

S3_HOSTS = ("s3", "*.s3")
"""The same for S3, whose gateway endpoint decides by policy which buckets."""


def collect_resolver_names(config: StackConfig, destinations: Mapping[WebGroupId, Destinations]) -> tuple[DomainPattern, ...]:
    """Return every name that the resolver may answer, sorted."""
    hosts = (*(ENDPOINT_HOSTS if config.create_ssm_vpc_endpoints else ()), *(S3_HOSTS if config.create_s3_gateway_endpoint else ()))
    hosts += (SECRETS_HOST,) if config.credential_routes else ()
    names = {DomainPattern.parse(f"{host}.{config.aws_region}.amazonaws.com") for host in hosts}
    names |= {pattern for group, found in destinations.items() if group not in DENY_GROUPS for pattern in found.patterns}
    names |= {UrlPattern.parse(url).host for url in get_names(config.tls_decryption_urls)}
    names |= {DomainPattern.parse(domain) for domain in get_names(config.internal_dns_domains)}
    if unapproved := destinations.get(WebGroupId.UNAPPROVED_MODELS):
        names |= {pattern for pattern in unapproved.patterns if pattern.is_exact}
    return tuple(sorted(filter(is_listable, names)))


def is_listable(pattern: DomainPattern) -> bool:
    """Return whether a DNS firewall list can contain a pattern."""
    return pattern.is_exact or pattern.apex is not None


def find_unlistable(patterns: Iterable[DomainPattern]) -> list[DomainPattern]:
    """Return the patterns whose names could not be resolved behind a DNS firewall."""
    return [pattern for pattern in patterns if not is_listable(pattern)]
