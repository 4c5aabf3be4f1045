"""The agent's VPC: private agent subnets, endpoint subnets, public subnets for the gateways, flow log.

Rules kept here: no subnet assigns public addresses; only the gateways' route table has a route to the internet gateway; this
program sets no route in the agent route table, because the Controller writes the default route to its gateway there; the default
security group permits nothing; DHCP gives hosts the VPC's own resolver; no IPv6. Network ACLs are in `access_lists`, endpoints in
`endpoints`, the gateway is in `components.aviatrix.gateway`.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.aws.logs import AgentLogs
from containment.config.spec import ContainmentSpec
from containment.names import HOSTS_TAG, NO_HOSTS


class AgentNetwork(pulumi.ComponentResource):
    """VPC, subnets, route tables and flow log of one stack. Without hosts the VPC has a tag that declares it, for the policy pack."""

    def __init__(
        self, name: str, spec: ContainmentSpec, logs: AgentLogs, *, has_hosts: bool = True, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("containment:network:AgentNetwork", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(spec.config.vpc_cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": spec.object_prefix, **({} if has_hosts else {HOSTS_TAG: NO_HOSTS})},
            opts=self._child,
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-sg", vpc_id=self.vpc.id, ingress=[], egress=[], tags=self._build_tags("unused"), opts=self._child
        )
        self._create_dhcp_options()
        gateway_table = self._create_public_table()
        self.gateway_subnets = self._create_subnets(
            "gateway", (spec.gateway_subnet, *filter(None, [spec.ha_gateway_subnet])), gateway_table
        )
        self.agent_route_table = self._create_table("agent")
        self.agent_subnets = self._create_subnets("agent", spec.agent_subnets, self.agent_route_table)
        self.endpoint_subnets = self._create_subnets("endpoint", spec.endpoint_subnets, self._create_table("endpoint"))
        self._create_flow_log(logs)
        self.register_outputs({"vpcId": self.vpc.id, "agentSubnetIds": [subnet.id for subnet in self.agent_subnets]})

    def _build_tags(self, what: str) -> dict[str, str]:
        return {"Name": f"{self._spec.object_prefix}-{what}"}

    def _create_dhcp_options(self) -> None:
        options = aws.ec2.VpcDhcpOptions(
            f"{self._name}-dhcp", domain_name_servers=["AmazonProvidedDNS"], tags=self._build_tags("resolver"), opts=self._child
        )
        aws.ec2.VpcDhcpOptionsAssociation(f"{self._name}-dhcp-use", vpc_id=self.vpc.id, dhcp_options_id=options.id, opts=self._child)

    def _create_table(self, role: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(f"{self._name}-{role}-rt", vpc_id=self.vpc.id, tags=self._build_tags(role), opts=self._child)

    def _create_public_table(self) -> aws.ec2.RouteTable:
        gateway = aws.ec2.InternetGateway(f"{self._name}-igw", vpc_id=self.vpc.id, tags=self._build_tags("gateway"), opts=self._child)
        table = self._create_table("gateway")
        aws.ec2.Route(
            f"{self._name}-gateway-out",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._child,
        )
        return table

    def _create_subnets(self, role: str, networks: Sequence[IPv4Network], table: aws.ec2.RouteTable) -> list[aws.ec2.Subnet]:
        subnets = []
        for index, network in enumerate(networks):
            subnet = aws.ec2.Subnet(
                f"{self._name}-{role}-subnet-{index}",
                vpc_id=self.vpc.id,
                cidr_block=str(network),
                availability_zone=get_zone(self._spec, index),
                map_public_ip_on_launch=False,
                tags=self._build_tags(f"{role}-{index}"),
                opts=self._child,
            )
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{role}-rta-{index}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
            )
            subnets.append(subnet)
        return subnets

    def _create_flow_log(self, logs: AgentLogs) -> None:
        if logs.flows and logs.delivery:
            aws.ec2.FlowLog(
                f"{self._name}-flow-log",
                vpc_id=self.vpc.id,
                traffic_type="ALL",
                log_destination_type="cloud-watch-logs",
                log_destination=logs.flows.arn,
                iam_role_arn=logs.delivery.arn,
                max_aggregation_interval=60,
                tags={"Name": self._spec.object_prefix},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[logs]),
            )


def get_zone(spec: ContainmentSpec, index: int) -> str:
    """Return the region's availability zone number `index` (0 to 2): every region has a, b and c."""
    return f"{spec.config.aws_region}{'abc'[index]}"
