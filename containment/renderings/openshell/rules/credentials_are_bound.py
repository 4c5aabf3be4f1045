"""Credentials are bound: none is sent where OpenShell does not read the request."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule, iterate_endpoints


def _find(policy: Policy) -> Iterator[Finding]:
    for where, endpoint in iterate_endpoints(policy):
        if endpoint.allow_uninspected_credentials:
            yield f"{where}.allow_uninspected_credentials", "is true"
        if endpoint.websocket_credential_rewrite and endpoint.protocol != "websocket":
            yield f"{where}.websocket_credential_rewrite", f"is true for protocol {endpoint.protocol or 'none'}"
        if endpoint.credential_signing and endpoint.request_body_credential_rewrite:
            yield f"{where}.credential_signing", "is set as well as request_body_credential_rewrite"


RULE = LintRule(
    id="credentials-are-bound",
    info="No endpoint sends credentials on traffic that OpenShell cannot read.",
    why="a credential that leaves unread can be sent to another account",
    fix="remove the key, or set the protocol that reads the request",
    find=_find,
)
