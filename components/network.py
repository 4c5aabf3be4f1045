"""The agent's VPC: private agent subnets, endpoint subnets, one public subnet for the gateway, flow logs.

Rules kept here: no subnet assigns public addresses; only the gateway's route table leads to the internet gateway; the
agent route table holds no route of ours, because the Controller writes the default route to its gateway there; the
default security group lets nothing through; no IPv6. Endpoints are `endpoints`, the gateway is `gateway`.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from containment.model.spec import ContainmentSpec


class AgentNetwork(pulumi.ComponentResource):
    """VPC, subnets, route tables and flow logs of one stack."""

    def __init__(self, name: str, spec: ContainmentSpec, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:network:AgentNetwork", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(spec.config.vpc_cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=child,
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-sg", vpc_id=self.vpc.id, ingress=[], egress=[], tags={"Name": f"{name}-unused"}, opts=child
        )
        self._public(name, spec, child)
        self.agent_route_table, self.agent_subnets = self._private(name, "agent", spec, spec.agent_subnets, child)
        self.endpoint_route_table, self.endpoint_subnets = self._private(name, "endpoint", spec, spec.endpoint_subnets, child)
        self.flow_log_group: aws.cloudwatch.LogGroup | None = (
            self._flow_logs(name, spec, child) if spec.config.enable_vpc_flow_logs else None
        )
        self.register_outputs({"vpcId": self.vpc.id, "agentSubnetIds": [subnet.id for subnet in self.agent_subnets]})

    def _public(self, name: str, spec: ContainmentSpec, child: pulumi.ResourceOptions) -> None:
        gateway = aws.ec2.InternetGateway(f"{name}-igw", vpc_id=self.vpc.id, tags={"Name": f"{name}-gateway"}, opts=child)
        table = aws.ec2.RouteTable(f"{name}-gateway-rt", vpc_id=self.vpc.id, tags={"Name": f"{name}-gateway"}, opts=child)
        self.gateway_subnet = aws.ec2.Subnet(
            f"{name}-gateway-subnet",
            vpc_id=self.vpc.id,
            cidr_block=str(spec.gateway_subnet),
            availability_zone=zone(spec, 0),
            map_public_ip_on_launch=False,
            tags={"Name": f"{name}-gateway"},
            opts=child,
        )
        route = aws.ec2.Route(
            f"{name}-gateway-out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id, opts=child
        )
        association = aws.ec2.RouteTableAssociation(
            f"{name}-gateway-rta", subnet_id=self.gateway_subnet.id, route_table_id=table.id, opts=child
        )
        self.gateway_path: list[pulumi.Resource] = [route, association]

    def _private(
        self, name: str, role: str, spec: ContainmentSpec, networks: tuple[object, ...], child: pulumi.ResourceOptions
    ) -> tuple[aws.ec2.RouteTable, list[aws.ec2.Subnet]]:
        table = aws.ec2.RouteTable(f"{name}-{role}-rt", vpc_id=self.vpc.id, tags={"Name": f"{name}-{role}"}, opts=child)
        subnets = []
        for index, network in enumerate(networks):
            subnet = aws.ec2.Subnet(
                f"{name}-{role}-subnet-{index}",
                vpc_id=self.vpc.id,
                cidr_block=str(network),
                availability_zone=zone(spec, index),
                map_public_ip_on_launch=False,
                tags={"Name": f"{name}-{role}-{index}"},
                opts=child,
            )
            aws.ec2.RouteTableAssociation(f"{name}-{role}-rta-{index}", subnet_id=subnet.id, route_table_id=table.id, opts=child)
            subnets.append(subnet)
        return table, subnets

    def _flow_logs(self, name: str, spec: ContainmentSpec, child: pulumi.ResourceOptions) -> aws.cloudwatch.LogGroup:
        group = aws.cloudwatch.LogGroup(
            f"{name}-flow-logs", name=f"/containment/{name}/flow-logs", retention_in_days=spec.config.flow_log_retention_days, opts=child
        )
        trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = aws.iam.Role(
            f"{name}-flow-logs-role",
            name=f"{name}-flow-logs",
            assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            opts=child,
        )
        write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        policy = aws.iam.RolePolicy(
            f"{name}-flow-logs-policy",
            name="write-flow-logs",
            role=role.name,
            policy=group.arn.apply(
                lambda arn: json.dumps(
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": write, "Resource": f"{arn}:*"}]}
                )
            ),
            opts=child,
        )
        aws.ec2.FlowLog(
            f"{name}-flow-log",
            vpc_id=self.vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=60,
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        return group


def zone(spec: ContainmentSpec, index: int) -> str:
    """Return the name of the region's zone number `index`: every region has a, b and c."""
    return f"{spec.config.aws_region}{'abc'[index]}"
