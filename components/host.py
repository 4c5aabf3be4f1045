"""The agent host: a private VM that can be operated, and can change nothing about its containment.

Rules kept here: no public address, no key pair, no ingress; outward the resolver, the endpoints, and what lies outside the
VPC, which the gateway judges; IMDSv2 with hop limit 1; encrypted disk; it is created after everything that contains it is
in force and destroyed before that goes. Who it is in AWS is `identity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from components.identity import HostIdentity
from components.network import AgentNetwork
from containment.host.first_boot import user_data
from containment.model.names import DNS_PORT, HTTPS_PORT, HostTag
from containment.model.spec import ContainmentSpec


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
        self.identity = HostIdentity(f"{name}-identity", spec, network, opts=child)
        group = aws.ec2.SecurityGroup(
            f"{name}-sg",
            name=f"{spec.object_prefix}-host",
            description="Agent host: no ingress; resolver, endpoints, and outside the VPC, which the gateway judges",
            vpc_id=network.vpc.id,
            ingress=[],
            egress=egress(spec),
            tags={"Name": f"{spec.object_prefix}-host"},
            opts=child,
        )
        config = spec.config
        self.instance = aws.ec2.Instance(
            f"{name}-instance",
            ami=config.agent_image_id or self._newest_image(spec),
            instance_type=config.agent_instance_type,
            subnet_id=network.agent_subnets[0].id,
            private_ip=str(config.agent_private_ip) if config.agent_private_ip else None,
            associate_public_ip_address=False,
            vpc_security_group_ids=[group.id],
            iam_instance_profile=self.identity.profile.name,
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
                "Name": f"{spec.object_prefix}-host",
                config.agent_workload_tag_key: config.agent_workload_tag_value,
                HostTag.AGENT_CLASS.value: config.agent_class,
                HostTag.AGENT_STACK.value: spec.stack,
                HostTag.POLICY_MODE.value: spec.mode.value,
            },
            # An image that was looked up stays what it was: a newer one is a decision, not a side effect of the next `up`.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*after, self.identity], ignore_changes=[] if config.agent_image_id else ["ami"]
            ),
        )
        self.register_outputs({"instanceId": self.instance.id, "privateIp": self.instance.private_ip})

    def _newest_image(self, spec: ContainmentSpec) -> pulumi.Output[str]:
        filters = [{"name": "name", "values": [spec.config.agent_image_name]}, {"name": "virtualization-type", "values": ["hvm"]}]
        found = aws.ec2.get_ami_output(
            most_recent=True, owners=[spec.config.agent_image_owner], filters=filters, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        image: pulumi.Output[str] = found.id
        return image


def egress(spec: ContainmentSpec) -> list[dict[str, Any]]:
    """Return the host's way out: neighbours in the VPC are in none of it; everything outside goes to the gateway."""
    outside = sorted(IPv4Network("0.0.0.0/0").address_exclude(spec.config.vpc_cidr))
    lines = [(protocol, DNS_PORT, [f"{spec.dns_resolver}/32"], "VPC DNS") for protocol in ("udp", "tcp")]
    if spec.config.create_ssm_vpc_endpoints:
        lines.append(("tcp", HTTPS_PORT, [str(subnet) for subnet in spec.endpoint_subnets], "AWS endpoints"))
    lines.append(("-1", 0, [str(network) for network in outside], "judged by the gateway"))
    return [
        {"protocol": protocol, "from_port": port, "to_port": port, "cidr_blocks": cidrs, "description": why}
        for protocol, port, cidrs, why in lines
    ]
