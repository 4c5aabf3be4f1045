"""A disk of the agents' program is attached to a machine of another program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
disk = aws.ebs.Volume("disk", availability_zone="us-east-1a", size=8, encrypted=True)
machine = made["agent"].id if place.REPAIRED else "i-0123456789abcdef0"
# NOT OK: attachment: another program's machine, which may be an agent's
aws.ec2.VolumeAttachment("attachment", device_name="/dev/sdf", volume_id=disk.id, instance_id=machine)
