"""The Aviatrix spoke gateway: the only way out of the VPC, and the place where policy is applied.

Rules kept here: SNAT on (WebGroup rules need it), encrypted volume, gateway subnets watched for strangers, the second gateway
in another subnet; the private route tables' default route is written by the Controller, never by this program.
"""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix

from components.network import AgentNetwork
from containment.model.spec import ContainmentSpec

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
            # The gateway comes up when its subnet has a way out and the agent tables it writes to are in use. Its name is
            # fixed, so a new one cannot stand beside it; while it is replaced the agent has no way out at all.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[network], delete_before_replace=True),
        )
        self.register_outputs({"gatewayName": self.gateway.gw_name})
