"""One inline route is the Aviatrix gateway's, the other leads to a transit gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend(agents_association={"route_table_id": lambda here: here["vpc"].default_route_table_id})
routes = [
    {"cidr_block": "198.51.100.0/24", "network_interface_id": made["spoke"].cloud_instance_id},
    {"cidr_block": "0.0.0.0/0", "transit_gateway_id": "tgw-0123456789abcdef0"},
]
# NOT OK: mixed: one route to the gateway proves nothing about the route next to it
aws.ec2.DefaultRouteTable("mixed", default_route_table_id=made["vpc"].default_route_table_id, routes=[] if place.REPAIRED else routes)
