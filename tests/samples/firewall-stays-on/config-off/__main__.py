"""The firewall is switched off for the whole Controller."""

import pulumi
import pulumi_aviatrix as aviatrix

REPAIRED = pulumi.Config().get_bool("repaired") or False
# NOT OK: firewalling: no rule of any stack is applied
aviatrix.DistributedFirewallingConfig("firewalling", enable_distributed_firewalling=REPAIRED)
