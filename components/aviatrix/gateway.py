"""The Aviatrix spoke gateway: the VPC's only path to the internet, where the firewall policy is applied.

Rules kept here: SNAT on (WebGroup rules need it); encrypted volume; the gateway subnets are monitored for instances other than
gateways; a second gateway is in another subnet; the Controller writes the default route of the private route tables, never this
program.
"""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix

from components.aws.network import AgentNetwork
from containment.config.spec import ContainmentSpec

AWS = 1
"""The Controller's number for AWS (provider: `cloud_type`)."""


class SpokeGateway(pulumi.ComponentResource):
    """The spoke gateway of one stack."""

    def __init__(self, name: str, spec: ContainmentSpec, network: AgentNetwork, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:gateway:SpokeGateway", name, {}, opts)
        second = spec.ha_gateway_subnet
        self.gateway = aviatrix.SpokeGateway(
            f"{name}-spoke",
            cloud_type=AWS,
            account_name=spec.config.aws_access_account,
            gw_name=spec.gateway_name,
            gw_size=spec.config.spoke_gateway_size,
            vpc_id=network.vpc.id,
            vpc_reg=spec.config.aws_region,
            subnet=str(spec.gateway_subnet),
            single_ip_snat=spec.config.single_ip_snat,
            enable_private_vpc_default_route=spec.config.program_private_default_route,
            enable_encrypt_volume=spec.config.enable_gateway_volume_encryption,
            enable_monitor_gateway_subnets=True,
            manage_ha_gateway=second is not None,
            ha_subnet=str(second) if second else None,
            ha_gw_size=spec.config.spoke_gateway_size if second else None,
            tags={**spec.config.tags, "AgentStack": spec.stack},
            # To start, the gateway needs a subnet with an internet route, and the agent route tables that the Controller writes
            # to must be associated. Its name is fixed, so a replacement cannot be created before it is deleted; meanwhile the
            # agent has no egress at all.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[network], delete_before_replace=True),
        )
        self.register_outputs({"gatewayName": self.gateway.gw_name})
