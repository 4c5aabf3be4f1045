"""Keys are read from the named secrets alone, renewed, withdrawn when unusable or too old, and shown in no text."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from containment.credential_gateway.api import CredentialForm
from containment.gateway_service.keys import KeyStore, UnusableSecretError, extract_key, render_credential

KEY = "sk-0123456789"


class Reader:
    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = values
        self.read: list[str] = []

    def get_secret_value(self, *, SecretId: str) -> Mapping[str, Any]:
        self.read.append(SecretId)
        value = self.values[SecretId]
        if isinstance(value, Exception):
            raise value
        return {"SecretString": value}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_only_the_named_secrets_are_read() -> None:
    reader = Reader(a=KEY, b=KEY, other=KEY)
    store = KeyStore(reader, ["a", "b"], 900)
    assert store.get("a") is None, "nothing is read before the first refresh"
    assert store.refresh() == []
    assert (store.get("a"), store.get("other")) == (KEY, None)
    assert reader.read == ["a", "b"]


def test_a_secret_that_cannot_be_read_keeps_its_key_until_it_is_too_old() -> None:
    reader, clock = Reader(a=KEY), Clock()
    store = KeyStore(reader, ["a"], 900, clock)
    store.refresh()
    reader.values["a"] = ConnectionError(f"no connection with {KEY}")
    clock.now = 900
    assert store.refresh() == ["a: cannot be read (ConnectionError)"]
    assert store.get("a") == KEY
    clock.now = 901
    assert store.get("a") is None
    clock.now = 0
    assert store.get("a") is None, "a key that was withdrawn does not come back without being read"


def test_an_unusable_value_withdraws_the_key_at_once() -> None:
    reader = Reader(a=KEY, b=KEY)
    store = KeyStore(reader, ["a", "b"], 900)
    store.refresh()
    reader.values["a"] = "two words"
    [problem] = store.refresh()
    assert problem.startswith("a: is not 8 to 8192")
    assert (store.get("a"), store.get("b")) == (None, KEY)


def test_the_code_of_an_aws_error_is_reported_and_its_text_is_not() -> None:
    class Refused(Exception):
        response = {"Error": {"Code": "AccessDeniedException", "Message": KEY}}

    [problem] = KeyStore(Reader(a=Refused(KEY)), ["a"], 900).refresh()
    assert problem == "a: cannot be read (AccessDeniedException)"


@pytest.mark.parametrize("text", [KEY, f" {KEY}\n", f'{{"key": "{KEY}"}}', f'{{"api_key":"{KEY}"}}'])
def test_a_key_is_the_whole_text_or_the_one_text_of_an_object(text: str) -> None:
    assert extract_key({"SecretString": text}) == KEY


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"SecretBinary": KEY.encode()},
        {"SecretString": ""},
        {"SecretString": "short"},
        {"SecretString": "sk-0123\r\nx-header: 1"},
        {"SecretString": "sk-0123 456789"},
        {"SecretString": "sk-01234567\u00e9"},
        {"SecretString": "x" * 9000},
        {"SecretString": "{}"},
        {"SecretString": '{"a": "sk-0123456789", "b": "sk-0123456789"}'},
        {"SecretString": '{"a": 12345678}'},
        {"SecretString": '{"a": "sk-0123456789", "a": "sk-0123456780"}'},
        {"SecretString": '{"a": '},
    ],
    ids=repr,
)
def test_what_is_no_key_is_refused_without_showing_it(answer: dict[str, Any]) -> None:
    with pytest.raises(UnusableSecretError) as caught:
        extract_key(answer)
    assert "0123" not in str(caught.value)


def test_no_text_of_a_store_has_a_key() -> None:
    store = KeyStore(Reader(a=KEY), ["a"], 900)
    store.refresh()
    assert KEY not in repr(store) + str(vars(store)) + repr(vars(store)["_keys"])


def test_each_form_of_a_credential() -> None:
    basic = render_credential(CredentialForm(header="authorization", scheme="basic", user="x"), KEY)  # type: ignore[arg-type]
    assert base64.b64decode(basic.removeprefix("Basic ")).decode() == f"x:{KEY}"
    assert render_credential(CredentialForm(header="authorization", scheme="bearer"), KEY) == f"Bearer {KEY}"  # type: ignore[arg-type]
    assert render_credential(CredentialForm(header="x-api-key", scheme="raw"), KEY) == KEY  # type: ignore[arg-type]
