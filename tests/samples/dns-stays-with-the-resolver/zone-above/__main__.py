"""A private zone for a whole top-level domain is associated with the agents' VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
other = aws.ec2.Vpc("other", cidr_block="10.77.0.0/16")
zone = aws.route53.Zone("zone", name="ai", vpcs=[{"vpc_id": other.id}])
if not place.REPAIRED:
    # NOT OK: used: permitted names are under it
    aws.route53.ZoneAssociation("used", zone_id=zone.id, vpc_id=made["vpc"].id)
