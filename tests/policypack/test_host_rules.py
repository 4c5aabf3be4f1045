"""What gives a host a disk in the clear, a login, a wide role or ingress is refused however it is written."""

# mypy: disable-error-code="func-returns-value"

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant

DISK = "agent-volumes-are-encrypted"
LOGIN = "agent-host-has-no-login"
ROLE = "agent-role-is-minimal"
INGRESS = "agent-host-takes-no-ingress"
MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})

Change = Callable[[Stack], object]


def host(stack: Stack, **props: object) -> None:
    stack.props["agent"].update(props)


def role(stack: Stack, **props: object) -> None:
    stack.add(kt.ROLE, "role", {"name": "agent-role", "assumeRolePolicy": TRUST, **props})
    stack.add(kt.PROFILE, "profile", {"name": "agent-profile", "role": Ref("role", "name")})
    host(stack, iamInstanceProfile=Ref("profile", "name"))


def document(*actions: str, on: str = "*") -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": on}]})


def group(stack: Stack, **props: object) -> None:
    stack.add(kt.SECURITY_GROUP, "group", {"vpcId": Ref("vpc"), **props})
    host(stack, vpcSecurityGroupIds=[Ref("group")])


def template(stack: Stack, **props: object) -> None:
    options = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    stack.add(kt.LAUNCH_TEMPLATE, "template", {"metadataOptions": options, **props})
    host(stack, launchTemplate={"id": Ref("template")})


def card(stack: Stack) -> None:
    stack.add(kt.INTERFACE, "card", {"subnetId": Ref("agents")})
    stack.add(kt.INTERFACE_ATTACHMENT, "plugged", {"instanceId": Ref("agent"), "networkInterfaceId": Ref("card"), "deviceIndex": 1})


