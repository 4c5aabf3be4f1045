"""Holes that give an agent host's role rights without a policy of its own, one mutant per row, and a provider with other authorities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.policypack.mutants.mutant import ROLE, Add, Mutant
from tests.policypack.mutants.program import Ref

_ROLE: Final = "agent-role-is-minimal"
_TYPES: Final = "compute-and-routing-are-known"
ACCOUNT: Final = "123456789012"
_HERE: Final = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}

HOLDERS: Final = (
    ("aws:secretsmanager/secret:Secret", "policy", "secretsmanager:PutSecretValue"),
    ("aws:secretsmanager/secretPolicy:SecretPolicy", "policy", "secretsmanager:*"),
    ("aws:kms/key:Key", "policy", "kms:CreateGrant"),
    ("aws:kms/keyPolicy:KeyPolicy", "policy", "kms:PutKeyPolicy"),
    ("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy", "events:PutRule"),
    ("aws:sqs/queuePolicy:QueuePolicy", "policy", "sqs:SetQueueAttributes"),
    ("aws:sns/topicPolicy:TopicPolicy", "policy", "sns:Subscribe"),
    ("aws:s3/bucketPolicy:BucketPolicy", "policy", "s3:PutBucketPolicy"),
    ("aws:s3/accessPoint:AccessPoint", "policy", "s3:*"),
    ("aws:dynamodb/resourcePolicy:ResourcePolicy", "policy", "dynamodb:DeleteTable"),
    ("aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", "ecr:PutImage"),
    ("aws:ecr/registryPolicy:RegistryPolicy", "policy", "ecr:CreateRepository"),
    ("aws:kinesis/resourcePolicy:ResourcePolicy", "policy", "kinesis:PutRecord"),
    ("aws:efs/fileSystemPolicy:FileSystemPolicy", "policy", "elasticfilesystem:ClientRootAccess"),
    ("aws:backup/vaultPolicy:VaultPolicy", "policy", "backup:StartRestoreJob"),
    ("aws:codeartifact/domainPermissions:DomainPermissions", "policyDocument", "codeartifact:GetAuthorizationToken"),
    ("aws:s3tables/tableBucketPolicy:TableBucketPolicy", "resourcePolicy", "s3tables:*"),
)
"""(type, property of its policy, an action that no host may do)."""


def _allow(principal: Any, action: str, **more: Any) -> Mapping[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}]}


def _everybody_but(action: str) -> Mapping[str, Any]:
    other = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}
    return {"Statement": [{"Effect": "Allow", "NotPrincipal": other, "Action": action, "Resource": "*", "Condition": _HERE}]}


_POLICIES: Final = (
    *(
        Mutant(f"resource-policy/named/{kind}", _ROLE, (Add(kind, {key: _allow({"AWS": Ref(ROLE, "arn")}, action)}),), in_preview=(_TYPES,))
        for kind, key, action in HOLDERS
    ),
    *(
        Mutant(f"resource-policy/everybody/{kind}", _ROLE, (Add(kind, {key: _allow("*", action, Condition=_HERE)}),))
        for kind, key, action in HOLDERS
    ),
    *(Mutant(f"resource-policy/all-but/{kind}", _ROLE, (Add(kind, {key: _everybody_but(action)}),)) for kind, key, action in HOLDERS),
    Mutant(
        "resource-policy/secret-for-everybody",
        _ROLE,
        (Add(HOLDERS[0][0], {"policy": _allow({"AWS": "*"}, "secretsmanager:GetSecretValue", Condition=_HERE)}),),
    ),
    Mutant(
        "resource-policy/all-but-some-actions",
        _ROLE,
        (
            Add(
                HOLDERS[2][0],
                {"policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "NotAction": "kms:Sign", "Condition": _HERE}]}},
            ),
        ),
    ),
    Mutant(
        "resource-policy/principal-by-pattern",
        _ROLE,
        (
            Add(
                HOLDERS[2][0],
                {
                    "policy": _allow(
                        "*", "kms:CreateGrant", Condition={**_HERE, "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}
                    )
                },
            ),
        ),
    ),
)
_OTHERS: Final = (
    *(
        Mutant(
            f"grant/{operation}",
            _ROLE,
            (Add("aws:kms/grant:Grant", {"keyId": "k", "granteePrincipal": Ref(ROLE, "arn"), "operations": ["Decrypt", operation]}),),
        )
        for operation in ("CreateGrant", "RetireGrant", "Sign", "GenerateMac")
    ),
    *(
        Mutant(f"cluster/{label}", _ROLE, (Add(f"aws:eks/{kind}", {"clusterName": "c", "principalArn": Ref(ROLE, "arn"), **more}),))
        for label, kind, more in (
            ("access-policy", "accessPolicyAssociation:AccessPolicyAssociation", {"policyArn": "p", "accessScope": {"type": "cluster"}}),
            ("entry", "accessEntry:AccessEntry", {}),
            ("standard-entry", "accessEntry:AccessEntry", {"type": "STANDARD"}),
            ("groups", "accessEntry:AccessEntry", {"type": "EC2_LINUX", "kubernetesGroups": ["admins"]}),
        )
    ),
    *(
        Mutant(
            f"addon-role/{label}",
            _ROLE,
            (
                Add(
                    "aws:iam/role:Role",
                    {
                        "name": "wide",
                        "assumeRolePolicy": _allow({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole"),
                        "managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                    },
                ),
                Add("aws:eks/addon:Addon", {"clusterName": "c", "addonName": "aws-ebs-csi-driver", **stated}, name="addon"),
            ),
        )
        for label, stated in {
            "by-token": {"serviceAccountRoleArn": Ref("extra", "arn")},
            "by-identity": {"podIdentityAssociations": [{"roleArn": Ref("extra", "arn"), "serviceAccount": "default"}]},
        }.items()
    ),
    Mutant("provider-authorities", _TYPES, (Add("pulumi:providers:aws", {"region": "us-east-1", "customCaBundle": "/etc/ca.pem"}),)),
)
TABLE: Final = (*_POLICIES, *_OTHERS)
