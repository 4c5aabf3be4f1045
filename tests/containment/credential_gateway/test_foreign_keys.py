"""A key that an agent plants, in any position that is no prompt, is in nothing that goes upstream."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.credential_gateway.headers import CREDENTIAL_HEADERS, CREDENTIAL_KEYS
from containment.credential_gateway.request import GatewayRequest
from tests.containment.credential_gateway.samples import ANTHROPIC, APIS, CHAT, GITHUB, MODEL, NVIDIA, OPENAI, make_request, permit, send

KEY = "sk-planted-0123456789abcdef"
FORMS = {
    "plain": KEY,
    "base64": base64.b64encode(KEY.encode()).decode(),
    "hex": KEY.encode().hex(),
    "reversed": KEY[::-1],
    "url": quote(KEY, safe="").replace("-", "%2D"),
    "basic": "Basic " + base64.b64encode(f"x:{KEY}".encode()).decode(),
    "bearer": f"Bearer {KEY}",
}
HEADERS = sorted(
    {*CREDENTIAL_HEADERS, *(name for api in APIS.values() for name in api.headers), "content-type", "content-encoding", "user-agent"}
    | {"accept-encoding", "accept-language", "referer", "origin", "x-forwarded-for", "openai-organization", "x-stainless-lang", "forwarded"}
    | {"x-envoy-original-path", "idempotency-key", "traceparent", "x-request-id", "range", "if-none-match", "proxy-connection", "expect"}
)
BASES = [
    make_request(),
    make_request(path="/v1/models", method="GET", body=b""),
    make_request(OPENAI, "/v1/responses", body={"model": MODEL, "input": "x"}),
    make_request(ANTHROPIC, "/v1/messages", body={**CHAT, "max_tokens": 3}),
    make_request(GITHUB, "/example/app.git/info/refs?service=git-upload-pack", method="GET", body=b""),
]


def _plant_in_body(request: GatewayRequest, place: str, text: str) -> GatewayRequest:
    if not request.body:
        return replace(request, body=text.encode())
    document = json.loads(request.body)
    planted = {
        "a field's name": {**document, text: 1},
        "a field's value": {**document, "api_key": text},
        "headers for a tool": {
            **document,
            "tools": [{"type": "mcp", "server_url": "https://example.com", "headers": {"authorization": text}}],
        },
        "an address": {**document, "messages": [{"content": [{"image_url": {"url": f"https://example.com/?k={text}"}}]}]},
        "the model": {**document, "model": text},
    }[place]
    return replace(request, body=json.dumps(planted).encode())


def _plant(request: GatewayRequest, place: str, name: str, text: str) -> GatewayRequest:
    joint = "&" if "?" in request.target else "?"
    match place:
        case "header":
            return replace(request, headers=(*request.headers, (name, text)))
        case "header first":
            return replace(request, headers=((name, text), *request.headers))
        case "only header":
            return replace(request, headers=(*(pair for pair in request.headers if pair[0] != name), (name, text)))
        case "header twice":
            return replace(request, headers=(*request.headers, (name, "a"), (name, text)))
        case "header name":
            return replace(request, headers=(*request.headers, (text.lower().replace(" ", "-").replace("=", ""), "1")))
        case "query value":
            return replace(request, target=f"{request.target}{joint}{name}={quote(text, safe='')}")
        case "query name":
            return replace(request, target=f"{request.target}{joint}{quote(text, safe='')}=1&{quote(text, safe='')}")
        case "permitted query":
            return replace(request, target=f"{request.target}{joint}service={quote(text, safe='')}")
        case "path":
            return replace(request, target=f"{request.target.partition('?')[0]}/{quote(text, safe='')}")
        case "matrix":
            return replace(request, target=f"{request.target.partition('?')[0]};key={quote(text, safe='')}")
        case "user information":
            return replace(request, target=f"/{quote(text, safe='')}@{request.target[1:]}")
        case _:
            return _plant_in_body(request, place, text)


PLACES = ["header", "header first", "only header", "header twice", "header name", "query value", "query name", "permitted query"]
PLACES += ["path", "matrix", "user information", "a field's name", "a field's value", "headers for a tool", "an address", "the model"]


def contains(sent: bytes, text: str) -> bool:
    return text.encode() in sent or KEY.encode() in sent or text.lower().encode() in sent


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(BASES),
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from([*HEADERS, *sorted(CREDENTIAL_KEYS)]), st.sampled_from(sorted(FORMS))),
        min_size=1,
        max_size=4,
    ),
)
def test_a_planted_key_is_in_nothing_that_goes_upstream(base: GatewayRequest, plants: list[tuple[str, str, str]]) -> None:
    request = base
    for place, name, form in plants:
        request = _plant(request, place, name, FORMS[form]) if request.body.startswith(b"{") or not request.body else request
    sent = send(request)
    assert sent is None or not any(contains(sent, FORMS[form]) for _, _, form in plants)


@pytest.mark.parametrize("name", sorted(CREDENTIAL_HEADERS))
def test_a_foreign_credential_is_removed_and_named_and_the_call_goes_on_with_the_gateways_key(name: str) -> None:
    request = make_request(headers={name: f"Bearer {KEY}"})
    assert permit(request).stripped == (name,)
    sent = send(request)
    assert sent is not None
    assert KEY.encode() not in sent
    assert b"authorization: OUR-KEY" in sent


@pytest.mark.parametrize("key", sorted(CREDENTIAL_KEYS))
def test_a_foreign_query_key_is_removed_and_named(key: str) -> None:
    request = make_request(path=f"/v1/chat/completions?{key}={KEY}")
    assert permit(request).stripped == (f"query {key}",)
    assert KEY.encode() not in (send(request) or b"")


def test_the_search_finds_a_key_that_is_left_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The property can fail: with a permitted header that takes any value the key is found upstream."""
    monkeypatch.setattr("containment.credential_gateway.headers.list_removed", lambda *_args, **_more: ())
    assert contains(send(make_request(headers={"x-api-key": KEY})) or b"", KEY)


def test_nothing_of_the_client_is_named_in_a_decision() -> None:
    """A header's name can be a secret: the log gets only names of a fixed list."""
    found = permit(make_request(headers={KEY.lower(): "1", "authorization": KEY}))
    assert found.stripped == ("authorization",)


def test_two_hosts_have_two_secrets() -> None:
    assert permit(make_request()).secret != permit(make_request(OPENAI)).secret
    assert NVIDIA in permit(make_request()).secret
