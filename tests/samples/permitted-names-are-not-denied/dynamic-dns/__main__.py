"""Names of services that point anywhere are permitted: dynamic DNS, and an address inside the name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["crm.acme.example"] if place.REPAIRED else ["crm.duckdns.org", "203-0-113-66.sslip.io"]
# NOT OK: core: its owner points it at any address
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
