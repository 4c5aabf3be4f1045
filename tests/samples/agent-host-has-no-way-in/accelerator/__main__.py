"""Global Accelerator's addresses lead to the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
agent = base.agent(subnet)
accelerator = aws.globalaccelerator.Accelerator("accelerator")
listener = aws.globalaccelerator.Listener(
    "listener", accelerator_arn=accelerator.arn, protocol="TCP", port_ranges=[{"from_port": 22, "to_port": 22}]
)
ends = [] if base.REPAIRED else [{"endpoint_id": agent.id, "weight": 100}]
# NOT OK: ends: two public addresses for a host without one
aws.globalaccelerator.EndpointGroup("ends", listener_arn=listener.arn, endpoint_configurations=ends)
