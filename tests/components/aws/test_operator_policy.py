"""Only a host's owner with a second factor opens a session on it; each condition is shown to matter by leaving it out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.aws.host_policies import build_boundary, build_deny_policy, build_operation_policy
from components.aws.operator_policy import FIND_RECORD, build_operator_policy, build_provider_condition, build_record_policy
from containment.iam.documents import read
from containment.iam.requests import Request, is_allowed
from containment.sessions.documents import OPERATOR
from policypack.facts.sessions.grants import SessionContext, find_session_faults
from policypack.graph.resources import Resource
from tests.components.conftest import spec_of
from tests.support.iam import Identity

ACCOUNT = "111122223333"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
ISSUER = "https://portal.sso.us-east-1.amazonaws.com/saml/assertion/ABC"
ON: dict[str, Any] = {"operatorSessions": True, "sessionOwner": "platform-team", "sessionPorts": [8080]}
SPEC = spec_of(**ON, sessionIdentityProvider=PROVIDER, sessionSamlIssuer=ISSUER)
POLICY = build_operator_policy(SPEC, ACCOUNT)
USERS_ONLY = build_operator_policy(spec_of(operatorSessions=True, sessionOwner="platform-team"), ACCOUNT)
HOST = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0"
SHELL = f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/containment-{SPEC.object_prefix}-shell"
FORWARDING = SHELL.replace("-shell", "-forwarding")
DEFAULT = f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/SSM-SessionManagerRunShell"
REMOTE = "arn:aws:ssm:us-east-1::document/AWS-StartPortForwardingSessionToRemoteHost"
TAGS = {"ssm:resourceTag/AgentStack": SPEC.stack, "ssm:resourceTag/AgentOwner": "platform-team", "ssm:SessionDocumentAccessCheck": "true"}

OWNER = {"aws:PrincipalTag/owner": "platform-team"}
OTHER = {"aws:PrincipalTag/owner": "data-team"}
MFA = {"aws:MultiFactorAuthPresent": "true"}
USER = {"aws:PrincipalType": "User", "aws:userid": "AIDAEXAMPLE"}
ROLE = {"aws:PrincipalType": "AssumedRole", "aws:userid": "AROAEXAMPLE:person"}
SSO = {**ROLE, **build_provider_condition(PROVIDER, ISSUER)}
TAG = {"aws:PrincipalTag/mfa": "true"}

PRINCIPALS: dict[str, tuple[Mapping[str, str], bool]] = {
    "user: owner with MFA": ({**USER, **OWNER, **MFA}, True),
    "user: owner without MFA": ({**USER, **OWNER, "aws:MultiFactorAuthPresent": "false"}, False),
    "user: owner with a long-term key": ({**USER, **OWNER}, False),
    "user: MFA, not the owner": ({**USER, **OTHER, **MFA}, False),
    "user: MFA, no owner tag": ({**USER, **MFA}, False),
    "user: neither": ({**USER, **OTHER}, False),
    "user: owner with a tag that looks like a second factor": ({**USER, **OWNER, **TAG}, False),
    "SSO: owner and session tag": ({**SSO, **OWNER, **TAG}, True),
    "SSO: owner without the session tag": ({**SSO, **OWNER}, False),
    "SSO: owner, session tag is false": ({**SSO, **OWNER, "aws:PrincipalTag/mfa": "false"}, False),
    "SSO: session tag, someone else's owner": ({**SSO, **OTHER, **TAG}, False),
    "SSO: session tag, no owner": ({**SSO, **TAG}, False),
    "SSO: of another provider": ({**ROLE, **OWNER, **TAG, **build_provider_condition(PROVIDER.replace("0123", "9999"), ISSUER)}, False),
    "SSO: of another issuer": ({**ROLE, **OWNER, **TAG, **build_provider_condition(PROVIDER, "https://evil.example")}, False),
    "role: forged tags by sts:TagSession": ({**ROLE, **OWNER, **TAG}, False),
    "role: forged owner by sts:TagSession, with MFA": ({**ROLE, **OWNER, **MFA, **TAG}, False),
    "role: stale tags of the role itself": ({**ROLE, **OWNER, **TAG, "aws:MultiFactorAuthPresent": "false"}, False),
    "federated user: tags by GetFederationToken": ({"aws:PrincipalType": "FederatedUser", **OWNER, **TAG, **MFA}, False),
    "root user": ({"aws:PrincipalType": "Account", **MFA}, False),
    "the host's own role": ({**ROLE, "aws:userid": "AROAHOST:i-0123456789abcdef0", "ec2:SourceInstanceARN": HOST}, False),
    "user: owner with MFA, as root": ({**USER, **OWNER, **MFA, "aws:PrincipalTag/SSMSessionRunAs": "root"}, False),
    "user: owner with MFA, as the operator": ({**USER, **OWNER, **MFA, "aws:PrincipalTag/SSMSessionRunAs": OPERATOR}, True),
}


def may_open(policy: str, principal: Mapping[str, str], document: str = SHELL, host: Mapping[str, str] = TAGS) -> bool:
    """Return whether a principal may open a session: both host and document are permitted, by two evaluators that must agree."""
    out = []
    for resource, context in ((HOST, {**principal, **host}), (document, principal)):
        allowed = is_allowed(policy, Request("ssm:StartSession", resource, context))
        assert allowed is Identity((json.loads(policy),)).may("ssm:StartSession", context, resource)
        out.append(allowed)
    return all(out)


@pytest.mark.parametrize("who", PRINCIPALS)
def test_only_the_owner_with_a_second_factor_opens(who: str) -> None:
    principal, expected = PRINCIPALS[who]
    assert may_open(POLICY, principal) is expected
    assert may_open(POLICY, principal, FORWARDING) is expected
    assert not may_open(POLICY, principal, DEFAULT)
    assert not may_open(POLICY, principal, REMOTE)


def test_without_a_provider_no_role_opens() -> None:
    opened = {who for who, (principal, _) in PRINCIPALS.items() if may_open(USERS_ONLY, principal)}
    assert opened == {"user: owner with MFA", "user: owner with MFA, as the operator"}


def test_a_provider_of_openid_connect_is_named_by_its_arn() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/login.acme.example"
    policy = build_operator_policy(spec_of(**ON, sessionIdentityProvider=provider), ACCOUNT)
    session = {**ROLE, **OWNER, **TAG}
    assert may_open(policy, {**session, "aws:FederatedProvider": provider})
    assert not may_open(policy, {**session, "aws:FederatedProvider": f"{provider}.evil.example"})
    assert not may_open(policy, {**session, **build_provider_condition(PROVIDER, ISSUER)})
    assert not may_open(policy, session)


def test_the_hash_of_a_saml_provider_is_that_of_the_sts_reference() -> None:
    """BASE64 ( SHA1 ( "https://example.com/saml" + "123456789012" + "/MySAMLIdP" ) ), computed apart."""
    found = build_provider_condition("arn:aws:iam::123456789012:saml-provider/MySAMLIdP", "https://example.com/saml")
    assert found == {"saml:namequalifier": "1uAJanUnBc2XeUkHURMht+xam2c="}


@pytest.mark.parametrize(
    "change",
    [
        {"ssm:resourceTag/AgentStack": "research-enforce"},
        {"ssm:resourceTag/AgentOwner": "data-team"},
        {"ssm:resourceTag/AgentOwner": ""},
        {"ssm:SessionDocumentAccessCheck": "false"},
    ],
)
def test_another_stacks_or_teams_host_stays_closed(change: dict[str, str]) -> None:
    owner, sso = PRINCIPALS["user: owner with MFA"][0], PRINCIPALS["SSO: owner and session tag"][0]
    assert not may_open(POLICY, owner, host={**TAGS, **change})
    assert not may_open(POLICY, sso, host={**TAGS, **change})
    assert not may_open(POLICY, owner, host={})


def test_another_policys_document_does_not_open_these_hosts() -> None:
    wide = {"Effect": "Allow", "Action": "ssm:StartSession", "Resource": "arn:aws:ssm:*:*:document/*"}
    policy = json.dumps({"Statement": [*json.loads(POLICY)["Statement"], wide]})
    owner = PRINCIPALS["user: owner with MFA"][0]
    assert may_open(policy, owner)
    assert not may_open(policy, owner, DEFAULT)
    assert not may_open(policy, owner, REMOTE)


def test_only_ones_own_session_is_resumed_or_ended() -> None:
    session = f"arn:aws:ssm:us-east-1:{ACCOUNT}:session/person-0a1b"
    for action in ("ssm:ResumeSession", "ssm:TerminateSession"):
        for owner, expected in (("AROAEXAMPLE:person", True), ("AROAEXAMPLE:somebody-else", False)):
            context = {**SSO, "ssm:resourceTag/aws:ssmmessages:session-id": owner}
            assert is_allowed(POLICY, Request(action, session, context)) is expected
        assert not is_allowed(POLICY, Request(action, session, SSO))


def loosened() -> dict[str, tuple[str, str]]:
    """Return policies with one condition less, each with a principal that it then opens to."""

    def without(kind: str, key: str) -> str:
        found = json.loads(POLICY)
        for statement in found["Statement"]:
            statement.get("Condition", {}).get(kind, {}).pop(key, None)
        return json.dumps(found)

    return {
        "owner": (without("StringEquals", "ssm:resourceTag/AgentOwner"), "user: MFA, not the owner"),
        "MFA": (without("Bool", "aws:MultiFactorAuthPresent"), "user: owner without MFA"),
        "session tag": (without("StringEquals", "aws:PrincipalTag/mfa"), "SSO: owner without the session tag"),
        "provider": (without("StringEquals", "saml:namequalifier"), "role: forged tags by sts:TagSession"),
        "kind of principal": (without("StringEquals", "aws:PrincipalType"), "role: forged owner by sts:TagSession, with MFA"),
        "run-as": (without("StringEqualsIfExists", "aws:PrincipalTag/SSMSessionRunAs"), "user: owner with MFA, as root"),
    }


@pytest.mark.parametrize("what", loosened())
def test_every_condition_keeps_a_principal_out(what: str) -> None:
    """A table of principals that no condition depended on would pass with any policy."""
    policy, who = loosened()[what]
    assert may_open(policy, PRINCIPALS[who][0])


@pytest.mark.parametrize("what", ["owner", "MFA", "session tag", "provider"])
def test_the_pack_refuses_the_loosened_policy(what: str) -> None:
    assert list(_find_faults(POLICY)) == []
    assert _find_faults(loosened()[what][0])


def _find_faults(policy: str) -> list[str]:
    made = [
        Resource(f"urn:{name}", "aws:ssm/document:Document", name, {"documentType": "Session", "name": name})
        for name in (SHELL.rpartition("/")[2], FORWARDING.rpartition("/")[2])
    ]
    around = SessionContext(frozenset(), made)
    return [what for statement in read(policy) for what in find_session_faults(statement, around)]


def test_the_host_writes_its_record_and_opens_no_session() -> None:
    """The host's role keeps its denial of sessions even with the operators' policy attached to it."""
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/containment/coding-enforce/sessions"
    own: tuple[dict[str, Any], ...] = tuple(
        json.loads(one) for one in (build_operation_policy(), build_deny_policy(None), build_record_policy(group), POLICY)
    )
    host = Identity(own, json.loads(build_boundary(*FIND_RECORD)))
    assert host.may("logs:PutLogEvents", {}, f"{group}:log-stream:x")
    assert host.may("logs:DescribeLogGroups", {})
    assert not host.may("logs:PutLogEvents", {}, group.replace("sessions", "flow-logs") + ":log-stream:x")
    for principal, _ in PRINCIPALS.values():
        assert not host.may("ssm:StartSession", {**principal, **TAGS}, HOST)
    assert not Identity(own[:3], json.loads(build_boundary())).may("logs:DescribeLogGroups", {}), "a stack without sessions gains no right"
