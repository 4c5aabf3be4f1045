"""Hosts on an Outpost get interfaces in the building's own network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

outpost = "arn:aws:outposts:us-east-1:111122223333:outpost/op-0123456789abcdef0"
# NOT OK: agents: those interfaces lead past the VPC
place.vend(agents={"outpost_arn": outpost, "enable_lni_at_device_index": None if place.REPAIRED else 1})
