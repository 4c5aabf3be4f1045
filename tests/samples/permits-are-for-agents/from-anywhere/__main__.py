"""A permit is for every host of every network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

sources = {} if place.REPAIRED else {"src_smart_groups": [place_policy.ANYWHERE]}
place.vend(rules={"allow-core": sources})  # NOT OK: rules: the permit is for everybody
