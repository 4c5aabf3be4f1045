"""A stack file is read as the engine reads it, secrets left out; a broken one is one clear error."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import containment.loaders.presets
from containment.errors import InputError, Problem
from containment.loaders.presets import load_library
from containment.loaders.stack_file import NOT_SET, read_stack
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.policy.invariants import find_broken_invariants
from tests.support.classes import SHIPPED as CLASSES

ROOT = Path(__file__).parents[3]
LIBRARY = load_library()
SHIPPED = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in ROOT.glob("Pulumi.*.yaml"))


def write(folder: Path, text: str | bytes, stack: str = "dev") -> None:
    path = folder / f"Pulumi.{stack}.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def problems(folder: Path, stack: str = "dev", overrides: dict[str, str] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_stack(stack, overrides, folder, LIBRARY)
    return caught.value.problems


def test_classes_and_modes_ship_with_a_stack_file_each() -> None:
    assert {f"{name}-{mode}" for name in CLASSES for mode in PolicyMode} | {"dev"} <= set(SHIPPED)


@pytest.mark.parametrize("stack", SHIPPED)
def test_a_shipped_stack_resolves_and_keeps_every_invariant(stack: str) -> None:
    spec = read_stack(stack, folder=ROOT, library=LIBRARY)
    assert find_broken_invariants(spec, build_ruleset(spec)) == []
    assert spec.config.aws_access_account == NOT_SET
    if "-" in stack:
        assert stack == f"{spec.config.agent_class}-{spec.mode.value}"


def test_shipped_stacks_can_be_deployed_together() -> None:
    specs = [read_stack(stack, folder=ROOT, library=LIBRARY) for stack in SHIPPED]
    networks = [spec.config.vpc_cidr for spec in specs]
    assert not any(one.overlaps(two) for place, one in enumerate(networks) for two in networks[place + 1 :])
    assert len({spec.gateway_name for spec in specs}) == len(specs)
    assert [spec.stack for spec in specs if spec.config.manage_controller_policy] == ["dev"]


def test_overrides_win_and_other_projects_keys_and_secrets_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
encryptionsalt: v1:abc
config:
  agent-containment:policyMode: enforce
  agent-containment:vpcCidr: 10.77.0.0/16
  agent-containment:awsAccessAccount:
    secure: v1:secret
  aviatrix:controllerIp: 192.0.2.1
  aws:region: eu-west-1
""",
    )
    spec = read_stack("dev", {"vpcCidr": "10.78.0.0/16"}, tmp_path, LIBRARY)
    assert (spec.mode, str(spec.config.vpc_cidr)) == (PolicyMode.ENFORCE, "10.78.0.0/16")
    assert (spec.config.aws_access_account, spec.config.aws_region) == (NOT_SET, "us-east-1")


@pytest.mark.parametrize("text", ["", "config:\n", "config: {}\n", "# nothing yet\n", "encryptionsalt: v1:abc\n"])
def test_a_file_that_sets_nothing_is_refused_with_the_lines_to_write(tmp_path: Path, text: str) -> None:
    write(tmp_path, "config:\n  agent-containment:vpcCidr: 10.42.0.0/16\n", "coding-monitor")
    write(tmp_path, text, "research-enforce")
    (problem,) = problems(tmp_path, "research-enforce")
    assert problem.where == str(tmp_path / "Pulumi.research-enforce.yaml")
    assert "is empty" in problem.what
    assert "agentClass: research, policyMode: enforce, vpcCidr: 10.43.0.0/16" in problem.fix
    assert read_stack("research-enforce", {"agentClass": "research", "policyMode": "enforce", "vpcCidr": "10.43.0.0/16"}, tmp_path, LIBRARY)


@pytest.mark.parametrize(
    "text",
    [
        "config: [a, b]\n",
        "config: words\n",
        "config: 5\n",
        "- a\n",
        "words\n",
        "config: {1: 2}\n",
        "config: [\n",
        "a: b: c\n",
        b"\xff\xfe\x00",
        "\x00",
    ],
    ids=repr,
)
def test_a_file_that_is_no_stack_file_is_one_error_that_names_it(tmp_path: Path, text: str | bytes) -> None:
    write(tmp_path, text)
    (problem,) = problems(tmp_path)
    assert problem.where == str(tmp_path / "Pulumi.dev.yaml")
    assert problem.what
    assert problem.fix
    assert "Traceback" not in str(problem)


def test_a_folder_in_the_place_of_a_file_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").mkdir()
    (problem,) = problems(tmp_path)
    assert problem.where.endswith("Pulumi.dev.yaml")


def test_a_missing_stack_names_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, "", "coding-enforce")
    write(tmp_path, "", "dev")
    (problem,) = problems(tmp_path, "coding-monitor")
    assert problem.what == "does not exist"
    assert problem.fix == "use coding-enforce (known: coding-enforce, dev)"


