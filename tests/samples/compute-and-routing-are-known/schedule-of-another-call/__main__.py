"""The schedule calls another API than the one that ends the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import ending
import place

# NOT OK: deadline: Scheduler starts machines with whatever rights its role has, now or later
ending.end(place.vend(agent=ending.HOST), call=ending.CALL if place.REPAIRED else "arn:aws:scheduler:::aws-sdk:ec2:runInstances")
