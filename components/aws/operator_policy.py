"""IAM documents of operators' sessions: who opens which host with which documents, and what a host may write. Pure functions.

A session opens if one statement permits the host and another the document. The host's statement demands the stack, the owner and a second
factor. There are two statements, because the evidence of a second factor has two forms:
- an IAM user has `aws:MultiFactorAuthPresent` and the tags of the user, which nobody changes for one session;
- a role session of single sign-on has a session tag, which counts only in sessions that the named identity provider issued: those of OIDC
  have `aws:FederatedProvider`, those of SAML `saml:namequalifier`. A caller who assumes a role and chooses its tags (`sts:TagSession`) has
  neither key, and is no IAM user.
Sources: STS API Reference, AssumeRoleWithSAML, `NameQualifier`;
Systems Manager User Guide, "Additional sample IAM policies for Session Manager" and "Turn on Run As support"; IAM User Guide,
"AWS global condition context keys".
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, Final

from components.aws.policy_document import format_document
from containment.config.spec import ContainmentSpec
from containment.names import AgentTag, HostTag
from containment.sessions.documents import DOCUMENT_PREFIX, OPERATOR, REMOTE_FORWARDING

WRITE_RECORD: Final = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
FIND_RECORD: Final = ("logs:DescribeLogGroups",)
"""The SSM agent on the host checks that the log group is encrypted before it opens a session."""
_RUN_AS: Final = "aws:PrincipalTag/SSMSessionRunAs"
"""A tag of the operator that Session Manager prefers over the document's user: one with the value root would be root."""


def build_operator_policy(spec: ContainmentSpec, account: str) -> str:
    """Return the managed policy of a stack's operators.

    Args:
        spec: the stack.
        account: its AWS account.
    """
    config = spec.config
    hosts = [f"arn:aws:ec2:{config.aws_region}:{account}:instance/*"]
    documents = f"arn:aws:ssm:{config.aws_region}:{account}:document/{DOCUMENT_PREFIX}"
    sessions = f"arn:aws:ssm:{config.aws_region}:{account}:session"
    owned = {
        f"ssm:resourceTag/{HostTag.AGENT_STACK.value}": spec.stack,
        f"ssm:resourceTag/{AgentTag.OWNER.value}": f"${{aws:PrincipalTag/{config.session_owner_tag}}}",
    }
    # Session Manager enforces the check only if every statement that allows StartSession has it, in this form (User Guide, "Start a
    # session with a document by specifying the session documents in IAM policies").
    checked = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}
    as_operator = {"StringEqualsIfExists": {_RUN_AS: OPERATOR}}
    statements = [
        _allow(
            "HostsOfUsersWithMfa",
            ["ssm:StartSession"],
            hosts,
            StringEquals={**owned, "aws:PrincipalType": "User"},
            Bool={"aws:MultiFactorAuthPresent": "true"},
            **checked,
            **as_operator,
        )
    ]
    if config.session_identity_provider:
        issued = build_provider_condition(config.session_identity_provider, config.session_saml_issuer)
        signed_in = {**issued, f"aws:PrincipalTag/{config.session_mfa_tag}": "true"}
        statements.append(
            _allow("HostsOfSignedInRoles", ["ssm:StartSession"], hosts, StringEquals={**owned, **signed_in}, **checked, **as_operator)
        )
    own = {"StringEquals": {"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"}}
    statements += [
        _allow("Documents", ["ssm:StartSession"], [f"{documents}{spec.object_prefix}-{kind}" for kind in list_kinds(spec)], **checked),
        _allow("OwnSessions", ["ssm:ResumeSession", "ssm:TerminateSession"], [f"{sessions}/*"], **own),
        _allow("OwnChannels", ["ssmmessages:OpenDataChannel"], [f"{sessions}/${{aws:userid}}-*"]),
        _allow("Find", ["ec2:DescribeInstances", "ssm:DescribeSessions", "ssm:GetConnectionStatus"], ["*"]),
        # Without it, another policy's document would open a host that this policy permits: IAM decides host and document separately.
        _deny("NoOtherDocument", ["ssm:StartSession"], NotResource=[f"{documents}*", "arn:aws:ec2:*:*:instance/*"]),
        _deny("NoOtherHostBehindThisOne", ["ssm:StartSession"], Resource=[f"arn:aws:ssm:*:*:document/{REMOTE_FORWARDING}"]),
    ]
    return format_document(*statements)


def build_provider_condition(provider: str, issuer: str) -> dict[str, str]:
    """Return the condition, for StringEquals, that only sessions of an identity provider meet.

    Args:
        provider: the ARN of the OIDC or SAML provider.
        issuer: the issuer of a SAML provider, which its responses name.
    """
    if ":saml-provider/" not in provider:
        return {"aws:FederatedProvider": provider}
    account, name = provider.split(":")[4], provider.rpartition("/")[2]
    digest = hashlib.sha1(f"{issuer}{account}/{name}".encode(), usedforsecurity=False).digest()
    return {"saml:namequalifier": base64.b64encode(digest).decode()}


def list_kinds(spec: ContainmentSpec) -> tuple[str, ...]:
    """Return the kinds of session documents of a stack, which are the ends of their names."""
    return ("shell", "forwarding") if spec.config.session_ports else ("shell",)


def build_record_policy(group: str) -> str:
    """Return the right of a host to write the record of its sessions.

    Args:
        group: the ARN of the log group.
    """
    write = _allow("WriteRecord", list(WRITE_RECORD), [f"{group}:*"])
    return format_document(write, _allow("FindRecord", list(FIND_RECORD), ["*"]))


def _allow(sid: str, actions: Sequence[str], on: Sequence[str], **conditions: Any) -> dict[str, Any]:
    stated = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(on)}
    return {**stated, "Condition": conditions} if conditions else stated


def _deny(sid: str, actions: Sequence[str], **on: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), **on}
