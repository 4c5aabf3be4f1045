"""The policy of an endpoint that is made in another program is opened."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
everything = {"Principal": "*", "Action": "*", "Resource": "*", "Condition": {}}
policy = place.own_account() if place.REPAIRED else place.own_account(**everything)
# NOT OK: shared: any principal's keys, into any account
aws.ec2.VpcEndpointPolicy("shared", vpc_endpoint_id="vpce-0123456789abcdef0", policy=policy)
