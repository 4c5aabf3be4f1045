"""The packets of an interface given by its id are copied."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: copied: the interface may be another stack's agent's
    aws.ec2.TrafficMirrorSession(
        "copied",
        network_interface_id="eni-0123456789abcdef0",
        traffic_mirror_filter_id="tmf-0123456789abcdef0",
        traffic_mirror_target_id="tmt-0123456789abcdef0",
        session_number=1,
    )
