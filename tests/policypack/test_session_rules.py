"""Session documents without a record, a limit or an unprivileged user, and policies that open other people's hosts, are refused."""

# mypy: disable-error-code="func-returns-value"

from __future__ import annotations

import json
from typing import Any

import pytest

from containment.sessions.documents import build_forwarding_content, build_shell_content
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant

RECORDED = "sessions-are-recorded"
OWN = "operators-open-only-their-own"
DOCUMENT = "aws:ssm/document:Document"
GROUP = "/containment/sample/sessions"
ACCOUNT = "111122223333"
HOSTS = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*"
SHELL = f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/containment-sample-shell"
AWS_DOCUMENT = "arn:aws:ssm:us-east-1::document/AWS-StartPortForwardingSession"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/company"
OWNED = {"StringEquals": {"ssm:resourceTag/AgentOwner": "${aws:PrincipalTag/owner}"}}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true", "ssm:SessionDocumentAccessCheck": "true"}}
CHECKED = {"Bool": {"ssm:SessionDocumentAccessCheck": "true"}}
TAG = {"aws:PrincipalTag/mfa": "true"}
SIGNED_IN = {"StringEquals": {**OWNED["StringEquals"], **TAG, "aws:FederatedProvider": PROVIDER}, **CHECKED}


def with_sessions(content: dict[str, Any] | str, **changes: Any) -> Stack:
    """Return a compliant stack with an encrypted log group and a document."""
    stack = compliant()
    stack.add("aws:kms/key:Key", "key", {})
    stack.add("aws:cloudwatch/logGroup:LogGroup", "record", {"name": GROUP, "kmsKeyId": Ref("key", "arn"), "retentionInDays": 365})
    text = content if isinstance(content, str) else json.dumps(content)
    stack.add(DOCUMENT, "shell", {"name": "containment-sample-shell", "documentType": "Session", "content": text, **changes})
    return stack


def shell(**inputs: Any) -> dict[str, Any]:
    """Return the content of the program's own document with changed inputs; None leaves one out."""
    content: dict[str, Any] = json.loads(build_shell_content(GROUP, 15, 240))
    content["inputs"] = {key: value for key, value in {**content["inputs"], **inputs}.items() if value is not None}
    return content


