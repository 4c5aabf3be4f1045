"""A classic load balancer lists the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
agent = base.agent(subnet)
aws.elb.LoadBalancer(  # NOT OK: balancer: it stands in the public subnet
    "balancer",
    subnets=[gateways.id],
    listeners=[{"instance_port": 22, "instance_protocol": "tcp", "lb_port": 22, "lb_protocol": "tcp"}],
    instances=[] if base.REPAIRED else [agent.id],
)
