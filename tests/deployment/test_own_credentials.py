"""The agent's own credentials change nothing of its containment: tried against the policies that were deployed.

Two judges: moto's IAM enforcement answers real API calls, and an evaluator of the deployed documents takes conditions and the
boundary into account, which moto does not. Both are shown able to fail: without the explicit deny and the boundary, a policy
attached later opens every one of these calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.authorization import enable_iam_authentication

from tests.deployment.lab import Lab
from tests.support.iam import Identity

pytestmark = [pytest.mark.long, pytest.mark.slow]

STACK = "coding-monitor"
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

NEEDED = (
    "ec2messages:AcknowledgeMessage",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""What Session Manager cannot do without."""

NEVER = {
    "role": """iam:AttachRolePolicy iam:PutRolePolicy iam:DeleteRolePolicy iam:DetachRolePolicy iam:PutRolePermissionsBoundary
        iam:DeleteRolePermissionsBoundary iam:UpdateAssumeRolePolicy iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:CreateRole
        iam:PassRole iam:CreateUser iam:CreateAccessKey iam:AddRoleToInstanceProfile iam:RemoveRoleFromInstanceProfile
        iam:CreateLoginProfile iam:CreateServiceLinkedRole sts:AssumeRole sts:GetFederationToken sts:GetSessionToken""",
    "tags": "ec2:CreateTags ec2:DeleteTags tag:TagResources tag:UntagResources iam:TagRole iam:UntagRole",
    "security groups": """ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupEgress
        ec2:ModifySecurityGroupRules ec2:CreateSecurityGroup ec2:ModifyInstanceAttribute ec2:ModifyNetworkInterfaceAttribute""",
    "routes": """ec2:CreateRoute ec2:ReplaceRoute ec2:DeleteRoute ec2:AssociateRouteTable ec2:ReplaceRouteTableAssociation
        ec2:CreateNatGateway ec2:CreateInternetGateway ec2:AttachInternetGateway ec2:AllocateAddress ec2:AssociateAddress
        ec2:CreateVpcPeeringConnection ec2:CreateTransitGatewayVpcAttachment ec2:CreateNetworkAclEntry ec2:ReplaceNetworkAclEntry
        ec2:ReplaceNetworkAclAssociation ec2:CreateNetworkInterface ec2:AttachNetworkInterface ec2:AssignIpv6Addresses""",
    "endpoints": "ec2:ModifyVpcEndpoint ec2:CreateVpcEndpoint ec2:DeleteVpcEndpoints ec2:CreateInstanceConnectEndpoint",
    "resolver": """route53resolver:UpdateFirewallDomains route53resolver:UpdateFirewallRule route53resolver:DeleteFirewallRule
        route53resolver:CreateFirewallRule route53resolver:DisassociateFirewallRuleGroup route53resolver:UpdateFirewallConfig
        route53resolver:DisassociateResolverQueryLogConfig route53resolver:DeleteResolverQueryLogConfig
        route53resolver:CreateResolverRule route53resolver:AssociateResolverRule ec2:AssociateDhcpOptions ec2:CreateDhcpOptions
        route53:ChangeResourceRecordSets route53:AssociateVPCWithHostedZone""",
    "logs": """logs:DeleteLogGroup logs:DeleteLogStream logs:PutRetentionPolicy logs:DeleteRetentionPolicy logs:PutSubscriptionFilter
        logs:PutResourcePolicy logs:DisassociateKmsKey logs:CreateExportTask logs:PutDestination ec2:DeleteFlowLogs ec2:CreateFlowLogs
        cloudtrail:StopLogging cloudtrail:DeleteTrail kms:ScheduleKeyDeletion kms:DisableKey kms:PutKeyPolicy kms:CreateGrant""",
    "snapshots and images": """ec2:CreateSnapshot ec2:CreateSnapshots ec2:ModifySnapshotAttribute ec2:CopySnapshot ec2:CreateImage
        ec2:ModifyImageAttribute ec2:CreateVolume ec2:AttachVolume ec2:DetachVolume ebs:StartSnapshot ebs:PutSnapshotBlock
        ebs:GetSnapshotBlock""",
    "other instances": """ec2:RunInstances ec2:StartInstances ec2:StopInstances ec2:TerminateInstances ec2:RebootInstances
        ec2:ModifyInstanceMetadataOptions ec2:AssociateIamInstanceProfile ec2:ReplaceIamInstanceProfileAssociation
        ec2:GetPasswordData ec2:GetConsoleOutput ec2-instance-connect:SendSSHPublicKey
        ec2-instance-connect:SendSerialConsoleSSHPublicKey ec2-instance-connect:OpenTunnel
        ssm:SendCommand ssm:StartSession ssm:ResumeSession ssm:TerminateSession ssm:StartAutomationExecution ssm:CreateAssociation
        ssm:PutParameter ssm:GetParameter ssm:GetParametersByPath ssm:CreateDocument ssm:CreateActivation ssm:UpdateServiceSetting
        autoscaling:CreateAutoScalingGroup lambda:CreateFunction cloudformation:CreateStack elasticloadbalancing:RegisterTargets""",
}
CALLS = [(group, action) for group, actions in NEVER.items() for action in actions.split()]

