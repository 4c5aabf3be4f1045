"""No secret of a command line or an address is printed, in whatever form it is given; what is harmless stays readable."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.discovery.redaction import clean, is_reference, redact_address, redact_arguments

VALUE = "vault7Value"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--api-key", VALUE],
        [f"--api-key={VALUE}"],
        ["--token", VALUE],
        ["-H", f"Authorization: Bearer {VALUE}"],
        ["--header", f"X-Key: {VALUE}"],
        ["-e", f"GITHUB_TOKEN={VALUE}"],
        ["--env", f'{{"KEY": "{VALUE}"}}'],
        ["-u", f"user:{VALUE}"],
        ["-p", VALUE],
        [f"GITHUB_TOKEN={VALUE}"],
        [f"SETTING={VALUE}"],
        [f"https://user:{VALUE}@example.com/mcp"],
        [f"postgres://app:{VALUE}@db.example.com/app"],
        [f"https://example.com/mcp?key={VALUE}"],
        [f"https://example.com/mcp#{VALUE}"],
        [f"--url=https://example.com/?token={VALUE}"],
        ["--connection-string", f"Server=db;Password={VALUE}"],
        [f"write a letter with the password {VALUE}"],
        [f'{{"token": "{VALUE}"}}'],
    ],
)
def test_a_secret_value_is_not_kept(arguments: list[str]) -> None:
    kept, _ = redact_arguments(["server", *arguments])
    assert VALUE not in " ".join(kept)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefgh12345678",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "github_pat_11AAAAAAA0abcdefghij",
        "xoxb-1234-5678-abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "nvapi-abcdefgh12345678",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "q7Zk93jXw0Lm5Vt8Rb2Nc6Hy",
        "3f9a1c77e0b24d5580aa9d6e1b7c4f20",
    ],
)
@pytest.mark.parametrize("form", ["{}", "--setting={}", "/srv/{}", "https://example.com/{}/mcp"])
def test_a_value_that_looks_like_a_key_is_not_kept_anywhere(secret: str, form: str) -> None:
    kept, names = redact_arguments(["server", form.format(secret)])
    assert secret not in " ".join(kept)
    assert names


@pytest.mark.parametrize(
    "arguments",
    [
        ["npx", "-y", "@modelcontextprotocol/server-filesystem", "/srv/agent"],
        ["uvx", "mcp-server-git", "--repository", "/srv/project"],
        ["node", "/opt/openclaw-harness/node_modules/openclaw/openclaw.mjs", "gateway", "run", "--port", "18789"],
        ["python3", "-u", "server.py"],
        ["npx", "mcp-remote", "https://mcp.example.com/mcp", "--header", "Authorization: Bearer ${TOKEN}", "--api-key=$KEY"],
        ["docker", "run", "-i", "--rm", "-e", "GITHUB_TOKEN", "-p", "127.0.0.1:8080:80", "ghcr.io/github/github-mcp-server"],
    ],
)
def test_an_ordinary_command_stays_readable(arguments: list[str]) -> None:
    assert redact_arguments(arguments) == (tuple(arguments), ())


def test_code_is_replaced_by_its_digest() -> None:
    kept, _ = redact_arguments(["python3", "-c", f"key = '{VALUE}'"], 2)
    assert kept[:2] == ("python3", "-c")
    assert kept[2].startswith("(code, 19 characters, sha256 ")


def test_an_address_keeps_host_and_path() -> None:
    assert redact_address("https://mcp.example.com:8443/mcp/v1") == ("https://mcp.example.com:8443/mcp/v1", [])
    shown, names = redact_address("http://[2001:db8::1]:80/x?key=1")
    assert shown == "http://[2001:db8::1]:80/x?..."
    assert names == ["query key"]
    assert "vault" not in redact_address("http://[vault7Value")[0]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=24, max_size=48))
def test_long_random_values_are_not_kept(value: str) -> None:
    kept, _ = redact_arguments(["server", "--key", value])
    assert value not in " ".join(kept)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=300), max_size=60))
def test_any_command_line_gives_printable_short_texts(arguments: list[str]) -> None:
    kept, names = redact_arguments(arguments)
    assert all(text.isprintable() and len(text) <= 4 * 200 + 3 for text in (*kept, *names))


def test_a_control_character_is_shown_and_not_sent_to_the_terminal() -> None:
    assert clean("a\x1b[2Jb\u202e") == "a\\x1b[2Jb\\x202e"


@pytest.mark.parametrize(
    ("value", "expected"), [("${TOKEN}", True), ("$TOKEN", True), ("${env:TOKEN}", True), ("a${TOKEN}", False), ("", False)]
)
def test_a_reference_to_a_variable_is_no_secret(value: str, expected: bool) -> None:
    assert is_reference(value) is expected
