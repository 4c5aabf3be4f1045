"""Git, registries, SaaS APIs and MCP: the key is bound to its destination, and nothing that an agent plants arrives upstream."""

from __future__ import annotations

import base64
from itertools import permutations
from typing import Any

import pytest

from containment.credential_gateway.decide import decide
from containment.credential_gateway.decision import DenyRule, Permit
from containment.credential_gateway.headers import CREDENTIAL_HEADERS, make_placeholder
from containment.credential_gateway.request import GatewayRequest
from containment.credential_gateway.route import RouteEntry, RouteTable, build_routes
from containment.gateway_service.keys import render_credential
from tests.containment.credential_gateway.samples import APIS, CHAT, MODEL, NVIDIA, make_request, send

GIT, API, REGISTRY, SAAS = "github.com", "api.github.com", "acme.jfrog.io", "acme.zendesk.com"
MCP = "tools-abc.gateway.bedrock-agentcore.us-east-1.amazonaws.com"
FOREIGN = "ghp_foreignForeignForeign0123456789abcd"
_ENTRIES: dict[str, dict[str, list[str]]] = {
    NVIDIA: {"model": [MODEL]},
    GIT: {"owner": ["acme"], "repository": ["app.git"]},
    API: {"owner": ["acme"], "repository": ["app"]},
    REGISTRY: {"repository": ["pypi-own"]},
    SAAS: {},
    MCP: {},
}
TABLE: RouteTable = build_routes(
    "coding",
    [
        RouteEntry.model_validate(
            {"host": host, "secret": f"arn:aws:secretsmanager:us-east-1:123456789012:secret:keys/{number}-AbCdEf", "names": names}
        )
        for number, (host, names) in enumerate(_ENTRIES.items())
    ],
    APIS,
    "test:routes",
)
_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "tickets.read", "arguments": {"id": 7}}}


def get(host: str, path: str, **values: Any) -> GatewayRequest:
    return make_request(host, path, method="GET", body=b"", **values)


REQUESTS: dict[str, GatewayRequest] = {
    NVIDIA: make_request(body=CHAT),
    GIT: get(GIT, "/acme/app.git/info/refs?service=git-upload-pack"),
    API: make_request(API, "/repos/acme/app/pulls", body={"title": "t", "head": "h", "base": "main", "body": "text"}),
    REGISTRY: get(REGISTRY, "/artifactory/api/pypi/pypi-own/simple/requests/"),
    SAAS: get(SAAS, "/api/v2/tickets/35/comments.json"),
    MCP: make_request(MCP, "/mcp", body=_CALL),
}


def add(request: GatewayRequest, *headers: tuple[str, str]) -> GatewayRequest:
    return GatewayRequest(
        **{name: getattr(request, name) for name in request.__dataclass_fields__} | {"headers": (*request.headers, *headers)}
    )


@pytest.mark.parametrize("host", REQUESTS)
def test_a_call_of_each_kind_gets_its_own_key_in_its_own_form(host: str) -> None:
    decision = decide(REQUESTS[host], TABLE)
    assert isinstance(decision, Permit), decision
    assert decision.secret == next(route.secret for route in TABLE.routes if route.host == host)
    rendered = render_credential(decision.credential, "the-key-of-this-host")
    wanted = base64.b64encode(b"x-access-token:the-key-of-this-host").decode() if host == GIT else "the-key-of-this-host"
    assert rendered == f"{'Basic' if host == GIT else 'Bearer'} {wanted}"


@pytest.mark.parametrize("host", REQUESTS)
@pytest.mark.parametrize("name", sorted(CREDENTIAL_HEADERS))
def test_a_foreign_key_of_each_kind_is_in_nothing_that_goes_upstream(host: str, name: str) -> None:
    for value in (FOREIGN, f"Bearer {FOREIGN}", "Basic " + base64.b64encode(f"x-access-token:{FOREIGN}".encode()).decode()):
        sent = send(add(REQUESTS[host], (name, value)), TABLE)
        assert sent is not None
        assert value.encode() not in sent
        assert FOREIGN.encode() not in sent
        assert b"OUR-KEY" in sent


@pytest.mark.parametrize(("host", "other"), list(permutations(REQUESTS, 2)))
def test_the_placeholder_of_another_approved_host_is_never_resolved(host: str, other: str) -> None:
    decision = decide(add(REQUESTS[host], ("authorization", f"Bearer {make_placeholder(other)}")), TABLE)
    assert not isinstance(decision, Permit)
    assert decision.rule is DenyRule.PLACEHOLDER_OF_ANOTHER_HOST


REFUSED: dict[str, tuple[DenyRule, GatewayRequest]] = {
    "push": (DenyRule.REFUSED_PATH, make_request(GIT, "/acme/app.git/git-receive-pack", body=b"x")),
    "push is advertised": (DenyRule.QUERY_NOT_PERMITTED, get(GIT, "/acme/app.git/info/refs?service=git-receive-pack")),
    "another repository": (DenyRule.NAME_NOT_PERMITTED, get(GIT, "/attacker/app.git/info/refs?service=git-upload-pack")),
    "a gist": (DenyRule.REFUSED_PATH, make_request(API, "/gists", body={"files": {}})),
    "a pull request elsewhere": (DenyRule.NAME_NOT_PERMITTED, make_request(API, "/repos/attacker/app/pulls", body={"title": "t"})),
    "a fork": (DenyRule.REFUSED_PATH, make_request(API, "/repos/acme/app/forks", body={})),
    "a merge": (DenyRule.REFUSED_PATH, make_request(API, "/repos/acme/app/pulls/7/merge", method="PUT", body={})),
    "another registry": (DenyRule.NAME_NOT_PERMITTED, get(REGISTRY, "/artifactory/api/pypi/other/simple/requests/")),
    "a package is published": (DenyRule.PATH_NOT_PERMITTED, make_request(REGISTRY, "/artifactory/api/pypi/pypi-own", body=b"x")),
    "two slashes": (DenyRule.PATH_NOT_CANONICAL, get(REGISTRY, "/artifactory/api/pypi/pypi-own/simple/requests//")),
    "no final slash": (DenyRule.PATH_NOT_PERMITTED, get(REGISTRY, "/artifactory/api/pypi/pypi-own/simple/requests")),
    "a final slash elsewhere": (DenyRule.PATH_NOT_CANONICAL, get(SAAS, "/api/v2/tickets/35/")),
    "dots for a package": (DenyRule.PATH_NOT_CANONICAL, get(REGISTRY, "/artifactory/api/pypi/pypi-own/simple/../")),
    "a ticket is written": (DenyRule.METHOD_NOT_PERMITTED, make_request(SAAS, "/api/v2/tickets/35", method="PUT", body={})),
    "another method of MCP": (DenyRule.BODY_FIELD, make_request(MCP, "/mcp", body={**_CALL, "method": "resources/read"})),
    "MCP in a batch": (DenyRule.BODY_NOT_READABLE, make_request(MCP, "/mcp", body=[_CALL])),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_writes_elsewhere_is_refused_by_its_rule(name: str) -> None:
    rule, request = REFUSED[name]
    decision = decide(request, TABLE)
    assert not isinstance(decision, Permit), name
    assert decision.rule is rule
