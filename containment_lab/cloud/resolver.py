"""Route 53 Resolver calls that moto lacks: the end of query logging, changes of forwarding rules, and tags on all but rules."""

from __future__ import annotations

from typing import Any

from moto.route53resolver.exceptions import InvalidRequestException, ResourceNotFoundException
from moto.route53resolver.models import Route53ResolverBackend

from containment_lab.cloud.dns_firewall.state import find_arns

Answer = dict[str, Any]


def disassociate_resolver_query_log_config(request: Any) -> Answer:
    """Remove a configuration from a VPC."""
    backend, ident = request.route53resolver_backend, request._get_param("ResolverQueryLogConfigId")  # noqa: SLF001
    config, vpc = backend.get_resolver_query_log_config(ident), request._get_param("ResourceId")  # noqa: SLF001
    for key, found in list(backend.resolver_query_log_config_associations.items()):
        if (found.resolver_query_log_config_id, found.resource_id) == (ident, vpc):
            del backend.resolver_query_log_config_associations[key]
            config.association_count -= 1
            return {"ResolverQueryLogConfigAssociation": found.description() | {"Status": "DELETING"}}
    raise ResourceNotFoundException(f"{ident} is not associated with {vpc}")


def delete_resolver_query_log_config(request: Any) -> Answer:
    """Delete a configuration that is associated with no VPC."""
    backend, ident = request.route53resolver_backend, request._get_param("ResolverQueryLogConfigId")  # noqa: SLF001
    config = backend.get_resolver_query_log_config(ident)
    if config.association_count:
        raise InvalidRequestException(f"{ident} is associated with {config.association_count} VPCs")
    backend.tagger.delete_all_tags_for_resource(config.arn)
    del backend.resolver_query_log_configs[ident]
    return {"ResolverQueryLogConfig": config.description() | {"Status": "DELETING"}}


def update_resolver_rule(request: Any) -> Answer:
    """Change a forwarding rule's name, targets or endpoint."""
    rule = request.route53resolver_backend.get_resolver_rule(request._get_param("ResolverRuleId"))  # noqa: SLF001
    config = request._get_param("Config")  # noqa: SLF001
    for key, attribute in (("Name", "name"), ("TargetIps", "target_ips"), ("ResolverEndpointId", "resolver_endpoint_id")):
        if key in config:
            setattr(rule, attribute, config[key])
    return {"ResolverRule": rule.description()}


def extend_tag_calls() -> None:
    """Let the resolver's tag calls find query logging and DNS Firewall too (moto finds only endpoints and rules)."""
    original: Any = Route53ResolverBackend._matched_arn  # noqa: SLF001

    def matched(self: Any, arn: str) -> None:
        mine = {each.arn for each in self.resolver_query_log_configs.values()}
        if arn not in mine | find_arns(self.account_id, self.region_name):
            original(self, arn)

    Route53ResolverBackend._matched_arn = matched  # noqa: SLF001
