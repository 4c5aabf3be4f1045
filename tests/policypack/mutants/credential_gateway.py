"""Holes in a credential gateway: an instance that reads secrets, with one fact that keeps it from being proved to be one."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.policypack.mutants.mutant import SUBNET, VPC, Add, Mutant
from tests.policypack.mutants.program import Ref

_RULE: Final = "credential-gateway-is-contained"
_SECRET: Final = "arn:aws:secretsmanager:us-east-1:111122223333:secret:models/nvidia-AbCdEf"
_READ: Final = "secretsmanager:GetSecretValue"


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _hole(
    what: str,
    *,
    actions: tuple[str, ...] = (_READ,),
    secret: str = _SECRET,
    sources: str = "10.43.10.0/24",
    ports: tuple[int, int] = (8443, 8443),
    subnet: str = "models-subnet",
    tokens: str = "required",
    encrypted: bool = True,
    public: bool = False,
) -> Mutant:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = _document({"Effect": "Allow", "Action": list(actions), "Resource": [secret]})
    ingress = [{"protocol": "tcp", "fromPort": ports[0], "toPort": ports[1], "cidrBlocks": [sources]}]
    role = {"name": "models", "assumeRolePolicy": _document(trust), "inlinePolicies": [{"name": "read", "policy": policy}]}
    instance = {
        "ami": "ami-0123456789abcdef0",
        "instanceType": "t3.small",
        "subnetId": Ref(subnet),
        "associatePublicIpAddress": public,
        "vpcSecurityGroupIds": [Ref("models-group")],
        "iamInstanceProfile": Ref("models-profile"),
        "metadataOptions": {"httpTokens": tokens, "httpPutResponseHopLimit": 1},
        "rootBlockDevice": {"encrypted": encrypted},
    }
    changes = (
        Add("aws:ec2/subnet:Subnet", {"vpcId": Ref(VPC), "cidrBlock": "10.43.40.0/24"}, "models-subnet"),
        Add("aws:ec2/securityGroup:SecurityGroup", {"vpcId": Ref(VPC), "ingress": ingress, "egress": []}, "models-group"),
        Add("aws:iam/role:Role", role, "models-role"),
        Add("aws:iam/instanceProfile:InstanceProfile", {"name": "models", "role": Ref("models-role")}, "models-profile"),
        Add("aws:ec2/instance:Instance", instance, "models"),
    )
    return Mutant(f"credential-gateway-{what}", _RULE, changes, where="models")


TABLE: Final = (
    _hole("reads-every-secret", secret="arn:aws:secretsmanager:us-east-1:111122223333:secret:*"),
    _hole("writes-secrets", actions=(_READ, "secretsmanager:PutSecretValue")),
    _hole("has-every-right-on-secrets", actions=("secretsmanager:*",)),
    _hole("admits-the-company", sources="10.0.0.0/8"),
    _hole("admits-every-port", ports=(0, 65535)),
    _hole("is-next-to-agents", subnet=SUBNET),
    _hole("answers-without-a-token", tokens="optional"),
    _hole("keeps-its-disk-in-cleartext", encrypted=False),
    _hole("has-a-public-address", public=True),
)
"""Holes made in this repository's own compliant stacks, one change each, as data: see `mutant`."""