def port(**properties: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(build_forwarding_content([8080]))
    content["properties"] |= properties
    return content


GOOD_DOCUMENTS: dict[str, tuple[dict[str, Any] | str, dict[str, Any]]] = {
    "the program's own": (shell(), {}),
    "forwarding": (port(), {}),
    "forwarding to localhost": (port(host="localhost"), {}),
    "a fixed port": (port(portNumber="8080"), {}),
    "with its format": (shell(), {"documentFormat": "JSON"}),
    "YAML": (
        "schemaVersion: '1.0'\nsessionType: Port\nproperties: {type: LocalPortForwarding, portNumber: '8080'}\n",
        {"documentFormat": "YAML"},
    ),
    "numbers and words": (shell(idleSessionTimeout=20, cloudWatchEncryptionEnabled="true"), {}),
}
BAD_DOCUMENTS: dict[str, tuple[dict[str, Any] | str, dict[str, Any]]] = {
    "no record": (shell(cloudWatchLogGroupName=None), {}),
    "an empty record": (shell(cloudWatchLogGroupName=""), {}),
    "a record without a key": (shell(cloudWatchEncryptionEnabled=False), {}),
    "encryption left out": (shell(cloudWatchEncryptionEnabled=None), {}),
    "a record at the end": (shell(cloudWatchStreamingEnabled=False), {}),
    "another program's group": (shell(cloudWatchLogGroupName="/elsewhere"), {}),
    "a group by parameter": (shell(cloudWatchLogGroupName="{{ group }}"), {}),
    "a bucket in the clear": (shell(s3BucketName="records", s3EncryptionEnabled=False), {}),
    "no idle limit": (shell(idleSessionTimeout=None), {}),
    "idle for ever": (shell(idleSessionTimeout="0"), {}),
    "idle limit by parameter": (shell(idleSessionTimeout="{{ idle }}"), {}),
    "idle for hours": (shell(idleSessionTimeout="240"), {}),
    "no longest time": (shell(maxSessionDuration=""), {}),
    "longer than a day": (shell(maxSessionDuration="5000"), {}),
    "not run as": (shell(runAsEnabled=False), {}),
    "run as left out": (shell(runAsEnabled=None), {}),
    "run as by word": (shell(runAsEnabled="{{ as }}"), {}),
    "root": (shell(runAsDefaultUser="root"), {}),
    "no user": (shell(runAsDefaultUser=""), {}),
    "user left out": (shell(runAsDefaultUser=None), {}),
    "Session Manager's own user": (shell(runAsDefaultUser="ssm-user"), {}),
    "the image's administrator": (shell(runAsDefaultUser="ubuntu"), {}),
    "user by parameter": (shell(runAsDefaultUser="{{ user }}"), {}),
    "root by number": (shell(runAsDefaultUser="0"), {}),
    "a remote host": (port(host="{{ host }}"), {}),
    "a literal remote host": (port(host="10.0.0.9"), {}),
    "the metadata service": (port(host="169.254.169.254"), {}),
    "a socket": (port(type="SocketForwarding"), {}),
    "commands of the caller": ({**shell(), "sessionType": "InteractiveCommands"}, {}),
    "no type of session": ({"schemaVersion": "1.0", "inputs": shell()["inputs"]}, {}),
    "another schema": ({**shell(), "schemaVersion": "2.2"}, {}),
    "not JSON": ("{", {}),
    "a key twice": (
        '{"schemaVersion": "1.0", "sessionType": "Port", "sessionType": "Port", "properties": {"type": "LocalPortForwarding"}}',
        {},
    ),
    "an unknown format": (shell(), {"documentFormat": "TEXT"}),
    "shared": (shell(), {"permissions": {"type": "Share", "accountIds": "All"}}),
    "with files": (shell(), {"attachmentsSources": [{"key": "S3FileUrl", "values": ["s3://x/y"]}]}),
}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("what", GOOD_DOCUMENTS)
def test_a_recorded_session_is_accepted(what: str, known: bool) -> None:
    content, changes = GOOD_DOCUMENTS[what]
    assert with_sessions(content, **changes).refused(known) == set()


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("what", BAD_DOCUMENTS)
def test_any_other_document_is_refused_by_this_rule_alone(what: str, known: bool) -> None:
    content, changes = BAD_DOCUMENTS[what]
    assert with_sessions(content, **changes).refused(known) == {(RECORDED, "shell")}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("kind", ["Command", "Automation", "Package", UNKNOWN], ids=str)
def test_a_document_that_is_no_session_is_an_unknown_type(kind: object, known: bool) -> None:
    stack = with_sessions({"schemaVersion": "2.2", "mainSteps": []}, documentType=kind)
    assert stack.refused(known) == {("compute-and-routing-are-known", "shell")}


def test_a_group_without_a_key_is_refused_and_one_with_a_new_key_is_not() -> None:
    stack = with_sessions(shell())
    stack.props["record"].pop("kmsKeyId")
    assert stack.refused(known=True) == {(RECORDED, "shell")}


def test_documents_of_programs_without_agents_are_their_owners() -> None:
    stack = Stack()
    stack.add(DOCUMENT, "shell", {"name": "x", "documentType": "Command", "content": "{}"})
    assert (RECORDED, "shell") not in stack.refused(known=True)


TASK = {"family": "agent", "containerDefinitions": "[]", "networkMode": "awsvpc"}
LOG = {"cloudWatchLogGroupName": GROUP, "cloudWatchEncryptionEnabled": True}


def with_container(cluster: dict[str, Any] | None, **service: Any) -> Stack:
    """Return a stack with an agent's service, and its cluster when the program has one."""
    stack = with_sessions(shell())
    stack.add(kt.TASK, "task", TASK)
    if cluster is not None:
        stack.add("aws:ecs/cluster:Cluster", "cluster", {"name": "agents", "configuration": cluster})
    tags = {"Role": "openclaw-agent-harness", "PolicyMode": "enforce"}
    network = {"subnets": [Ref("agents")], "assignPublicIp": False}
    where = Ref("cluster") if cluster is not None else "elsewhere"
    props = {"taskDefinition": Ref("task", "arn"), "networkConfiguration": network, "cluster": where, "tags": tags, "launchType": "FARGATE"}
    stack.add(kt.ECS_SERVICE, "service", {**props, **service})
    return stack


def override(**log: Any) -> dict[str, Any]:
    return {"executeCommandConfiguration": {"logging": "OVERRIDE", "logConfiguration": {**LOG, **log}}}


@pytest.mark.parametrize(
    ("cluster", "service", "expected"),
    [
        ({}, {}, set()),
        ({}, {"enableExecuteCommand": False}, set()),
        (override(), {"enableExecuteCommand": True}, set()),
        (override(cloudWatchEncryptionEnabled=False), {"enableExecuteCommand": True}, {(RECORDED, "service")}),
        (override(cloudWatchLogGroupName=""), {"enableExecuteCommand": True}, {(RECORDED, "service")}),
        (override(s3BucketName="b"), {"enableExecuteCommand": True}, {(RECORDED, "service")}),
        ({"executeCommandConfiguration": {"logging": "NONE"}}, {"enableExecuteCommand": True}, {(RECORDED, "service")}),
        ({"executeCommandConfiguration": {"logging": "DEFAULT"}}, {"enableExecuteCommand": True}, {(RECORDED, "service")}),
        ({}, {"enableExecuteCommand": True}, {(RECORDED, "service")}),
        ({}, {"enableExecuteCommand": UNKNOWN}, {(RECORDED, "service")}),
        (None, {"enableExecuteCommand": True}, {(RECORDED, "service")}),
    ],
)
def test_a_shell_in_a_container_is_recorded_or_refused(
    cluster: dict[str, Any] | None, service: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    stack = with_container(cluster, **service)
    assert stack.refused(known=False) == stack.refused(known=True) == expected


def allow(actions: Any = "ssm:StartSession", on: Any = HOSTS, **conditions: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": on, "Condition": conditions}


GOOD_STATEMENTS: dict[str, list[dict[str, Any]]] = {
    "owner, MFA, documents": [allow(**OWNED, **MFA), allow(on=[SHELL, AWS_DOCUMENT], **CHECKED)],
    "by the other key": [allow(StringEquals={"aws:ResourceTag/Owner": "${aws:PrincipalTag/Owner}"}, **MFA)],
    "single sign-on": [allow(**SIGNED_IN)],
    "single sign-on by SAML": [
        allow(StringEquals={**OWNED["StringEquals"], **TAG, "saml:namequalifier": "ABCdef0123456789abcdefABCDE="}, **CHECKED)
    ],
    "the documented check": [
        allow(**OWNED, Bool={"aws:MultiFactorAuthPresent": "true"}, BoolIfExists={"ssm:SessionDocumentAccessCheck": "true"})
    ],
    "one's own sessions": [allow("ssm:ResumeSession", "arn:aws:ssm:*:*:session/${aws:userid}-*")],
    "one's own sessions by tag": [
        allow("ssm:ResumeSession", "*", StringLike={"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"})
    ],
    "another machine": [allow(on=f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0")],
    "a denial": [{**allow(), "Effect": "Deny"}],
    "reading": [allow(["ssm:DescribeSessions", "ssm:GetConnectionStatus"], "*")],
    "an administrator": [allow("*", "*")],
    "ending sessions": [allow("ssm:TerminateSession", "*")],
}
BAD_STATEMENTS: dict[str, list[dict[str, Any]]] = {
    "nothing": [allow()],
    "everything": [allow(on="*")],
    "a family": [allow("ssm:*", "*")],
    "a prefix": [allow("ssm:Start*", "*")],
    "letter case": [allow("SSM:startsession", "*")],
    "no owner": [allow(**MFA)],
    "no second factor": [allow(**OWNED, **CHECKED)],
    "MFA if it exists": [
        allow(**OWNED, Bool={"ssm:SessionDocumentAccessCheck": "true"}, BoolIfExists={"aws:MultiFactorAuthPresent": "true"})
    ],
    "MFA is false": [allow(**OWNED, Bool={"aws:MultiFactorAuthPresent": "false", "ssm:SessionDocumentAccessCheck": "true"})],
    "no document check": [allow(**OWNED, Bool={"aws:MultiFactorAuthPresent": "true"})],
    "owner if it exists": [allow(StringEqualsIfExists=OWNED["StringEquals"], **MFA)],
    "owner by pattern": [allow(StringLike=OWNED["StringEquals"], **MFA)],
    "owner with a default": [allow(StringEquals={"ssm:resourceTag/AgentOwner": "${aws:PrincipalTag/owner, 'platform-team'}"}, **MFA)],
    "one literal owner": [allow(StringEquals={"ssm:resourceTag/AgentOwner": "platform-team"}, **MFA)],
    "an owner or a literal": [allow(StringEquals={"ssm:resourceTag/AgentOwner": ["${aws:PrincipalTag/owner}", "shared"]}, **MFA)],
    "no owner's tag": [allow(StringEquals={"ssm:resourceTag/AgentStack": "${aws:PrincipalTag/stack}"}, **MFA)],
    "not the owner": [allow(StringNotEquals=OWNED["StringEquals"], **MFA)],
    "a tag without its provider": [allow(StringEquals={**OWNED["StringEquals"], **TAG}, **CHECKED)],
    "any provider": [allow(**{**SIGNED_IN, "StringEquals": {**OWNED["StringEquals"], **TAG}}, StringLike={"aws:FederatedProvider": "*"})],
    "a provider without the tag": [allow(StringEquals={**OWNED["StringEquals"], "aws:FederatedProvider": PROVIDER}, **CHECKED)],
    "another tag": [
        allow(StringEquals={**OWNED["StringEquals"], "aws:FederatedProvider": PROVIDER, "aws:PrincipalTag/team": "x"}, **CHECKED)
    ],
    "any value of the tag": [
        allow(
            StringEquals={**OWNED["StringEquals"], "aws:FederatedProvider": PROVIDER},
            StringLike=TAG | {"aws:PrincipalTag/mfa": "*"},
            **CHECKED,
        )
    ],
    "a container": [allow(on=f"arn:aws:ecs:us-east-1:{ACCOUNT}:task/*")],
    "everything but": [{"Effect": "Allow", "Action": "ssm:StartSession", "NotResource": "arn:aws:ec2:*:*:instance/i-0"}],
    "documents without the check": [allow(**OWNED, **MFA), allow(on=[SHELL])],
    "every document": [allow(**OWNED, **MFA), allow(on=f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/*", **CHECKED)],
    "the default document": [
        allow(**OWNED, **MFA),
        allow(on=f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/SSM-SessionManagerRunShell", **CHECKED),
    ],
    "forwarding to remote hosts": [
        allow(**OWNED, **MFA),
        allow(on="arn:aws:ssm:*::document/AWS-StartPortForwardingSessionToRemoteHost", **CHECKED),
    ],
    "SSH": [allow(on="arn:aws:ssm:*:*:document/AWS-StartSSHSession", **CHECKED)],
    "a document of the caller": [allow(on="arn:aws:ssm:*:*:document/${aws:username}", **CHECKED)],
    "others' sessions": [allow("ssm:ResumeSession", "*")],
    "sessions of a prefix": [allow("ssm:ResumeSession", "arn:aws:ssm:*:*:session/a*")],
    "the second statement": [allow("logs:GetLogEvents", "*"), allow()],
}
WAYS = ("managed", "inline", "role", "user", "group", "permission set")


def with_policy(statements: list[dict[str, Any]], way: str = "managed") -> tuple[Stack, str]:
    """Return a stack with a policy in one of the resources that have one, and the resource's name."""
    stack = with_sessions(shell())
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    if way == "managed":
        stack.add(kt.POLICY, "operators", {"name": "operators", "policy": document})
    elif way == "inline":
        stack.add(kt.ROLE, "people", {"name": "people", "assumeRolePolicy": trust})
        stack.add(kt.ROLE_POLICY, "operators", {"role": Ref("people"), "policy": document})
    elif way == "role":
        stack.add(kt.ROLE, "operators", {"name": "p", "assumeRolePolicy": trust, "inlinePolicies": [{"name": "x", "policy": document}]})
    elif way == "user":
        stack.add("aws:iam/userPolicy:UserPolicy", "operators", {"user": "u", "policy": document})
    elif way == "group":
        stack.add("aws:iam/groupPolicy:GroupPolicy", "operators", {"group": "g", "policy": document})
    else:
        stack.add("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", "operators", {"inlinePolicy": document})
    return stack, "operators"


@pytest.mark.parametrize("what", GOOD_STATEMENTS)
def test_a_bound_policy_is_accepted(what: str) -> None:
    stack, _ = with_policy(GOOD_STATEMENTS[what])
    assert stack.refused(known=False) == stack.refused(known=True) == set()


@pytest.mark.parametrize("what", BAD_STATEMENTS)
def test_any_other_policy_is_refused_by_this_rule_alone(what: str) -> None:
    stack, name = with_policy(BAD_STATEMENTS[what])
    assert stack.refused(known=False) == stack.refused(known=True) == {(OWN, name)}


@pytest.mark.parametrize("way", WAYS)
def test_a_policy_is_found_in_every_resource_that_has_one(way: str) -> None:
    stack, name = with_policy(BAD_STATEMENTS["no owner"], way)
    assert (OWN, name) in stack.refused(known=True)


def test_naming_the_agents_own_host_does_not_replace_the_owner() -> None:
    stack, name = with_policy([allow(on=f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/agent-id")])
    assert stack.refused(known=True) == {(OWN, name)}


@pytest.mark.parametrize(
    ("statement", "trusted", "expected"),
    [
        (allow(**OWNED, **MFA), {"Action": ["sts:AssumeRole", "sts:TagSession"]}, {(OWN, "people")}),
        (allow(**OWNED, **MFA), {"Action": "sts:*"}, {(OWN, "people")}),
        (allow(**OWNED, **MFA), {"Action": "sts:AssumeRole"}, set()),
        (allow(**SIGNED_IN), {"Action": ["sts:AssumeRole", "sts:TagSession"]}, set()),
        (
            allow(**OWNED, **MFA),
            {
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {"StringEquals": {"aws:RequestTag/owner": "${aws:PrincipalTag/owner}"}},
            },
            set(),
        ),
        (allow("logs:GetLogEvents", "*"), {"Action": ["sts:AssumeRole", "sts:TagSession"]}, set()),
    ],
)
def test_a_role_whose_callers_choose_its_tags_opens_nothing(
    statement: dict[str, Any], trusted: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    stack, _ = with_policy([statement], "inline")
    stack.props["agent"]["tags"] = {**stack.props["agent"]["tags"]}
    principal = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, **trusted}
    stack.props["people"]["assumeRolePolicy"] = json.dumps({"Statement": [principal]})
    assert stack.refused(known=True) == expected


def test_policies_of_programs_without_agents_are_their_owners() -> None:
    stack = Stack()
    stack.add(kt.POLICY, "operators", {"name": "x", "policy": json.dumps({"Statement": [allow(on="*")]})})
    assert stack.refused(known=True) == set()
