"""Decide one request: permit it with exactly the headers and target to send, or deny it with a rule and a reason.

Rules kept here:
- the destination is the one that the proxy chose, and the target's first segment names the same one;
- a key is bound to class, host, method and path; a placeholder of another host is refused, and none is ever resolved;
- target, query, headers and body are judged by permitted lists, and the canonical target is what is sent;
- what is unknown, repeated or has a second reading is denied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from containment.credential_gateway import headers as header_lists
from containment.credential_gateway.api import MODEL, BodyKind, CredentialApi, Operation
from containment.credential_gateway.body import read_names
from containment.credential_gateway.decision import Decision, Deny, DenyRule, Permit, RefusedError
from containment.credential_gateway.path_template import split_words
from containment.credential_gateway.request import GatewayRequest
from containment.credential_gateway.route import CredentialRoute, RouteTable
from containment.credential_gateway.target import parse_target, select_query

_UTF8: Final = ("", "charset=utf-8")
"""Parameters that a media type may have."""


def decide(request: GatewayRequest, table: RouteTable) -> Decision:
    """Decide one request.

    Args:
        request: the request, as the proxy received it.
        table: the gateway's routes.
    """
    route = table.find(request.agent_class, request.destination)
    if route is None:
        known = ", ".join(sorted(one.host for one in table.routes if one.agent_class == request.agent_class))
        reason = f"the first segment of the path is not a destination of this class; destinations: {known or 'none'}"
        return Deny(rule=DenyRule.UNKNOWN_DESTINATION, reason=reason, agent_class=request.agent_class)
    try:
        return _permit(request, route)
    except RefusedError as refused:
        return Deny(rule=refused.rule, reason=refused.reason, agent_class=route.agent_class, host=route.host, kind=refused.kind)


def _permit(request: GatewayRequest, route: CredentialRoute) -> Permit:
    """Return the permit of a request; raise RefusedError if there is none."""
    target = parse_target(request.target, final_slash=any(one.path.has_final_slash for one in route.api.operations))
    if target.host != route.host:
        raise RefusedError(DenyRule.DESTINATION_MISMATCH, "the path names another destination than the one that the proxy chose")
    operation, names = _find_operation(request.method, target.path, route.api)
    query, removed_keys = select_query(target.query, operation.query)
    permitted = route.api.headers
    if repeated := header_lists.find_repeated(request.headers, permitted):
        raise RefusedError(DenyRule.REPEATED_HEADER, f"{repeated} is there twice")
    if header_lists.find_foreign_placeholder(request.headers, request.target, request.body, route.host):
        raise RefusedError(
            DenyRule.PLACEHOLDER_OF_ANOTHER_HOST, "the request has the placeholder of another host's key; none is resolved here"
        )
    _check_body(request, operation, route)
    if operation.body is BodyKind.JSON:
        names = {**names, **read_names(request.body, operation, route.api)}
    _check_names(names, route)
    return Permit(
        operation=f"{route.api.name}:{operation.name}",
        host=route.host,
        secret=route.secret,
        credential=route.api.credential,
        target=target.path + (f"?{query}" if query else ""),
        set_headers=header_lists.SET,
        remove_headers=header_lists.list_removed(request.headers, permitted, has_body=operation.body is not BodyKind.NONE),
        names=names,
        stripped=header_lists.list_credentials(request.headers, removed_keys, header_lists.make_placeholder(route.host)),
    )


def _find_operation(method: str, path: str, api: CredentialApi) -> tuple[Operation, Mapping[str, str]]:
    """Return the operation that permits a request, with the parameters of its path; raise RefusedError if none does."""
    matches = [(one, found) for one in api.operations if (found := one.path.match(path)) is not None]
    for operation, found in matches:
        if method in operation.methods:
            return operation, found
    if matches:
        permitted = sorted({method for one, _ in matches for method in one.methods})
        raise RefusedError(DenyRule.METHOD_NOT_PERMITTED, f"this path permits only {', '.join(permitted)}")
    words = set(split_words(path))
    for refused in api.refused:
        if words & {word.lower() for word in refused.words}:
            raise RefusedError(DenyRule.REFUSED_PATH, refused.reason, refused.kind.value)
    paths = ", ".join(dict.fromkeys(one.path.text for one in api.operations))
    raise RefusedError(DenyRule.PATH_NOT_PERMITTED, f"no operation has this path; permitted: {paths}")


def _check_body(request: GatewayRequest, operation: Operation, route: CredentialRoute) -> None:
    """Check the size, media type and encoding of a body; raise RefusedError if it is refused."""
    if not request.is_complete or len(request.body) > route.max_body_bytes:
        raise RefusedError(DenyRule.BODY_OVER_LIMIT, f"the body has more than {route.max_body_bytes} bytes")
    encoding = header_lists.get_value(request.headers, "content-encoding").lower()
    if encoding not in ("", "identity", *operation.content_encodings):
        reason = f"permitted encodings of the body: {', '.join(('identity', *operation.content_encodings))}"
        raise RefusedError(DenyRule.CONTENT_ENCODING, reason)
    if operation.body is BodyKind.NONE:
        if request.body:
            raise RefusedError(DenyRule.BODY_NOT_PERMITTED, f"{operation.name} has no body")
        return
    media, _, parameter = header_lists.get_value(request.headers, "content-type").lower().partition(";")
    if media.strip() not in operation.content_types or parameter.replace(" ", "") not in _UTF8:
        raise RefusedError(DenyRule.CONTENT_TYPE, f"permitted media types of the body: {', '.join(operation.content_types)}")


def _check_names(names: Mapping[str, str], route: CredentialRoute) -> None:
    for name, value in names.items():
        if value not in route.names.get(name, ()):
            rule = DenyRule.MODEL_NOT_PERMITTED if name == MODEL else DenyRule.NAME_NOT_PERMITTED
            permitted = ", ".join(sorted(route.names.get(name, ()))) or "none"
            raise RefusedError(rule, f"this {name} is not permitted for the class; permitted: {permitted}")