REFUSED: dict[str, tuple[Change, str, str]] = {
    "root in the clear": (lambda s: host(s, rootBlockDevice={"encrypted": False}), DISK, "agent"),
    "root as text": (lambda s: host(s, rootBlockDevice=[{"encrypted": "false"}]), DISK, "agent"),
    "root not known": (lambda s: host(s, rootBlockDevice={"encrypted": UNKNOWN}), DISK, "agent"),
    "template's disk": (lambda s: template(s, blockDeviceMappings=[{"ebs": {"encrypted": "false"}}]), DISK, "template"),
    "a default that comes too late": (
        lambda s: (s.add(kt.ENCRYPTION_DEFAULT, "all", {"enabled": True}), host(s, rootBlockDevice={"encrypted": False})),
        DISK,
        "agent",
    ),
    "key": (lambda s: host(s, keyName="admin"), LOGIN, "agent"),
    "key not known": (lambda s: host(s, keyName=UNKNOWN), LOGIN, "agent"),
    "template's key": (lambda s: template(s, keyName="admin"), LOGIN, "template"),
    "console left on": (lambda s: s.add(kt.SERIAL_CONSOLE, "console", {}), LOGIN, "console"),
    "written key file": (lambda s: host(s, userData="echo 'ssh-rsa AAAA' >> /root/.ssh/authorized_keys # ssh-rsa x"), LOGIN, "agent"),
    "managed on the role": (lambda s: role(s, managedPolicyArns=[MANAGED]), ROLE, "role"),
    "managed attached": (
        lambda s: (role(s), s.add(kt.ROLE_ATTACHMENT, "own", {"role": Ref("role", "name"), "policyArn": MANAGED})),
        ROLE,
        "own",
    ),
    "managed, exclusively": (
        lambda s: (role(s), s.add(kt.ROLE_ATTACHMENTS, "own", {"roleName": "agent-role", "policyArns": [MANAGED]})),
        ROLE,
        "own",
    ),
    "managed, to many roles": (
        lambda s: (role(s), s.add(kt.POLICY_ATTACHMENT, "own", {"roles": ["other", "agent-role"], "policyArn": MANAGED})),
        ROLE,
        "own",
    ),
    "inline": (lambda s: role(s, inlinePolicies=[{"name": "x", "policy": document("iam:*")}]), ROLE, "role"),
    "policy apart": (lambda s: (role(s), s.add(kt.ROLE_POLICY, "own", {"role": Ref("role"), "policy": document("ec2:*")})), ROLE, "own"),
    "policy as an object": (
        lambda s: (role(s), s.add(kt.ROLE_POLICY, "own", {"role": "agent-role", "policy": json.loads(document("sts:AssumeRole"))})),
        ROLE,
        "own",
    ),
    "no policy at all": (lambda s: (role(s), s.add(kt.ROLE_POLICY, "own", {"role": Ref("role"), "policy": "{"})), ROLE, "own"),
    "trusts anybody": (
        lambda s: role(
            s,
            assumeRolePolicy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}),
        ),
        ROLE,
        "role",
    ),
    "profile of the template": (
        lambda s: (role(s, managedPolicyArns=[MANAGED]), template(s, iamInstanceProfile={"arn": Ref("profile", "arn")})),
        ROLE,
        "role",
    ),
    "a profile of another program": (lambda s: host(s, iamInstanceProfile="shared"), ROLE, "agent"),
    "a profile that cannot be traced": (lambda s: host(s, iamInstanceProfile=UNKNOWN), ROLE, "agent"),
    "inline ingress": (lambda s: group(s, ingress=[{"protocol": "tcp", "fromPort": 22, "toPort": 22, "self": True}]), INGRESS, "group"),
    "ingress not known": (lambda s: group(s, ingress=UNKNOWN), INGRESS, "group"),
    "rule apart": (
        lambda s: (group(s), s.add(kt.GROUP_RULE, "rule", {"type": "ingress", "securityGroupId": Ref("group")})),
        INGRESS,
        "rule",
    ),
    "ingress rule": (lambda s: (group(s), s.add(kt.INGRESS_RULE, "rule", {"securityGroupId": Ref("group")})), INGRESS, "rule"),
    "group of the template": (
        lambda s: (group(s, ingress=[{"protocol": "-1"}]), template(s, networkInterfaces=[{"securityGroups": [Ref("group")]}])),
        INGRESS,
        "group",
    ),
    "group of an interface": (
        lambda s: (card(s), group(s, ingress=[{"protocol": "-1"}]), s.props["card"].update(securityGroups=[Ref("group")])),
        INGRESS,
        "group",
    ),
    "default group": (lambda s: host(s, vpcSecurityGroupIds=[Ref("vpc", "defaultSecurityGroupId")]), INGRESS, "agent"),
    "default group that no host names, kept open": (
        lambda s: (
            s.add(kt.DEFAULT_GROUP, "default", {"vpcId": Ref("vpc"), "ingress": [{"protocol": "-1", "self": True}]}),
            host(s, vpcSecurityGroupIds=None),
        ),
        INGRESS,
        "default",
    ),
    "a rule in the default group that no host names": (
        lambda s: (
            s.add(kt.INGRESS_RULE, "opens", {"securityGroupId": Ref("vpc", "defaultSecurityGroupId"), "ipProtocol": "-1"}),
            host(s, vpcSecurityGroupIds=None),
        ),
        INGRESS,
        "opens",
    ),
    "default group, kept open": (
        lambda s: (
            s.add(kt.DEFAULT_GROUP, "default", {"vpcId": Ref("vpc"), "ingress": [{"protocol": "-1", "self": True}]}),
            host(s, vpcSecurityGroupIds=[Ref("vpc", "defaultSecurityGroupId")]),
        ),
        INGRESS,
        "default",
    ),
}
SOUND: dict[str, Change] = {
    "encrypted disks": lambda s: host(s, rootBlockDevice={"encrypted": True}, ebsBlockDevices=[{"encrypted": "true"}]),
    "a default that comes first": lambda s: (
        s.add(kt.ENCRYPTION_DEFAULT, "all", {}),
        host(s, rootBlockDevice={"encrypted": False}),
        s.depends["agent"].append("all"),
    ),
    "silent disks of a small program": lambda s: s.add(kt.VOLUME, "spare", {}),
    "a volume of nobody": lambda s: s.add(kt.VOLUME, "spare", {"encrypted": False}),
    "console off": lambda s: s.add(kt.SERIAL_CONSOLE, "console", {"enabled": False}),
    "a minimal role": lambda s: role(s, inlinePolicies=[{"name": "x", "policy": document("ssmmessages:CreateDataChannel")}]),
    "a document not known": lambda s: (role(s), s.add(kt.ROLE_POLICY, "own", {"role": Ref("role"), "policy": UNKNOWN})),
    "somebody else's role": lambda s: (role(s), s.add(kt.ROLE, "other", {"name": "other", "managedPolicyArns": [MANAGED]})),
    "a policy for another role": lambda s: (
        role(s),
        s.add(kt.ROLE, "other", {"name": "other"}),
        s.add(kt.ROLE_ATTACHMENT, "own", {"role": Ref("other"), "policyArn": MANAGED}),
    ),
    "no ingress": lambda s: (group(s, ingress=[]), s.add(kt.GROUP_RULE, "rule", {"type": "egress", "securityGroupId": Ref("group")})),
    "ingress of another group": lambda s: (
        group(s),
        s.add(kt.SECURITY_GROUP, "other", {"vpcId": Ref("vpc"), "ingress": [{"protocol": "-1"}]}),
    ),
    "default group without ingress": lambda s: (
        s.add(kt.DEFAULT_GROUP, "default", {"vpcId": Ref("vpc"), "ingress": []}),
        host(s, vpcSecurityGroupIds=[Ref("vpc", "defaultSecurityGroupId")]),
    ),
}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_its_rule_where_it_is_stated(case: str, known: bool) -> None:
    change, rule, where = REFUSED[case]
    stack = compliant()
    change(stack)
    assert stack.refused(known) == {(rule, where)}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", SOUND)
def test_what_is_sound_passes(case: str, known: bool) -> None:
    stack = compliant()
    SOUND[case](stack)
    assert stack.refused(known) == set()