def test_where_there_is_no_stack_at_all_the_fix_names_that(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert problem.fix == f"{tmp_path} has no stack file: give the folder of Pulumi.yaml and the stack files with -C FOLDER"


def test_mistakes_of_file_and_overrides_come_together_and_name_the_file(tmp_path: Path) -> None:
    write(tmp_path, "config:\n  agent-containment:policyMode: 'off'\n  agent-containment:colour: red\n")
    found = problems(tmp_path, overrides={"vpcCidr": "8.8.0.0/16"})
    assert {problem.where for problem in found} == {"Pulumi.dev.yaml:colour", "Pulumi.dev.yaml:policyMode", "-c vpcCidr=8.8.0.0/16"}


OTHER = "config:\n  agent-containment:vpcCidr: 10.60.0.0/16\n"


@pytest.mark.parametrize(
    ("other", "overrides", "key", "says"),
    [
        (OTHER, {"vpcCidr": "10.60.16.0/20"}, "vpcCidr", "meets 10.60.0.0/16, which Pulumi.other.yaml has"),
        ("", {"vpcCidr": "10.42.0.0/16"}, "vpcCidr", "meets 10.42.0.0/16"),  # the other one has the default
        (OTHER + "  agent-containment:spokeGatewayName: gw\n", {"spokeGatewayName": "gw"}, "spokeGatewayName", "gw, a gateway's name"),
        (OTHER, {"spokeGatewayName": "vca-openclaw-other"}, "spokeGatewayName", "vca-openclaw-other, a gateway's name"),
        (OTHER, {"spokeGatewayName": "vca-openclaw-other-hagw"}, "spokeGatewayName", "a gateway's name"),
        (OTHER, {"approvedModelGatewayCidrs": '["10.60.10.0/24"]'}, "approvedModelGatewayCidrs", "one agent would reach another's"),
        (
            OTHER,
            {"approvedInternalApis": '{"a": {"cidrs": ["10.60.10.0/24"], "ports": [443], "owner": "o", "reason": "r"}}'},
            "approvedInternalApis",
            "one agent would reach another's",
        ),
    ],
)
def test_what_another_stack_has_is_not_had_twice(tmp_path: Path, other: str, overrides: dict[str, str], key: str, says: str) -> None:
    write(tmp_path, "")
    write(tmp_path, other, "other")
    (problem,) = problems(tmp_path, overrides=overrides)
    assert problem.where == (f"-c {key}={overrides[key]}"[: len(key) + 64] + ("..." if len(overrides[key]) > 60 else ""))
    assert says in problem.what


def test_a_prefix_that_makes_another_stack_s_names_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "config:\n  agent-containment:namePrefix: acme-dev\n  agent-containment:vpcCidr: 10.60.0.0/16\n", "x")
    write(tmp_path, "config:\n  agent-containment:namePrefix: acme\n", "dev-x")
    (problem,) = problems(tmp_path, "dev-x")
    assert problem.where == "Pulumi.dev-x.yaml:namePrefix"
    assert "Pulumi.x.yaml has" in problem.what


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("config: [", "Pulumi.other.yaml"),
        ("config:\n  agent-containment:vpcCidr: here\n", "Pulumi.other.yaml:vpcCidr"),
        ("config:\n  agent-containment:vpcCidr: 10.60.0.0/16\n  agent-containment:namePrefix: X\n", "Pulumi.other.yaml:namePrefix"),
    ],
)
def test_another_stack_that_cannot_be_read_is_reported_next_to_one_s_own_mistakes(tmp_path: Path, text: str, where: str) -> None:
    write(tmp_path, "")
    write(tmp_path, text, "other")
    found = problems(tmp_path, overrides={"policyMode": "off"})
    assert {problem.where for problem in found} == {where, "-c policyMode=off"}


def test_what_else_is_wrong_in_another_stack_s_file_is_its_own_affair(tmp_path: Path) -> None:
    write(tmp_path, "config:\n  agent-containment:policyMode: monitor\n")
    write(tmp_path, OTHER + "  agent-containment:policyMode: 'off'\n  agent-containment:colour: red\n", "other")
    assert read_stack("dev", folder=tmp_path, library=LIBRARY).stack == "dev"


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ("agent-containment:policyMode: monitor", "line 3, column 3: the key 'agent-containment:policyMode' is already set at line 2"),
        ('"agent-containment:policyMode": monitor', "is already set at line 2"),
        ("policyMode: monitor", "sets agent-containment:policyMode twice, with and without its namespace"),
    ],
)
def test_a_key_that_is_set_twice_is_refused_as_the_engine_refuses_it(tmp_path: Path, second: str, says: str) -> None:
    write(tmp_path, f"config:\n  agent-containment:policyMode: enforce\n  {second}\n")
    (problem,) = problems(tmp_path)
    assert problem.where == str(tmp_path / "Pulumi.dev.yaml")
    assert says in problem.what


def test_a_key_without_a_namespace_is_the_projects_own(tmp_path: Path) -> None:
    write(tmp_path, "config:\n  policyMode: enforce\n")
    assert read_stack("dev", folder=tmp_path, library=LIBRARY).mode is PolicyMode.ENFORCE


