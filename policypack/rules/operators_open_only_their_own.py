"""Policies that open sessions on agent hosts require the host's owner, a second factor and reviewed documents together.

The rule judges policies of people and of roles that no agent host uses, in every resource of the program; `agent-role-is-minimal` judges
the hosts' roles and permits no session. A role whose callers choose their session tags is refused too, because a caller could claim to
own every host.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.iam.documents import Statement, UnreadableError, read
from policypack.facts.hosts import find_hosts
from policypack.facts.iam.roles import find_roles
from policypack.facts.ingress_services import get_values
from policypack.facts.role_policies import PolicyDocument, find_documents, find_managed_policies, is_read
from policypack.facts.sessions.documents import DOCUMENT
from policypack.facts.sessions.grants import SessionContext, find_session_faults, is_bound_to_issued_tags, is_opening, is_tagging
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import POLICY, ROLE, ROLE_POLICY
from policypack.graph.resources import Graph, Resource

_HOLDERS = {
    POLICY: "policy",
    ROLE_POLICY: "policy",
    ROLE: "inlinePolicies[].policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
}
"""Types with a policy of identities, and the path of the document in them."""


def check_stack(graph: Graph) -> list[Violation]:
    """Return the faults of every policy that opens sessions on agent hosts, and of the roles that have one."""
    hosts = find_hosts(graph)
    if not hosts:
        return []
    ids = frozenset(str(found) for host in hosts if (found := host.resource.get_output("id")))
    around = SessionContext(ids, graph.find_by_type(DOCUMENT))
    faults: dict[Violation, None] = {}
    of_hosts = frozenset(_find_host_holders(graph))
    for document in _find_policies(graph):
        if document.holder.urn not in of_hosts:
            found = (what for statement in _read(document.value) for what in find_session_faults(statement, around))
            faults.update(dict.fromkeys(Violation(document.holder.urn, what) for what in found))
    for role in graph.find_by_type(ROLE):
        if role.urn not in of_hosts and not is_read(role):
            faults.update(dict.fromkeys(_find_tagging(graph, role)))
    return list(faults)


def _find_policies(graph: Graph) -> Iterator[PolicyDocument]:
    for kind, path in _HOLDERS.items():
        for one in graph.find_by_type(kind):
            yield from (PolicyDocument(one, path, value) for value in get_values(one, path))


def _find_host_holders(graph: Graph) -> Iterator[str]:
    """Yield the URNs of the resources with policies of the hosts' roles, and of those roles."""
    for role in find_roles(graph).uses:
        yield role.urn
        yield from (document.holder.urn for document in find_documents(graph, role))
        yield from (managed.policy.urn for managed in find_managed_policies(graph, role) if managed.policy is not None)


def _find_tagging(graph: Graph, role: Resource) -> Iterator[Violation]:
    """Yield a fault if a role opens sessions by its tags, and its callers choose them."""
    documents = [document.value for document in find_documents(graph, role)]
    documents += [managed.policy.get("policy") for managed in find_managed_policies(graph, role) if managed.policy is not None]
    opening = [one for value in documents for one in _read(value) if is_opening(one)]
    if any(not is_bound_to_issued_tags(one) for one in opening) and any(map(is_tagging, _read(role.get("assumeRolePolicy")))):
        yield Violation(
            role.urn,
            "opens sessions by its tags, and its callers choose them (sts:TagSession in assumeRolePolicy): every caller can be any owner",
        )


def _read(document: object) -> tuple[Statement, ...]:
    """Return the statements of a document; none of one that cannot be read, which AWS refuses."""
    try:
        return read(document)
    except UnreadableError:
        return ()


RULE = Rule(
    id="operators-open-only-their-own",
    severity=Severity.CRITICAL,
    info="A policy opens sessions on agent hosts only to their owner, with a second factor, and with the program's session documents.",
    why="a session is a shell that passes every firewall rule: without these conditions another team or the holder of a stolen password"
    " can open one, and with the default document it is root's and not recorded",
    fix="attach the policy of components.aws.sessions (operatorSessions: true), or demand in the statement of the hosts StringEquals"
    " ssm:resourceTag/AgentOwner: ${aws:PrincipalTag/owner} and Bool aws:MultiFactorAuthPresent: true (single sign-on: a session tag with"
    " aws:FederatedProvider or saml:namequalifier), in every statement BoolIfExists ssm:SessionDocumentAccessCheck: true, name documents of"
    " the program by their ARN, and resume only sessions whose owner is ${aws:userid}",
    ids=("IAM.19", "AC-6", "IA-2(1)"),
    check_stack=check_stack,
    scope=Scope.AGENTS,
)
