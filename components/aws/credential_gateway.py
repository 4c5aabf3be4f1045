"""The credential gateway: one instance in a subnet of its own that puts provider keys into the agents' model calls.

Rules kept here: nothing else is in the subnet; ingress is the gateway's port from the agent subnets; egress is the resolver, the secrets'
endpoint and addresses outside the VPC, which the Aviatrix gateway judges by name; the role reads exactly the secrets of the routes; no
public address, no key pair, no session, IMDSv2 with hop limit 1, encrypted disk; no tag of an agent.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.access_lists import ANYWHERE, EPHEMERAL, Line, convert_entries
from components.aws.endpoint_policies import build_secrets_policy
from components.aws.host_policies import build_gateway_denial, build_gateway_policy
from components.aws.instance_settings import METADATA_OPTIONS, build_disk, build_group_rule
from components.aws.network import AgentNetwork, get_zone
from components.aws.policy_document import format_trust
from containment.config.spec import ContainmentSpec, CredentialGatewaySpec
from containment.gateway_service.user_data import build_gateway_user_data
from containment.names import DNS_PORT, HTTPS_PORT

_INSTANCE_TYPE = "t3.small"
_VOLUME_GB = 16


class CredentialGateway(pulumi.ComponentResource):
    """The gateway of one stack, created before its hosts."""

    def __init__(
        self,
        name: str,
        spec: ContainmentSpec,
        gateway: CredentialGatewaySpec,
        network: AgentNetwork,
        account: pulumi.Input[str],
        after: list[pulumi.Resource],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("containment:gateway:CredentialGateway", name, {}, opts)
        self._name, self._spec, self._gateway, self._network = name, spec, gateway, network
        self._child = pulumi.ResourceOptions(parent=self)
        subnet = self._create_subnet()
        borders = self._create_access_list(subnet)
        group = self._create_group("instance", self._build_ingress(), build_gateway_egress(spec, gateway))
        endpoint = self._create_endpoint(pulumi.Output.from_input(account))
        profile = self._create_role()
        label = f"{spec.object_prefix}-credential-gateway"
        self.instance = aws.ec2.Instance(
            f"{name}-instance",
            ami=gateway.image_id,
            instance_type=_INSTANCE_TYPE,
            subnet_id=subnet.id,
            private_ip=str(gateway.address),
            associate_public_ip_address=False,
            vpc_security_group_ids=[group.id],
            iam_instance_profile=profile.name,
            metadata_options=METADATA_OPTIONS,
            root_block_device=build_disk(_VOLUME_GB),
            user_data=build_gateway_user_data(spec),
            user_data_replace_on_change=True,
            tags={"Name": label},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*after, endpoint, *borders]),
        )
        self.register_outputs({"instanceId": self.instance.id})

    def _create_subnet(self) -> aws.ec2.Subnet:
        name, vpc = self._name, self._network.vpc.id
        tags = {"Name": f"{self._spec.object_prefix}-credential-gateway"}
        table = aws.ec2.RouteTable(f"{name}-rt", vpc_id=vpc, tags=tags, opts=self._child)
        subnet = aws.ec2.Subnet(
            f"{name}-subnet",
            vpc_id=vpc,
            cidr_block=str(self._gateway.subnet),
            availability_zone=get_zone(self._spec, 0),
            map_public_ip_on_launch=False,
            tags=tags,
            opts=self._child,
        )
        aws.ec2.RouteTableAssociation(f"{name}-rta", subnet_id=subnet.id, route_table_id=table.id, opts=self._child)
        return subnet

    def _create_access_list(self, subnet: aws.ec2.Subnet) -> list[pulumi.Resource]:
        if not self._spec.config.enable_network_acls:
            return []
        inward, outward = build_gateway_entries(self._spec, self._gateway)
        made = aws.ec2.NetworkAcl(
            f"{self._name}-acl",
            vpc_id=self._network.vpc.id,
            subnet_ids=[subnet.id],
            ingress=convert_entries(inward),
            egress=convert_entries(outward),
            tags={"Name": f"{self._spec.object_prefix}-credential-gateway"},
            opts=self._child,
        )
        return [made]

    def _build_ingress(self) -> list[dict[str, Any]]:
        agents = [str(subnet) for subnet in self._spec.agent_subnets]
        return [build_group_rule(self._gateway.port, agents, "model calls of agents")]

    def _create_group(self, what: str, ingress: list[dict[str, Any]], egress: list[dict[str, Any]]) -> aws.ec2.SecurityGroup:
        label = f"{self._spec.object_prefix}-credential-gateway-{what}"
        return aws.ec2.SecurityGroup(
            f"{self._name}-{what}-sg",
            name=label,
            description="Credential gateway: its port from agents; resolver, secrets, and outside the VPC, which the gateway judges"
            if what == "instance"
            else "TCP 443 from the credential gateway to Secrets Manager",
            vpc_id=self._network.vpc.id,
            ingress=ingress,
            egress=egress,
            tags={"Name": label},
            opts=self._child,
        )

    def _create_endpoint(self, account: pulumi.Output[str]) -> aws.ec2.VpcEndpoint:
        config = self._spec.config
        group = self._create_group("secrets", [build_group_rule(HTTPS_PORT, [str(self._gateway.subnet)], "credential gateway")], [])
        secrets = self._gateway.routes.secrets
        policy = account.apply(lambda found: build_secrets_policy(found, config.organization_id, secrets))
        return aws.ec2.VpcEndpoint(
            f"{self._name}-secrets",
            vpc_id=self._network.vpc.id,
            service_name=f"com.amazonaws.{config.aws_region}.secretsmanager",
            vpc_endpoint_type="Interface",
            subnet_ids=[subnet.id for subnet in self._network.endpoint_subnets],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            policy=policy,
            tags={"Name": f"{self._spec.object_prefix}-secretsmanager"},
            opts=self._child,
        )

    def _create_role(self) -> aws.iam.InstanceProfile:
        label = f"{self._spec.object_prefix}-credential-gateway"
        role = aws.iam.Role(
            f"{self._name}-role",
            name=label,
            assume_role_policy=format_trust("ec2.amazonaws.com"),
            opts=self._child,
        )
        secrets = self._gateway.routes.secrets
        denied = self._network.vpc.id.apply(build_gateway_denial)
        aws.iam.RolePolicy(
            f"{self._name}-read", name="read-provider-keys", role=role.name, policy=build_gateway_policy(secrets), opts=self._child
        )
        aws.iam.RolePolicy(f"{self._name}-own", name="from-here-only", role=role.name, policy=denied, opts=self._child)
        return aws.iam.InstanceProfile(f"{self._name}-profile", name=label, role=role.name, opts=self._child)


def create_credential_gateway(
    spec: ContainmentSpec,
    network: AgentNetwork,
    account: pulumi.Input[str],
    after: list[pulumi.Resource],
    *,
    has_hosts: bool,
    opts: pulumi.ResourceOptions | None = None,
) -> list[pulumi.Resource]:
    """Create the credential gateway of a stack that has routes, and return it; an empty list for any other stack.

    Args:
        spec: the stack.
        network: its network.
        account: its AWS account.
        after: what must be in force before the gateway is created.
        has_hosts: whether the stack has an agent; without one nothing would call the gateway.
        opts: options of the component.
    """
    if spec.credential_gateway is None or not has_hosts:
        return []
    return [CredentialGateway("credential-gateway", spec, spec.credential_gateway, network, account, after, opts=opts)]


def build_gateway_egress(spec: ContainmentSpec, gateway: CredentialGatewaySpec) -> list[dict[str, Any]]:
    """Return the gateway's egress rules: the resolver, the endpoints, and HTTPS outside the VPC.

    Args:
        spec: the stack.
        gateway: its credential gateway.
    """
    outside = sorted(ANYWHERE.address_exclude(spec.config.vpc_cidr))
    assert not any(gateway.subnet.overlaps(network) for network in outside), "the gateway is inside its VPC"
    return [
        *(build_group_rule(DNS_PORT, [f"{spec.dns_resolver}/32"], "VPC DNS", protocol) for protocol in ("udp", "tcp")),
        build_group_rule(HTTPS_PORT, [str(subnet) for subnet in spec.endpoint_subnets], "Secrets Manager"),
        build_group_rule(HTTPS_PORT, [str(network) for network in outside], "judged by the gateway"),
    ]


def build_gateway_entries(spec: ContainmentSpec, gateway: CredentialGatewaySpec) -> tuple[list[Line], list[Line]]:
    """Return the inbound and outbound entries of the gateway's subnet; the first match decides, and the default is deny.

    Args:
        spec: the stack.
        gateway: its credential gateway.
    """
    vpc, resolver = spec.config.vpc_cidr, IPv4Network(spec.dns_resolver)
    port, https, dns = (gateway.port, gateway.port), (HTTPS_PORT, HTTPS_PORT), (DNS_PORT, DNS_PORT)
    inward: list[Line] = [
        ("allow", "udp", resolver, EPHEMERAL),
        ("allow", "tcp", resolver, EPHEMERAL),
        *(("allow", "tcp", subnet, port) for subnet in spec.agent_subnets),
        *(("allow", "tcp", subnet, EPHEMERAL) for subnet in spec.endpoint_subnets),
        ("deny", "all", vpc, (0, 0)),
        ("allow", "tcp", ANYWHERE, EPHEMERAL),
    ]
    outward: list[Line] = [
        ("allow", "udp", resolver, dns),
        ("allow", "tcp", resolver, dns),
        *(("allow", "tcp", subnet, EPHEMERAL) for subnet in spec.agent_subnets),
        *(("allow", "tcp", subnet, https) for subnet in spec.endpoint_subnets),
        ("deny", "all", vpc, (0, 0)),
        ("allow", "tcp", ANYWHERE, https),
    ]
    return inward, outward
