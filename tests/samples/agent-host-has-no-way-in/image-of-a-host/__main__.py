"""Another account may start, and read, an image taken of the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
image = aws.ec2.AmiFromInstance("image", source_instance_id=made["agent"].id)
if not place.REPAIRED:
    # NOT OK: given: the host's disk is in the image
    aws.ec2.AmiLaunchPermission("given", image_id=image.id, account_id="999988887777")
