"""A name in letters of another script reads like a known one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["docs.openclaw.ai"] if place.REPAIRED else ["docs.\u043epenclaw.ai"]
# NOT OK: core: its first letter is a Cyrillic one: the name is somebody else's
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
