"""A gateway's configuration is complete in one file, has no key, and is refused whole with every problem."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from containment.errors import InputError
from containment.exit_code import Exit
from containment.gateway_service.__main__ import main
from containment.gateway_service.configuration import format_configuration, read_configuration
from tests.containment.credential_gateway.samples import APIS, NVIDIA, OPENAI, make_entry


def write(folder: Path, **changes: Any) -> Path:
    document = format_configuration("coding", "us-east-1", (make_entry(NVIDIA), make_entry(OPENAI)), APIS) | changes
    path = folder / "gateway.json"
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not None}), encoding="utf-8")
    return path


def test_what_is_written_is_what_is_read_with_the_apis_that_are_used(tmp_path: Path) -> None:
    found, table = read_configuration(write(tmp_path))
    assert {route.host for route in table.routes} == {NVIDIA, OPENAI}
    assert set(found.apis) == {"nvidia", "openai"}
    assert found.apis == {name: APIS[name] for name in ("nvidia", "openai")}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"agentClass": None}, "agentClass"),
        ({"agentClass": ""}, "agentClass"),
        ({"region": "everywhere"}, "region"),
        ({"routes": []}, "has no entry"),
        ({"apis": {}}, "is a host of no API"),
        ({"key": "sk-1"}, "key"),
        ({"refreshSeconds": 0}, "refreshSeconds"),
        ({"refreshSeconds": 1000, "longestSeconds": 900}, "longestSeconds"),
    ],
    ids=str,
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_configuration(write(tmp_path, **changes))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", '{"a":1,"a":2}', "[]"])
def test_a_file_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gateway.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_configuration(path)
    with pytest.raises(InputError, match="cannot be used"):
        read_configuration(tmp_path / "missing.json")


def test_the_command_writes_the_proxys_configuration_or_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--socket", "/run/x/authorizer.sock", "--output", str(tmp_path / "envoy.json"), "--port", "8443"]
    assert main(["envoy", "--config", str(write(tmp_path)), *common]) == Exit.OK
    written = json.loads((tmp_path / "envoy.json").read_text(encoding="utf-8"))
    assert written["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] == 8443
    assert (tmp_path / "envoy.json").stat().st_mode & 0o077 == 0
    assert main(["envoy", "--config", str(write(tmp_path)), *common, "--certificate", "x"]) == Exit.USAGE
    assert main(["envoy", "--config", str(tmp_path / "missing.json"), *common]) == Exit.ERROR
    assert "missing.json: does not exist" in capsys.readouterr().err
