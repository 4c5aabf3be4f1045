"""Who the agent host is in AWS: a role of its own that can operate the host, and nothing about its containment.

What the documents say is `host_policies`. Rules kept here: inline policies only, so that nobody else's change widens
them; only EC2 may take the role on; the boundary is a policy of this stack, whose change the role is denied.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.host_policies import boundary, keep_off, operate
from components.network import AgentNetwork
from containment.model.spec import ContainmentSpec


class HostIdentity(pulumi.ComponentResource):
    """Role, policies, boundary and instance profile of one stack's host."""

    def __init__(self, name: str, spec: ContainmentSpec, network: AgentNetwork, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:host:HostIdentity", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        own = f"{spec.object_prefix}-host"
        limit = (
            aws.iam.Policy(
                f"{name}-boundary", name=f"{own}-boundary", description="The most this host may ever do", policy=boundary(), opts=child
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
            opts=child,
        )
        aws.iam.RolePolicy(f"{name}-operate", name="session-manager", role=role.name, policy=operate(), opts=child)
        # Calls come through the VPC's endpoints; without these they come over the internet, and saying so would lock the host out.
        private: pulumi.Input[str] = network.vpc.id.apply(keep_off) if spec.config.create_ssm_vpc_endpoints else keep_off(None)
        aws.iam.RolePolicy(f"{name}-keep-off", name="containment", role=role.name, policy=private, opts=child)
        self.profile = aws.iam.InstanceProfile(f"{name}-profile", name=own, role=role.name, opts=child)
        self.role = role
        self.register_outputs({"roleName": role.name})
