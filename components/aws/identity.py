"""The agent host's IAM role, which can operate the host and change nothing about its containment.

The documents are in `host_policies`. Rules kept here: inline policies only, so that no change of a shared policy widens them; only
EC2 may assume the role; the boundary is a policy of this stack, and the role is denied to change it.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.aws.host_policies import build_boundary, build_bundle_policy, build_deny_policy, build_operation_policy
from components.aws.network import AgentNetwork
from components.aws.operator_policy import FIND_RECORD
from containment.vending.hosts import PlannedHost


def make_named_options(parent: pulumi.Resource, planned: PlannedHost) -> pulumi.ResourceOptions:
    """Return the options of a resource whose name a change would replace: the host of an agent keeps the names that its state has.

    The single host of a stack that becomes an agent's keeps its role and groups in this way.
    """
    return pulumi.ResourceOptions(parent=parent, ignore_changes=["name"] if planned.agent else None)


class HostIdentity(pulumi.ComponentResource):
    """Role, inline policies, permissions boundary and instance profile of one host."""

    def __init__(self, name: str, planned: PlannedHost, network: AgentNetwork, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:host:HostIdentity", name, {}, opts)
        child, named = pulumi.ResourceOptions(parent=self), make_named_options(self, planned)
        spec, own = planned.spec, planned.object_name
        limit = (
            aws.iam.Policy(
                f"{name}-boundary",
                name=f"{own}-boundary",
                description="The most this host may ever do",
                policy=build_boundary(*(FIND_RECORD if spec.config.operator_sessions else ())),
                opts=named,
            )
            if spec.config.enable_permissions_boundary
            else None
        )
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = aws.iam.Role(
            f"{name}-role",
            name=own,
            assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            permissions_boundary=limit.arn if limit else None,
            opts=named,
        )
        aws.iam.RolePolicy(f"{name}-operate", name="session-manager", role=role.name, policy=build_operation_policy(), opts=child)
        if source := spec.config.policy_bundle:
            aws.iam.RolePolicy(f"{name}-bundle", name="policy-bundle", role=role.name, policy=build_bundle_policy(source), opts=child)
        # Without the VPC's endpoints, calls come over the internet, and the condition on the VPC would lock the host out.
        private: pulumi.Input[str] = (
            network.vpc.id.apply(build_deny_policy) if spec.config.create_ssm_vpc_endpoints else build_deny_policy(None)
        )
        aws.iam.RolePolicy(f"{name}-keep-off", name="containment", role=role.name, policy=private, opts=child)
        self.profile = aws.iam.InstanceProfile(f"{name}-profile", name=own, role=role.name, opts=named)
        self.role = role
        self.register_outputs({"roleName": role.name})
