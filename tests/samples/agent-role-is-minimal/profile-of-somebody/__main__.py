"""A place's host acts with a profile of another program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(agent={} if place.REPAIRED else {"iam_instance_profile": "shared-profile"})  # NOT OK: agent: what it may do cannot be seen
