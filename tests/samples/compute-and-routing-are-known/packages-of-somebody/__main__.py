"""Hosts are patched from somebody's repository."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
mirror = {"name": "mirror", "products": ["*"], "configuration": "[mirror]\nbaseurl=https://packages.example.com"}
aws.ssm.PatchBaseline(  # NOT OK: patches: whoever has the repository installs what they like on the hosts
    "patches",
    name="agents",
    operating_system="AMAZON_LINUX_2",
    approved_patches=["*"],
    sources=[] if place.REPAIRED else [mirror],
)
