"""A private zone answers a permitted name in the agents' VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
# NOT OK: answers: the gateway reads the permitted name and believes it, whatever the address
aws.route53.Zone("answers", name="corp.internal" if place.REPAIRED else "openclaw.ai", vpcs=[{"vpc_id": made["vpc"].id}])
