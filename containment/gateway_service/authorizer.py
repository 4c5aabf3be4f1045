"""Answer Envoy's checks: decide, put the destination's key in, and log the decision."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from containment.credential_gateway.decide import decide
from containment.credential_gateway.decision import Deny, DenyRule, Permit
from containment.credential_gateway.envoy import CLASS_KEY, HOST_KEY
from containment.credential_gateway.request import GatewayRequest
from containment.credential_gateway.route import RouteTable
from containment.gateway_service.keys import KeyStore, render_credential
from containment.gateway_service.messages import build_denial, build_permit, parse_check

_PARTIAL = "x-envoy-auth-partial-body"
_FORBIDDEN, _UNAVAILABLE = 403, 503


class Authorizer:
    """The decisions of one gateway."""

    def __init__(self, table: RouteTable, keys: KeyStore, log: Callable[[dict[str, Any]], None]) -> None:
        """Create it.

        Args:
            table: the routes.
            keys: the keys of the routes' secrets.
            log: receives one record per decision, without anything that the client sent but sizes and permitted names.
        """
        self._table, self._keys, self._log = table, keys, log

    def answer(self, data: bytes) -> bytes:
        """Return the CheckResponse to a CheckRequest, both in binary form."""
        request = read_request(data)
        decision = decide(request, self._table)
        if isinstance(decision, Permit):
            key = self._keys.get(decision.secret)
            if key is not None:
                return self._permit(request, decision, key)
            reason = "the destination's key cannot be read at the moment; the call can be repeated later"
            rule = DenyRule.KEY_NOT_AVAILABLE
            decision = Deny(rule=rule, reason=reason, agent_class=request.agent_class, host=decision.host)
        return self._deny(request, decision)

    def _permit(self, request: GatewayRequest, permit: Permit, key: str) -> bytes:
        facts = {
            "decision": "permit",
            "rule": permit.operation,
            "operation": permit.operation,
            "model": permit.names.get("model", ""),
            "stripped": ", ".join(permit.stripped),
        }
        self._log({**facts, "class": request.agent_class, "destination": permit.host, "request_bytes": len(request.body)})
        headers = {":path": permit.target, **permit.set_headers, permit.credential.header: render_credential(permit.credential, key)}
        # The header that the key goes into is set anew in place of the client's, not removed: removals come after additions.
        remove = tuple(name for name in permit.remove_headers if name not in headers)
        return build_permit(headers, remove, facts)

    def _deny(self, request: GatewayRequest, deny: Deny) -> bytes:
        facts = {"decision": "deny", "rule": deny.rule.value, "operation": "", "model": "", "stripped": ""}
        self._log({**facts, "kind": deny.kind, "class": deny.agent_class, "destination": deny.host, "request_bytes": len(request.body)})
        status = _UNAVAILABLE if deny.rule is DenyRule.KEY_NOT_AVAILABLE else _FORBIDDEN
        return build_denial(status, json.dumps(deny.to_json()) + "\n", facts)


def read_request(data: bytes) -> GatewayRequest:
    """Return the request of a CheckRequest in binary form."""
    attributes = parse_check(data).attributes
    http = attributes.request.http
    context = {entry.key: entry.value for entry in attributes.context_extensions}
    pairs = [(header.key, header.raw_value or header.value.encode()) for header in http.header_map.headers]
    headers = tuple((name, value.decode("utf-8", "surrogateescape")) for name, value in pairs)
    return GatewayRequest(
        agent_class=context.get(CLASS_KEY, ""),
        destination=context.get(HOST_KEY, ""),
        method=http.method,
        target=http.path,
        headers=tuple(pair for pair in headers if pair[0] != _PARTIAL),
        body=http.raw_body,
        is_complete=(_PARTIAL, "true") not in headers,
    )
