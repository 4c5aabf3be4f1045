"""A place has no flow log."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(**({} if place.REPAIRED else {"flow_log": None}))  # NOT OK: vpc: what agents tried is nowhere
