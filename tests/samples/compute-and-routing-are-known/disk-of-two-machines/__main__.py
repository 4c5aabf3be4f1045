"""A second machine can be attached to the agent's disk."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
# NOT OK: disk: whatever the agent writes can be read at another machine, past every firewall
disk = aws.ebs.Volume(
    "disk", availability_zone="us-east-1a", size=8, type="io2", iops=100, encrypted=True, multi_attach_enabled=not place.REPAIRED
)
aws.ec2.VolumeAttachment("attachment", device_name="/dev/sdf", volume_id=disk.id, instance_id=made["agent"].id)
