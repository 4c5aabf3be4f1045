"""A private zone given by its id is associated with the agents' VPC."""

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
    # NOT OK: used: its owner decides which names it answers
    aws.route53.ZoneAssociation("used", zone_id="Z0123456789ABCDEFGHIJ", vpc_id=base.vpc.id)
