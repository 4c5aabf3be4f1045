"""A place's rule group is associated with nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(**({} if place.REPAIRED else {"dns_association": None}))  # NOT OK: vpc: rules that nobody asks
