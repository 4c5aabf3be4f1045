"""A host's role may do what the permitted list contains, on resources that are named, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from containment.iam.documents import read
from policypack.facts.iam.account import AccountContext
from policypack.facts.iam.evaluation import find_excess, find_lines
from policypack.facts.iam.permitted_actions import PERMITTED
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource

ACCOUNT = "111122223333"
SAME = {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}
UNKNOWN_ACCOUNT = AccountContext()
KNOWN_ACCOUNT = AccountContext(ACCOUNT)


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def beyond(*statements: Any, around: AccountContext = UNKNOWN_ACCOUNT) -> list[str]:
    return [what for one in read({"Version": "2012-10-17", "Statement": list(statements)}) for what in find_excess(one, around)]


BEYOND = [
    allow("*"),
    allow("*:*"),
    allow("ec2:*", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"),
    allow("iam:PassRole", "arn:aws:iam::111122223333:role/x"),
    allow("IAM:passrole", "arn:aws:iam::111122223333:role/x"),
    allow("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"),
    allow("ssm:GetParameter", "arn:aws:ssm:us-east-1:111122223333:parameter/own"),
    allow("ssm:Get*", "arn:aws:ssm:us-east-1:111122223333:parameter/own"),
    allow("ssm:*Parameter*", "arn:aws:ssm:us-east-1:111122223333:parameter/own"),
    allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/x"),
    allow("sts:Assume*", "arn:aws:iam::111122223333:role/x"),
    allow("ec2:CreateTags", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"),
    allow("ec2:?reateRoute", "arn:aws:ec2:us-east-1:111122223333:route-table/rtb-1"),
    allow("route53resolver:UpdateFirewallRule", "arn:aws:route53resolver:us-east-1:111122223333:firewall-rule-group/x"),
    allow("logs:DeleteLogGroup", "arn:aws:logs:us-east-1:111122223333:log-group:/x"),
    allow("lambda:CreateFunction", "arn:aws:lambda:us-east-1:111122223333:function:x"),
    allow("s3:GetObject"),
    allow("s3:GetObject", "arn:aws:s3:::*"),
    allow("s3:GetObject", ["arn:aws:s3:::own/*", "arn:aws:s3:::*/*"]),
    allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:*"),
    allow("kms:Decrypt", "arn:aws:kms:*:*:*"),
    {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::private/*"},
    allow("iam:CreateUser", "*", Condition={"StringEquals": SAME}),
    allow("cloudshell:CreateEnvironment", "arn:aws:cloudshell:us-east-1:111122223333:environment/one"),
    allow("glue:UpdateDevEndpoint", "arn:aws:glue:us-east-1:111122223333:devEndpoint/one"),
    allow("made-up:DoAnything", "arn:aws:made-up:us-east-1:111122223333:thing/one"),
    allow("ssm*:OpenDataChannel"),
    allow("s3:*Object", "arn:aws:s3:::reports-of-agents/*"),
    allow("s3:Put*", "arn:aws:s3:::reports-of-agents/*"),
    allow("s3:GetObject", "arn:aws:s3:::reports-*/*"),
    allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"),
    allow("s3:GetDataAccess", "arn:aws:s3:us-east-1:111122223333:access-grants/default"),
    allow("logs:PutLogEvents"),
    allow("logs:PutLogEvents", "arn:aws:logs:*:111122223333:log-group:/agents/x:*"),
    allow("logs:PutLogEvents", "arn:aws:logs:us-east-1:*:log-group:/agents/x:*"),
    allow("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:*"),
    allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:agents/*"),
    allow("secretsmanager:GetSecretValue", "arn:aws:*:us-east-1:111122223333:secret:agents/api-??????"),
    allow("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/*"),
    allow("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:alias/agents"),
    allow("kms:CreateGrant", "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"),
    allow("bedrock:InvokeModel"),
    allow("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/*"),
    allow("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:111122223333:repository/*"),
    allow("eks-auth:AssumeRoleForPodIdentity", "arn:aws:eks:us-east-1:111122223333:cluster/agents"),
    allow("ec2:GetPasswordData", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"),
    allow("sts:*"),
    allow("s3:GetObject", "arn:aws:s3:::private/*", NotAction="iam:*"),
]


@pytest.mark.parametrize("statement", BEYOND, ids=lambda one: json.dumps(one)[20:90])
def test_what_is_on_no_list_or_names_no_resource_is_refused(statement: dict[str, Any]) -> None:
    assert beyond(statement)


ENOUGH = [
    allow(["ssm:UpdateInstanceInformation", "ssmmessages:OpenDataChannel", "ec2messages:GetMessages"]),
    allow("ssmmessages:*"),
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:us-east-1:111122223333:log-group:/agents/x:*"),
    allow("logs:DescribeLogGroups"),
    allow("ecr:GetAuthorizationToken"),
    allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "arn:aws:ecr:us-east-1:111122223333:repository/agent"),
    allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::reports-of-agents/*"),
    allow("s3:Get*", "arn:aws:s3:::reports-of-agents/*"),
    allow("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"),
    allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:agents/api-??????"),
    allow("ec2:Describe*"),
    allow("sts:GetCallerIdentity"),
    allow(
        ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
    ),
    allow(
        "bedrock:InvokeModel*",
        ["arn:aws:bedrock:*::foundation-model/x.y-v1:0", f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.x.y-v1:0"],
    ),
    allow("logs:CreateLogStream", "arn:aws:logs:us-east-1:111122223333:log-group:/agents/*"),
    allow("cloudwatch:PutMetricData", Condition={"StringEquals": {"cloudwatch:namespace": "Agents"}}),
    allow("s3:GetObject*", "arn:aws:s3:::reports-of-agents/${aws:PrincipalTag/team}/*"),
    allow("ssmmessages:Create*"),
    {"Effect": "Deny", "Action": "*", "Resource": "*"},
    {"Effect": "Deny", "NotAction": "ssm:*", "Resource": "*"},
]


@pytest.mark.parametrize("statement", ENOUGH, ids=lambda one: json.dumps(one)[20:90])
def test_what_a_host_is_operated_with_passes(statement: dict[str, Any]) -> None:
    assert beyond(statement) == []


def test_a_resource_of_another_account_is_refused_once_this_account_is_known() -> None:
    foreign = allow("kms:Decrypt", "arn:aws:kms:us-east-1:999988887777:key/00000000-0000-0000-0000-000000000000")
    assert beyond(foreign) == []
    assert beyond(foreign, around=KNOWN_ACCOUNT) == [
        f"allows kms:Decrypt on {foreign['Resource']}: the account is 999988887777; name {ACCOUNT}"
    ]


def test_a_resource_of_the_program_is_named_by_its_own_arn_and_only_for_what_its_kind_is_for() -> None:
    group = Resource("g", "aws:cloudwatch/logGroup:LogGroup", "traffic")
    around = AccountContext(made={"traffic-arn": group})
    assert beyond(allow("logs:PutLogEvents", ["traffic-arn", "traffic-arn:*"]), around=around) == []
    assert beyond(allow("kms:Decrypt", "traffic-arn"), around=around) == [
        "allows kms:Decrypt on traffic-arn: LogGroup traffic is not a key by its id"
    ]


def test_what_is_not_known_yet_is_not_judged() -> None:
    assert beyond(allow(UNKNOWN), allow("kms:Decrypt", [UNKNOWN])) == []


def test_the_message_names_the_action_and_what_it_would_do() -> None:
    (what,) = beyond(allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/x"))
    assert what == "allows iam:PassRole, which is on no list of what a host may do: it takes another identity"
    (what,) = beyond(allow("*"))
    assert what.startswith("allows *, which matches actions that are on no list of what a host may do: among others, ")


@pytest.mark.parametrize("line", PERMITTED, ids=lambda one: f"{one.why}: {one.actions[0]}")
def test_every_permitted_line_has_a_reason_and_covers_its_own_actions(line: Any) -> None:
    assert line.why
    assert all(line in find_lines(action) for action in line.actions)


def test_a_permitted_family_never_spans_services() -> None:
    assert all(action.partition(":")[0].replace("-", "").isalnum() for line in PERMITTED for action in line.actions)
