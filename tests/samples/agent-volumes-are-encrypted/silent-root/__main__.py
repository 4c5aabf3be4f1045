"""A place's host says nothing of its root volume, and the account has no default."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi
import pulumi_aws as aws

first = [aws.ebs.EncryptionByDefault("default", enabled=True)] if place.REPAIRED else []
opts = pulumi.ResourceOptions(depends_on=first)
place.vend(agent={"root_block_device": None, "opts": opts})  # NOT OK: agent: silence is none
