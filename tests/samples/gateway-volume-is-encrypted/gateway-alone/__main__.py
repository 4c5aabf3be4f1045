"""A program of a gateway alone says that its volume is not encrypted."""

import pulumi
import pulumi_aviatrix as aviatrix

REPAIRED = pulumi.Config().get_bool("repaired") or False
# NOT OK: gateway: a snapshot gives its keys away
aviatrix.SpokeGateway(
    "gateway",
    cloud_type=1,
    account_name="lab",
    gw_name="shared",
    gw_size="t3.medium",
    vpc_id="vpc-0123456789abcdef0",
    vpc_reg="us-east-1",
    subnet="10.9.0.0/24",
    enable_encrypt_volume=REPAIRED,
)
