"""Every packet of the host is copied to a mirror target."""

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
    # NOT OK: copied: ahead of the gateway, to anywhere
    aws.ec2.TrafficMirrorSession(
        "copied",
        network_interface_id=host.primary_network_interface_id,
        traffic_mirror_filter_id="tmf-0123456789abcdef0",
        traffic_mirror_target_id="tmt-0123456789abcdef0",
        session_number=1,
    )
