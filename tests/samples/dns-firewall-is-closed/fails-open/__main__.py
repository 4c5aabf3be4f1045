"""The firewall lets every name through when it fails."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

state = "DISABLED" if place.REPAIRED else "ENABLED"
place.vend(dns_config={"firewall_fail_open": state})  # NOT OK: dns-config: whoever overloads it is free
