"""Associations of rule groups with VPCs, and whether a VPC's queries pass while the firewall does not answer.

A protected association cannot be changed or removed; a VPC that was never configured fails closed.
"""

from __future__ import annotations

from typing import Any

from containment_lab.cloud.dns_firewall.state import (
    Answer,
    Firewall,
    create_object,
    delete_object,
    format_now,
    get_firewall,
    get_parameter,
    make_error,
    require_object,
)


def _require_vpc(request: Any, ident: str) -> str:
    if ident not in request.route53resolver_backend.ec2_backend.vpcs:
        raise make_error(f"the VPC {ident} does not exist", "ResourceNotFoundException")
    return ident


def _require_free_priority(here: Firewall, vpc: str, priority: int, but: str = "") -> int:
    if not 100 < priority < 9900:
        raise make_error(f"priority {priority} is not between 100 and 9900, which are Firewall Manager's")
    if any(each["VpcId"] == vpc and each["Priority"] == priority and each["Id"] != but for each in here.associations.values()):
        raise make_error(f"priority {priority} is taken in {vpc}", "ConflictException")
    return priority


def associate_firewall_rule_group(request: Any) -> Answer:
    """Associate a group with a VPC."""
    here = get_firewall(request)
    group = get_parameter(request, "FirewallRuleGroupId")
    vpc = _require_vpc(request, get_parameter(request, "VpcId"))
    require_object(here.groups, group)
    if any(each["VpcId"] == vpc and each["FirewallRuleGroupId"] == group for each in here.associations.values()):
        raise make_error(f"{group} is on {vpc} already", "ConflictException")
    more = {"FirewallRuleGroupId": group, "VpcId": vpc, "MutationProtection": get_parameter(request, "MutationProtection") or "DISABLED"}
    more["Priority"] = _require_free_priority(here, vpc, int(get_parameter(request, "Priority")))
    new = create_object(request, here.associations, "frgassoc", "firewall-rule-group-association", **more)
    return {"FirewallRuleGroupAssociation": new}


def get_firewall_rule_group_association(request: Any) -> Answer:
    """Return one association."""
    return {
        "FirewallRuleGroupAssociation": require_object(
            get_firewall(request).associations, get_parameter(request, "FirewallRuleGroupAssociationId")
        )
    }


def list_firewall_rule_group_associations(request: Any) -> Answer:
    """List associations, optionally of a group, VPC, priority or status."""
    wanted = {
        key: value for key in ("FirewallRuleGroupId", "VpcId", "Priority", "Status") if (value := get_parameter(request, key)) is not None
    }
    return {
        "FirewallRuleGroupAssociations": [each for each in get_firewall(request).associations.values() if wanted.items() <= each.items()]
    }


def update_firewall_rule_group_association(request: Any) -> Answer:
    """Change priority, name or protection; of a protected association only the protection can be changed."""
    here = get_firewall(request)
    thing = require_object(here.associations, get_parameter(request, "FirewallRuleGroupAssociationId"))
    given = {key: value for key in ("Priority", "Name", "MutationProtection") if (value := get_parameter(request, key)) is not None}
    if thing["MutationProtection"] == "ENABLED" and given.get("MutationProtection") != "DISABLED":
        raise make_error(f"{thing['Id']} is protected against changes")
    if "Priority" in given:
        _require_free_priority(here, thing["VpcId"], int(given["Priority"]), thing["Id"])
    thing.update(given, ModificationTime=format_now())
    return {"FirewallRuleGroupAssociation": thing}


def disassociate_firewall_rule_group(request: Any) -> Answer:
    """Remove a group from a VPC, unless the association is protected."""
    here, ident = get_firewall(request), get_parameter(request, "FirewallRuleGroupAssociationId")
    if require_object(here.associations, ident)["MutationProtection"] == "ENABLED":
        raise make_error(f"{ident} is protected against removal")
    return {"FirewallRuleGroupAssociation": delete_object(request, here.associations, ident)}


def get_firewall_config(request: Any) -> Answer:
    """Return whether a VPC's queries pass while the firewall does not answer; by default they do not."""
    vpc = _require_vpc(request, get_parameter(request, "ResourceId"))
    return {"FirewallConfig": _find_config(request, vpc)}


def _find_config(request: Any, vpc: str) -> Answer:
    fresh = {"Id": f"rslvr-fc-{vpc[4:20]}", "ResourceId": vpc, "OwnerId": request.current_account, "FirewallFailOpen": "DISABLED"}
    return get_firewall(request).configs.get(vpc, fresh)


def update_firewall_config(request: Any) -> Answer:
    """Set whether a VPC's queries pass while the firewall does not answer."""
    vpc = _require_vpc(request, get_parameter(request, "ResourceId"))
    get_firewall(request).configs[vpc] = _find_config(request, vpc) | {"FirewallFailOpen": get_parameter(request, "FirewallFailOpen")}
    return {"FirewallConfig": get_firewall(request).configs[vpc]}


def list_firewall_configs(request: Any) -> Answer:
    """List the configured VPCs that still exist."""
    here, vpcs = get_firewall(request), request.route53resolver_backend.ec2_backend.vpcs
    return {"FirewallConfigs": [config for vpc, config in here.configs.items() if vpc in vpcs]}
