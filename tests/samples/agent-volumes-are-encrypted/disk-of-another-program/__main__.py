"""A disk of another program is attached, whose encryption cannot be seen."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
own = aws.ebs.Volume("disk", availability_zone="us-east-1a", size=8, encrypted=True)
disk = own.id if place.REPAIRED else "vol-0123456789abcdef0"
# NOT OK: attachment: its encryption cannot be seen
aws.ec2.VolumeAttachment("attachment", device_name="/dev/sdf", volume_id=disk, instance_id=made["agent"].id)
