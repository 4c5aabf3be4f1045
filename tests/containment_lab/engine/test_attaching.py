"""How providers are attached, with the lab's engine and with the official CLI, and what a provider resource says of its plugin."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from kit import URN, Bench, environment
from typer.testing import CliRunner

from containment.cli.lab.deployment import app
from containment.exit_code import Exit
from containment_lab import simulators
from containment_lab.home import LabHome
from tests.support.recordings import KIT

PROJECT = "name: demo\nruntime: python\nconfig:\n  awsAccessAccount: {type: string, default: ''}\n"
PLUGIN = Path(__file__).parents[3] / "sdks" / "aviatrix" / "pulumi_aviatrix" / "pulumi-plugin.json"


def lab_env(home: Path, *arguments: str) -> str:
    with environment({"CONTAINMENT_LAB_HOME": str(home)}):
        ended = CliRunner().invoke(app, ["env", *arguments])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_the_official_cli_gets_a_parameterized_package_by_its_base_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulators, "attach", lambda _, package: {"aws": 1111, "aviatrix": 2222}[package])
    lines = lab_env(tmp_path / "home").splitlines()
    assert "export PULUMI_DEBUG_PROVIDERS=aws:1111,terraform-provider:2222,aviatrix:2222" in lines
    passphrase = LabHome(tmp_path / "home").passphrase_file
    assert f"export PULUMI_CONFIG_PASSPHRASE_FILE={passphrase}" in lines
    assert passphrase.read_text().strip()


def test_the_configuration_for_the_official_cli_is_what_the_lab_overlays(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    words = shlex.split(lab_env(tmp_path / "home", "--set-all", "-C", str(tmp_path)))
    told = dict(each.split("=", 1) for each in words[1::2])
    with environment({"CONTAINMENT_LAB_HOME": str(tmp_path / "home")}):
        assert told == simulators.build_overlay(LabHome.find(), frozenset({"demo:awsAccessAccount"}), "demo")
    assert told["demo:awsAccessAccount"] == "lab"
    assert [pair.split("=")[0] for flag, pair in zip(words[::2], words[1::2], strict=True) if flag == "--secret"] == ["aviatrix:password"]


@pytest.mark.parametrize("name", ["terraform-provider", "kitten"])
def test_a_parameterized_package_is_found_under_its_base_plugins_name_and_its_own(bench: Bench, name: str) -> None:
    bench.attached = name
    assert bench.step("up+skip-preview", "parameterized").exit == Exit.OK, bench.talk
    assert {call["urn"].rpartition("::")[2] for call in bench.calls() if call["call"] == "Create"} == {"mine", "plain"}


def test_a_parameterized_provider_names_its_plugin_and_version_as_the_official_engine_does(bench: Bench) -> None:
    bench.attached = "terraform-provider"
    internal = {"name": "terraform-provider", "version": "0.5.0", "parameterization": "e30="}
    base = json.loads(PLUGIN.read_text())["version"]
    for program, package, version in (("parameterized", "kitten", "2.0.0"), ("parameterized_installed", "aviatrix", base)):
        for _ in range(2):  # again: nothing has changed
            told = bench.step("up+skip-preview", program)
        assert set(told.json["changes"]) == {"same"}, told.json
        own = next(each for each in told.state["resources"] if each["urn"] == f"{URN}pulumi:providers:{package}::own")
        assert own["inputs"] == {"endpoint": "here", "version": version, "__internal": internal}
        assert own["outputs"] == {"endpoint": "here", "version": version}
        assert own["propertyDependencies"] == {"endpoint": []}
        assert f"{URN}pulumi:providers:{package}::default_2_0_0" in [each["urn"] for each in told.state["resources"]]


def test_what_a_pack_prints_and_why_a_phase_failed_are_diagnostics(tmp_path: Path) -> None:
    with Bench.at(tmp_path, KIT) as bench:
        told = bench.step("preview+pack", "red")
        assert told.exit == Exit.VIOLATION
        why = next(each["message"] for each in told.json["diagnostics"] if each["severity"] == "error")
        assert why.startswith("preview failed: mandatory policies are violated: ")
        assert {each["policy"] for each in told.json["violations"] if each["level"] == "mandatory"} == {why.rpartition(": ")[2]}
        (bench.root / "pack" / "__main__.py").write_text(
            "from pulumi_policy import *\n"
            "def look(args, report): print(f'{len(args.resources)} resources seen')\n"
            "PolicyPack('p', [StackValidationPolicy('s', 'd', look, EnforcementLevel.ADVISORY)])\n"
        )
        told = bench.step("up+pack", "green")
        assert told.exit == Exit.OK
        said = f"{len(told.state['resources'])} resources seen"
        assert told.json["diagnostics"] == [{"severity": "info", "message": said, "urn": ""}]
        assert said in bench.talk
