"""A setting gives every instance of the region a role."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
aws.ssm.ServiceSetting(  # NOT OK: setting: the host has a second role that its profile does not name
    "setting",
    setting_id=f"arn:aws:ssm:us-east-1:{place.ACCOUNT}:servicesetting/ssm/managed-instance/default-ec2-instance-management-role",
    setting_value="$None" if place.REPAIRED else "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole",
)
