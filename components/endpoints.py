"""AWS's own services inside the VPC: the agent host is operated without any way out.

Rules kept here: interface endpoints stand in subnets of their own, with private DNS; their security group takes TCP 443
from the agent subnets only; every endpoint's policy demands a principal and a resource of this account, so that the
endpoints are no exit to somebody else's account.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.network import AgentNetwork
from containment.model.names import HTTPS_PORT
from containment.model.spec import ContainmentSpec

INTERFACE_SERVICES = ("ssm", "ssmmessages", "ec2messages", "logs", "sts", "ec2", "ecr.api", "ecr.dkr")
"""Services a private host is operated with (seed 001, resource table; ec2 and ecr from design decision 10)."""


class AgentEndpoints(pulumi.ComponentResource):
    """Interface endpoints and the S3 gateway endpoint of one stack."""

    def __init__(
        self,
        name: str,
        spec: ContainmentSpec,
        network: AgentNetwork,
        account: pulumi.Input[str],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("containment:network:AgentEndpoints", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        policy = pulumi.Output.from_input(account).apply(own_account_only)
        self.security_group = aws.ec2.SecurityGroup(
            f"{name}-endpoints-sg",
            name=f"{name}-endpoints",
            description="TCP 443 from the agent subnets to AWS endpoints",
            vpc_id=network.vpc.id,
            ingress=[
                {
                    "protocol": "tcp",
                    "from_port": HTTPS_PORT,
                    "to_port": HTTPS_PORT,
                    "cidr_blocks": [str(subnet) for subnet in spec.agent_subnets],
                    "description": "agent subnets",
                }
            ],
            egress=[],
            tags={"Name": f"{name}-endpoints"},
            opts=child,
        )
        self.interfaces: dict[str, aws.ec2.VpcEndpoint] = {}
        if spec.config.create_ssm_vpc_endpoints:
            for service in INTERFACE_SERVICES:
                self.interfaces[service] = aws.ec2.VpcEndpoint(
                    f"{name}-endpoint-{service.replace('.', '-')}",
                    vpc_id=network.vpc.id,
                    service_name=f"com.amazonaws.{spec.config.aws_region}.{service}",
                    vpc_endpoint_type="Interface",
                    subnet_ids=[subnet.id for subnet in network.endpoint_subnets],
                    security_group_ids=[self.security_group.id],
                    private_dns_enabled=True,
                    policy=policy,
                    tags={"Name": f"{name}-{service}"},
                    opts=child,
                )
        self.s3: aws.ec2.VpcEndpoint | None = None
        if spec.config.create_s3_gateway_endpoint:
            self.s3 = aws.ec2.VpcEndpoint(
                f"{name}-endpoint-s3",
                vpc_id=network.vpc.id,
                service_name=f"com.amazonaws.{spec.config.aws_region}.s3",
                vpc_endpoint_type="Gateway",
                route_table_ids=[network.agent_route_table.id],
                policy=policy,
                tags={"Name": f"{name}-s3"},
                opts=child,
            )
        self.register_outputs({"interfaceEndpointIds": {service: endpoint.id for service, endpoint in self.interfaces.items()}})


def own_account_only(account: str) -> str:
    """Return the endpoint policy: only principals of this account, only on this account's resources."""
    same = {"StringEquals": {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}}
    statement = {"Sid": "OwnAccountOnly", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": same}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
