"""Route 53 Resolver DNS Firewall, which moto lacks: calls for `moto_extensions` to add. Nothing here answers DNS queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from containment_lab.cloud.dns_firewall import rules, vpcs
from containment_lab.cloud.dns_firewall.state import Answer, find_arns

CALLS: tuple[Callable[[Any], Answer], ...] = (
    rules.create_firewall_domain_list,
    rules.get_firewall_domain_list,
    rules.list_firewall_domain_lists,
    rules.list_firewall_domains,
    rules.update_firewall_domains,
    rules.delete_firewall_domain_list,
    rules.create_firewall_rule_group,
    rules.get_firewall_rule_group,
    rules.list_firewall_rule_groups,
    rules.delete_firewall_rule_group,
    rules.create_firewall_rule,
    rules.update_firewall_rule,
    rules.delete_firewall_rule,
    rules.list_firewall_rules,
    vpcs.associate_firewall_rule_group,
    vpcs.get_firewall_rule_group_association,
    vpcs.list_firewall_rule_group_associations,
    vpcs.update_firewall_rule_group_association,
    vpcs.disassociate_firewall_rule_group,
    vpcs.get_firewall_config,
    vpcs.update_firewall_config,
    vpcs.list_firewall_configs,
)

__all__ = ["CALLS", "find_arns"]
