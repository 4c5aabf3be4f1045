"""Secrets in user data are found in every layer and named by kind only; where they are kept is no secret."""

from __future__ import annotations

import base64
import gzip
import time
import zlib
from typing import Any

import pytest

from policypack.graph.known_types import INSTANCE, LAUNCH_TEMPLATE
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource
from policypack.rules.user_data_holds_no_secret import check_resource

KEY = "AKIAIOSFODNN7EXAMPLE"


def found(text: Any, kind: str = INSTANCE, key: str = "userData") -> list[str]:
    return [fault.what for fault in check_resource(Resource("u", kind, "agent", props={key: text}))]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


SECRETS = {
    "AWS keys": f"export AWS_ACCESS_KEY_ID={KEY}",
    "AWS secret": "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "private key": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n",
    "GitHub": "git clone https://ghp_" + "a" * 36 + "@github.com/x/y",
    "model provider": "OPENAI_API_KEY=sk-proj-abcdefghijklmnopqrstuvwx",
    "Slack": "xoxb-1234567890-abcdefgh",
    "bearer": "curl -H 'Authorization: Bearer abcdefghijklmnopqrstuvwxyz'",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "shell": "export DB_PASSWORD=hunter2secret",
    "yaml": "password: 'correct horse'",
    "json": '{"client_secret": "abc123def"}',
    "flag": "login --user x --password hunter2 host",
    "flag with equals": "login --api-key=abcd1234",
    "one word": "dbPassword: hunter2secret",
    "credentials of a process": '{"Version": 1, "SecretAccessKey": "not-a-real-one"}',
    "address": "postgres://agent:hunter2@db.internal/x",
}
HARMLESS = {
    "cloud-config": "#cloud-config\npackage_update: false\nssh_pwauth: false\nlock_passwd: true\nchpasswd: {expire: false}\n",
    "fetched": "export TOKEN=$(aws secretsmanager get-secret-value --secret-id agents/api)\n",
    "a variable": 'password: ${PASSWORD}\ncurl --token $TOKEN -H "Authorization: Bearer $TOKEN" https://u:$PW@h/',
    "a path": "DB_PASSWORD_FILE=/run/secrets/db\npassword: /run/secrets/db\n",
    "a reference": "secret: arn:aws:secretsmanager:us-east-1:111122223333:secret:x",
    "session token of IMDSv2": "TOKEN=`curl -X PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60'`",
    "settings": "http_tokens: required\nmax_tokens: 4096\ntoken_limit=4000\ntokenizer: fast\npassword_policy: strict\n",
    "a user without a password": "adduser --disabled-password agent\nagent ALL=(ALL) NOPASSWD:ALL\nmysql --no-password --skip x\n",
    "prose": "# the password is kept elsewhere: see docs\n",
    "a template": "password: {{ lookup('x') }}\ntoken: <your token>\nsecret: null\n",
    "plain text that reads as base64": "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
}
WRAPS = {
    "plain": lambda text: text,
    "base64": lambda text: b64(text.encode()),
    "base64 in lines": lambda text: base64.encodebytes(("x" * 90 + "\n" + text).encode()).decode(),
    "compressed": lambda text: b64(gzip.compress(text.encode())),
    "deflated": lambda text: b64(zlib.compress(text.encode())),
    "a file in cloud-config": lambda text: f"write_files:\n- encoding: b64\n  content: {b64((text + ' ' * 30).encode())}\n",
    "twice": lambda text: b64(f"content: {b64((text + ' ' * 30).encode())}".encode()),
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_is_found_in_every_layer(case: str, wrap: str) -> None:
    assert found(WRAPS[wrap](SECRETS[case]))


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("case", HARMLESS)
def test_where_a_secret_is_kept_is_none(case: str, wrap: str) -> None:
    assert found(WRAPS[wrap](HARMLESS[case])) == []


def test_the_message_names_the_kind_and_never_the_secret() -> None:
    (what,) = found(b64(f"key {KEY} and more of it".encode()), LAUNCH_TEMPLATE)
    assert what == "userData contains an AWS access key"


@pytest.mark.parametrize("value", [None, UNKNOWN, "", "H4sIA" * 20])
def test_what_cannot_be_read_yet_or_at_all_contains_nothing(value: Any) -> None:
    assert found(value) == []


@pytest.mark.slow
def test_a_bomb_is_not_unpacked_and_not_taken_for_empty() -> None:
    assert found(b64(gzip.compress(b"a" * (1 << 24)))) == ["userData contains a layer that unpacks to more than 1 MiB"]


@pytest.mark.parametrize(
    "piece", ["1", "a", "a1_", "a.b-", "a:", 'password="', "a://", "A" * 76 + "\n", "--a-", "token=", "--password ", "bearer "]
)
def test_long_texts_of_any_kind_are_read_in_time(piece: str) -> None:
    started = time.process_time()
    found(piece * (16384 // len(piece)))
    assert time.process_time() - started < 1
