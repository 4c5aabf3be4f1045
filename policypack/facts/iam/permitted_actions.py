"""Permitted IAM actions of an agent host: every action, with the resources that it may name and the reason.

Data, grouped by reason. An action that is not listed is refused. A name with a wildcard permits a family of actions of the same kind.
Sources: the "Actions defined by" tables of the AWS Service Authorization Reference for each service
(`ssm`, `ssmmessages`, `ec2messages`, `logs`, `s3`, `kms`, `secretsmanager`, `ecr`, `bedrock` and so on), and the AWS Systems
Manager User Guide, "Verify or add instance permissions for Session Manager".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from policypack.facts.iam import targets as on
from policypack.facts.iam.targets import Target


@dataclass(frozen=True, slots=True)
class PermittedActions:
    """Actions that are permitted for one reason.

    `targets` are the kinds of resource that they may name; if empty, the actions take no resource, and `*` adds nothing. With
    `on_everything` they may be granted on `*` too, because they only return names or act on the caller itself.
    """

    why: str
    actions: tuple[str, ...]
    targets: tuple[Target, ...] = ()
    on_everything: bool = False


PERMITTED: Final = (
    PermittedActions(
        why="Session Manager's own channels, which carry operators' sessions; the services have no other actions",
        actions=("ssmmessages:*", "ec2messages:*"),
    ),
    PermittedActions(
        why="the SSM agent reports its host and its own associations, and reads the documents it is given",
        actions=(
            *("ssm:DescribeAssociation", "ssm:DescribeDocument", "ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument"),
            *("ssm:GetManifest", "ssm:ListAssociations", "ssm:ListInstanceAssociations", "ssm:PutComplianceItems", "ssm:PutInventory"),
            *("ssm:PutConfigurePackageResult", "ssm:UpdateAssociationStatus", "ssm:UpdateInstanceAssociationStatus"),
            "ssm:UpdateInstanceInformation",
        ),
        targets=(on.INSTANCE, on.MANAGED_INSTANCE, on.DOCUMENT, on.AWS_DOCUMENT),
        on_everything=True,
    ),
    PermittedActions(
        why="the host ships its logs to groups that are named",
        actions=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        targets=(on.LOG_GROUP,),
    ),
    PermittedActions(
        why="agents that ship logs look up the groups and streams by name",
        actions=("logs:DescribeLogGroups", "logs:DescribeLogStreams"),
        targets=(on.LOG_GROUP,),
        on_everything=True,
    ),
    PermittedActions(why="metrics and traces of this account", actions=("cloudwatch:PutMetricData",)),
    PermittedActions(
        why="metrics and traces of this account",
        actions=(
            *("xray:GetSamplingRules", "xray:GetSamplingStatisticSummaries", "xray:GetSamplingTargets"),
            *("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
        ),
    ),
    PermittedActions(why="a token to pull images with", actions=("ecr:GetAuthorizationToken",)),
    PermittedActions(
        why="images of named repositories are pulled",
        actions=(
            *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:DescribeRepositories"),
            *("ecr:GetDownloadUrlForLayer", "ecr:ListImages"),
        ),
        targets=(on.REPOSITORY,),
    ),
    PermittedActions(why="files of named buckets are read", actions=("s3:Get*", "s3:List*"), targets=(on.BUCKET, on.OBJECTS)),
    PermittedActions(
        why="files of named buckets are written",
        actions=("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject", "s3:PutObjectTagging"),
        targets=(on.OBJECTS,),
    ),
    PermittedActions(
        why="Session Manager checks that the bucket for session logs is encrypted",
        actions=("s3:GetEncryptionConfiguration",),
        targets=(on.BUCKET,),
        on_everything=True,
    ),
    PermittedActions(
        why="data encrypted with named keys are read and written",
        actions=("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
        targets=(on.KEY,),
    ),
    PermittedActions(why="random numbers", actions=("kms:GenerateRandom",)),
    PermittedActions(
        why="a secret that the host's task names",
        actions=("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
        targets=(on.SECRET,),
    ),
    PermittedActions(
        why="models that the host's task names are used",
        actions=("bedrock:InvokeModel*", "bedrock:GetFoundationModel", "bedrock:GetInferenceProfile"),
        targets=(on.FOUNDATION_MODEL, on.OWN_MODEL),
    ),
    PermittedActions(why="a guardrail is applied to what is generated", actions=("bedrock:ApplyGuardrail",), targets=(on.GUARDRAIL,)),
    PermittedActions(
        why="records of named tables of this account",
        actions=(
            *("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
            *("dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"),
        ),
        targets=(on.TABLE,),
    ),
    PermittedActions(
        why="tasks are taken from, and answered to, named queues of this account",
        actions=(
            *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
            *("sqs:ReceiveMessage", "sqs:SendMessage"),
        ),
        targets=(on.QUEUE,),
    ),
    PermittedActions(
        why="a named file system is mounted",
        actions=("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:DescribeMountTargets"),
        targets=(on.FILE_SYSTEM,),
    ),
    PermittedActions(why="a node looks up its cluster", actions=("eks:DescribeCluster",), targets=(on.CLUSTER,)),
    PermittedActions(
        why="a host looks at its own surroundings",
        actions=("autoscaling:DescribeAutoScalingInstances", "ec2:Describe*", "sts:GetCallerIdentity"),
    ),
)
