"""The resolver answers for a service of AWS in another region."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

region = place.REGION if place.REPAIRED else "eu-west-3"
# NOT OK: allow-names: the VPC's endpoints are in its own region
place.vend(names={"domains": ["openclaw.ai", "*.openclaw.ai", f"sqs.{region}.amazonaws.com"]})
