"""Statements that open sessions on agent hosts: each is bound to the host's owner, to a second factor and to documents of the program.

Every Allow statement is judged by itself, as those of a host's role are: a denial elsewhere can be removed alone. A host and a document
are decided separately by IAM, so the statement of the hosts has the conditions, and that of the documents names them.
Both demand the check of documents.
Two forms of a second factor are accepted:
- `aws:MultiFactorAuthPresent`, which IAM users and roles assumed with MFA have; a missing key must not fulfill it;
- a session tag together with its issuer (`aws:FederatedProvider` of OIDC, `saml:namequalifier` of SAML), because a role of single sign-on
  lacks the former, and because a tag alone can be set by the caller (`sts:TagSession`) or be a tag of the role.
A statement that allows every action of every service is an administrator's, who can remove any protection: it is not judged here.
Sources: Service Authorization Reference, "Actions, resources, and condition keys for AWS Systems Manager"; Systems Manager User Guide,
"Enforce a session document permission check"; IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from containment.iam.documents import Condition, Statement
from containment.patterns.wildcards import has_common_text, is_match, is_wild
from containment.sessions.second_factor import is_second_factor_tag
from policypack.facts.iam.conditions import is_exact, is_sign_in_demanded
from policypack.facts.sessions.documents import is_session
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource

START: Final = "ssm:startsession"
RESUME: Final = "ssm:resumesession"
TAG_SESSION: Final = "sts:tagsession"
_HOSTS: Final = ("arn:*:ec2:*:*:instance/*", "arn:*:ecs:*:*:task/*")
_DOCUMENTS: Final = "arn:*:ssm:*:*:document/*"
_SESSIONS: Final = "arn:*:ssm:*:*:session/*"
_FIELDS: Final = 6
"""Fields of an ARN, the last of which may contain colons."""
_OWN_LOOPBACK: Final = "AWS-StartPortForwardingSession"
"""The document of AWS that forwards to the host's own loopback."""
_OWNER: Final = re.compile(r"(ssm|aws):resourcetag/\S*owner\S*")
_OF_PRINCIPAL: Final = re.compile(r"(?i)\$\{aws:PrincipalTag/[^,${}]+\}")
_PRINCIPAL_TAG: Final = "aws:principaltag/"
_OWN_SESSION: Final = re.compile(r"(?i)arn:aws[a-z-]*:ssm:[a-z0-9*-]*:[0-9*]*:session/\$\{aws:(userid|username)\}-\*")
_SESSION_OWNER: Final = "ssm:resourcetag/aws:ssmmessages:session-id"
_ISSUERS: Final = frozenset({"aws:federatedprovider", "saml:namequalifier"})
_EQUAL: Final = frozenset({"stringequals", "stringequalsignorecase"})
_CHECKED: Final = frozenset({"bool", "boolifexists"})


@dataclass(frozen=True, slots=True)
class SessionContext:
    """What statements are compared with: the ids of the agent hosts, as far as they are known, and the program's documents."""

    hosts: frozenset[str]
    documents: Sequence[Resource]


def find_session_faults(statement: Statement, around: SessionContext) -> Iterator[str]:
    """Yield, in words, what a statement opens beyond one's own hosts by reviewed documents; nothing for a denial.

    Args:
        statement: a statement of a policy of people, or of a role that no host acts with.
        around: the program's hosts and documents.
    """
    if not statement.allows:
        return
    if _is_granting(statement, START):
        yield from _find_start_faults(statement, around)
    if _is_granting(statement, RESUME) and not _is_of_own_sessions(statement):
        yield (
            "lets its principals take over sessions of others (ssm:ResumeSession):"
            " the resource is not session/${aws:userid}-*, and no condition compares the session's owner with aws:userid"
        )


def is_opening(statement: Statement) -> bool:
    """Return whether a statement opens sessions on hosts."""
    return statement.allows and _is_granting(statement, START) and any(_is_of_hosts(one) for one in _list_resources(statement))


def is_bound_to_issued_tags(statement: Statement) -> bool:
    """Return whether a statement is for principals whose tags the caller cannot choose: IAM users, and sessions of a named provider."""
    return _is_of_users(statement) or _has_provider(statement)


def is_tagging(statement: Statement) -> bool:
    """Return whether a statement of a trust policy lets its principals choose the tags of their session."""
    if not statement.allows or not any(one is not UNKNOWN and is_match(str(one).lower(), TAG_SESSION) for one in statement.actions):
        return False
    own = (one for one in statement.conditions if one.key.startswith("aws:requesttag/") and _is_equal_to_principal(one))
    return any(kind != "federated" for kind, _ in statement.principals) and next(own, None) is None


def _is_granting(statement: Statement, action: str) -> bool:
    """Return whether a statement names an action, or a family of one service that includes it."""
    return any(
        one is not UNKNOWN and ":" in str(one) and is_match(str(one).lower(), action) and not _is_total(str(one))
        for one in statement.actions
    )


def _is_total(action: str) -> bool:
    return not action.replace(":", "").strip("*")


def _list_resources(statement: Statement) -> tuple[str, ...]:
    if statement.not_resources:
        return ("*",)
    return tuple(str(one) for one in statement.resources if one is not UNKNOWN) or (() if statement.resources else ("*",))


def _is_of_hosts(resource: str) -> bool:
    return any(_can_name(resource, form) for form in _HOSTS)


