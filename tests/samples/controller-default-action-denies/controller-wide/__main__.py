"""A program of Controller-wide objects opens every gateway."""

import pulumi
import pulumi_aviatrix as aviatrix

REPAIRED = pulumi.Config().get_bool("repaired") or False
BEFORE_UI = "defa11a1-3000-4001-0000-000000000000"
action = "DENY" if REPAIRED else "PERMIT"
aviatrix.DcfPolicyGroup("agents", name="agents", attach_to=BEFORE_UI, attachment_points=[{"name": "agents-sample", "priority": 10}])
# NOT OK: otherwise: every gateway of the Controller is open
aviatrix.DistributedFirewallingDefaultActionRule("otherwise", action=action, logging=True)
