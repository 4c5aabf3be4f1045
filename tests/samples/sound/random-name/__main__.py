"""A random name of a bucket: a package that reaches no cloud."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi
import pulumi_aws as aws

base.gateway_subnet()
subnet = base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
pet = pulumi.CustomResource("random:index/randomPet:RandomPet", "pet", {"length": 2})
aws.s3.Bucket("archive", bucket=pet.id)
