"""The association may be taken off by whoever may change the VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

kept = "ENABLED" if place.REPAIRED else "DISABLED"
place.vend(dns_association={"mutation_protection": kept})  # NOT OK: dns-association: one call and it is gone
