"""Another account may start the image of the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
image = aws.ec2.AmiCopy("image", name="agent", source_ami_id=base.IMAGE, source_ami_region="us-east-1", encrypted=True)
base.agent(subnet, ami=image.id)
if not base.REPAIRED:
    # NOT OK: shared: what is on it is readable there
    aws.ec2.AmiLaunchPermission("shared", image_id=image.id, account_id="444455556666")
