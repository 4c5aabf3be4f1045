"""Holes in a host's identity and in its user data, generated from tables: one mutant per row."""

from __future__ import annotations

import json
from itertools import cycle
from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN
from tests.policypack.facts.logins.examples import CONFIGS, FORMS, MODULES, SCRIPTS, config, script
from tests.policypack.facts.secrets.examples import ENCODINGS, PREFIXED
from tests.policypack.mutants.mutant import HOST, ROLE, VPC, Add, Mutant, Set
from tests.policypack.mutants.program import Ref

_ROLE, _ENDPOINT = "agent-role-is-minimal", "endpoints-are-for-this-account"
_TYPES: Final = "compute-and-routing-are-known"
_SECRET, _LOGIN = "user-data-holds-no-secret", "agent-host-has-no-login"
_OPERATE: Final = "agent-identity-operate"
ACCOUNT, OTHER = "123456789012", "999988887777"

ACTIONS: Final = (
    *("access-analyzer:ApplyArchiveRule", "account:PutContactInformation", "airflow:CreateEnvironment", "amplify:CreateApp"),
    *("apigateway:POST", "appflow:CreateFlow", "apprunner:CreateService", "appstream:CreateFleet", "appsync:CreateGraphqlApi"),
    *("athena:StartQueryExecution", "autoscaling:AttachInstances", "backup:StartRestoreJob", "batch:SubmitJob", "bedrock:CreateAgent"),
    *("bedrock-agentcore:InvokeAgentRuntime", "braket:CreateJob", "budgets:ExecuteBudgetAction", "cloud9:CreateEnvironmentEC2"),
    *("cloudformation:CreateStack", "cloudfront:CreateDistribution", "cloudshell:CreateEnvironment", "cloudtrail:StopLogging"),
    *("codebuild:StartBuild", "codecommit:GitPush", "codedeploy:CreateDeployment", "codepipeline:StartPipelineExecution"),
    *("cognito-identity:GetCredentialsForIdentity", "config:StopConfigurationRecorder", "connect:StartOutboundVoiceContact"),
    *("datasync:StartTaskExecution", "devicefarm:CreateRemoteAccessSession", "directconnect:CreateConnection", "dms:CreateReplicationTask"),
    *("dynamodb:ExportTableToPointInTime", "ebs:StartSnapshot", "ec2:CreateRoute", "ec2:ModifyInstanceAttribute", "ec2:GetPasswordData"),
    *("ec2-instance-connect:SendSSHPublicKey", "ecr:PutImage", "ecs:ExecuteCommand", "ecs:RunTask", "eks:CreateAccessEntry"),
    *("eks-auth:AssumeRoleForPodIdentity", "elasticbeanstalk:CreateEnvironment", "elasticloadbalancing:RegisterTargets"),
    *("elasticmapreduce:RunJobFlow", "emr-serverless:StartJobRun", "events:PutTargets", "firehose:CreateDeliveryStream"),
    *("fis:StartExperiment", "gamelift:CreateFleet", "glue:UpdateDevEndpoint", "greengrass:CreateDeployment", "guardduty:DeleteDetector"),
    *("iam:PassRole", "iam:CreateAccessKey", "imagebuilder:StartImagePipelineExecution", "iot:CreateJob", "kinesis:PutRecord"),
    *("kms:CreateGrant", "lambda:InvokeFunction", "lightsail:CreateInstances", "logs:PutSubscriptionFilter", "mediaconnect:CreateFlow"),
    *("mobiletargeting:SendMessages", "network-firewall:UpdateFirewallPolicy", "organizations:LeaveOrganization", "pipes:CreatePipe"),
    *("quicksight:GenerateEmbedUrlForAnonymousUser", "ram:CreateResourceShare", "rds:ModifyDBInstance", "redshift-data:ExecuteStatement"),
    *(
        "resource-groups:GroupResources",
        "rolesanywhere:CreateTrustAnchor",
        "route53:ChangeResourceRecordSets",
        "route53resolver:UpdateFirewallRule",
    ),
    *(
        "s3:PutBucketPolicy",
        "s3:PutObjectAcl",
        "sagemaker:CreateNotebookInstance",
        "scheduler:CreateSchedule",
        "secretsmanager:PutResourcePolicy",
    ),
    *("serverlessrepo:CreateApplication", "servicecatalog:ProvisionProduct", "servicediscovery:RegisterInstance", "ses:SendEmail"),
    *(
        "sns:Publish",
        "ssm:SendCommand",
        "ssm:StartSession",
        "ssm:GetParametersByPath",
        "ssm:StartAutomationExecution",
        "sso:GetRoleCredentials",
    ),
    *("states:StartExecution", "storagegateway:CreateNFSFileShare", "sts:AssumeRole", "sts:GetFederationToken", "synthetics:CreateCanary"),
    *(
        "tag:TagResources",
        "transfer:CreateServer",
        "translate:StartTextTranslationJob",
        "vpc-lattice:CreateService",
        "workspaces:CreateWorkspaces",
    ),
    "made-up:DoAnything",
)
"""Exact actions on no list: one or a few of each service that runs code, takes identities, moves data, or changes the account."""

