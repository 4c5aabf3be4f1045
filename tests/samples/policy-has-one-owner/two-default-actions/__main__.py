"""Two default actions in one program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

place.vend()
if not place.REPAIRED:
    # NOT OK: again: a Controller has one default action
    aviatrix.DistributedFirewallingDefaultActionRule("again", action="DENY", logging=True)
