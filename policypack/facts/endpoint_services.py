"""Services of AWS whose VPC endpoints apply an endpoint policy, as data.

An endpoint of any other service ignores its policy, or none of its requests has a principal: mail servers, file transfer servers and
desktops accept the users of every account. Such an endpoint is an egress path that no policy closes, so only these are permitted.
A name's end `-fips` is the same service. Source: AWS PrivateLink Guide, "AWS services that integrate with AWS PrivateLink", column
"VPC endpoint policies".
"""

from __future__ import annotations

import re
from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN

WITH_POLICIES: Final = frozenset(
    {
        *("access-analyzer", "acm-pca", "airflow.api", "airflow.env", "application-autoscaling", "appmesh", "appconfig", "appconfigdata"),
        *("aps", "aps-workspaces", "athena", "auditmanager", "autoscaling", "autoscaling-plans", "backup", "bedrock", "bedrock-agent"),
        *("bedrock-agent-runtime", "bedrock-runtime", "cassandra", "cloudformation", "cloudtrail", "cloudtrail-data", "cloudhsmv2"),
        *("codeartifact.api", "codeartifact.repositories", "codebuild", "codecommit", "codedeploy", "codepipeline", "comprehend", "config"),
        *("databrew", "detective", "dynamodb", "dynamodb-streams", "ebs", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "ecs", "ecs-agent"),
        *(
            "ecs-telemetry",
            "eks",
            "eks-auth",
            "elasticache",
            "elasticfilesystem",
            "elasticloadbalancing",
            "events",
            "evidently",
            "execute-api",
        ),
        *("fis", "git-codecommit", "glue", "grafana", "guardduty", "guardduty-data", "imagebuilder", "inspector2", "inspector-scan"),
        *("kendra", "kinesis-firehose", "kinesis-streams", "kms", "lakeformation", "lambda", "license-manager", "logs", "macie2"),
        *("monitoring", "organizations", "polly", "rds", "rds-data", "redshift", "redshift-data", "rekognition", "resource-groups", "s3"),
        *("s3express", "s3tables", "sagemaker.api", "sagemaker.featurestore-runtime", "sagemaker.runtime", "secretsmanager", "securityhub"),
        *("servicecatalog", "servicediscovery", "sns", "sqs", "ssm", "ssmmessages", "states", "storagegateway", "sts", "sync-states"),
        *("synthetics", "tagging", "textract", "transcribe", "transcribestreaming", "translate", "verifiedpermissions", "xray"),
    }
)
"""Ends of endpoint service names, after the region."""

_NAME: Final = re.compile(r"(?:cn\.)?com\.amazonaws\.[a-z]{2,4}(?:-[a-z]+)+-\d\.(?P<service>[\w.-]+)")


def applies_policies(service_name: Any) -> bool:
    """Return whether an endpoint of a service applies its policy; a name that is not known yet is judged in the update."""
    if service_name is UNKNOWN:
        return True
    found = _NAME.fullmatch(str(service_name))
    return found is not None and found["service"].removesuffix("-fips") in WITH_POLICIES
