"""Holes in operators' sessions: a document or a policy with one fact that opens more than a recorded session of the owner."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.policypack.mutants.mutant import ENFORCE, SUBNET, Add, Mutant
from tests.policypack.mutants.program import Ref

_RECORDED: Final = "sessions-are-recorded"
_OWN: Final = "operators-open-only-their-own"
_GROUP: Final = "/mutant/sessions"
_HOSTS: Final = "arn:aws:ec2:us-east-1:111122223333:instance/*"
_SHELL: Final = "arn:aws:ssm:us-east-1:111122223333:document/mutant-shell"
_OWNED: Final = {"ssm:resourceTag/AgentOwner": "${aws:PrincipalTag/owner}"}
_CHECKED: Final = {"ssm:SessionDocumentAccessCheck": "true"}
_MFA: Final = {"aws:MultiFactorAuthPresent": "true"}
_INPUTS: Final[dict[str, Any]] = {
    "cloudWatchLogGroupName": _GROUP,
    "cloudWatchEncryptionEnabled": True,
    "cloudWatchStreamingEnabled": True,
    "idleSessionTimeout": "20",
    "maxSessionDuration": "60",
    "runAsEnabled": True,
    "runAsDefaultUser": "operator",
}


def _make_document(content: dict[str, Any], **props: Any) -> tuple[Add, ...]:
    group = {"name": _GROUP, "kmsKeyId": Ref("sessions-key", "arn")}
    shell = {"name": "mutant-shell", "documentType": "Session", "content": json.dumps(content), **props}
    return (
        Add("aws:kms/key:Key", {"enableKeyRotation": True}, "sessions-key"),
        Add("aws:cloudwatch/logGroup:LogGroup", group, "sessions-group"),
        Add("aws:ssm/document:Document", shell, "shell"),
    )


def _shell(what: str, **inputs: Any) -> Mutant:
    content = {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {**_INPUTS, **inputs}}
    return Mutant(f"session-{what}", _RECORDED, _make_document(content), where="shell")


def _port(what: str, **properties: Any) -> Mutant:
    stated = {"portNumber": "8080", "type": "LocalPortForwarding", **properties}
    content = {"schemaVersion": "1.0", "sessionType": "Port", "properties": stated}
    return Mutant(f"session-{what}", _RECORDED, _make_document(content), where="shell")


def _policy(what: str, action: str = "ssm:StartSession", on: str = _HOSTS, **conditions: Any) -> Mutant:
    content = {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": _INPUTS}
    statement = {"Effect": "Allow", "Action": action, "Resource": on, "Condition": conditions}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    operators = Add("aws:iam/policy:Policy", {"name": "mutant-operators", "policy": policy}, "operators")
    return Mutant(f"operators-{what}", _OWN, (*_make_document(content), operators), where="operators")


TABLE: Final = (
    _shell("leaves-no-record", cloudWatchLogGroupName=""),
    _shell("is-recorded-without-a-key", cloudWatchEncryptionEnabled=False),
    _shell("is-recorded-at-its-end", cloudWatchStreamingEnabled=False),
    _shell("is-recorded-elsewhere", cloudWatchLogGroupName="/of-another-program"),
    _shell("never-idles", idleSessionTimeout="0"),
    _shell("never-ends", maxSessionDuration=""),
    _shell("runs-as-ssm-user", runAsEnabled=False),
    _shell("runs-as-root", runAsDefaultUser="root"),
    _shell("runs-as-the-callers-choice", runAsDefaultUser="{{ user }}"),
    _port("forwards-to-the-network", host="{{ host }}"),
    _port("forwards-to-the-metadata-service", host="169.254.169.254"),
    Mutant(
        "session-runs-commands",
        "compute-and-routing-are-known",
        _make_document({"schemaVersion": "2.2", "mainSteps": []}, documentType="Command"),
        where="shell",
    ),
    Mutant(
        "session-is-shared",
        _RECORDED,
        _make_document(
            {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": _INPUTS},
            permissions={"type": "Share", "accountIds": "All"},
        ),
        where="shell",
    ),
    Mutant(
        "session-in-a-container-leaves-no-record",
        _RECORDED,
        (
            Add("aws:ecs/cluster:Cluster", {"name": "mutant"}, "cluster"),
            Add(
                "aws:ecs/taskDefinition:TaskDefinition",
                {"family": "mutant", "networkMode": "awsvpc", "containerDefinitions": "[]", "requiresCompatibilities": ["FARGATE"]},
                "task",
            ),
            Add(
                "aws:ecs/service:Service",
                {
                    "cluster": Ref("cluster", "arn"),
                    "taskDefinition": Ref("task", "arn"),
                    "launchType": "FARGATE",
                    "enableExecuteCommand": True,
                    "networkConfiguration": {
                        "subnets": [Ref(SUBNET)],
                        "securityGroups": [Ref("agent-sg")],
                        "assignPublicIp": False,
                    },
                    "tags": {"Role": "openclaw-agent-harness", "AgentClass": "coding", "AgentStack": "mutant", "PolicyMode": "enforce"},
                },
                "service",
            ),
        ),
        where="service",
        modes=ENFORCE,
    ),
    _policy("open-every-host", on="*"),
    _policy("open-hosts-of-others", Bool={**_CHECKED, **_MFA}),
    _policy("need-no-second-factor", StringEquals=_OWNED, Bool=_CHECKED),
    _policy("need-a-second-factor-if-it-exists", StringEquals=_OWNED, Bool=_CHECKED, BoolIfExists=_MFA),
    _policy("take-a-tag-for-a-second-factor", StringEquals={**_OWNED, "aws:PrincipalTag/mfa": "true"}, Bool=_CHECKED),
    _policy("match-the-owner-as-a-pattern", StringLike=_OWNED, Bool={**_CHECKED, **_MFA}),
    _policy("open-any-document", StringEquals=_OWNED, Bool=_MFA),
    _policy("name-every-document", on=_SHELL.replace("mutant-shell", "*"), Bool=_CHECKED),
    _policy("forward-to-remote-hosts", on="arn:aws:ssm:us-east-1::document/AWS-StartPortForwardingSessionToRemoteHost", Bool=_CHECKED),
    _policy("take-over-sessions", action="ssm:ResumeSession", on="*"),
    _policy("have-a-family-of-rights", action="ssm:*", on="*"),
)
"""Holes made in this repository's own compliant stacks, one change each, as data: see `mutant`."""
