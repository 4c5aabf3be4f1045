"""The service's answers: the key in the header, the client's header replaced, and records without what the client sent."""

from __future__ import annotations

import json
from typing import Any

from containment.credential_gateway.envoy import CLASS_KEY, HOST_KEY
from containment.credential_gateway.request import GatewayRequest
from containment.gateway_service.authorizer import Authorizer, read_request
from containment.gateway_service.keys import KeyStore
from containment.gateway_service.messages import OK, PERMISSION_DENIED, _make_classes
from tests.containment.credential_gateway.samples import ANTHROPIC, CHAT, NVIDIA, TABLE, make_request

KEY, FOREIGN = "own-key-0123456789", "sk-foreign-0123456789"


class Reader:
    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        return {"SecretString": f"{KEY}-{SecretId[-30:-7].replace('/', '-')}"}


def encode(request: GatewayRequest, *, partial: str = "false") -> bytes:
    made: Any = _make_classes()["CheckRequest"]()
    http = made.attributes.request.http
    http.method, http.path, http.raw_body = request.method, request.target, request.body
    for name, value in (*request.headers, ("x-envoy-auth-partial-body", partial)):
        header = http.header_map.headers.add()
        header.key, header.raw_value = name, value.encode("utf-8", "surrogateescape")
    for key, text in ((CLASS_KEY, request.agent_class), (HOST_KEY, request.destination)):
        entry = made.attributes.context_extensions.add()
        entry.key, entry.value = key, text
    return bytes(made.SerializeToString())


def ask(data: bytes, *, refreshed: bool = True) -> tuple[Any, dict[str, Any]]:
    keys = KeyStore(Reader(), TABLE.secrets, 900)
    if refreshed:
        keys.refresh()
    records: list[dict[str, Any]] = []
    response: Any = _make_classes()["CheckResponse"]()
    response.ParseFromString(Authorizer(TABLE, keys, records.append).answer(data))
    [record] = records
    return response, record


def test_a_request_is_read_as_it_was_sent() -> None:
    request = make_request(headers=[("x-a", "1"), ("x-a", "2"), ("x-bytes", "\udcff")])
    assert read_request(encode(request)) == request
    assert not read_request(encode(request, partial="true")).is_complete


def test_the_clients_header_is_replaced_and_never_removed_after_the_key_is_set() -> None:
    request = make_request(ANTHROPIC, "/v1/messages", body={**CHAT, "max_tokens": 1}, headers={"x-api-key": FOREIGN, "cookie": FOREIGN})
    response, record = ask(encode(request))
    assert response.status.code == OK
    headers = {one.header.key: (one.header.value, one.append.value) for one in response.ok_response.headers}
    assert headers["x-api-key"][0].startswith(KEY)
    assert headers[":path"] == ("/v1/messages", False)
    assert list(response.ok_response.headers_to_remove) == ["cookie"]
    assert record["stripped"] == "cookie, x-api-key"
    assert FOREIGN not in json.dumps(record)
    assert KEY not in json.dumps(record)
    assert KEY.encode() not in response.dynamic_metadata


def test_a_denial_is_json_and_its_record_has_nothing_that_the_client_sent() -> None:
    response, record = ask(encode(make_request(path=f"/v1/files/{FOREIGN}", headers={FOREIGN: FOREIGN})))
    assert response.status.code == PERMISSION_DENIED
    assert response.denied_response.status.code == 403
    assert json.loads(response.denied_response.body)["rule"] == "refused-path"
    assert (record["decision"], record["rule"], record["destination"]) == ("deny", "refused-path", NVIDIA)
    assert FOREIGN not in json.dumps(record) + response.denied_response.body


def test_a_key_that_was_not_read_denies_the_call() -> None:
    response, record = ask(encode(make_request()), refreshed=False)
    assert response.status.code == PERMISSION_DENIED
    assert response.denied_response.status.code == 503
    assert record["rule"] == "key-not-available"


def test_a_request_without_the_proxys_context_is_denied() -> None:
    made: Any = _make_classes()["CheckRequest"]()
    made.ParseFromString(encode(make_request()))
    del made.attributes.context_extensions[:]
    response, record = ask(bytes(made.SerializeToString()))
    assert response.status.code == PERMISSION_DENIED
    assert record["rule"] == "unknown-destination"
