"""Which groups stand on a VPC, and whether it lets queries pass while the firewall does not answer.

A protected association cannot be changed or removed; a VPC that was never configured fails closed.
"""

from __future__ import annotations

from typing import Any

from containment.lab.cloud.dns_firewall.state import Answer, Firewall, asked, dropped, firewall, known, made, now, refused


def _vpc(request: Any, ident: str) -> str:
    if ident not in request.route53resolver_backend.ec2_backend.vpcs:
        raise refused(f"the VPC {ident} does not exist", "ResourceNotFoundException")
    return ident


def _priority(here: Firewall, vpc: str, priority: int, but: str = "") -> int:
    if not 100 < priority < 9900:
        raise refused(f"priority {priority} is not between 100 and 9900, which are Firewall Manager's")
    if any(each["VpcId"] == vpc and each["Priority"] == priority and each["Id"] != but for each in here.associations.values()):
        raise refused(f"priority {priority} is taken in {vpc}", "ConflictException")
    return priority


def associate_firewall_rule_group(request: Any) -> Answer:
    """Put a group on a VPC."""
    here, group, vpc = firewall(request), asked(request, "FirewallRuleGroupId"), _vpc(request, asked(request, "VpcId"))
    known(here.groups, group)
    if any(each["VpcId"] == vpc and each["FirewallRuleGroupId"] == group for each in here.associations.values()):
        raise refused(f"{group} is on {vpc} already", "ConflictException")
    more = {"FirewallRuleGroupId": group, "VpcId": vpc, "MutationProtection": asked(request, "MutationProtection") or "DISABLED"}
    more["Priority"] = _priority(here, vpc, int(asked(request, "Priority")))
    new = made(request, here.associations, "frgassoc", "firewall-rule-group-association", **more)
    return {"FirewallRuleGroupAssociation": new}


def get_firewall_rule_group_association(request: Any) -> Answer:
    """Return one association."""
    return {"FirewallRuleGroupAssociation": known(firewall(request).associations, asked(request, "FirewallRuleGroupAssociationId"))}


def list_firewall_rule_group_associations(request: Any) -> Answer:
    """Return associations, optionally of a group, VPC, priority or status."""
    wanted = {key: value for key in ("FirewallRuleGroupId", "VpcId", "Priority", "Status") if (value := asked(request, key)) is not None}
    return {"FirewallRuleGroupAssociations": [each for each in firewall(request).associations.values() if wanted.items() <= each.items()]}


def update_firewall_rule_group_association(request: Any) -> Answer:
    """Change priority, name or protection; a protected one only gives its protection up."""
    here = firewall(request)
    thing = known(here.associations, asked(request, "FirewallRuleGroupAssociationId"))
    given = {key: value for key in ("Priority", "Name", "MutationProtection") if (value := asked(request, key)) is not None}
    if thing["MutationProtection"] == "ENABLED" and given.get("MutationProtection") != "DISABLED":
        raise refused(f"{thing['Id']} is protected against changes")
    if "Priority" in given:
        _priority(here, thing["VpcId"], int(given["Priority"]), thing["Id"])
    thing.update(given, ModificationTime=now())
    return {"FirewallRuleGroupAssociation": thing}


def disassociate_firewall_rule_group(request: Any) -> Answer:
    """Take a group off a VPC, unless that is protected."""
    here, ident = firewall(request), asked(request, "FirewallRuleGroupAssociationId")
    if known(here.associations, ident)["MutationProtection"] == "ENABLED":
        raise refused(f"{ident} is protected against removal")
    return {"FirewallRuleGroupAssociation": dropped(request, here.associations, ident)}


def get_firewall_config(request: Any) -> Answer:
    """Return whether a VPC's queries pass while the firewall does not answer; never by default."""
    vpc = _vpc(request, asked(request, "ResourceId"))
    return {"FirewallConfig": config_of(request, vpc)}


def config_of(request: Any, vpc: str) -> Answer:
    fresh = {"Id": f"rslvr-fc-{vpc[4:20]}", "ResourceId": vpc, "OwnerId": request.current_account, "FirewallFailOpen": "DISABLED"}
    return firewall(request).configs.get(vpc, fresh)


def update_firewall_config(request: Any) -> Answer:
    """Set it."""
    vpc = _vpc(request, asked(request, "ResourceId"))
    firewall(request).configs[vpc] = config_of(request, vpc) | {"FirewallFailOpen": asked(request, "FirewallFailOpen")}
    return {"FirewallConfig": firewall(request).configs[vpc]}


def list_firewall_configs(request: Any) -> Answer:
    """Return the VPCs that were configured and are still there."""
    here, vpcs = firewall(request), request.route53resolver_backend.ec2_backend.vpcs
    return {"FirewallConfigs": [config for vpc, config in here.configs.items() if vpc in vpcs]}
