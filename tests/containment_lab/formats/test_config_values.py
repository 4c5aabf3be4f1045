"""A stack file's values reach a program as the official engine passes them, and what that engine refuses is refused.

`tests/conformance/config-values.json` was recorded from the engine (CLI 3.255), `config-values-loader.json` from its loader of
stack files alone (Go module `pulumi/sdk/v3` 3.255), which validates no types.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from containment.config.pulumi_format.engine_values import encode_for_engine
from containment.loaders import strict_yaml
from containment_lab.errors import EngineError
from containment_lab.formats.config import Config, Project, merge
from containment_lab.formats.crypt import Crypter

KIT = Path(__file__).parents[2] / "conformance"
RECORDED: list[dict[str, Any]] = json.loads((KIT / "config-values.json").read_text(encoding="utf-8"))
LOADED: list[dict[str, Any]] = json.loads((KIT / "config-values-loader.json").read_text(encoding="utf-8"))
DECLARED = {"array": "{type: array, items: {type: string}}"}


def named(row: dict[str, Any]) -> str:
    return f"{row.get('type', 'any')}: {row['yaml']}"


def merged(folder: Path, kind: str, text: str) -> Config:
    declared = DECLARED.get(kind, f"{{type: {kind}}}")
    (folder / "Pulumi.yaml").write_text(f"name: cfg\nruntime: python\nconfig:\n  key: {declared}\n", encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  cfg:key: {text}\n", encoding="utf-8")
    return merge(Project.load(folder), "dev", Crypter("phrase"), {}, {}, {})


def test_all_that_was_recorded_is_tried() -> None:
    assert len(RECORDED) == 59
    assert {row["exit"] for row in RECORDED} == {0, 1}


@pytest.mark.parametrize("row", RECORDED, ids=named)
def test_a_recorded_value_arrives_as_recorded(row: dict[str, Any], tmp_path: Path) -> None:
    if row["exit"]:
        kind = row["error"].partition("must be of type '")[2].rstrip("'")
        with pytest.raises(EngineError, match=rf"cfg:key must be of type {kind}: "):
            merged(tmp_path, row["type"], row["yaml"])
        return
    found = merged(tmp_path, row["type"], row["yaml"])
    assert found.values == {"cfg:key": row["program"]}
    assert bool(found.warnings) == bool(row["warning"])


@pytest.mark.parametrize("row", LOADED, ids=named)
def test_a_value_is_normalized_as_the_engines_loader_does(row: dict[str, Any]) -> None:
    assert encode_for_engine(strict_yaml.load(f"key: {row['yaml']}\n")["key"]) == row["program"]


def test_a_number_that_json_does_not_have_is_refused_by_key(tmp_path: Path) -> None:
    with pytest.raises(
        EngineError, match=r"line 2, column 12: .inf is not a finite number\n.*\n    fix: write a number, or put the text in quotes"
    ):
        merged(tmp_path, "string", ".inf")


@pytest.mark.parametrize("key", ["environment", "mainEnvironment"])
def test_an_esc_environment_is_refused_by_name_with_the_reason(key: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: cfg\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"{key}: [shared/dev]\nconfig: {{}}\n")
    with pytest.raises(EngineError, match=rf"Pulumi\.dev\.yaml: `{key}:` imports values from Pulumi ESC, which is not read here"):
        merge(Project.load(tmp_path), "dev", Crypter("phrase"), {}, {}, {})


@pytest.mark.parametrize(
    "config", ["cfg:key: a\n  cfg:key: b", 'cfg:key: a\n  "cfg:key": b', "cfg:key: {a: 1, a: 1}", "cfg:key: a\n  key: b"]
)
def test_a_key_that_is_set_twice_is_refused(config: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: cfg\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  {config}\n")
    with pytest.raises(EngineError, match=r"Pulumi\.dev\.yaml: .*(already set at line 2|sets cfg:key twice)"):
        merge(Project.load(tmp_path), "dev", Crypter("phrase"), {}, {}, {})


def test_an_option_is_a_text_as_with_the_official_command(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: cfg\nruntime: python\nconfig:\n  key: {type: string}\n  on: {type: boolean}\n")
    project = Project.load(tmp_path)
    given = {"key": "012345678901", "on": "true"}
    assert merge(project, "dev", Crypter("phrase"), {}, given, {}).values == {"cfg:key": "012345678901", "cfg:on": "true"}
    with pytest.raises(EngineError, match="cfg:on must be of type boolean: write true or false; it is 'yes'"):
        merge(project, "dev", Crypter("phrase"), {}, {"key": "a", "on": "yes"}, {})


def test_a_list_given_as_an_option_is_json_and_has_the_declared_items(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: cfg\nruntime: python\nconfig:\n  key: {type: array, items: {type: string}}\n")
    project = Project.load(tmp_path)
    assert merge(project, "dev", Crypter("phrase"), {}, {"key": '["a", "b"]'}, {}).values == {"cfg:key": '["a","b"]'}
    for wrong in ("[1]", "a", '"a"'):
        with pytest.raises(EngineError, match="must be of type array<string>"):
            merge(project, "dev", Crypter("phrase"), {}, {"key": wrong}, {})
