"""A permit names a service of AWS in a region where the agents' network has no endpoint."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

region = place.REGION if place.REPAIRED else "eu-west-1"
# NOT OK: core: by path, every bucket of every account in that region
place.vend(core={"selector": place_policy.sni("openclaw.ai", f"s3.{region}.amazonaws.com")})
