"""Public resolvers are permitted ahead of the deny."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

changes = {} if place.REPAIRED else {"dst_smart_groups": [place_policy.PUBLIC_INTERNET]}
place.vend(as_list=True, rules={"dns-udp": changes})  # NOT OK: rules: DNS goes to any resolver