def _can_name(resource: str, form: str) -> bool:
    """Return whether a resource pattern can name an ARN of a form; wildcards stay within one field of an ARN."""
    fields, wanted = resource.split(":", _FIELDS - 1), form.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS:
        return has_common_text(resource, form)
    return all(has_common_text(one, other) for one, other in zip(fields, wanted, strict=True))


def _is_named(resource: str, around: SessionContext) -> bool:
    """Return whether a resource is an agent host, or may be one, or a document."""
    return (_is_of_hosts(resource) and not _is_other_machine(resource, around)) or _can_name(resource, _DOCUMENTS)


def _is_other_machine(resource: str, around: SessionContext) -> bool:
    """Return whether a resource is one machine that is no agent host of the program."""
    return not is_wild(resource) and "${" not in resource and resource.rpartition("/")[2] not in around.hosts


def _find_start_faults(statement: Statement, around: SessionContext) -> Iterator[str]:
    resources = _list_resources(statement)
    if any(_is_of_hosts(one) and not _is_other_machine(one, around) for one in resources):
        if not any(_is_owner_demanded(one) for one in statement.conditions):
            yield (
                "opens sessions on hosts of every owner (ssm:StartSession): no condition demands with StringEquals"
                " that the host's owner tag (ssm:resourceTag/AgentOwner) equals ${aws:PrincipalTag/owner}"
            )
        if not any(map(is_sign_in_demanded, statement.conditions)):
            yield from _find_tag_faults(statement)
    if not any(_is_document_checked(one) for one in statement.conditions) and any(_is_named(one, around) for one in resources):
        yield (
            "opens sessions with any document (ssm:StartSession): ssm:SessionDocumentAccessCheck is not demanded, and AWS checks documents"
            " only if every statement that allows StartSession demands it; the default document opens a root shell without a record"
        )
    for one in resources:
        if _can_name(one, _DOCUMENTS) and not _is_reviewed_document(one, around):
            yield f"opens sessions with the document {one}, which is no session document of this program"


def _find_tag_faults(statement: Statement) -> Iterator[str]:
    tags = [one for one in statement.conditions if _is_second_factor(one)]
    if not any(_is_literal(one) for one in tags):
        yield (
            "opens sessions without a second factor (ssm:StartSession): neither Bool aws:MultiFactorAuthPresent,"
            " nor a session tag of the identity provider (aws:PrincipalTag/mfa, with aws:FederatedProvider or saml:namequalifier)"
        )
    elif not _has_provider(statement):
        yield (
            "takes a tag as a second factor that the caller can set itself (sts:TagSession), or the role can have:"
            " neither aws:FederatedProvider nor saml:namequalifier names the identity provider that issues it"
        )


def _is_second_factor(condition: Condition) -> bool:
    return condition.key.startswith(_PRINCIPAL_TAG) and is_second_factor_tag(condition.key.removeprefix(_PRINCIPAL_TAG))


def _is_owner_demanded(condition: Condition) -> bool:
    return bool(_OWNER.fullmatch(condition.key)) and _is_equal_to_principal(condition)


def _is_equal_to_principal(condition: Condition) -> bool:
    """Return whether a condition demands that its key equals a tag of the caller: StringLike would take a tag `*` as a pattern."""
    return (
        condition.operator in _EQUAL
        and bool(condition.values)
        and all(isinstance(one, str) and _OF_PRINCIPAL.fullmatch(one.strip()) for one in condition.values)
    )


def _is_literal(condition: Condition) -> bool:
    return condition.operator in _EQUAL and bool(condition.values) and all(map(is_exact, condition.values))


def _has_provider(statement: Statement) -> bool:
    demanding = (one for one in statement.conditions if one.key in _ISSUERS and one.operator in (*_EQUAL, "arnequals", "arnlike"))
    return any(bool(one.values) and all(map(is_exact, one.values)) for one in demanding)


def _is_of_users(statement: Statement) -> bool:
    kinds = (one for one in statement.conditions if one.key == "aws:principaltype" and one.operator in _EQUAL)
    return any([str(value).lower() for value in one.values] == ["user"] for one in kinds)


def _is_document_checked(condition: Condition) -> bool:
    return (
        condition.key == "ssm:sessiondocumentaccesscheck"
        and condition.operator in _CHECKED
        and [str(one).lower() for one in condition.values] == ["true"]
    )


def _is_reviewed_document(resource: str, around: SessionContext) -> bool:
    """Return whether a resource is a session document of the program, or the one of AWS for the host's own loopback."""
    if is_wild(resource.rpartition("/")[2]) or "${" in resource:
        return False
    name = resource.rpartition("/")[2]
    account = resource.split(":")[4] if resource.count(":") >= 5 else ""
    if name == _OWN_LOOPBACK:
        return account in ("", "*")
    return any(is_session(one) and name in _get_names(one) for one in around.documents)


def _get_names(document: Resource) -> tuple[Any, ...]:
    return tuple(
        one for one in (document.get("name"), document.get_output("name"), document.get_output("id")) if one not in (None, UNKNOWN)
    )


def _is_of_own_sessions(statement: Statement) -> bool:
    concerned = [one for one in _list_resources(statement) if _can_name(one, _SESSIONS)]
    if all(_OWN_SESSION.fullmatch(one) for one in concerned):
        return True
    return any(
        one.key == _SESSION_OWNER
        and one.operator in (*_EQUAL, "stringlike")
        and bool(one.values)
        and all(str(value).lower() in ("${aws:userid}", "${aws:username}") for value in one.values)
        for one in statement.conditions
    )
