"""Each rule of the gateway refuses what it names, and one thing less is permitted."""

from __future__ import annotations

from typing import Any

import pytest

from containment.credential_gateway.decision import DenyRule
from containment.credential_gateway.headers import make_placeholder
from tests.containment.credential_gateway.samples import (
    ANTHROPIC,
    AZURE,
    CHAT,
    GEMINI,
    GITHUB,
    MODEL,
    NVIDIA,
    OPENAI,
    deny,
    make_request,
    permit,
)

FETCH = {"content-type": "application/x-git-upload-pack-request", "content-encoding": "gzip"}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {}}}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}
PERMITTED = {
    "nvidia:chat-completions": make_request(body={**CHAT, "stream": True, "tools": [FUNCTION]}),
    "nvidia:list-models": make_request(path="/v1/models", method="GET", body=b""),
    "openai:responses": make_request(OPENAI, "/v1/responses", body={"model": MODEL, "input": [{"role": "user", "content": "x"}]}),
    "anthropic:messages": make_request(ANTHROPIC, "/v1/messages", body={**CHAT, "max_tokens": 5}),
    "azure-openai:chat-completions": make_request(
        AZURE, "/openai/deployments/llama/chat/completions?api-version=2024-10-21", body={"messages": CHAT["messages"]}
    ),
    "google-gemini:stream-generate-content": make_request(GEMINI, "/v1beta/models/llama:streamGenerateContent?alt=sse", body=CONTENTS),
    "github-read:advertise": make_request(GITHUB, "/example/app.git/info/refs?service=git-upload-pack", method="GET", body=b""),
    "github-read:fetch": make_request(GITHUB, "/example/app.git/git-upload-pack", body=b"\x1f\x8b", headers=FETCH),
}


@pytest.mark.parametrize("operation", PERMITTED)
def test_reviewed_operations_are_permitted(operation: str) -> None:
    assert permit(PERMITTED[operation]).operation == operation