PATTERNS: Final = (
    "*",
    "*:*",
    "ssm*:*",
    "s3:*",
    "s3:Put*",
    "logs:*",
    "ecr:*",
    "kms:*",
    "sqs:*",
    "secretsmanager:Get*",
    "ec2:*e*",
    "bedrock:*",
    "s??:Assume*",
)

RESOURCES: Final = (
    ("s3:GetObject", "*"),
    ("s3:GetObject", "arn:aws:s3:::*/*"),
    ("s3:PutObject", "arn:aws:s3:::reports-*/*"),
    ("logs:PutLogEvents", "*"),
    ("logs:PutLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:*"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:*"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:*:secret:agents/x-??????"),
    ("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/*"),
    ("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/*"),
    ("sqs:SendMessage", "arn:aws:sqs:*:*:*"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OTHER}:tasks"),
    ("logs:PutLogEvents", f"arn:aws:logs:us-east-1:{OTHER}:log-group:/agents/x:*"),
    ("kms:Encrypt", f"arn:aws:kms:us-east-1:{OTHER}:key/0f0e0d0c-1111-2222-3333-444455556666"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{OTHER}:secret:agents/x-??????"),
    ("dynamodb:PutItem", f"arn:aws:dynamodb:us-east-1:{OTHER}:table/records"),
    ("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{OTHER}:repository/agents/x"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/*"),
)
MANAGED: Final = (
    *(
        "AdministratorAccess",
        "PowerUserAccess",
        "ReadOnlyAccess",
        "AmazonS3FullAccess",
        "AmazonSSMManagedInstanceCore",
        "AmazonEKS_CNI_Policy",
    ),
    *("CloudWatchAgentServerPolicy", "AmazonBedrockFullAccess", "service-role/AmazonEC2RoleforSSM", "AmazonEC2ContainerRegistryPowerUser"),
)
_MFA: Final = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
TRUSTS: Final[dict[str, Any]] = {
    "everybody-always": {"Principal": {"AWS": "*"}, "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}},
    "everybody-if-exists": {"Principal": {"AWS": "*"}, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
    "everybody-itself": {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}},
    "everybody-not": {"Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": OTHER}}},
    "everybody-encrypted": {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    "everybody-until": {"Principal": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}},
    "everybody-null": {"Principal": "*", "Condition": {"Null": {"aws:PrincipalArn": "false"}}},
    "whole-account": {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Condition": _MFA},
    "other-account": {"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/x"}, "Condition": {"StringEquals": {"sts:ExternalId": "x"}}},
    "lambda": {"Principal": {"Service": "lambda.amazonaws.com"}},
    "systems-manager": {"Principal": {"Service": "ssm.amazonaws.com"}},
    "roles-anywhere": {"Principal": {"Service": "rolesanywhere.amazonaws.com"}},
    "web-identity": {"Principal": {"Federated": "token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity"},
    "saml": {"Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/x"}, "Action": "sts:AssumeRoleWithSAML"},
    "all-but": {"NotPrincipal": {"AWS": ACCOUNT}},
    "every-action": {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:*"},
}
CONDITIONS: Final[dict[str, Any]] = {
    "itself": {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}", "aws:ResourceAccount": "${aws:ResourceAccount}"}},
    "for-all-values": {"ForAllValues:StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}},
    "empty": {"StringEquals": {"aws:PrincipalAccount": [], "aws:ResourceAccount": []}},
    "null": {"Null": {"aws:PrincipalAccount": "false", "aws:ResourceAccount": "false"}},
    "not-equal": {"StringNotEquals": {"aws:PrincipalAccount": OTHER, "aws:ResourceAccount": OTHER}},
    "one-of-two": {"StringLike": {"aws:PrincipalAccount": [ACCOUNT, "*"], "aws:ResourceAccount": [ACCOUNT, "*"]}},
    "any-organization": {"StringLike": {"aws:PrincipalOrgID": "o-*", "aws:ResourceOrgID": "o-*"}},
    "encrypted": {"Bool": {"aws:SecureTransport": "true"}},
    "until": {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}},
    "any-address": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    "second-account": {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, OTHER], "aws:ResourceAccount": [ACCOUNT, OTHER]}},
    "other-account": {"StringEquals": {"aws:PrincipalAccount": OTHER, "aws:ResourceAccount": OTHER}},
}
_ENDPOINTS: Final = ("aws-ssm", "aws-sts", "aws-s3", "aws-logs")


def _document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _resource(action: str) -> str:
    return f"arn:aws:{action.partition(':')[0]}:us-east-1:{ACCOUNT}:thing/one"


_FROM_TABLES: Final = (
    *(Mutant(f"action/{one}", _ROLE, (Set(_OPERATE, "policy", _document(Action=one, Resource=_resource(one))),)) for one in ACTIONS),
    *(Mutant(f"actions/{one}", _ROLE, (Set(_OPERATE, "policy", _document(Action=one, Resource=_resource(one))),)) for one in PATTERNS),
    *(
        Mutant(f"resource/{action}/{on}", _ROLE, (Set(_OPERATE, "policy", _document(Action=action, Resource=on)),))
        for action, on in RESOURCES
    ),
    *(Mutant(f"managed/{one}", _ROLE, (Set(ROLE, "managedPolicyArns", [f"arn:aws:iam::aws:policy/{one}"]),)) for one in MANAGED),
    *(
        Mutant(f"trust/{label}", _ROLE, (Set(ROLE, "assumeRolePolicy", _document(**{"Action": "sts:AssumeRole", **stated})),))
        for label, stated in TRUSTS.items()
    ),
    *(
        Mutant(f"endpoint/{label}", _ENDPOINT, (Set(name, "policy", _document(Principal="*", Action="*", Resource="*", Condition=stated)),))
        for (label, stated), name in zip(CONDITIONS.items(), cycle(_ENDPOINTS), strict=False)
    ),
    *(
        Mutant(f"secret/{label}/{how}", _SECRET, (Set(HOST, "userData", ENCODINGS[how](f"# settings\n{text}\n".encode())),))
        for (label, text), how in zip(PREFIXED.items(), cycle(ENCODINGS), strict=False)
    ),
    *(Mutant(f"login/{label}", _LOGIN, (Set(HOST, "userData", script(text)),), also=(_SECRET,)) for label, text in SCRIPTS.items()),
    *(
        Mutant(f"login-config/{label}", _LOGIN, (Set(HOST, "userData", config(text)),), also=(_SECRET,))
        for label, text in {**CONFIGS, **MODULES}.items()
    ),
    *(Mutant(f"login-form/{label}", _LOGIN, (Set(HOST, "userData", text),), also=(_SECRET,)) for label, text in FORMS.items()),
)
OTHERS: Final[dict[str, dict[str, Any]]] = {
    "another-account": {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}},
    "two-accounts": {"Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", "999988887777"]}},
    "everybody": {"Principal": "*"},
    "everybody-if-exists": {"Principal": "*", "Condition": {"StringEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}}},
    "code-word": {"Principal": {"AWS": "999988887777"}, "Condition": {"StringEquals": {"sts:ExternalId": "code"}}},
    "token": {"Principal": {"Federated": "accounts.google.com"}},
    "pipeline": {
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:any/any:ref:refs/heads/main"}},
    },
    "people": {"Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/any"}},
    "every-service": {"Principal": {"Service": "*"}},
    "all-but-one": {"NotPrincipal": {"AWS": ACCOUNT}},
}
"""Who may take a role that no host acts with."""

UNPOLICED: Final = (
    *("email-smtp", "transfer.server", "transfer.server.c-0001", "appstream.streaming", "workspaces", "iot.credentials", "iot.data"),
    *("elastic-inference.runtime", "m2", "made-up"),
)
"""Services whose endpoints apply no policy, or that no review covers."""

_WRITTEN: Final = (
    *(
        Mutant(f"role-of-another-program/{kind}", _ROLE, (Add(f"aws:iam/{kind}", {key: value, **more}),), also=(_TYPES,))
        for kind, key, value, more in (
            ("rolePolicy:RolePolicy", "role", "theirs", {"policy": _document(Action="ec2:DescribeTags", Resource="*")}),
            ("rolePolicyAttachment:RolePolicyAttachment", "role", "theirs", {"policyArn": "arn:aws:iam::aws:policy/SecurityAudit"}),
            ("rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "roleName", "theirs", {"policyArns": []}),
            ("rolePoliciesExclusive:RolePoliciesExclusive", "roleName", "theirs", {"policyNames": []}),
            ("policyAttachment:PolicyAttachment", "roles", ["theirs"], {"policyArn": "arn:aws:iam::aws:policy/SecurityAudit"}),
        )
    ),
    *(
        Mutant(
            f"endpoint-without-policies/{service}",
            _ENDPOINT,
            (
                Add(
                    "aws:ec2/vpcEndpoint:VpcEndpoint",
                    {
                        "vpcId": Ref(VPC),
                        "serviceName": f"com.amazonaws.us-east-1.{service}",
                        "vpcEndpointType": "Interface",
                        "privateDnsEnabled": True,
                        "policy": _document(
                            Principal="*",
                            Action="*",
                            Resource="*",
                            Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}},
                        ),
                    },
                ),
            ),
        )
        for service in UNPOLICED
    ),
    *(
        Mutant(
            f"other-role/{label}", _ROLE, (Add("aws:iam/role:Role", {"assumeRolePolicy": _document(Action="sts:AssumeRole", **stated)}),)
        )
        for label, stated in OTHERS.items()
    ),
    Mutant(
        "documents-for-everybody",
        _ROLE,
        (
            Add(
                "aws:ssm/serviceSetting:ServiceSetting",
                {"settingId": "/ssm/documents/console/public-sharing-permission", "settingValue": "Enable"},
            ),
        ),
    ),
    Mutant("role-not-resource", _ROLE, (Set(_OPERATE, "policy", _document(Action="s3:GetObject", NotResource="arn:aws:s3:::x/*")),)),
    *(
        Mutant(
            f"endpoint-elsewhere/{label}",
            _ENDPOINT,
            (Add("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", {"vpcEndpointId": "vpce-0123456789abcdef0", "policy": policy}),),
            also=("compute-and-routing-are-known",),
        )
        for label, policy in {
            "open": _document(Principal="*", Action="*", Resource="*"),
            "other-account": _document(
                Principal="*",
                Action="*",
                Resource="*",
                Condition={"StringEquals": {"aws:PrincipalAccount": OTHER, "aws:ResourceAccount": OTHER}},
            ),
            "none": "",
            "unreadable": "{",
        }.items()
    ),
    Mutant("role-unknown-profile", _ROLE, (Set(HOST, "iamInstanceProfile", UNKNOWN),)),
    Mutant(
        "role-key-twice",
        _ROLE,
        (Set(_OPERATE, "policy", '{"Statement": {"Effect": "Allow", "Action": "ssmmessages:*", "Action": "*", "Resource": "*"}}'),),
    ),
    Mutant(
        "role-inline-by-name",
        _ROLE,
        (Add("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", {"roleName": Ref(ROLE, "name"), "policyNames": ["admin"]}),),
    ),
    Mutant(
        "role-next",
        _ROLE,
        (Add("aws:iam/role:Role", {"assumeRolePolicy": _document(Principal={"AWS": "*"}, Action="sts:AssumeRole")}),),
    ),
    Mutant(
        "role-by-default",
        _ROLE,
        (
            Add(
                "aws:ssm/serviceSetting:ServiceSetting",
                {"settingId": "/ssm/managed-instance/default-ec2-instance-management-role", "settingValue": "service-role/X"},
            ),
        ),
    ),
)
TABLE: Final = (*_FROM_TABLES, *_WRITTEN)
