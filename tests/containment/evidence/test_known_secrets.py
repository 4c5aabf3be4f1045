"""Secrets are known from the environment, the stack file, the lab and named files; a bundle with one of them is not written."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.evidence.make import refuse_secrets
from containment.evidence.secret_scan import Secret, collect_secrets, is_secret_name
from tests.containment.evidence.desk import STACK, Desk

PASSWORD = "planted-Controller/password=1"
KEY = "planted+model/key-0123456789"


@pytest.mark.parametrize(
    "name",
    [
        "AVIATRIX_PASSWORD",
        "OPENAI_API_KEY",
        "aviatrix:password",
        "modelApiKey",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "PULUMI_CONFIG_PASSPHRASE",
        "db-password",
    ],
)
def test_a_name_of_a_secret_is_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["PATH", "HOME", "aviatrix:username", "KEYBOARD", "MONKEY", "awsAccessAccount", "TOKENIZERS_PARALLELISM"])
def test_another_name_is_not(name: str) -> None:
    assert not is_secret_name(name)


def test_every_source_is_searched(desk: Desk) -> None:
    path = desk.folder / f"Pulumi.{STACK}.yaml"
    path.write_text(f"{path.read_text()}  aviatrix:password: {PASSWORD}\n")
    named = desk.folder / "secrets.txt"
    named.write_text(f"{KEY}\n\nanother-planted-one\n")
    found = {
        one.source: one.value.decode()
        for one in collect_secrets(STACK, desk.folder, [named], {"MODEL_API_KEY": "from-the-environment", "HOME": "/root"})
    }
    assert found == {
        "$MODEL_API_KEY": "from-the-environment",
        f"Pulumi.{STACK}.yaml:aviatrix:password": PASSWORD,
        "secrets.txt:1": KEY,
        "secrets.txt:3": "another-planted-one",
    }


@pytest.mark.parametrize("value", ["", "short", "$OTHER_VARIABLE", "${secret:name}", "/etc/passwd", "[secret]"])
def test_a_reference_is_no_value(desk: Desk, value: str) -> None:
    assert collect_secrets(STACK, desk.folder, (), {"API_KEY": value}) == ()


@pytest.mark.parametrize("value", ["/wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz", "~abcdefgh", "./abcdefgh", "x" * 5000, "a\x00bcdefghi"])
def test_a_value_that_only_looks_like_a_path_is_searched_for(desk: Desk, value: str) -> None:
    assert [one.value.decode() for one in collect_secrets(STACK, desk.folder, (), {"API_KEY": value})] == [value]


def test_a_file_that_cannot_be_searched_for_is_refused(desk: Desk) -> None:
    short = desk.folder / "short.txt"
    short.write_text("abc\n")
    with pytest.raises(InputError) as raised:
        collect_secrets(STACK, desk.folder, [short, Path("nowhere.txt")], {})
    assert len(raised.value.problems) == 2
    assert "abc" not in str(raised.value)


FORMS = {
    "plain": lambda value: value,
    "base64": lambda value: base64.b64encode(b"{user: " + value.encode() + b"}").decode(),
    "hex": lambda value: value.encode().hex(),
    "url": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "gzip": lambda value: base64.b64encode(gzip.compress(value.encode())).decode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [PASSWORD, KEY])
def test_a_bundle_with_a_planted_secret_is_not_written(desk: Desk, form: str, value: str) -> None:
    (desk.folder / "agents").mkdir()
    text = {"stack": STACK, "owner": {"business": f"team {FORMS[form](value)}", "securityApprover": "a-team", "dataSteward": "b-team"}}
    (desk.folder / "agents/builder.yaml").write_text(json.dumps(text))
    made = desk.make()
    with pytest.raises(InputError) as raised:
        refuse_secrets(made, [Secret("$PLANTED", value.encode())])
    assert "$PLANTED" in str(raised.value)
    assert value not in str(raised.value)
    assert FORMS[form](value) not in str(raised.value)
    refuse_secrets(made, [Secret("$OTHER", b"a secret that is not planted")])


def test_a_token_of_a_well_known_form_is_refused_without_being_known(desk: Desk) -> None:
    (desk.folder / "agents").mkdir()
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    (desk.folder / "agents/builder.yaml").write_text(json.dumps({"stack": STACK, "owner": {"business": token[:40]}}))
    with pytest.raises(InputError) as raised:
        refuse_secrets(desk.make(), ())
    assert "part stakeholders" in str(raised.value)
    assert token[:40] not in str(raised.value)
