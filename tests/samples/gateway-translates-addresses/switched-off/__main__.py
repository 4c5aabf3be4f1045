"""Source NAT is off."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(spoke={"single_ip_snat": place.REPAIRED})  # NOT OK: spoke: rules by name decide nothing
