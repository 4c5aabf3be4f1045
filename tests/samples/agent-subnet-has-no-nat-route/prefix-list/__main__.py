"""The destination is a prefix list that holds the internet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
everything = aws.ec2.ManagedPrefixList(
    "everything", name="everything", address_family="IPv4", max_entries=2, entries=[{"cidr": "0.0.0.0/1"}, {"cidr": "128.0.0.0/1"}]
)
hub = aws.ec2transitgateway.TransitGateway("hub")
if not base.REPAIRED:
    # NOT OK: way-out: the list covers everything
    aws.ec2.Route("way-out", route_table_id=table.id, destination_prefix_list_id=everything.id, transit_gateway_id=hub.id)
