"""The firewall runs on other clouds' gateways only."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi

TOKEN = "aviatrix:index/distributedFirewallingDeploymentPolicy:DistributedFirewallingDeploymentPolicy"
clouds = ["AWS", "AZURE"] if place.REPAIRED else ["AZURE"]
pulumi.CustomResource(TOKEN, "where", {"providers": clouds})  # NOT OK: where: AWS gateways carry no firewall
place.vend()
