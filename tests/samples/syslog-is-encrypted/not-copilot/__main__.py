"""CoPilot's profile sends logs to somebody else."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

aviatrix.CopilotAssociation("copilot", copilot_address="10.1.0.9")
server = "10.1.0.9" if place.REPAIRED else "198.51.100.7"
# NOT OK: collector: a stranger gets the logs
aviatrix.RemoteSyslog("collector", index=9, name="collector", server=server, port=5000, protocol="UDP")
place.vend()
