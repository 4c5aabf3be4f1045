"""Every input of every command of the lab is broken alone and with each other one: no mistake hides another, and nothing is made."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from containment.cli.lab import network as lab_network
from containment.cli.lab import report as lab_report
from containment.exit_code import Exit
from containment.names import AgentTag, HostTag
from containment_lab import simulators
from containment_lab.network import deployed_host
from containment_lab.network.control import LabNetwork
from tests.containment.cli.commands import commands
from tests.containment.cli.conftest import Run

STACK: Final = "coding-monitor"


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A command of the lab and its inputs.

    Attributes:
        right: input -> words where it is not broken.
        wrong: input -> words where it is broken, and a text that its mistake contains.
        apart: pairs that cannot be broken at once: one makes the other needless or unknown.
        last: the words at the end.
    """

    wrong: Mapping[str, tuple[tuple[str, ...], str]]
    right: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apart: frozenset[frozenset[str]] = frozenset()
    last: tuple[str, ...] = ()

    def build(self, broken: tuple[str, ...]) -> list[str]:
        """Return the words of the command line with some inputs broken."""
        names = dict.fromkeys([*self.right, *self.wrong])
        return [word for name in names for word in (self.wrong[name][0] if name in broken else self.right.get(name, ()))] + [*self.last]


def make_apart(*pairs: tuple[str, str]) -> frozenset[frozenset[str]]:
    """Return pairs of inputs in any order."""
    return frozenset(frozenset(one) for one in pairs)


RIGHT_STACK: Final = {"stack": ("--stack", STACK)}
WRONG_STACK: Final = {"stack": (("--stack", "codng-monitor"), "codng-monitor")}
PAIRS: Final = {"pair": (("-c", "novalue"), "--config 'novalue'"), "second pair": (("-c", "=value"), "--config ''")}
SECRET: Final = {"secret": (("--config-secret", "hidden"), "--config-secret 'hidden'")}
FOLDER: Final = {"folder": (("-C", "nowhere"), "nowhere/Pulumi.")}
HOME: Final = {"home": ((), "is a file, not a folder")}
AGENT: Final = {"agent": (("--agent", "onne"), "an agent 'onne'")}
SECONDS: Final = {"seconds": (("--seconds=-1",), "--seconds")}
VALUE: Final = {"value": (("-c", "policyMode=maybe"), "policyMode")}
NO_HOME: Final = make_apart(("home", "stack"), ("home", "agent"), ("stack", "agent"))
"""Without a home no stack is known, and without a stack no agent."""
NO_FILE: Final = make_apart(("folder", "value"), ("stack", "value"))
"""Without a stack file no value is judged."""
PROGRAM: Final = Verb(
    right=RIGHT_STACK,
    wrong={**WRONG_STACK, **PAIRS, **SECRET, **FOLDER, **HOME, "pack": (("--policy-pack", "no-pack"), "no-pack/PulumiPolicy.yaml")},
    apart=make_apart(("folder", "stack")),
)
"""Without a project, its stacks are not known."""
DEPLOYED: Final = Verb(right=RIGHT_STACK, wrong=PROGRAM.wrong, apart=make_apart(("home", "stack")))
VERBS: Final = {
    "preview": PROGRAM,
    "up": PROGRAM,
    "refresh": DEPLOYED,
    "destroy": DEPLOYED,
    "export": Verb(right=RIGHT_STACK, wrong={**WRONG_STACK, **FOLDER, **HOME}, apart=make_apart(("home", "stack"))),
    "env": Verb(wrong={**FOLDER, **HOME}, last=("--set-all",)),
    "world up": Verb(right=RIGHT_STACK, wrong={**WRONG_STACK, **AGENT, **HOME}, apart=NO_HOME),
    "world down": Verb(right=RIGHT_STACK, wrong={**WRONG_STACK, **HOME}, apart=NO_HOME),
    "verify": Verb(right=RIGHT_STACK, wrong={**WRONG_STACK, **AGENT, **PAIRS, **VALUE, **FOLDER}, apart=NO_HOME | NO_FILE),
    "watch": Verb(right=RIGHT_STACK, wrong={**WRONG_STACK, **HOME, **SECONDS}, apart=NO_HOME),
    "run": Verb(
        right=RIGHT_STACK,
        wrong={
            **WRONG_STACK,
            **AGENT,
            **PAIRS,
            **VALUE,
            **HOME,
            **SECONDS,
            "vm": (("--vm", "--with", "openclaw"), "--vm and --with"),
        },
        apart=NO_HOME | NO_FILE,
        last=("--", "true"),
    ),
    "report": Verb(
        right=RIGHT_STACK,
        wrong={
            **WRONG_STACK,
            **PAIRS,
            **VALUE,
            **FOLDER,
            "out": (("--out", "page.txt"), "page.txt does not end in .html"),
            "tables": (("--tables", "no-tables"), "no-tables/evasion.yaml"),
        },
        apart=NO_FILE,
    ),
}
WITHOUT_INPUT: Final = {"down", "status", "stacks", "world status"}
BY_THE_FILE: Final = {"value", "tables", "home"}
"""Inputs whose mistakes are none of the command line: a file is at fault."""


