"""A resolver over HTTPS is permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = [] if place.REPAIRED else ["chrome.cloudflare-dns.com"]
# NOT OK: core: each question for a name carries data to whoever owns the name
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
