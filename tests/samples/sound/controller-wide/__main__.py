"""What one Controller has once: no host, and none is missed."""

import pulumi
import pulumi_aviatrix as aviatrix

kept = pulumi.ResourceOptions(retain_on_delete=True)
feature = aviatrix.DistributedFirewallingConfig("firewalling", enable_distributed_firewalling=True, opts=kept)
aviatrix.DistributedFirewallingDefaultActionRule(
    "default-action", action="DENY", logging=True, opts=pulumi.ResourceOptions(retain_on_delete=True, depends_on=[feature])
)
aviatrix.DcfPolicyGroup(
    "agents",
    name="agents",
    attach_to="defa11a1-3000-4001-0000-000000000000",
    attachment_points=[{"name": "agents-sample", "priority": 10}],
    opts=pulumi.ResourceOptions(depends_on=[feature]),
)
