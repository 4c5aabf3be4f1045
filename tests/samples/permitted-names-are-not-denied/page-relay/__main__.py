"""A site that fetches pages for its visitors is permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["files.acme.example"] if place.REPAIRED else ["proxy.cors.sh", "cc.bingj.com"]
# NOT OK: core: it fetches any address, with the data in it
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
