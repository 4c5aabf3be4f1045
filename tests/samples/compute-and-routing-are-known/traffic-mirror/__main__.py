"""All packets of the host are copied to an appliance, ahead of the firewall."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
host = base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: filter: it chooses packets to copy
    chosen = aws.ec2.TrafficMirrorFilter("filter")
    # NOT OK: target: it receives the copies
    target = aws.ec2.TrafficMirrorTarget("target", gateway_load_balancer_endpoint_id="vpce-0123456789abcdef0")
    # NOT OK: mirror: it copies packets of the host
    aws.ec2.TrafficMirrorSession(
        "mirror",
        network_interface_id=host.primary_network_interface_id,
        traffic_mirror_filter_id=chosen.id,
        traffic_mirror_target_id=target.id,
        session_number=1,
    )
