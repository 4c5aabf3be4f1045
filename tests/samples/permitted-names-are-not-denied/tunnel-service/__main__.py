"""A tunnel's name is permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["gateway.acme.example"] if place.REPAIRED else ["acme.ngrok-free.app"]
# NOT OK: core: the tunnel forwards to whoever opened it
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
