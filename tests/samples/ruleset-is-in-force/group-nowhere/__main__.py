"""The policy group that holds the rules hangs nowhere."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

where = {"attach_to": place_policy.BEFORE_UI} if place.REPAIRED else {}
made = place.vend(ruleset={"attach_to": None})
references = [{"target_uuid": made["rules"].id, "priority": 10}]
# NOT OK: group: what it holds is never enforced
aviatrix.DcfPolicyGroup("group", name="group", ruleset_references=references, **where)
