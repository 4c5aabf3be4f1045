"""A private zone for names that no permit matches, and the resolver's settings left as AWS makes them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
zone = aws.route53.Zone("internal", name="corp.internal", vpcs=[{"vpc_id": made["vpc"].id}])
aws.route53.Record("printer", zone_id=zone.zone_id, name="printer.corp.internal", type="A", ttl=60, records=["10.64.20.9"])
aws.route53.ResolverConfig("config", resource_id=made["vpc"].id, autodefined_reverse_flag="ENABLE")
