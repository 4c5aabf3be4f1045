"""VPC endpoints of AWS services, so that operating the agent host needs no internet egress.

Rules kept here: interface endpoints are in separate subnets, with private DNS; their security group accepts TCP 443 from the agent
subnets only. Their policies are in `endpoint_policies`.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.aws.endpoint_policies import build_interface_policy, build_s3_policy
from components.aws.instance_settings import build_group_rule
from components.aws.network import AgentNetwork
from containment.config.spec import ContainmentSpec
from containment.names import HTTPS_PORT

INTERFACE_SERVICES = ("ssm", "ssmmessages", "ec2messages", "logs", "sts", "ec2", "ecr.api", "ecr.dkr")
"""Services needed to operate a private host (Aviatrix blueprint, resource table; ec2 and ecr are added)."""


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
        self._name, self._spec, self._network, self._child = name, spec, network, pulumi.ResourceOptions(parent=self)
        self._account = pulumi.Output.from_input(account)
        self.security_group = self._create_security_group()
        services = INTERFACE_SERVICES if spec.config.create_ssm_vpc_endpoints else ()
        self.interfaces = {service: self._create_interface_endpoint(service) for service in services}
        self.s3 = self._create_gateway_endpoint() if spec.config.create_s3_gateway_endpoint else None
        self.register_outputs({"interfaceEndpointIds": {service: endpoint.id for service, endpoint in self.interfaces.items()}})

    def _create_security_group(self) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-sg",
            name=f"{self._spec.object_prefix}-endpoints",
            description="TCP 443 from the agent subnets to AWS endpoints",
            vpc_id=self._network.vpc.id,
            ingress=[build_group_rule(HTTPS_PORT, [str(subnet) for subnet in self._spec.agent_subnets], "agent subnets")],
            egress=[],
            tags={"Name": f"{self._spec.object_prefix}-endpoints"},
            opts=self._child,
        )

    def _create_interface_endpoint(self, service: str) -> aws.ec2.VpcEndpoint:
        organization = self._spec.config.organization_id
        policy = self._account.apply(lambda account: build_interface_policy(account, organization))
        return aws.ec2.VpcEndpoint(
            f"{self._name}-{service.replace('.', '-')}",
            vpc_id=self._network.vpc.id,
            service_name=f"com.amazonaws.{self._spec.config.aws_region}.{service}",
            vpc_endpoint_type="Interface",
            subnet_ids=[subnet.id for subnet in self._network.endpoint_subnets],
            security_group_ids=[self.security_group.id],
            private_dns_enabled=True,
            policy=policy if self._spec.config.enable_endpoint_policies else None,
            tags={"Name": f"{self._spec.object_prefix}-{service}"},
            opts=self._child,
        )

    def _create_gateway_endpoint(self) -> aws.ec2.VpcEndpoint:
        region, organization = self._spec.config.aws_region, self._spec.config.organization_id
        policy = self._account.apply(lambda account: build_s3_policy(account, organization, region))
        return aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._network.vpc.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[self._network.agent_route_table.id],
            policy=policy if self._spec.config.enable_endpoint_policies else None,
            tags={"Name": f"{self._spec.object_prefix}-s3"},
            opts=self._child,
        )
