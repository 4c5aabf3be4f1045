"""The account encrypts every volume, in another region than the host's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi
import pulumi_aws as aws

default = aws.ebs.EncryptionByDefault("default", enabled=True, region=None if place.REPAIRED else "eu-west-1")
opts = pulumi.ResourceOptions(depends_on=[default])
place.vend(agent={"root_block_device": None, "opts": opts})  # NOT OK: agent: a default applies in its own region only
