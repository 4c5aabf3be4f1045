"""Every role that an agent host acts with is judged, however it is attached, and so is who may take it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import Ref, Stack, compliant

RULE = "agent-role-is-minimal"
AWS = "arn:aws:iam::aws:policy/"
ACCOUNT = "111122223333"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"

Change = Callable[[Stack], Any]


def document(*actions: str, on: str = "*") -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": on}]})


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": action, **more}]})


def service(*names: str) -> str:
    return trust({"Service": [f"{name}.amazonaws.com" for name in names]})


def role(stack: Stack, name: str, assumes: Any, **props: Any) -> Ref:
    stack.add(kt.ROLE, name, {"name": name, "assumeRolePolicy": assumes, **props})
    return Ref(name, "arn")


def host(stack: Stack, assumes: Any = None, **props: Any) -> None:
    role(stack, "role", service("ec2") if assumes is None else assumes, **props)
    stack.add(kt.PROFILE, "profile", {"role": Ref("role", "name"), "name": "profile"})
    stack.props["agent"]["iamInstanceProfile"] = Ref("profile", "name")


def node(stack: Stack, assumes: Any = None, **props: Any) -> None:
    arn = role(stack, "role", assumes or service("ec2"), **props)
    options = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    stack.add(kt.LAUNCH_TEMPLATE, "template", {"metadataOptions": options})
    started = {"launchTemplate": {"id": Ref("template"), "version": "$Latest"}, "subnetIds": [Ref("agents")], "nodeRoleArn": arn}
    stack.add(kt.NODE_GROUP, "nodes", {**started, "clusterName": "c", "tags": {"Role": "openclaw-agent-harness", "PolicyMode": "enforce"}})


def task(stack: Stack, key: str, assumes: Any = None, **props: Any) -> None:
    arn = role(stack, "role", assumes or service("ecs-tasks"), **props)
    stack.add(kt.TASK, "task", {"family": "agent", "containerDefinitions": "[]", key: arn})
    network = {"subnets": [Ref("agents")], "assignPublicIp": False}
    tags = {"Role": "openclaw-agent-harness", "PolicyMode": "enforce"}
    stack.add(kt.ECS_SERVICE, "service", {"taskDefinition": Ref("task", "arn"), "networkConfiguration": network, "tags": tags})


def fargate(stack: Stack, **props: Any) -> None:
    arn = role(stack, "role", service("eks-fargate-pods"), **props)
    tags = {"Role": "openclaw-agent-harness", "PolicyMode": "enforce"}
    stack.add(kt.FARGATE_PROFILE, "pods", {"subnetIds": [Ref("agents")], "podExecutionRoleArn": arn, "tags": tags})


def pod(stack: Stack, assumes: Any = None, **props: Any) -> None:
    node(stack)
    can = trust({"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"])
    arn = role(stack, "pod-role", assumes or can, **props)
    stack.add(kt.POD_IDENTITY, "association", {"clusterName": "c", "namespace": "agents", "serviceAccount": "agent", "roleArn": arn})


def by_token(stack: Stack, url: str = f"https://{ISSUER}", sub: str = "system:serviceaccount:agents:agent", **more: Any) -> None:
    node(stack)
    stack.add(
        kt.OIDC_PROVIDER,
        "issuer",
        {"url": url, "clientIdLists": ["sts.amazonaws.com"], "arn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
    )
    bound = {"StringEquals": {f"{ISSUER}:sub": sub, f"{ISSUER}:aud": "sts.amazonaws.com"}, **more}
    federated = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}
    role(stack, "pod-role", trust(federated, "sts:AssumeRoleWithWebIdentity", Condition=bound))


BAD = document("iam:PassRole")
INLINE = {"inlinePolicies": [{"name": "x", "policy": BAD}]}
PIN = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/operators"}}
REFUSED: dict[str, tuple[Change, str]] = {
    "node role": (lambda s: node(s, **INLINE), "role"),
    "node role, administrator": (lambda s: node(s, managedPolicyArns=[f"{AWS}AdministratorAccess"]), "role"),
    "node role that changes interfaces": (lambda s: node(s, managedPolicyArns=[f"{AWS}AmazonEKS_CNI_Policy"]), "role"),
    "node role of another program": (
        lambda s: (node(s), s.props["nodes"].update(nodeRoleArn=f"arn:aws:iam::{ACCOUNT}:role/nodes")),
        "nodes",
    ),
    "task role": (lambda s: task(s, "taskRoleArn", **INLINE), "role"),
    "execution role": (lambda s: task(s, "executionRoleArn", **INLINE), "role"),
    "task role with the policy of execution roles": (
        lambda s: task(s, "taskRoleArn", managedPolicyArns=[f"{AWS}service-role/AmazonECSTaskExecutionRolePolicy"]),
        "role",
    ),
    "pod execution role": (lambda s: fargate(s, **INLINE), "role"),
    "pod role": (lambda s: pod(s, **INLINE), "pod-role"),
    "pod role by token, any account": (lambda s: by_token(s, sub="system:serviceaccount:agents:*"), "pod-role"),
    "pod role by token, of another issuer": (lambda s: by_token(s, url="https://token.actions.githubusercontent.com"), "pod-role"),
    "inline policies that only a list names": (
        lambda s: (host(s), s.add(kt.ROLE_POLICIES, "all", {"roleName": Ref("role", "name"), "policyNames": ["admin"]})),
        "all",
    ),
    "documents for everybody": (
        lambda s: s.add(
            kt.SERVICE_SETTING, "setting", {"settingId": "/ssm/documents/console/public-sharing-permission", "settingValue": "Enable"}
        ),
        "setting",
    ),
    "a boundary excuses nothing": (
        lambda s: (
            s.add(kt.POLICY, "limit", {"policy": document("ssmmessages:*")}),
            host(s, permissionsBoundary=Ref("limit", "arn"), **INLINE),
        ),
        "role",
    ),
    "a denial excuses nothing": (
        lambda s: host(
            s,
            inlinePolicies=[
                {"name": "x", "policy": BAD},
                {"name": "y", "policy": json.dumps({"Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]})},
            ],
        ),
        "role",
    ),
    "role that is read": (lambda s: host(s, uniqueId="AROA1"), "role"),
    "trust in another service": (lambda s: host(s, service("ec2", "lambda")), "role"),
    "trust in the wrong service": (lambda s: node(s, service("ecs-tasks")), "role"),
    "trust in everybody, always true": (
        lambda s: host(s, trust({"AWS": "*"}, Condition={"StringLike": {"aws:PrincipalArn": "*"}})),
        "role",
    ),
    "trust in everybody, if exists": (
        lambda s: host(s, trust("*", Condition={"StringEqualsIfExists": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/x"}})),
        "role",
    ),
    "trust in everybody of the account": (lambda s: host(s, trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Condition=PIN)), "role"),
    "trust in a bare account": (lambda s: host(s, trust({"AWS": ACCOUNT}, Condition=PIN)), "role"),
    "trust in another account": (
        lambda s: host(s, trust({"AWS": "arn:aws:iam::999988887777:role/x"}, Condition={"StringEquals": {"sts:ExternalId": "abc"}})),
        "role",
    ),
    "trust in whoever signs in": (lambda s: host(s, trust({"Federated": "cognito-identity.amazonaws.com"})), "role"),
    "trust in all but one": (
        lambda s: host(s, json.dumps({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]})),
        "role",
    ),
    "trust by every action": (lambda s: host(s, trust({"Service": "ec2.amazonaws.com"}, "sts:*")), "role"),
    "second statement": (
        lambda s: host(
            s,
            json.dumps({"Statement": [*json.loads(service("ec2"))["Statement"], *json.loads(trust("*"))["Statement"]]}),
        ),
        "role",
    ),
    "a role that takes the host's in": (
        lambda s: (host(s), role(s, "next", trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/role"}))),
        "next",
    ),
    "a role that takes everybody in": (
        lambda s: (host(s), role(s, "next", trust("*", Condition={"Bool": {"aws:SecureTransport": "true"}}))),
        "next",
    ),
    "default host management": (
        lambda s: s.add(
            kt.SERVICE_SETTING,
            "setting",
            {
                "settingId": f"arn:aws:ssm:us-east-1:{ACCOUNT}:servicesetting/ssm/managed-instance/default-ec2-instance-management-role",
                "settingValue": "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole",
            },
        ),
        "setting",
    ),
}
KNOWN_ACCOUNT = {"arn": f"arn:aws:iam::{ACCOUNT}:role/role"}
SOUND: dict[str, Change] = {
    "node role": lambda s: node(s, managedPolicyArns=[f"{AWS}AmazonEKSWorkerNodePolicy", f"{AWS}AmazonEC2ContainerRegistryPullOnly"]),
    "execution role": lambda s: task(s, "executionRoleArn", managedPolicyArns=[f"{AWS}service-role/AmazonECSTaskExecutionRolePolicy"]),
    "task role": lambda s: task(
        s, "taskRoleArn", inlinePolicies=[{"name": "x", "policy": document("s3:GetObject", on="arn:aws:s3:::own/x")}]
    ),
    "pod execution role": lambda s: fargate(s, managedPolicyArns=[f"{AWS}AmazonEKSFargatePodExecutionRolePolicy"]),
    "pod role": lambda s: pod(s),
    "pod role by token": by_token,
    "network plugin by token": lambda s: (
        by_token(s, sub="system:serviceaccount:kube-system:aws-node"),
        s.props["pod-role"].update(managedPolicyArns=[f"{AWS}AmazonEKS_CNI_Policy"]),
    ),
    "an account's own operators": lambda s: host(
        s,
        trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/operators"}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        **KNOWN_ACCOUNT,
    ),
    "everybody, but one by name": lambda s: host(s, trust({"AWS": "*"}, Condition=PIN), **KNOWN_ACCOUNT),
    "a list of the inline policies that it has": lambda s: (
        host(s),
        s.add(kt.ROLE_POLICY, "own", {"name": "own", "role": Ref("role"), "policy": document("ssmmessages:*")}),
        s.add(kt.ROLE_POLICIES, "all", {"roleName": Ref("role", "name"), "policyNames": ["own"]}),
    ),
    "a denial": lambda s: host(
        s, inlinePolicies=[{"name": "x", "policy": json.dumps({"Statement": [{"Effect": "Deny", "NotAction": "x:y", "Resource": "*"}]})}]
    ),
    "a trust that is not known": lambda s: host(s, UNKNOWN),
    "another service's role": lambda s: (host(s), role(s, "flow", service("vpc-flow-logs"), **INLINE)),
    "a role for the account": lambda s: (
        host(s),
        role(s, "other", trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), **INLINE, **KNOWN_ACCOUNT),
    ),
    "a role that is not known yet": lambda s: (host(s), role(s, "other", UNKNOWN, **INLINE)),
    "another setting": lambda s: s.add(
        kt.SERVICE_SETTING, "setting", {"settingId": "/ssm/documents/console/public-sharing-permission", "settingValue": "Disable"}
    ),
    "default host management, off": lambda s: s.add(
        kt.SERVICE_SETTING, "setting", {"settingId": "/ssm/managed-instance/default-ec2-instance-management-role", "settingValue": "$None"}
    ),
}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", REFUSED)
def test_a_wide_role_is_refused_where_it_is_stated(case: str, known: bool) -> None:
    change, where = REFUSED[case]
    stack = compliant()
    change(stack)
    assert stack.refused(known) - {("compute-and-routing-are-known", "issuer")} == {(RULE, where)}  # a bound on the issuer is apart


TAKEN: dict[str, tuple[Any, str]] = {
    "another account": (trust({"AWS": "arn:aws:iam::999988887777:root"}), "arn:aws:iam::999988887777:root"),
    "a role of another account by a code word": (
        trust({"AWS": "arn:aws:iam::999988887777:role/vendor"}, Condition={"StringEquals": {"sts:ExternalId": "code"}}),
        "arn:aws:iam::999988887777:role/vendor",
    ),
    "everybody": (trust({"AWS": "*"}), "every account"),
    "everybody, if the account exists": (
        trust({"AWS": "*"}, Condition={"StringEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}}),
        "every account",
    ),
    "whoever has a token": (trust({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"), "federated accounts.google.com"),
    "every service": (trust({"Service": "*"}), "the service *"),
    "all but one": (
        json.dumps({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}),
        "NotPrincipal",
    ),
    "no policy": ("{", "cannot be seen"),
}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", TAKEN)
def test_a_role_of_no_host_is_taken_by_its_service_and_its_account_alone(case: str, known: bool) -> None:
    assumed, words = TAKEN[case]
    stack = compliant()
    host(stack, **KNOWN_ACCOUNT)
    role(stack, "other", assumed, **INLINE)
    assert stack.refused(known) == {(RULE, "other")}
    assert any(words in finding.what for finding in stack.findings(known))


def test_a_role_for_an_account_that_nothing_proves_is_refused() -> None:
    stack = compliant()
    host(stack)
    role(stack, "other", trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    assert stack.refused(known=False) == {(RULE, "other")}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", SOUND)
def test_a_minimal_role_passes(case: str, known: bool) -> None:
    stack = compliant()
    SOUND[case](stack)
    assert [finding.message for finding in stack.findings(known)] == []


def refreshed(stack: Stack, name: str, **outputs: Any) -> set[tuple[str, str]]:
    """Return what is refused once a refresh has read more of one resource than the program states."""
    known = [replace(one, outputs={**one.outputs, **outputs}) if one.name == name else one for one in stack.resources(known=True)]
    return {(finding.id, finding.where.rsplit("::", 1)[-1]) for finding in check_stack(known)}


def test_what_was_attached_behind_the_programs_back_is_judged() -> None:
    stack = compliant()
    host(stack)
    assert refreshed(stack, "role") == set()
    assert refreshed(stack, "role", managedPolicyArns=[f"{AWS}AdministratorAccess"]) == {(RULE, "role")}
    assert refreshed(stack, "role", inlinePolicies=[{"name": "x", "policy": BAD}]) == {(RULE, "role")}
    assert refreshed(stack, "role", assumeRolePolicy=service("ec2", "lambda")) == {(RULE, "role")}


def test_a_profile_that_was_attached_behind_the_programs_back_is_judged() -> None:
    stack = compliant()
    assert refreshed(stack, "agent", iamInstanceProfile="administrators") == {(RULE, "agent")}
    assert refreshed(stack, "agent", iamInstanceProfile="") == set()


def test_a_profile_that_was_read_leads_to_its_role() -> None:
    stack = compliant()
    host(stack, **INLINE)
    del stack.props["profile"]["role"]
    assert refreshed(stack, "profile", role="role") == {(RULE, "role")}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("definition", ["operations", "operations:7", "arn:aws:ecs:us-east-1:111122223333:task-definition/operations:7"])
def test_a_task_of_another_program_is_refused(definition: str, known: bool) -> None:
    stack = compliant()
    task(stack, "taskRoleArn")
    stack.props["service"]["taskDefinition"] = definition
    found = [one.what for one in stack.findings(known) if one.rule.id == RULE]
    assert any(f"task definition {definition}, which is not in this program" in what for what in found)


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("definition", ["agent", "agent:3", Ref("task", "arn")])
def test_a_task_of_the_program_is_found_by_each_of_its_names(definition: Any, known: bool) -> None:
    stack = compliant()
    task(stack, "taskRoleArn")
    stack.props["service"]["taskDefinition"] = definition
    assert [one.what for one in stack.findings(known) if "task definition" in one.what] == []


def test_a_managed_policy_that_is_only_read_counts_as_one_of_another_place() -> None:
    stack = compliant()
    host(stack)
    stack.add(kt.POLICY, "everything", {"id": f"{AWS}AdministratorAccess", "arn": f"{AWS}AdministratorAccess"})
    stack.add(kt.ROLE_ATTACHMENT, "attachment", {"role": Ref("role", "name"), "policyArn": f"{AWS}AdministratorAccess"})
    found = [one.what for one in stack.findings(known=True) if one.rule.id == RULE]
    assert found == [f"gives Role role the managed policy {AWS}AdministratorAccess, whose document is not in this program"]


def test_a_profile_that_is_read_without_its_role_is_refused() -> None:
    stack = compliant()
    stack.add(kt.PROFILE, "profile", {"id": "profile", "name": "profile"})
    stack.props["agent"]["iamInstanceProfile"] = "profile"
    found = [one.what for one in stack.findings(known=True) if one.rule.id == RULE]
    assert found == ["acts with the role of InstanceProfile profile, which is not in this program: its rights cannot be seen"]


def test_a_role_associated_with_pods_is_judged_whatever_the_hosts_are() -> None:
    stack = compliant()
    wide = role(stack, "wide", trust({"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"]))
    stack.add(kt.ROLE_POLICY, "policy", {"role": Ref("wide", "name"), "policy": document("iam:*")})
    stack.add(kt.POD_IDENTITY, "pods", {"clusterName": "c", "namespace": "agents", "serviceAccount": "agent", "roleArn": wide})
    assert (RULE, "policy") in stack.refused(known=True)
