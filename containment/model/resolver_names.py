"""Which names a stack's DNS firewall lets the VPC resolver answer: what may be reached, and nothing else.

Everything here is an exact name or a leading `*.`, the only wildcard a DNS firewall list has. Unapproved model
providers' exact names are answered on purpose: the attempt then meets the rule that stops it and names it in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from containment.model.config import StackConfig
from containment.model.destinations import Destinations
from containment.model.fqdn import DomainPattern
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.url import UrlPattern

ENDPOINT_HOSTS = ("ssm", "ssmmessages", "ec2messages", "logs", "sts", "ec2", "api.ecr", "dkr.ecr", "*.dkr.ecr")
"""First labels of the names that the VPC's interface endpoints answer for, before `.<region>.amazonaws.com`."""

S3_HOSTS = ("s3", "*.s3")
"""The same for S3, whose gateway endpoint decides by policy which buckets."""


def resolver_names(config: StackConfig, destinations: Mapping[WebGroupId, Destinations]) -> tuple[DomainPattern, ...]:
    """Return every name the resolver may answer, sorted."""
    hosts = (*(ENDPOINT_HOSTS if config.create_ssm_vpc_endpoints else ()), *(S3_HOSTS if config.create_s3_gateway_endpoint else ()))
    names = {DomainPattern.parse(f"{host}.{config.aws_region}.amazonaws.com") for host in hosts}
    names |= {pattern for group, found in destinations.items() if group not in DENY_GROUPS for pattern in found.patterns}
    names |= {UrlPattern.parse(url).host for url in config.tls_decryption_urls}
    names |= {DomainPattern.parse(domain) for domain in config.internal_dns_domains}
    if unapproved := destinations.get(WebGroupId.UNAPPROVED_MODELS):
        names |= {pattern for pattern in unapproved.patterns if pattern.is_exact}
    return tuple(sorted(filter(can_be_listed, names)))


def can_be_listed(pattern: DomainPattern) -> bool:
    """Tell whether a DNS firewall list can hold a pattern."""
    return pattern.is_exact or pattern.apex is not None


def not_listable(patterns: Iterable[DomainPattern]) -> list[DomainPattern]:
    """Return the patterns whose names could not be resolved behind a DNS firewall."""
    return [pattern for pattern in patterns if not can_be_listed(pattern)]