ASKED_OF_MOTO = {
    "ec2": "ec2",
    "iam": "iam",
    "sts": "sts",
    "logs": "logs",
    "ssm": "ssm",
    "kms": "kms",
    "route53resolver": "route53resolver",
    "cloudtrail": "cloudtrail",
    "autoscaling": "autoscaling",
    "cloudformation": "cloudformation",
    "elasticloadbalancing": "elbv2",
}
"""IAM's word for a service, and the client that moto answers with its IAM enforcement in front."""
NO_CALL = {"iam:PassRole"}
"""Permissions that no call of their own asks for."""
ARGUMENTS: dict[str, dict[str, str]] = {
    "sts:AssumeRole": {"RoleArn": "arn:aws:iam::123456789012:role/admin", "RoleSessionName": "agent"},
    "ec2:CopySnapshot": {"SourceRegion": "us-east-1", "SourceSnapshotId": "snap-01234567"},
}
"""What a call needs before it is sent at all; IAM is asked before anything else of a call is looked at."""
FORBIDDEN = 403


@dataclass(frozen=True)
class Deployed:
    """The host's identity as AWS tells it, and where the host stands."""

    inline: dict[str, dict[str, Any]]
    attached: tuple[dict[str, Any], ...]
    boundary: dict[str, Any] | None
    trust: dict[str, Any]
    home: dict[str, str]

    def identity(self, *more: dict[str, Any], without: tuple[str, ...] = ()) -> Identity:
        """Return the identity with more policies attached, or without a named inline policy or the `boundary`."""
        kept = [document for name, document in self.inline.items() if name not in without]
        return Identity((*kept, *self.attached, *more), None if "boundary" in without else self.boundary)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Bring one stack up and read the identity of its host; every class has the same."""
    with Lab(tmp_path_factory.mktemp("own")) as lab:
        lab.bring_up(STACK)
        yield read_back(lab)


def read_back(lab: Lab) -> Deployed:
    iam, ec2 = lab.aws("iam"), lab.aws("ec2")
    wanted = {"tag:AgentStack": STACK, "tag:Role": "openclaw-agent-harness", "instance-state-name": "running"}
    tagged = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    (host,) = [i for r in ec2.describe_instances(Filters=tagged)["Reservations"] for i in r["Instances"]]
    profile = host["IamInstanceProfile"]["Arn"].rsplit("/", 1)[1]
    (role,) = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    name, found = role["RoleName"], iam.get_role(RoleName=role["RoleName"])["Role"]

    def managed(arn: str) -> dict[str, Any]:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return dict(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])

    inline = {
        policy: dict(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    attached = tuple(managed(each["PolicyArn"]) for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"])
    limit = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    home = {
        "aws:SourceVpc": host["VpcId"],
        "aws:VpcSourceIp": host["PrivateIpAddress"],
        "aws:Ec2InstanceSourceVpc": host["VpcId"],
        "aws:Ec2InstanceSourcePrivateIPv4": host["PrivateIpAddress"],
        "aws:ViaAWSService": "false",
    }
    return Deployed(inline, attached, managed(limit) if limit else None, dict(found["AssumeRolePolicyDocument"]), home)


def test_there_are_enough_calls_of_every_kind() -> None:
    assert len({action for _, action in CALLS}) == len(CALLS) >= 60
    assert all(len(actions.split()) >= 4 for actions in NEVER.values())


def test_only_ec2_takes_the_role_on_and_nothing_is_attached(own: Deployed) -> None:
    (statement,) = own.trust["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert own.attached == ()
    assert own.boundary is not None


@pytest.mark.parametrize("action", NEEDED)
def test_the_host_can_be_operated(own: Deployed, action: str) -> None:
    assert own.identity().may(action, own.home)


@pytest.mark.parametrize(("group", "action"), CALLS)
def test_a_change_of_containment_is_denied_even_with_administrator_access_attached(own: Deployed, group: str, action: str) -> None:
    assert not own.identity().may(action, own.home), f"{group}: {action} is allowed as deployed"
    later = own.identity(ADMIN)
    assert not later.may(action, own.home), f"{group}: {action} is allowed once AdministratorAccess is attached"


@pytest.mark.parametrize("layer", ["containment", "boundary"])
def test_either_layer_is_enough_alone(own: Deployed, layer: str) -> None:
    other = {"containment": "boundary", "boundary": "containment"}[layer]
    allowed = [action for _, action in CALLS if own.identity(ADMIN, without=(other,)).may(action, own.home)]
    assert allowed == [], f"the {layer} alone lets through {allowed}"


def test_without_the_deny_and_the_boundary_everything_is_open_so_these_tests_can_fail(own: Deployed) -> None:
    stripped = own.identity(ADMIN, without=("containment", "boundary"))
    assert all(stripped.may(action, own.home) for _, action in CALLS)


@pytest.mark.parametrize(
    ("where", "context"),
    [
        ("the internet", {"aws:SourceVpc": None, "aws:VpcSourceIp": None}),
        ("another VPC", {"aws:SourceVpc": "vpc-0123456789abcdef0"}),
        ("another host of this VPC", {"aws:VpcSourceIp": "10.42.10.99"}),
        ("no EC2 host at all", {"aws:Ec2InstanceSourceVpc": None, "aws:Ec2InstanceSourcePrivateIPv4": None}),
    ],
)
def test_taken_elsewhere_the_credentials_are_worth_nothing(own: Deployed, where: str, context: dict[str, str | None]) -> None:
    there = {key: value for key, value in {**own.home, **context}.items() if value is not None}
    allowed = [action for action in NEEDED if own.identity(ADMIN).may(action, there)]
    assert allowed == [], f"from {where} they still do {allowed}"


@pytest.fixture(scope="module")
def enforced(own: Deployed) -> Iterator[dict[str, Any]]:
    """Return clients of a moto of their own that enforces IAM, for the role as deployed and for it with AdministratorAccess.

    moto takes every condition for met, so the statements that have one (calls from elsewhere) are left to the evaluator.
    """
    with mock_aws():
        admin = boto3.client("iam", region_name="us-east-1")
        sessions = {}
        for kind, without, more in (("as deployed", (), False), ("with admin", (), True), ("stripped", ("containment",), True)):
            name = kind.replace(" ", "-")
            arn = admin.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(own.trust))["Role"]["Arn"]
            for policy, document in own.inline.items():
                if policy in without:
                    continue
                statements = [each for each in document["Statement"] if "Condition" not in each]
                text = json.dumps({**document, "Statement": statements})
                admin.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
            if more:
                admin.put_role_policy(RoleName=name, PolicyName="later", PolicyDocument=json.dumps(ADMIN))
            got = boto3.client("sts", region_name="us-east-1").assume_role(RoleArn=arn, RoleSessionName="agent")["Credentials"]
            sessions[kind] = boto3.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], region_name="us-east-1")
        loose = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        services = sorted({action.split(":")[0] for _, action in CALLS} & ASKED_OF_MOTO.keys())
        clients = {
            kind: {service: session.client(ASKED_OF_MOTO[service], config=loose) for service in services}
            for kind, session in sessions.items()
        }
        with enable_iam_authentication():
            yield clients


def is_forbidden(clients: dict[str, Any], action: str) -> bool:
    """Make the call and tell whether IAM refused it."""
    service, name = action.split(":")
    method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    try:
        getattr(clients[service], method)(**ARGUMENTS.get(action, {}))
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == FORBIDDEN)
    except Exception:  # noqa: BLE001 - whatever a call without arguments runs into in moto, IAM had let it in
        return False
    return False


REAL = [(group, action) for group, action in CALLS if action.split(":")[0] in ASKED_OF_MOTO and action not in NO_CALL]


@pytest.mark.parametrize("kind", ["as deployed", "with admin"])
@pytest.mark.parametrize(("group", "action"), REAL)
def test_aws_itself_answers_that_the_agent_may_not(enforced: dict[str, Any], kind: str, group: str, action: str) -> None:
    assert is_forbidden(enforced[kind], action), f"{group}: {action} {kind}"


def test_without_the_deny_aws_lets_them_in_so_these_tests_can_fail(enforced: dict[str, Any]) -> None:
    still = [action for _, action in REAL if is_forbidden(enforced["stripped"], action)]
    assert still == []
    assert len(REAL) >= 60
