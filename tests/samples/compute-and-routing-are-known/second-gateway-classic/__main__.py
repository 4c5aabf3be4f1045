"""A second, classic gateway with VPN access is in the VPC of the agents."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi

made = place.vend()
if not place.REPAIRED:
    # NOT OK: edge: packets may leave by a gateway that the rules do not protect
    inputs = {"cloudType": 1, "accountName": "lab", "gwName": "edge", "vpcId": made["vpc"].id, "vpcReg": "us-east-1", "vpnAccess": True}
    pulumi.CustomResource("aviatrix:index/gateway:Gateway", "edge", {**inputs, "gwSize": "t3.small", "subnet": "10.64.0.0/24"})
