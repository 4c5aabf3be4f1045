"""Sites that keep what a single request leaves are permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["files.acme.example"] if place.REPAIRED else ["pastebin.com", "webhook.site"]
# NOT OK: core: anybody collects what was left there
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
