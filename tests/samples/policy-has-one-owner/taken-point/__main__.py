"""A ruleset hangs where a policy group hangs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

if not place.REPAIRED:
    points = [{"name": "agents-sample", "priority": 10}]
    # NOT OK: group: it takes the point of the rules
    aviatrix.DcfPolicyGroup("group", name="group", attach_to=place_policy.BEFORE_UI, attachment_points=points)
place.vend()  # NOT OK: rules: an attachment point holds one object
