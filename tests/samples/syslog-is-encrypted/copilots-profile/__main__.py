"""CoPilot's profile is used where there is no CoPilot."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

if place.REPAIRED:
    aviatrix.CopilotAssociation("copilot", copilot_address="10.1.0.9")
# NOT OK: collector: profile 9 is CoPilot's
aviatrix.RemoteSyslog("collector", index=9, name="collector", server="10.1.0.9", port=5000, protocol="UDP")
place.vend()
