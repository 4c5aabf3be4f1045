"""Part of the agent runs in a notebook with internet access."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: notebook: it runs code in a network of its own
    aws.sagemaker.NotebookInstance("notebook", role_arn="arn:aws:iam::123456789012:role/notebook", instance_type="ml.t3.medium")
