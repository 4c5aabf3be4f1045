"""A vended place with operators' sessions, written unlike the product's program. It breaks no rule.

`vend()` makes it: the pieces of `place`, and those of the sessions, which a keyword changes in the same way; `shell` changes the inputs
of the document, `host_conditions` the conditions of the operators' policy, `documents` the documents that it names.
"""

from __future__ import annotations

import json
from typing import Any

import place
import pulumi_aws as aws

GROUP = "/sample/sessions"
NAME = "sample-shell"
HOSTS = f"arn:aws:ec2:{place.REGION}:{place.ACCOUNT}:instance/*"
SHELL = f"arn:aws:ssm:{place.REGION}:{place.ACCOUNT}:document/{NAME}"
LOOPBACK = f"arn:aws:ssm:{place.REGION}::document/AWS-StartPortForwardingSession"
INPUTS = {
    "cloudWatchLogGroupName": GROUP,
    "cloudWatchEncryptionEnabled": True,
    "cloudWatchStreamingEnabled": True,
    "idleSessionTimeout": "20",
    "maxSessionDuration": "60",
    "runAsEnabled": True,
    "runAsDefaultUser": "operator",
}
CHECKED = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}
CONDITIONS = {
    "StringEquals": {"ssm:resourceTag/Owner": "${aws:PrincipalTag/owner}"},
    "Bool": {"aws:MultiFactorAuthPresent": "true", "ssm:SessionDocumentAccessCheck": "true"},
}
RESUMED = "arn:aws:ssm:*:*:session/${aws:userid}-*"
PIECES = ("sessions_key", "sessions_group", "shell", "operators")


def vend(
    *,
    inputs: dict[str, Any] | None = None,
    host_conditions: dict[str, Any] | None = None,
    documents: tuple[str, ...] = (SHELL, LOOPBACK),
    resumed: str = RESUMED,
    **changes: Any,
) -> place.Place:
    """Make a place with sessions."""
    own = {name: changes.pop(name) for name in PIECES if name in changes}
    made = place.vend(**changes)
    made.changes.update(own)
    made.make(aws.kms.Key, "sessions-key", enable_key_rotation=True)
    made.make(aws.cloudwatch.LogGroup, "sessions-group", name=GROUP, retention_in_days=365, kms_key_id=made["sessions-key"].arn)
    made.make(aws.ssm.Document, "shell", name=NAME, document_type="Session", content=shell(inputs or {}))
    statements = [
        {
            "Effect": "Allow",
            "Action": "ssm:StartSession",
            "Resource": HOSTS,
            "Condition": CONDITIONS if host_conditions is None else host_conditions,
        },
        {"Effect": "Allow", "Action": "ssm:StartSession", "Resource": list(documents), "Condition": CHECKED},
        {"Effect": "Allow", "Action": ["ssm:ResumeSession", "ssm:TerminateSession"], "Resource": resumed},
    ]
    made.make(aws.iam.Policy, "operators", name="operators", policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    if made.changes:
        raise TypeError(f"no such piece: {', '.join(made.changes)}")
    return made


def shell(inputs: dict[str, Any]) -> str:
    """Return the content of a document for shells, with changed inputs."""
    return json.dumps({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {**INPUTS, **inputs}})


def forwarding(**properties: str) -> str:
    """Return the content of a document that forwards a port, with further properties."""
    stated = {"portNumber": "8080", "type": "LocalPortForwarding", **properties}
    return json.dumps({"schemaVersion": "1.0", "sessionType": "Port", "properties": stated})
