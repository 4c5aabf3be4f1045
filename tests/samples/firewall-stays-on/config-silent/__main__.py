"""The firewall is switched off by saying nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

stated = {"enable_distributed_firewalling": True} if place.REPAIRED else {}
aviatrix.DistributedFirewallingConfig("firewalling", **stated)  # NOT OK: firewalling: the provider's default is off
place.vend()
