"""Configuration is merged as Pulumi merges it, and every mistake is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment_lab.errors import EngineError
from containment_lab.formats.config import Config, Project, merge
from containment_lab.formats.crypt import Crypter

CRYPTER = Crypter("phrase")
PROJECT = """name: demo
runtime: python
config:
  region: {type: string, default: here}
  size: {type: integer}
  open: {type: boolean, default: false}
  names: {type: array, items: {type: string}, default: [a, b]}
  hidden: {type: string, secret: true, default: none}
  short: brief
  aws:profile: {value: lab}
"""


def merged(tmp_path: Path, stack: str, overlay: dict[str, str] | None = None, **pairs: dict[str, str]) -> Config:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.s.yaml").write_text(stack)
    project = Project.load(tmp_path)
    return merge(project, "s", CRYPTER, overlay or {}, pairs.get("plain", {}), pairs.get("hidden", {}))


def test_defaults_fill_what_the_stack_lacks(tmp_path: Path) -> None:
    found = merged(tmp_path, "config: {demo:size: 3, other:list: [1, {x: true}]}")
    assert found.values == {
        "demo:size": "3", "other:list": '[1,{"x":true}]', "demo:region": "here", "demo:open": "false", "demo:names": '["a","b"]',
        "demo:hidden": "none", "demo:short": "brief", "aws:profile": "lab",
    }  # fmt: skip


def test_precedence_is_option_then_stack_then_overlay_then_default(tmp_path: Path) -> None:
    overlay = {"demo:region": "overlay", "demo:size": "9", "aviatrix:password": "p"}
    found = merged(tmp_path, "config: {demo:size: 3, region: stack}", overlay, plain={"region": "option", "x:y": "a=b"})
    assert (found.values["demo:region"], found.values["demo:size"], found.values["x:y"]) == ("option", "3", "a=b")
    assert found.secret_keys == {"aviatrix:password"}
    assert merged(tmp_path, "config: {demo:size: 3}", overlay).values["demo:region"] == "overlay"


def test_secrets_are_decrypted_and_marked(tmp_path: Path) -> None:
    sealed = CRYPTER.encrypt("quiet")
    stack = f"config:\n  demo:size: 1\n  demo:hidden: {{secure: '{sealed}'}}\n  demo:deep: {{a: [{{secure: '{sealed}'}}]}}\n"
    found = merged(tmp_path, stack, hidden={"extra": "e"})
    assert found.values["demo:hidden"] == "quiet"
    assert found.values["demo:deep"] == '{"a":["quiet"]}'
    assert found.secret_keys == {"demo:hidden", "demo:deep", "demo:extra"}


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as told:
        merged(tmp_path, "config: {demo:open: maybe, demo:names: [1], demo:hidden: plain}")
    for each in (
        "demo:size is missing",
        "demo:open must be of type boolean",
        "demo:names must be of type array",
        "demo:hidden must be encrypted",
    ):
        assert each in str(told.value)


def test_of_package_gives_the_default_provider_its_settings() -> None:
    found = Config({"aws:region": "r", "aws:token": "t", "demo:x": "y"}, frozenset({"aws:token"}))
    assert found.select_package("aws") == {"region": ("r", False), "token": ("t", True)}


def test_each_text_has_the_place_where_it_is_written_and_secrets_have_none(tmp_path: Path) -> None:
    sealed = CRYPTER.encrypt("quiet")
    stack = "config:\n  demo:size: 12345\n  aws:profile: mine\n  demo:names: [one, two]\n  demo:deep: {a: {b: three}}\n"
    stack += f"  demo:hidden: {{secure: '{sealed}'}}\n  demo:copy: brief\n"
    found = merged(tmp_path, stack, {"aviatrix:password": "p"}, plain={"region": "there"}, hidden={"x:token": "t0ken"})
    assert found.index_by_value() == {
        "12345": "Pulumi.s.yaml:size",
        "mine": "Pulumi.s.yaml:aws:profile",
        "one": "Pulumi.s.yaml:names",
        "two": "Pulumi.s.yaml:names",
        "three": "Pulumi.s.yaml:deep",
        "brief": "Pulumi.s.yaml:copy",
        "there": "--config region",
    }
