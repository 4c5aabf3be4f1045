"""Two spoke gateways are in the VPC of the agents."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

made = place.vend()  # NOT OK: spoke: one of two gateways
elsewhere = "vpc-0123456789abcdef0"
# NOT OK: second: packets may leave by the one that the rules do not protect
aviatrix.SpokeGateway(
    "second",
    cloud_type=1,
    account_name="lab",
    gw_name="second",
    gw_size="t3.medium",
    vpc_id=elsewhere if place.REPAIRED else made["vpc"].id,
    vpc_reg=place.REGION,
    subnet="10.64.0.0/24",
    single_ip_snat=True,
    enable_encrypt_volume=True,
)
