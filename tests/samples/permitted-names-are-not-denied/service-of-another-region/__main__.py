"""A service of AWS in another region is permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["s3.us-east-1.amazonaws.com"] if place.REPAIRED else ["s3.eu-west-3.amazonaws.com"]
# NOT OK: core: no endpoint policy of the VPC applies to its buckets
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
