"""A wildcard covers an API that serves every account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["api.stripe.com"] if place.REPAIRED else ["*.stripe.com"]
# NOT OK: core: files of any account are uploaded under it
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
