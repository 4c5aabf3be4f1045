"""The agent's VPC: private agent subnets, endpoint subnets, public subnets for the gateways, flow log.

Rules kept here: no subnet assigns public addresses; only the gateways' route table leads to the internet gateway; the
agent route table holds no route of ours, because the Controller writes the default route to its gateway there; the
default security group lets nothing through; hosts are told AWS's own resolver; no IPv6. What may cross a subnet's border
is `access_lists`, endpoints are `endpoints`, the gateway is `gateway`.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.logs import AgentLogs
from containment.model.spec import ContainmentSpec


class AgentNetwork(pulumi.ComponentResource):
    """VPC, subnets, route tables and flow log of one stack."""

    def __init__(self, name: str, spec: ContainmentSpec, logs: AgentLogs, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:network:AgentNetwork", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(spec.config.vpc_cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": spec.object_prefix},
            opts=self._child,
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-sg", vpc_id=self.vpc.id, ingress=[], egress=[], tags=self._named("unused"), opts=self._child
        )
        self._resolver()
        gateway_table = self._public_table()
        self.gateway_subnets = self._subnets("gateway", (spec.gateway_subnet, *filter(None, [spec.ha_gateway_subnet])), gateway_table)
        self.agent_route_table = self._table("agent")
        self.agent_subnets = self._subnets("agent", spec.agent_subnets, self.agent_route_table)
        self.endpoint_subnets = self._subnets("endpoint", spec.endpoint_subnets, self._table("endpoint"))
        self._flow_log(logs)
        self.register_outputs({"vpcId": self.vpc.id, "agentSubnetIds": [subnet.id for subnet in self.agent_subnets]})

    def _named(self, what: str) -> dict[str, str]:
        return {"Name": f"{self._spec.object_prefix}-{what}"}

    def _resolver(self) -> None:
        options = aws.ec2.VpcDhcpOptions(
            f"{self._name}-dhcp", domain_name_servers=["AmazonProvidedDNS"], tags=self._named("resolver"), opts=self._child
        )
        aws.ec2.VpcDhcpOptionsAssociation(f"{self._name}-dhcp-use", vpc_id=self.vpc.id, dhcp_options_id=options.id, opts=self._child)

    def _table(self, role: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(f"{self._name}-{role}-rt", vpc_id=self.vpc.id, tags=self._named(role), opts=self._child)

    def _public_table(self) -> aws.ec2.RouteTable:
        gateway = aws.ec2.InternetGateway(f"{self._name}-igw", vpc_id=self.vpc.id, tags=self._named("gateway"), opts=self._child)
        table = self._table("gateway")
        aws.ec2.Route(
            f"{self._name}-gateway-out",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._child,
        )
        return table

    def _subnets(self, role: str, networks: Sequence[IPv4Network], table: aws.ec2.RouteTable) -> list[aws.ec2.Subnet]:
        subnets = []
        for index, network in enumerate(networks):
            subnet = aws.ec2.Subnet(
                f"{self._name}-{role}-subnet-{index}",
                vpc_id=self.vpc.id,
                cidr_block=str(network),
                availability_zone=zone(self._spec, index),
                map_public_ip_on_launch=False,
                tags=self._named(f"{role}-{index}"),
                opts=self._child,
            )
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{role}-rta-{index}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
            )
            subnets.append(subnet)
        return subnets

    def _flow_log(self, logs: AgentLogs) -> None:
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


def zone(spec: ContainmentSpec, index: int) -> str:
    """Return the name of the region's zone number `index`: every region has a, b and c."""
    return f"{spec.config.aws_region}{'abc'[index]}"
