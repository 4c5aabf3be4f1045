"""Move a host's network interfaces to a security group without rules, and back.

The program has such a group in every VPC: it takes all rules from the default one. Where that group has rules, nothing is moved to it.
The former groups are written to a tag of the interface before anything changes, so that a stop that was killed can be repeated, and
undone, without the stack's state.
"""

from __future__ import annotations

from typing import Any, Final

from containment.emergency_stop.hosts import LiveHost
from containment.emergency_stop.steps import Outcome, StepError

TAG: Final = "ContainmentStoppedGroups"


def quarantine_host(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Move every interface of a host to the VPC's group without rules."""
    group = _find_empty_group(ec2, host.vpc)
    moved = []
    for each in host.interfaces:
        if each.groups == (group,):
            continue
        ec2.create_tags(Resources=[each.id], Tags=[{"Key": TAG, "Value": " ".join(each.groups)}])
        ec2.modify_network_interface_attribute(NetworkInterfaceId=each.id, Groups=[group])
        moved.append(each.id)
    if not moved:
        return Outcome.ALREADY, f"in {group}, which has no rules"
    return Outcome.DONE, f"{', '.join(moved)} moved to {group}, which has no rules"


def release_host(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Move every interface of a host back to the groups that its tag names."""
    moved = []
    for each in host.interfaces:
        former = each.tags.get(TAG, "").split()
        if not former:
            continue
        ec2.modify_network_interface_attribute(NetworkInterfaceId=each.id, Groups=former)
        ec2.delete_tags(Resources=[each.id], Tags=[{"Key": TAG}])
        moved.append(f"{each.id} to {' '.join(former)}")
    return (Outcome.DONE, f"moved back: {', '.join(moved)}") if moved else (Outcome.ALREADY, "no interface is in quarantine")


def _find_empty_group(ec2: Any, vpc: str) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    for each in groups:
        if not each.get("IpPermissions") and not each.get("IpPermissionsEgress"):
            return str(each["GroupId"])
    why = f"its default group {groups[0]['GroupId']} has rules" if groups else "it has no default group"
    raise StepError(f"{vpc} has no security group without rules: {why}; remove the rules, and run the command again")
