"""The agent host: a private VM that can be operated, and can change nothing about its containment.

Rules kept here: no public address, no key pair, no ingress; IMDSv2 with hop limit 1; encrypted disk; a role of its own
with just what SSM and logging need; it is created after the policy is in force and destroyed before that goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.network import AgentNetwork
from containment.host.first_boot import user_data
from containment.model.names import DNS_PORT, HTTPS_PORT, HostTag
from containment.model.spec import ContainmentSpec

SESSION_MANAGER = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
)
"""What Session Manager needs of a host (AWS Systems Manager guide); no GetParameter, no managed policy."""


class AgentHost(pulumi.ComponentResource):
    """The host of one stack. `after` is everything that must be in force before it exists."""

    def __init__(
        self,
        name: str,
        spec: ContainmentSpec,
        network: AgentNetwork,
        after: Sequence[pulumi.Resource],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("containment:host:AgentHost", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        profile = self._identity(name, child)
        group = aws.ec2.SecurityGroup(
            f"{name}-host-sg",
            name=f"{name}-host",
            description="Agent host: no ingress; DNS to the VPC resolver, everything else to the gateway, which decides",
            vpc_id=network.vpc.id,
            ingress=[],
            egress=[
                *(
                    {
                        "protocol": protocol,
                        "from_port": DNS_PORT,
                        "to_port": DNS_PORT,
                        "cidr_blocks": [f"{spec.dns_resolver}/32"],
                        "description": "VPC DNS",
                    }
                    for protocol in ("udp", "tcp")
                ),
                {
                    "protocol": "tcp",
                    "from_port": HTTPS_PORT,
                    "to_port": HTTPS_PORT,
                    "cidr_blocks": ["0.0.0.0/0"],
                    "description": "judged by the gateway",
                },
            ],
            tags={"Name": f"{name}-host"},
            opts=child,
        )
        config = spec.config
        self.instance = aws.ec2.Instance(
            f"{name}-host",
            ami=config.agent_image_id or self._newest_image(spec),
            instance_type=config.agent_instance_type,
            subnet_id=network.agent_subnets[0].id,
            private_ip=str(config.agent_private_ip) if config.agent_private_ip else None,
            associate_public_ip_address=False,
            vpc_security_group_ids=[group.id],
            iam_instance_profile=profile.name,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "instance_metadata_tags": "disabled",
            },
            root_block_device={
                "encrypted": True,
                "volume_type": "gp3",
                "volume_size": config.agent_root_volume_size_gb,
                "delete_on_termination": True,
            },
            user_data=user_data(spec),
            user_data_replace_on_change=True,
            # The tags that policy follows are explicit here: default tags are invisible to the pack.
            tags={
                "Name": f"{name}-host",
                config.agent_workload_tag_key: config.agent_workload_tag_value,
                HostTag.AGENT_CLASS.value: config.agent_class,
                HostTag.AGENT_STACK.value: spec.stack,
                HostTag.POLICY_MODE.value: spec.mode.value,
            },
            # An image that was looked up stays what it was: a newer one is a decision, not a side effect of the next `up`.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after), ignore_changes=[] if config.agent_image_id else ["ami"]),
        )
        self.register_outputs({"instanceId": self.instance.id, "privateIp": self.instance.private_ip})

    def _identity(self, name: str, child: pulumi.ResourceOptions) -> aws.iam.InstanceProfile:
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = aws.iam.Role(
            f"{name}-host-role",
            name=f"{name}-host",
            assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            opts=child,
        )
        allowed = {"Sid": "SessionManager", "Effect": "Allow", "Action": list(SESSION_MANAGER), "Resource": "*"}
        aws.iam.RolePolicy(
            f"{name}-host-policy",
            name="session-manager",
            role=role.name,
            policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
            opts=child,
        )
        return aws.iam.InstanceProfile(f"{name}-host-profile", name=f"{name}-host", role=role.name, opts=child)

    def _newest_image(self, spec: ContainmentSpec) -> pulumi.Output[str]:
        filters = [{"name": "name", "values": [spec.config.agent_image_name]}, {"name": "virtualization-type", "values": ["hvm"]}]
        found = aws.ec2.get_ami_output(
            most_recent=True, owners=[spec.config.agent_image_owner], filters=filters, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        image: pulumi.Output[str] = found.id
        return image
