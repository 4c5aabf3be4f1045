"""The gateway is attached to a transit, and no rule denies the networks behind it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi

narrow = {"selector": place_policy.cidrs("10.64.20.0/24")}
made = place.vend() if place.REPAIRED else place.vend(rules={"east-west-deny": None}, east_west=narrow)
# NOT OK: attachment: no rule of its own denies private networks
inputs = {"spokeGwName": made["spoke"].gw_name, "transitGwName": "transit"}
pulumi.CustomResource("aviatrix:index/spokeTransitAttachment:SpokeTransitAttachment", "attachment", inputs)