def test_every_command_of_the_lab_is_here() -> None:
    assert {" ".join(words[1:]) for words, _ in commands() if words[0] == "lab"} == VERBS.keys() | WITHOUT_INPUT


class _Ec2:
    def describe_instances(self) -> dict[str, Any]:
        tags = [{"Key": HostTag.AGENT_STACK, "Value": STACK}, {"Key": AgentTag.NAME, "Value": "one"}]
        host = {"InstanceId": "i-1", "VpcId": "vpc-1", "State": {"Name": "running"}, "Tags": tags}
        return {"Reservations": [{"Instances": [host]}]}


@pytest.fixture
def lab(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder: stacks and a project, and a lab home in which one stack is deployed."""
    (stacks / "Pulumi.yaml").write_text("name: agent-containment\nruntime: python\n")
    tables = stacks / "tests" / "scenarios"
    tables.mkdir(parents=True)
    for name in ("evasion.yaml", "coding.yaml"):
        (tables / name).write_bytes((Path(__file__).parents[3] / "scenarios" / name).read_bytes())
    deployed = stacks / "home" / "stacks" / "agent-containment" / f"{STACK}.json"
    deployed.parent.mkdir(parents=True)
    deployed.write_text('{"version": 3, "deployment": {"resources": []}}')
    (stacks / "file").write_text("")
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(stacks / "home"))
    monkeypatch.setattr(simulators, "read_generation", lambda *_: "1")
    monkeypatch.setattr(deployed_host, "get_client", lambda *_: _Ec2())
    for module in (lab_network, lab_report):
        monkeypatch.setattr(module, "list_missing", list)
    for name in ("bring_up", "ensure_current", "take_down", "send_command"):
        monkeypatch.setattr(LabNetwork, name, lambda *_, **__: pytest.fail("the command began in spite of wrong input"))
    return stacks


def _list_broken(verb: str) -> list[tuple[str, ...]]:
    found = VERBS[verb]
    pairs = [pair for pair in itertools.combinations(found.wrong, 2) if frozenset(pair) not in found.apart]
    return [*itertools.combinations(found.wrong, 1), *pairs]


CASES: Final = [(verb, broken) for verb in VERBS for broken in _list_broken(verb)]


@pytest.mark.parametrize(("verb", "broken"), CASES, ids=[f"{verb}: {', '.join(broken)}" for verb, broken in CASES])
def test_no_mistake_hides_another(lab: Path, run: Run, monkeypatch: pytest.MonkeyPatch, verb: str, broken: tuple[str, ...]) -> None:
    if "home" in broken:
        monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(lab / "file"))
    before = {path: path.stat().st_mtime_ns for path in lab.rglob("*")}
    done = run("lab", *verb.split(), *VERBS[verb].build(broken))
    assert [name for name in broken if VERBS[verb].wrong[name][1] not in done.output] == [], done.output
    assert done.exit_code == (Exit.ERROR if BY_THE_FILE.issuperset(broken) else Exit.USAGE), done.output
    assert done.output.count("why: ") == done.output.count("fix: ") >= len(broken), done.output
    assert {path: path.stat().st_mtime_ns for path in lab.rglob("*")} == before
