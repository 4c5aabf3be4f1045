"""Every kind of secret is found in every encoding that user data can unpack, and named by its kind only."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any

import pytest

from policypack.facts.secrets.detectors import SIGNS, find_detected, has_secret, load_detector
from policypack.facts.secrets.kinds import KINDS, find_kinds
from policypack.graph.known_types import INSTANCE, TASK
from policypack.graph.resources import Resource
from policypack.rules.user_data_holds_no_secret import check_resource
from tests.policypack.facts.secrets.examples import ENCODINGS, PREFIXED, hexa, lower, mixed

LIBRARYS = (
    "ibm_cloud_iam_key = " + mixed(44),
    "cos_secret_access_key = " + hexa(48),
    "cloudant_password = " + hexa(64),
    "softlayer_api_key = " + lower(64),
    "AP6" + mixed(20),
    "sk-" + mixed(20) + "T3BlbkFJ" + mixed(20),
    "glcbt-" + mixed(24),
    "aws_key = '" + mixed(40) + "'",
)
"""What more the library's detectors find."""
FIRST = next(iter(PREFIXED.values()))


def found(text: Any, kind: str = INSTANCE, key: str = "userData") -> list[str]:
    return [fault.what for fault in check_resource(Resource("u", kind, "agent", props={key: text}))]


@pytest.mark.parametrize("label", PREFIXED)
def test_a_secret_of_every_kind_is_found(label: str) -> None:
    assert found(f"#!/bin/sh\n{PREFIXED[label]}\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("label", ["model nvapi-", "code GitHub", "data .pgpass", "file key", "name password"])
def test_a_secret_is_found_in_every_encoding(label: str, encoding: str) -> None:
    text = ENCODINGS[encoding](f"# settings of the agent\n{PREFIXED[label]}\n".encode())
    assert found(text)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_encoding_of_a_harmless_text_is_a_secret(encoding: str) -> None:
    text = (
        "# settings of the agent\nexport AGENT_CLASS=coding\nexport TOKEN=$(aws secretsmanager get-secret-value --secret-id agents/api)\n"
    )
    assert found(ENCODINGS[encoding](text.encode())) == []


@pytest.mark.parametrize("label", PREFIXED)
def test_no_message_contains_the_secret(label: str) -> None:
    assert not any(part in what for what in found(PREFIXED[label]) for part in PREFIXED[label].split() if len(part) > 12)


def test_a_kind_of_our_own_is_named_before_the_librarys() -> None:
    assert find_kinds(FIRST) == ("an NVIDIA key",)
    assert find_detected("AKIA" + "IOSFODNN7EXAMPLE") == ("an AWS Access Key (recognized by detect-secrets)",)


def test_the_library_finds_what_no_kind_of_our_own_does() -> None:
    text = "softlayer_username = app\nsoftlayer_api" + "_key = " + "a1b2c3d4e5f6" * 5 + "abcd"
    assert find_detected(text) == ("a SoftLayer Credentials (recognized by detect-secrets)",)


@pytest.mark.parametrize("name", SIGNS)
def test_a_detector_is_run_wherever_it_finds_something(name: str) -> None:
    texts = [*PREFIXED.values(), *LIBRARYS]
    assert [text for text in texts if has_secret(load_detector(name), text) and not re.search(SIGNS[name], text)] == []


def test_a_harmless_script_loads_no_detector() -> None:
    script = "#!/bin/sh\nset -eu\napt-get install -y jq\ncurl -fsSL https://docs.openclaw.ai/install | sh\n"
    assert [name for name, sign in SIGNS.items() if re.search(sign, script)] == []


def test_every_kind_has_something_to_look_for_first() -> None:
    assert [kind for kind in KINDS if not kind.marks and not kind.prefix] == []
    assert [kind for kind in KINDS if any(mark != mark.lower() for mark in kind.marks)] == []


@pytest.mark.parametrize(
    ("magic", "form"),
    [
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"Salted__", "openssl enc, encrypted"),
        (b"age-encryption.org/v1", "age, encrypted"),
        (b"\x04\x22\x4d\x18", "lz4"),
    ],
)
def test_a_layer_that_cannot_be_read_is_refused(magic: bytes, form: str) -> None:
    text = base64.b64encode(magic + bytes(range(200, 256))).decode()
    assert found(text) == [f"userData contains a layer that cannot be read here ({form})"]
    assert found(base64.b64encode(gzip.compress(f"x={text}".encode())).decode()) == [
        f"userData contains a layer that cannot be read here ({form})"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n",
        "$ANSIBLE_VAULT;1.1;AES256\n6338\n",
        "#include\nhttps://example.net/user-data\n",
        "--B\nContent-Type: text/x-include-url\n\n#include\nhttps://example.net/user-data\n--B--\n",
    ],
)
def test_text_that_is_encrypted_or_elsewhere_is_refused(text: str) -> None:
    assert len(found(text)) == 1


def test_more_layers_than_can_be_read_are_refused() -> None:
    text = PREFIXED["code GitHub"] + " and more"
    for _ in range(12):
        text = base64.b64encode(gzip.compress(text.encode())).decode()
    assert found(text) == ["userData contains more layers than can be read here"]


def test_a_containers_environment_is_its_user_data() -> None:
    containers = '[{"name": "agent", "environment": [{"name": "DB_PASSWORD", "value": "' + 'hunter2secret"}]}]'
    assert found(containers, TASK, "containerDefinitions") == ["containerDefinitions contains what looks like a password or token"]
    by_reference = '[{"name": "agent", "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:x"}]}]'
    assert found(by_reference, TASK, "containerDefinitions") == []


@pytest.mark.parametrize(
    "text",
    [
        f"digest: sha256:{'0123456789abcdef' * 4}",
        "git checkout 0123456789abcdef0123456789abcdef01234567",
        "image: 111122223333.dkr.ecr.us-east-1.amazonaws.com/agents/coding@sha256:" + "ab" * 32,
        "deb [signed-by=/usr/share/keyrings/x.gpg] https://example.net/ubuntu noble main",
        "-----BEGIN CERTIFICATE-----\n" + mixed(64) + "\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\n" + mixed(64) + "\n-----END PUBLIC KEY-----\n",
        f"KMS_KEY_ID=arn:aws:kms:us-east-1:111122223333:key/{'0' * 8}-0000-0000-0000-{'0' * 12}",
        "PUBLIC_KEY=" + mixed(43),
        "listen 2001:db8:85a3:8d3:1319:8a2e:370:7348 and 10.0.0.1:8080",
        "sk-learn==1.5.2 risk-assessment-of-the-agents-network-and-everything",
        "ssl_private_key: server.pem",
        'printf "%s" "$1$2$3$4$5$6$7$8$9/and/more/of/it/to/the/end"',
        "exec > >(tee /var/log/user-data.log | logger -t user-data -s 2>/dev/console) 2>&1",
        "uid=0:gid=0 root:x:0:0:root:/root:/bin/bash",
        "AWS_REGION=us-east-1 SESSION_KEY_FILE=/run/key MAX_TOKENS=4096",
        "curl -u $USER:$PASS https://x; psql postgres://app:$PW@db/app; mysql -p$PW",
    ],
)
def test_what_only_looks_like_a_secret_passes(text: str) -> None:
    assert found(text) == []
