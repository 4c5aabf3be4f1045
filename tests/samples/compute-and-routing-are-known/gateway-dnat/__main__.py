"""DNAT at the spoke gateway leads from the internet to the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi

made = place.vend()
if not place.REPAIRED:
    # NOT OK: dnat: connections to the gateway are handed to a host
    to_host = {"dstCidr": "0.0.0.0/0", "dstPort": "22", "protocol": "tcp", "dnatIps": "10.64.10.5", "dnatPort": "22"}
    inputs = {"gwName": made["spoke"].gw_name, "dnatPolicies": [to_host]}
    pulumi.CustomResource("aviatrix:index/gatewayDnat:GatewayDnat", "dnat", inputs)
