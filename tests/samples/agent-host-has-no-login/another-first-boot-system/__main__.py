"""Ignition reads users from JSON, which cloud-init does not."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

core = {"name": "core", "passwordHash": "$y$j9T$abc$def"}
text = json.dumps({"ignition": {"version": "3.4.0"}, "passwd": {"users": [core]}})
# NOT OK: agent: no rule reads the keys of this form
place.vend(agent={"user_data": "#cloud-config\nusers: []\n" if place.REPAIRED else text})