NO_BODY: dict[str, Any] = {"method": "GET", "body": b""}
REFUSED = {
    # destinations: bound to the route that the proxy chose
    "host of no route": (DenyRule.UNKNOWN_DESTINATION, make_request("api.mistral.ai")),
    "no route": (DenyRule.UNKNOWN_DESTINATION, make_request(destination="")),
    "another class": (DenyRule.UNKNOWN_DESTINATION, make_request(agent_class="research")),
    "other host in the path": (DenyRule.DESTINATION_MISMATCH, make_request(target=f"/{OPENAI}/v1/chat/completions")),
    "host in capitals": (DenyRule.DESTINATION_MISMATCH, make_request(target=f"/{NVIDIA.upper()}/v1/chat/completions")),
    "host with a port": (DenyRule.DESTINATION_MISMATCH, make_request(target=f"/{NVIDIA}:443/v1/chat/completions")),
    # paths with a second reading
    **{
        f"path {path}": (DenyRule.PATH_NOT_CANONICAL, make_request(path=path))
        for path in (
            "/v1/models/../files",
            "/v1/%2e%2e/files",
            "/v1/./chat/completions",
            "/v1//chat/completions",
            "/v1/chat/completions/",
            "/v1/chat%2fcompletions",
            "/v1/chat%2Fcompletions",
            "/v1/chat%252fcompletions",
            "/v1/chat/completions;x=/files",
            "/v1/chat/completions%3b",
            "/v1/chat/completions%00",
            "/v1/chat/completions%0d%0ax:y",
            "/v1/chat/completions%",
            "/v1/chat/completions#x",
            "/v1\\files",
            "/v1/chat/complet\u00efons",
            "/v1/chat/completions?x=\x7f",
            "/" + "a" * 5000,
        )
    },
    "a target that is an address": (DenyRule.PATH_NOT_CANONICAL, make_request(target=f"http://{NVIDIA}/v1/chat/completions")),
    "no path": (DenyRule.PATH_NOT_CANONICAL, make_request(path="")),
    # refused by name, in any case and version of the path
    **{
        f"refused {path}": (DenyRule.REFUSED_PATH, make_request(host, path))
        for host, path in (
            (NVIDIA, "/v1/files"),
            (NVIDIA, "/V1/Files"),
            (NVIDIA, "/v1/assets"),
            (NVIDIA, "/v2/nvcf/assets"),
            (OPENAI, "/v1/files"),
            (OPENAI, "/v1/uploads"),
            (OPENAI, "/v1/fine_tuning/jobs"),
            (OPENAI, "/v1/batches"),
            (OPENAI, "/v1/assistants"),
            (OPENAI, "/v1/threads/t/messages"),
            (OPENAI, "/v1/vector_stores"),
            (OPENAI, "/v1/containers"),
            (ANTHROPIC, "/v1/files"),
            (ANTHROPIC, "/v1/messages/batches"),
            (ANTHROPIC, "/v1/skills"),
            (GEMINI, "/upload/v1beta/files"),
            (GEMINI, "/v1beta/tunedModels"),
            (GEMINI, "/v1beta/models/m:batchGenerateContent"),
            (GEMINI, "/v1beta/cachedContents"),
            (AZURE, "/openai/files"),
            (GITHUB, "/example/app.git/git-receive-pack"),
        )
    },
    "a path that no operation has": (DenyRule.PATH_NOT_PERMITTED, make_request(path="/v1/images")),
    "a longer path": (DenyRule.PATH_NOT_PERMITTED, make_request(path="/v1/chat/completions/x")),
    "path in capitals": (DenyRule.PATH_NOT_PERMITTED, make_request(path="/V1/chat/completions")),
    # methods
    **{
        f"method {method}": (DenyRule.METHOD_NOT_PERMITTED, make_request(method=method))
        for method in ("GET", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "post", "")
    },
    # query
    "service of a push": (
        DenyRule.QUERY_NOT_PERMITTED,
        make_request(GITHUB, "/example/app.git/info/refs?service=git-receive-pack", **NO_BODY),
    ),
    "a permitted key twice": (
        DenyRule.QUERY_NOT_PERMITTED,
        make_request(GITHUB, "/example/app.git/info/refs?service=git-upload-pack&service=git-upload-pack", **NO_BODY),
    ),
    # headers
    "two content types": (
        DenyRule.REPEATED_HEADER,
        make_request(headers=[("content-type", "application/json"), ("content-type", "application/json")]),
    ),
    "two accepts": (DenyRule.REPEATED_HEADER, make_request(headers=[("accept", "*/*"), ("accept", "*/*")])),
    "placeholder of another host": (
        DenyRule.PLACEHOLDER_OF_ANOTHER_HOST,
        make_request(headers={"authorization": f"Bearer {make_placeholder(OPENAI)}"}),
    ),
    "placeholder of another host in the body": (
        DenyRule.PLACEHOLDER_OF_ANOTHER_HOST,
        make_request(body={**CHAT, "user": make_placeholder(OPENAI)}),
    ),
    "placeholder of a longer host": (
        DenyRule.PLACEHOLDER_OF_ANOTHER_HOST,
        make_request(headers={"x-key": make_placeholder(NVIDIA + ".example.com")}),
    ),
    "placeholder in the query": (
        DenyRule.PLACEHOLDER_OF_ANOTHER_HOST,
        make_request(path=f"/v1/chat/completions?key={make_placeholder(OPENAI)}"),
    ),
    # bodies
    "form": (DenyRule.CONTENT_TYPE, make_request(headers={"content-type": "multipart/form-data; boundary=x"})),
    "no content type": (DenyRule.CONTENT_TYPE, make_request(headers={"content-type": ""})),
    "another charset": (DenyRule.CONTENT_TYPE, make_request(headers={"content-type": "application/json; charset=utf-7"})),
    "gzip": (DenyRule.CONTENT_ENCODING, make_request(headers={"content-encoding": "gzip"})),
    "two encodings": (DenyRule.CONTENT_ENCODING, make_request(headers={"content-encoding": "identity, gzip"})),
    "over the limit": (DenyRule.BODY_OVER_LIMIT, make_request(body={**CHAT, "user": "x" * 4 * 1024 * 1024})),
    "part of a body": (DenyRule.BODY_OVER_LIMIT, make_request(is_complete=False)),
    "a body with GET": (DenyRule.BODY_NOT_PERMITTED, make_request(path="/v1/models", method="GET")),
    **{
        f"body {body[:30]!r}": (DenyRule.BODY_NOT_READABLE, make_request(body=body, headers={"content-type": "application/json"}))
        for body in (
            b"",
            b"not json",
            b"[]",
            b'"text"',
            b"{",
            b'{"model":"a"} {"model":"b"}',
            b"\xef\xbb\xbf{}",
            b'{"model":"\xff"}',
            b'{"temperature":NaN}',
            b'{"temperature":-Infinity}',
            b'{"temperature":1e999}',
            b'{"model":"a","model":"b"}',
            b'{"model":"a","mod\\u0065l":"b"}',
            b'{"messages":[{"role":"a","role":"b"}]}',
            b"[" * 100_000,
            b'{"messages":' + b"[" * 100_000,
        )
    },
    "an unknown field": (DenyRule.BODY_FIELD, make_request(body={**CHAT, "api_key": "x"})),
    "a field in capitals": (DenyRule.BODY_FIELD, make_request(body={**CHAT, "Model": "other"})),
    "remote tool servers": (DenyRule.BODY_FIELD, make_request(ANTHROPIC, "/v1/messages", body={**CHAT, "mcp_servers": []})),
    "a stored answer": (DenyRule.BODY_FIELD, make_request(OPENAI, body={**CHAT, "store": True})),
    "a stored answer as a number": (DenyRule.BODY_FIELD, make_request(OPENAI, body={**CHAT, "store": 0})),
    "hosted search": (
        DenyRule.TOOL_NOT_PERMITTED,
        make_request(OPENAI, "/v1/responses", body={"model": MODEL, "input": "x", "tools": [{"type": "web_search"}]}),
    ),
    "hosted search of Gemini": (
        DenyRule.TOOL_NOT_PERMITTED,
        make_request(GEMINI, "/v1beta/models/llama:generateContent", body={"contents": [], "tools": [{"googleSearch": {}}]}),
    ),
    "a tool that is no object": (DenyRule.TOOL_NOT_PERMITTED, make_request(body={**CHAT, "tools": "web_search"})),
    "an image by address": (
        DenyRule.BODY_REFERENCE,
        make_request(body={**CHAT, "messages": [{"content": [{"type": "image_url", "image_url": {"url": "https://example.com/x"}}]}]}),
    ),
    "an image by address beside inline data": (
        DenyRule.BODY_REFERENCE,
        make_request(body={**CHAT, "messages": [{"content": [{"image_url": {"url": "data:,x", "fallback": "https://example.com/"}}]}]}),
    ),
    "a file by number in other letters": (
        DenyRule.BODY_REFERENCE,
        make_request(ANTHROPIC, "/v1/messages", body={**CHAT, "messages": [{"content": [{"source": {"type": "file", "File_ID": "f"}}]}]}),
    ),
    "a file by number": (
        DenyRule.BODY_REFERENCE,
        make_request(ANTHROPIC, "/v1/messages", body={**CHAT, "messages": [{"content": [{"source": {"type": "file", "file_id": "f"}}]}]}),
    ),
    # models and names
    "another model": (DenyRule.MODEL_NOT_PERMITTED, make_request(body={**CHAT, "model": "gpt-5"})),
    "a model in capitals": (DenyRule.MODEL_NOT_PERMITTED, make_request(body={**CHAT, "model": MODEL.upper()})),
    "a model with a space": (DenyRule.MODEL_NOT_PERMITTED, make_request(body={**CHAT, "model": MODEL + " "})),
    "no model": (DenyRule.MODEL_NOT_PERMITTED, make_request(body={"messages": []})),
    "a list of models": (DenyRule.MODEL_NOT_PERMITTED, make_request(body={**CHAT, "model": [MODEL]})),
    "a model in the path": (
        DenyRule.MODEL_NOT_PERMITTED,
        make_request(GEMINI, "/v1beta/models/other:generateContent", body={"contents": []}),
    ),
    "another repository": (DenyRule.NAME_NOT_PERMITTED, make_request(GITHUB, "/example/other.git/info/refs", **NO_BODY)),
    "another owner": (DenyRule.NAME_NOT_PERMITTED, make_request(GITHUB, "/attacker/app.git/info/refs", **NO_BODY)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_rule_refuses_what_it_names(name: str) -> None:
    rule, request = REFUSED[name]
    assert deny(request).rule is rule


def test_every_rule_of_a_decision_has_a_refused_request() -> None:
    in_service = {DenyRule.KEY_NOT_AVAILABLE, DenyRule.DECISION_NOT_AVAILABLE}
    assert {rule for rule, _ in REFUSED.values()} == set(DenyRule) - in_service


def test_the_answer_for_the_agent_is_structured() -> None:
    answer = deny(make_request(path="/v1/files")).to_json()
    assert answer["error"] == "denied"
    assert (answer["rule"], answer["kind"], answer["class"], answer["destination"]) == ("refused-path", "uploads", "coding", NVIDIA)
    assert answer["reason"]
    assert answer["request"]


def test_a_permit_is_bound_to_one_secret_and_sends_the_canonical_target() -> None:
    found = permit(make_request())
    assert (found.host, found.credential.header, found.names) == (NVIDIA, "authorization", {"model": MODEL})
    assert NVIDIA in found.secret
    same = permit(make_request(path="/v%31/ch%61t/completions?key=x&api_key=y&beta=true"))
    assert same.target == "/v1/chat/completions"
    assert same.stripped == ("query api_key", "query key")


def test_another_method_in_query_or_headers_is_not_sent_on_and_in_the_body_is_refused() -> None:
    headers = {"x-http-method-override": "DELETE", "x-method-override": "DELETE", "x-original-url": "/v1/files"}
    found = permit(make_request(path="/v1/chat/completions?_method=DELETE&%5fmethod=PUT", headers=headers))
    assert (found.target, {*headers} - {*found.remove_headers}) == ("/v1/chat/completions", set())
    assert deny(make_request(body={**CHAT, "_method": "DELETE"})).rule is DenyRule.BODY_FIELD


def test_the_placeholder_of_the_destination_is_no_credential() -> None:
    found = permit(make_request(headers={"authorization": f"Bearer {make_placeholder(NVIDIA)}"}))
    assert found.stripped == ()
    assert "authorization" in found.remove_headers


def test_arguments_and_schemas_of_the_agents_own_tools_may_name_addresses() -> None:
    schema = {"type": "object", "properties": {"url": {"type": "string"}}}
    tools = [{"name": "open", "input_schema": schema}]
    messages = [{"role": "assistant", "content": [{"type": "tool_use", "name": "open", "input": {"url": "https://example.com"}}]}]
    permit(make_request(ANTHROPIC, "/v1/messages", body={"model": MODEL, "messages": messages, "tools": tools, "max_tokens": 1}))


def test_an_inline_image_is_permitted() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}
    permit(make_request(body={**CHAT, "messages": [{"role": "user", "content": [image]}]}))


def test_a_header_that_describes_a_body_is_removed_where_there_is_none() -> None:
    found = permit(make_request(path="/v1/models", headers={"content-type": "sk-planted"}, **NO_BODY))
    assert "content-type" in found.remove_headers
