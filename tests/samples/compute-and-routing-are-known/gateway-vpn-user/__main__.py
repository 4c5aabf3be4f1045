"""A VPN user comes in to the VPC of the agents."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi

made = place.vend()
if not place.REPAIRED:
    # NOT OK: user: whoever has the profile is in the network of the agents
    inputs = {"userName": "somebody", "userEmail": "somebody@example.com", "gwName": "sample-spoke", "vpcId": made["vpc"].id}
    pulumi.CustomResource("aviatrix:index/vpnUser:VpnUser", "user", inputs)
