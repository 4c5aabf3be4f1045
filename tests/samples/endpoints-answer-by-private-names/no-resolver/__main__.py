"""A VPC has no resolver of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(vpc={"enable_dns_support": place.REPAIRED})  # NOT OK: vpc: its hosts ask somebody else's