@pytest.mark.parametrize("key", ["environment: [shared/dev]", "environment: {values: {}}", "mainEnvironment: shared/dev"])
def test_an_esc_environment_is_refused_by_name_with_the_reason(tmp_path: Path, key: str) -> None:
    write(tmp_path, f"{key}\nconfig: {{}}\n")
    (problem,) = problems(tmp_path)
    assert f"`{key.partition(':')[0]}:` imports values from Pulumi ESC, which is not read here" in problem.what


def test_mistakes_of_stack_presets_and_catalog_come_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presets = Path(shutil.copytree(ROOT / "presets", tmp_path / "presets"))
    for file, before, after in (
        ("catalog/model-gateways.yaml", "source: Aviatrix blueprint, technical brief", "source: trust me"),
        ("coding.yaml", "model-gateways,", "model-gateway,"),
        ("research.yaml", "harness: nemoclaw", "harness: nemoclaws"),
    ):
        text = (presets / file).read_text(encoding="utf-8")
        assert before in text
        (presets / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    write(tmp_path, "config:\n  agent-containment:awsRegion: us-est-1\n  agent-containment:agentClas: coding\n")
    write(tmp_path, "config:\n  agent-containment:vpcCidr: 10.42.0.0/16\n", "other")
    monkeypatch.setattr(containment.loaders.presets, "find_presets_folder", lambda: presets)
    with pytest.raises(InputError) as caught:
        read_stack("dev", {"policyMode": "enforced"}, tmp_path)
    found = {problem.where: problem for problem in caught.value.problems}
    assert {
        "presets/catalog/model-gateways.yaml:entries.0.source",
        "presets/coding.yaml:permitSets",
        "presets/research.yaml:harness",
        "Pulumi.dev.yaml:awsRegion",
        "Pulumi.dev.yaml:agentClas",
        "Pulumi.dev.yaml:vpcCidr",
        "-c policyMode=enforced",
    } == set(found)
    assert found["Pulumi.dev.yaml:awsRegion"].fix.startswith("write us-west-1, or us-east-1")
    assert found["Pulumi.dev.yaml:agentClas"].fix.startswith("write agentClass")
    assert found["Pulumi.dev.yaml:vpcCidr"].fix.startswith("set vpcCidr: 10.43.0.0/16")
    assert found["presets/coding.yaml:permitSets"].fix.startswith("use model-gateways")


@pytest.mark.parametrize(
    ("text", "where", "fix"),
    [
        (
            "config:\n  agent-contaiment:vpcCidr: 10.60.0.0/16\n",
            "agent-contaiment:vpcCidr",
            "write agent-containment:vpcCidr, or remove it",
        ),
        ("config:\n  other:thing: 1\n", "other:thing", "remove it, or move it to the stack file of the project that it belongs to"),
        ("config:\n  aviatrix:controllerIP: 192.0.2.1\n", "aviatrix:controllerIP", "write controllerIp"),
        ("confg:\n  agent-containment:vpcCidr: 10.60.0.0/16\n", "confg", "write config"),
        ("agent-containment:vpcCidr: 10.60.0.0/16\n", "agent-containment:vpcCidr", "indent it under `config:`"),
    ],
)
def test_a_key_that_nothing_reads_is_reported(tmp_path: Path, text: str, where: str, fix: str) -> None:
    write(tmp_path, text)
    found = {one.where: one for one in problems(tmp_path, overrides={"policyMode": "monitor"})}
    assert found[f"Pulumi.dev.yaml:{where}"].fix.startswith(fix)


@pytest.mark.parametrize(
    ("text", "says", "fix"),
    [
        ("config:\n  a: [1, 2\n", "line 3, column 1", "close the list with `]` that is opened at line 2"),
        ("config:\n\ta: 1\n", "line 2, column 1", "replace the tab by spaces"),
        ("config:\n  a: b: c\n", "line 2, column 7", "put the value in quotes"),
        ("config:\n  a: 'x\n", "line 3, column 1", "close the quote that is opened at line 2"),
        ("config:\n  a: 1\n  a: 2\n", "line 3, column 3: the key 'a' is already set at line 2", "remove line 3 or line 2"),
    ],
)
def test_a_broken_file_is_reported_with_line_and_column(tmp_path: Path, text: str, says: str, fix: str) -> None:
    write(tmp_path, text)
    (problem,) = problems(tmp_path)
    assert says in problem.what
    assert fix in problem.fix


def test_an_overlap_names_the_next_free_network_that_no_stack_has_or_permits(tmp_path: Path) -> None:
    write(tmp_path, "config:\n  agent-containment:vpcCidr: 10.42.0.0/16\n", "a")
    write(
        tmp_path,
        'config:\n  agent-containment:vpcCidr: 10.43.0.0/16\n  agent-containment:approvedModelGatewayCidrs: ["10.44.1.0/28"]\n',
        "b",
    )
    write(tmp_path, "config:\n  agent-containment:vpcCidr: 10.42.0.0/16\n", "c")
    (problem,) = problems(tmp_path, "c")
    assert problem.fix == "set vpcCidr: 10.45.0.0/16, the next free /16"
