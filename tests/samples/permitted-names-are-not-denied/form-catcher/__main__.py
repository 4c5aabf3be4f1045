"""A service that keeps what forms send is permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["forms.acme.example"] if place.REPAIRED else ["formsubmit.co"]
# NOT OK: core: the form of any address takes the data
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
