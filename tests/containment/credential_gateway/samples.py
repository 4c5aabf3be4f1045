"""Requests for tests of the gateway's decisions, and what the proxy sends upstream after each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from containment.credential_gateway.decide import decide
from containment.credential_gateway.decision import Decision, Deny, Permit
from containment.credential_gateway.request import GatewayRequest
from containment.credential_gateway.route import RouteEntry, RouteTable, build_routes
from containment.loaders.presets import load_library

NVIDIA, OPENAI, ANTHROPIC = "integrate.api.nvidia.com", "api.openai.com", "api.anthropic.com"
GEMINI, GITHUB, AZURE = "generativelanguage.googleapis.com", "github.com", "example.openai.azure.com"
MODEL = "meta/llama-3.3-70b-instruct"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}
APIS = load_library().credential_apis
_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:models/{}-AbCdEf"


def make_entry(host: str, **values: Any) -> RouteEntry:
    names = {"owner": ["example"], "repository": ["app.git"]} if host == GITHUB else {"model": [MODEL, "llama"]}
    return RouteEntry.model_validate({"host": host, "secret": _SECRET.format(host), "names": names, **values})


TABLE: RouteTable = build_routes(
    "coding", [make_entry(host) for host in (NVIDIA, OPENAI, ANTHROPIC, GEMINI, GITHUB, AZURE)], APIS, "test:routes"
)


def make_request(
    host: str = NVIDIA,
    path: str = "/v1/chat/completions",
    *,
    method: str = "POST",
    body: Any = CHAT,
    headers: Sequence[tuple[str, str]] | Mapping[str, str] = (),
    **values: Any,
) -> GatewayRequest:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    pairs = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
    typed = () if any(name == "content-type" for name, _ in pairs) or not content else (("content-type", "application/json"),)
    fields = {"agent_class": "coding", "destination": host, "target": f"/{host}{path}", **values}
    return GatewayRequest(method=method, headers=(*typed, *pairs), body=content, **fields)


def send(request: GatewayRequest, table: RouteTable = TABLE, key: str = "OUR-KEY") -> bytes | None:
    """Return the bytes that the proxy would send upstream, None for a denied request."""
    decision = decide(request, table)
    if isinstance(decision, Deny):
        return None
    lines = [f"{request.method} {decision.target} HTTP/1.1", f"host: {decision.host}"]
    kept = {name: value for name, value in request.headers if name not in decision.remove_headers}
    kept |= decision.set_headers | {decision.credential.header: key}
    lines += [f"{name}: {value}" for name, value in kept.items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + request.body


def permit(request: GatewayRequest) -> Permit:
    decision: Decision = decide(request, TABLE)
    assert isinstance(decision, Permit), decision
    return decision


def deny(request: GatewayRequest) -> Deny:
    decision: Decision = decide(request, TABLE)
    assert isinstance(decision, Deny), decision
    return decision
