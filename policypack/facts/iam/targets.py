"""Forms of the resources that a permitted action may name: an ARN of one kind, in one account, with a specific name.

Data. A wildcard may extend a name (`log-group:/agents/*`) if the form allows it; it may not replace a region, an account or a whole
name. Sources: the "Resource types defined by" tables of the AWS Service Authorization Reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Owner(StrEnum):
    """The account field of an ARN: this account, none (names are global, as of buckets), or none because AWS owns it."""

    ACCOUNT = "this account"
    GLOBAL = "no account"
    AWS = "AWS"


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of resource: `form` is its ARN after the fifth colon, `modules` are prefixes of its Pulumi types."""

    noun: str
    service: str
    owner: Owner
    form: re.Pattern[str]
    modules: tuple[str, ...] = ()


def _make_target(noun: str, service: str, form: str, *modules: str, owner: Owner = Owner.ACCOUNT) -> Target:
    return Target(noun=noun, service=service, owner=owner, form=re.compile(form), modules=modules)


_BUCKET: Final = r"[a-z0-9][a-z0-9.-]{2,62}"
_BUCKETS: Final = ("aws:s3/",)

LOG_GROUP: Final = _make_target("log group", "logs", r"log-group:[\w./#-]{3,}\*?(:\*|:log-stream:.*)?", "aws:cloudwatch/logGroup:")
BUCKET: Final = _make_target("bucket", "s3", _BUCKET, *_BUCKETS, owner=Owner.GLOBAL)
OBJECTS: Final = _make_target("objects of a bucket", "s3", rf"{_BUCKET}/.+", *_BUCKETS, owner=Owner.GLOBAL)
KEY: Final = _make_target("key by its id", "kms", r"key/[A-Za-z0-9-]{8,}", "aws:kms/")
SECRET: Final = _make_target(
    "secret by its full name (`-??????` for the suffix)", "secretsmanager", r"secret:[\w/+=.@-]{2,}(-\?{6})?", "aws:secretsmanager/"
)
REPOSITORY: Final = _make_target("image repository", "ecr", r"repository/[a-z0-9][a-z0-9._/-]+\*?", "aws:ecr/")
FOUNDATION_MODEL: Final = _make_target("model by its id", "bedrock", r"foundation-model/[\w.:-]+", owner=Owner.AWS)
OWN_MODEL: Final = _make_target(
    "inference profile", "bedrock", r"(application-)?inference-profile/[\w.:-]+|provisioned-model/\w+", "aws:bedrock/inferenceProfile:"
)
GUARDRAIL: Final = _make_target("guardrail", "bedrock", r"guardrail/\w+", "aws:bedrock/guardrail:")
TABLE: Final = _make_target("table", "dynamodb", r"table/[\w.-]{3,}(/index/[\w.*-]+)?", "aws:dynamodb/table:")
QUEUE: Final = _make_target("queue", "sqs", r"[\w-]{1,80}(\.fifo)?", "aws:sqs/queue:")
FILE_SYSTEM: Final = _make_target("file system", "elasticfilesystem", r"file-system/fs-[0-9a-f]+", "aws:efs/")
CLUSTER: Final = _make_target("cluster", "eks", r"cluster/[\w-]+", "aws:eks/cluster:")
INSTANCE: Final = _make_target("instance", "ec2", r"instance/(\*|i-[0-9a-f]+)", "aws:ec2/instance:")
MANAGED_INSTANCE: Final = _make_target("managed instance", "ssm", r"managed-instance/(\*|mi-[0-9a-f]+)")
DOCUMENT: Final = _make_target("document", "ssm", r"document/[\w.*-]+", "aws:ssm/document:")
AWS_DOCUMENT: Final = _make_target("document", "ssm", r"document/[\w.*-]+", owner=Owner.AWS)
