"""Addresses are written as names, in spellings that resolvers take for an address."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["api.acme.example"] if place.REPAIRED else ["203.0.113.66", "0xcb.0.113.66", "3405803842"]
# NOT OK: core: whoever has the address answers
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
