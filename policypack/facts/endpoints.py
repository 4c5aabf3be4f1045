"""The VPC endpoints that agent hosts can use, and the policies that apply to them.

An endpoint in a VPC without hosts is not judged. An endpoint has one policy: its own, or that of a separate resource.

An endpoint of a service that is not in `WITH_POLICIES` ignores its policy, or none of its requests has a principal: mail servers, file
transfer servers and desktops accept the users of every account. Such an endpoint is an egress path that no policy closes, so only these
services are permitted. A name's end `-fips` is the same service. Source: AWS PrivateLink Guide, "AWS services that integrate with AWS
PrivateLink", column "VPC endpoint policies".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from policypack.facts.host_location import describe_vpc
from policypack.graph.known_types import ENDPOINT_POLICY, VPC_ENDPOINT
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource

WITH_POLICIES: Final = frozenset(
    {
        *("access-analyzer", "acm-pca", "airflow.api", "airflow.env", "application-autoscaling", "appmesh", "appconfig", "appconfigdata"),
        *("aps", "aps-workspaces", "athena", "auditmanager", "autoscaling", "autoscaling-plans", "backup", "bedrock", "bedrock-agent"),
        *("bedrock-agent-runtime", "bedrock-runtime", "cassandra", "cloudformation", "cloudtrail", "cloudtrail-data", "cloudhsmv2"),
        *("codeartifact.api", "codeartifact.repositories", "codebuild", "codecommit", "codedeploy", "codepipeline", "comprehend", "config"),
        *("databrew", "detective", "dynamodb", "dynamodb-streams", "ebs", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "ecs", "ecs-agent"),
        *("ecs-telemetry", "eks", "eks-auth", "elasticache", "elasticfilesystem", "elasticloadbalancing", "events", "evidently"),
        *(
            "execute-api",
            "fis",
            "git-codecommit",
            "glue",
            "grafana",
            "guardduty",
            "guardduty-data",
            "imagebuilder",
            "inspector2",
            "inspector-scan",
        ),
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


INTERFACE_KIND: Final = "interface"
APPLIANCE_KIND: Final = "gatewayloadbalancer"
WITH_POLICY: Final = ("gateway", INTERFACE_KIND)
"""Kinds of endpoints that take a policy; the others lead to appliances and to services that customers share."""

AWS_SERVICE: Final = ("com.amazonaws.", "cn.com.amazonaws.", "aws.")
OF_SOMEBODY: Final = "com.amazonaws.vpce."
"""Prefix of services that customers offer to each other."""


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """A policy and the resource that sets it."""

    holder: Resource
    value: Any


def find_endpoints(graph: Graph) -> list[Resource]:
    """Return the endpoints that are, or may be, in a VPC of a host."""
    return [one for one in graph.find_by_type(VPC_ENDPOINT) if describe_vpc(graph, one, "vpcId", one.get("vpcId"))]


def get_kind(endpoint: Resource) -> Any:
    """Return an endpoint's kind in lower case; the default is a gateway."""
    kind = endpoint.get("vpcEndpointType")
    return kind if kind is UNKNOWN else str(kind or "gateway").lower()


def is_aws_service(endpoint: Resource) -> bool:
    """Return whether an endpoint leads to a service of AWS itself; an unknown name may be one."""
    name = endpoint.get("serviceName")
    return name is UNKNOWN or (str(name).startswith(AWS_SERVICE) and not str(name).startswith(OF_SOMEBODY))


def find_foreign_policies(graph: Graph) -> list[EndpointPolicy]:
    """Return the policies that a program sets for endpoints of other programs."""
    return [
        EndpointPolicy(one, one.get("policy"))
        for one in graph.find_by_type(ENDPOINT_POLICY)
        if not graph.follow(one, "vpcEndpointId", (VPC_ENDPOINT,)).found
    ]


def find_endpoint_policies(graph: Graph, endpoint: Resource) -> list[EndpointPolicy]:
    """Return the policies that a program sets for an endpoint."""
    own = endpoint.get("policy")
    found = [] if own in (None, "") else [EndpointPolicy(endpoint, own)]
    apart = graph.find_referrers(endpoint, ENDPOINT_POLICY, "vpcEndpointId", (VPC_ENDPOINT,))
    return [*found, *(EndpointPolicy(one, one.get("policy")) for one in apart)]
