"""A secret is found in every form in which it may have been written, and nothing else is taken for one."""

from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.evidence.secret_scan import Secret, UnreadableError, find_secrets

PASSWORD = b"Pa55&w<rd/+%\"'x7Qz"
KEY = b"sk-planted-0123456789abcdefGHIJKL"


def _pack_zip(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("settings/a.txt", content)
    return buffer.getvalue()


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda value: value,
    "reversed": lambda value: value[::-1],
    "base64": base64.b64encode,
    "base64 without padding": lambda value: base64.b64encode(value).rstrip(b"="),
    "base64 for URLs": base64.urlsafe_b64encode,
    "base64 of the middle": lambda value: base64.b64encode(b'{"user":"admin","password":"' + value + b'"}'),
    "base64 of the middle, one further": lambda value: base64.b64encode(b'{"user":"admin1","password":"' + value + b'"}'),
    "base64 of the middle, two further": lambda value: base64.b64encode(b'{"user":"admin12","password":"' + value + b'"}'),
    "base64 in lines": lambda value: base64.encodebytes(b"x" * 50 + value + b"x" * 50),
    "base64 in a JSON text with lines": lambda value: json.dumps(base64.encodebytes(b"x" * 50 + value).decode()).encode(),
    "base64 twice": lambda value: base64.b64encode(base64.b64encode(value)),
    "hex": lambda value: value.hex().encode(),
    "upper-case hex": lambda value: value.hex().upper().encode(),
    "URL": lambda value: quote(value, safe="").encode(),
    "URL of a form": lambda value: quote_plus(value).encode(),
    "URL of every byte": lambda value: "".join(f"%{byte:02x}" for byte in value).encode(),
    "JSON": lambda value: json.dumps(value.decode()).encode(),
    "JSON twice": lambda value: json.dumps(json.dumps(value.decode())).encode(),
    "JSON escapes": lambda value: "".join(f"\\u{byte:04x}" for byte in value).encode(),
    "HTML": lambda value: escape(value.decode()).encode(),
    "HTML numbers": lambda value: "".join(f"&#{byte};" for byte in value).encode(),
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "gzip in base64": lambda value: base64.b64encode(gzip.compress(b'{"password":"' + value + b'"}')),
    "gzip in gzip": lambda value: gzip.compress(gzip.compress(value)),
    "gzip of base64": lambda value: gzip.compress(base64.b64encode(b"x" + value)),
    "gzip in hex": lambda value: gzip.compress(value).hex().encode(),
    "base32": base64.b32encode,
    "base32 in lower case, of the middle": lambda value: base64.b32encode(b"ab" + value).lower().rstrip(b"="),
    "hex with colons": lambda value: value.hex(":").encode(),
    "hex of a dump": lambda value: value.hex(" ", 1).upper().encode(),
    "a list of numbers": lambda value: ", ".join(f"0x{byte:02x}" for byte in value).encode(),
    "UTF-16": lambda value: value.decode().encode("utf-16-le"),
    "UTF-16, high byte first": lambda value: value.decode().encode("utf-16-be"),
    "UTF-16 in base64": lambda value: base64.b64encode(value.decode().encode("utf-16-le")),
    "zip": lambda value: _pack_zip(b"password=" + value * 3),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "reversed in base64": lambda value: base64.b64encode(value[::-1]),
}


@pytest.mark.parametrize("value", [PASSWORD, KEY])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", [(b"", b""), (b'{"a": "', b'", "b": 3}'), (b"path/to/", b"/more"), (b"log line ", b"\nnext\n")])
def test_a_secret_is_found_in_each_form(value: bytes, form: str, around: tuple[bytes, bytes]) -> None:
    data = around[0] + FORMS[form](value) + around[1]
    assert find_secrets(data, [Secret("the secret", value), Secret("another", b"not-in-there-at-all")]) == ["the secret"]


@settings(max_examples=60, deadline=None)
@given(
    value=st.binary(min_size=8, max_size=40),
    before=st.binary(max_size=30),
    after=st.binary(max_size=30),
    form=st.sampled_from(["plain", "reversed", "base64", "base64 for URLs", "hex", "URL", "gzip", "gzip in base64", "zlib"]),
)
def test_any_value_is_found_at_any_place(value: bytes, before: bytes, after: bytes, form: str) -> None:
    data = before + b"\n" + FORMS[form](value) + b"\n" + after
    assert find_secrets(data, [Secret("it", value)]) == ["it"]


def test_other_text_has_no_secret() -> None:
    text = json.dumps({"digests": [f"{number:064x}" for number in range(200)], "names": ["api.example.com", "password"] * 50})
    assert find_secrets(text.encode(), [Secret("a", PASSWORD), Secret("b", KEY)]) == []


def test_a_value_that_is_too_short_is_not_searched_for() -> None:
    assert find_secrets(b"abc abcdefg", [Secret("short", b"abc")]) == []


def test_what_unpacks_to_too_much_is_no_pass() -> None:
    bomb = gzip.compress(b"\0" * (300 << 20))
    with pytest.raises(UnreadableError):
        find_secrets(b"x" + bomb, [Secret("a", PASSWORD)])


def test_a_secret_is_in_no_text_about_it() -> None:
    assert PASSWORD.decode() not in repr(Secret("the source", PASSWORD))


def test_a_form_that_is_not_unpacked_is_stated() -> None:
    """The documented list of forms is exact: a cipher is none of them."""
    assert find_secrets(codecs.encode(KEY.decode(), "rot13").encode(), [Secret("a", KEY)]) == []
