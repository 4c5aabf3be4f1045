"""Two default actions in one program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

place.vend()  # NOT OK: default-action: a Controller has one
if not place.REPAIRED:
    # NOT OK: again: the other one
    aviatrix.DistributedFirewallingDefaultActionRule("again", action="DENY", logging=True)
