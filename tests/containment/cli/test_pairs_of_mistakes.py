"""Every input of every command is broken alone, and then together with each other one: no mistake hides another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.containment.cli.commands import commands
from tests.containment.cli.conftest import Run

ENTRY: Final = {"--owner": "Team net", "--reason": "needed for work", "--until": "2030-01-31"}
OWNERS: Final = {"--owner-business": "Team one", "--owner-security-approver": "Team two", "--owner-data-steward": "Team three"}
STACK: Final = ("coding-monitr", "Pulumi.coding-monitr.yaml")
PAIR: Final = ("novalue", "--config 'novalue': is not KEY=VALUE")
BROKEN: Final = "broken.json"


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """A command with right inputs, and for each that can be wrong a wrong value and a text that its mistake has.

    Attributes:
        words: words after the command; in place of `{INPUT}` stands the value of an input.
        right: option -> right value; None leaves the option out.
        wrong: input -> wrong value and the text; a value of None leaves the option out; a name that is a file is a file to break.
        apart: pairs that cannot be broken at once: one makes the other needless or unknown.
    """

    words: tuple[str, ...] = ()
    right: dict[str, str | None] = field(default_factory=dict)
    wrong: dict[str, tuple[str | None, str]]
    apart: frozenset[frozenset[str]] = frozenset()

    def build(self, broken: tuple[str, ...]) -> list[str]:
        """Return the words with some inputs broken, after breaking the files among them."""
        words = [self.wrong[word[1:-1]][0] if word[1:-1] in broken else self.right[word[1:-1]] for word in self.words if word[0] == "{"]
        found = iter(words)
        line = [str(next(found)) if word[0] == "{" else word for word in self.words]
        for name in dict.fromkeys([*self.right, *self.wrong]):
            value = self.wrong[name][0] if name in broken else self.right.get(name)
            if name.startswith("-") and value is not None:
                line += [f"{name}={value}"] if name.startswith("--") else [name, value]
            elif name in broken and "." in name and f"{{{name}}}" not in self.words:
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_text(str(value))
        return line


def make_apart(*pairs: tuple[str, str]) -> frozenset[frozenset[str]]:
    """Return pairs of inputs in any order."""
    return frozenset(frozenset(one) for one in pairs)


APPROVERS: Final = {"approvers.yaml": ("people: 7", "approvers.yaml:people")}
AGENTS: Final = {"agents/one.yaml": ("stack: coding-monitor\n", "agents/one.yaml")}
LOG: Final = {"decisions/log.jsonl": ("x\n", "decisions/log.jsonl:1")}
OF_A_STACK: Final = {"--stack": STACK, "-c": PAIR}
SIGNING: Final = {"--as": ("Nobody", "--as Nobody"), "--key": ("none.pem", "none.pem")}
QUESTION: Final = {**OF_A_STACK, "--before": (BROKEN, BROKEN), "--after": ("other.json", "other.json")}
COMMANDS: Final = {
    "plan": Inputs(wrong={**OF_A_STACK, **AGENTS}, right={"--stack": "coding-monitor"}, apart=make_apart(("--stack", "agents/one.yaml"))),
    "host": Inputs(wrong=OF_A_STACK),
    "preflight": Inputs(wrong={**OF_A_STACK, **APPROVERS}),
    "explain": Inputs(
        words=("--to", "{to}"), right={"to": "github.com:443"}, wrong={"to": ("a..b", "a..b"), "--at": ("x", "--at x"), **QUESTION}
    ),
    "reach": Inputs(wrong=QUESTION),
    "prove": Inputs(wrong=QUESTION),
    "risk": Inputs(wrong=QUESTION),
    "diff": Inputs(
        words=("{before}", "{after}"),
        right={"before": "coding-monitor", "after": "locked-down-monitor"},
        wrong={"before": ("./broken.json", "broken.json"), "after": ("./other.json", "other.json"), "-c": PAIR},
    ),
    "check": Inputs(
        words=("{one}", "{two}"),
        wrong={"one": (BROKEN, BROKEN), "two": ("other.json", "other.json"), "--rule": ("no-rule", "--rule no-rule")},
        right={"one": "state.json", "two": "state.json"},
    ),
    "vend new": Inputs(
        words=("{name}",),
        right={
            "name": "one-agent",
            "--stack": "coding-monitor",
            **OWNERS,
            "--purpose": "a purpose",
            "--data-classification": "internal",
            "--until": "2030-01-31",
        },
        wrong={
            "name": ("One Agent", "One Agent"),
            "--stack": ("coding-monitr", "--stack"),
            "--owner-business": ("-", "--owner-business"),
            "--purpose": (None, "--purpose"),
            "--until": ("soon", "--until"),
            "--today": ("noon", "--today"),
            "--deadline": ("noon", "--deadline"),
            "Pulumi.coding-monitor.yaml": ("config: {agent-containment:policyMode: maybe}\n", "Pulumi.coding-monitor.yaml:policyMode"),
            **AGENTS,
        },
        apart=make_apart(("--stack", "Pulumi.coding-monitor.yaml"), ("--stack", "agents/one.yaml")),
    ),
    "vend list": Inputs(wrong={"--today": ("noon", "--today"), **AGENTS}),
    "vend show": Inputs(
        words=("{name}",), right={"name": "one"}, wrong={"name": ("two", "agents/two.yaml"), "--today": ("noon", "--today")}
    ),
    "observe": Inputs(
        words=("x.log",),
        right={"--stack": "coding-monitor"},
        wrong={**OF_A_STACK, "--since": ("noon", "--since"), "--until": ("night", "--until"), "--rules": (BROKEN, BROKEN)},
    ),
    "baseline learn": Inputs(
        words=("x.log",), wrong={"--stack": STACK, "--since": ("noon", "--since"), "--until": ("x", "--until"), "--out": (BROKEN, BROKEN)}
    ),
    "baseline check": Inputs(
        words=("x.log",),
        right={"--profile": None},
        wrong={"--stack": STACK, "--since": ("noon", "--since"), "--until": ("x", "--until"), "--profile": (BROKEN, BROKEN)},
    ),
    "baseline estate": Inputs(words=("x.log",), wrong={"--since": ("noon", "--since"), "--vended": ("here", "here")}),
    "discover": Inputs(
        wrong={
            **OF_A_STACK,
            "--declared": (BROKEN, BROKEN),
            "--project": ("nowhere", "--project nowhere"),
            "--home": ("no-home", "--home no-home"),
            "--every": ("soon", "--every soon"),
        },
        right={"--stack": "coding-monitor"},
    ),
    "promote": Inputs(
        words=("{host}",),
        right={"host": "one.example.com", "--stack": "coding-monitor", **ENTRY, "--evidence": None},
        wrong={
            "host": ("a..b", "a..b"),
            "--stack": STACK,
            "--owner": ("-", "--owner"),
            "--reason": ("-", "--reason"),
            "--until": ("soon", "--until"),
            "--key": ("approved", "--key approved"),
            "--evidence": (BROKEN, BROKEN),
            "--policy": ("other.json", "other.json"),
        },
        apart=make_apart(("--stack", "--key"), ("host", "--stack")),
    ),
    "render": Inputs(
        words=("--as", "launcher"), wrong={**OF_A_STACK, "--check": ("none.json", "none.json"), "--gateway": ("arn", "--gateway")}
    ),
    "bundle build": Inputs(
        words=("--revision", "1"),
        right={"--until": "2030-01-31"},
        wrong={**OF_A_STACK, "--until": ("noon", "--until"), "--from": ("dawn", "--from")},
    ),
    "bundle sign": Inputs(
        words=("{folder}",),
        right={"folder": "whole", "--key": "key.pem"},
        wrong={"folder": ("nowhere", "nowhere"), "--key": ("none.pem", "none.pem"), "--public-key": (BROKEN, BROKEN)},
    ),
    "bundle verify": Inputs(
        words=("{folder}",),
        right={"folder": "whole"},
        wrong={"folder": ("nowhere", "nowhere"), "--at": ("noon", "--at"), "--public-key": (BROKEN, BROKEN)},
    ),
    "bundle show": Inputs(
        words=("{folder}",), right={"folder": "whole"}, wrong={"folder": ("nowhere", "nowhere"), "--public-key": (BROKEN, BROKEN)}
    ),
    "tools list": Inputs(wrong=OF_A_STACK),
    "tools check": Inputs(wrong=OF_A_STACK),
    "tools pin": Inputs(words=("{server}",), right={"server": "git"}, wrong={**OF_A_STACK, "server": ("gitt", "gitt")}),
    "tools serve": Inputs(
        right={"--task": "no-task"}, wrong={**OF_A_STACK, "--task": ("no-task", ""), "--decisions": ("nowhere", "--decisions nowhere")}
    ),
    "catalog due": Inputs(wrong={"--today": ("noon", "--today"), "Pulumi.broken.yaml": ("config: 7", "Pulumi.broken.yaml")}),
    "request": Inputs(
        words=("{kind}",),
        right={"kind": "enforce", "--reason": "needed for work", "--by": "Requester", "--evidence": "seen.json"},
        wrong={
            **OF_A_STACK,
            "kind": ("enfoce", "KIND"),
            "--reason": ("-", "--reason"),
            "--by": ("-", "--by"),
            "--evidence": (BROKEN, BROKEN),
            **LOG,
        },
    ),
    "approve request": Inputs(
        words=("--yes", "{file}"),
        right={"file": "request.json", "--as": "Approver", "--key": "key.pem"},
        wrong={**SIGNING, "file": (BROKEN, BROKEN)},
    ),
    "approve approve": Inputs(
        words=("--yes", "{action}"), right={"action": "0" * 32, "--as": "Approver", "--key": "key.pem"}, wrong={**SIGNING, **LOG}
    ),
    "approve reject": Inputs(
        words=("--yes", "{action}"),
        right={"action": "0" * 32, "--as": "Approver", "--key": "key.pem", "--reason": "not needed"},
        wrong={**SIGNING, **LOG},
    ),
    "approve serve": Inputs(right={"--as": "Approver", "--key": "key.pem"}, wrong={**SIGNING, "--host": ("0.0.0.0", "--host 0.0.0.0")}),
    "audit list": Inputs(wrong={**LOG, **APPROVERS}),
    "audit show": Inputs(words=("1",), wrong={**LOG, **APPROVERS}),
    "audit stats": Inputs(wrong={**LOG, **APPROVERS}),
    "audit verify": Inputs(wrong={"--anchor": (BROKEN, BROKEN), **APPROVERS}),
    "fleet plan": Inputs(
        words=("{stack}",),
        right={"stack": "coding-monitor"},
        wrong={"stack": ("coding-monitr", "coding-monitr"), "--site": ("mars", "--site mars")},
    ),
    "evidence run": Inputs(
        words=("{stack}",),
        right={"stack": "coding-monitor", "--key": "key.pem"},
        wrong={
            "stack": STACK,
            "-c": PAIR,
            "--key": (None, "--key"),
            "--state": (BROKEN, BROKEN),
            "--observed": ("other.json", "other.json"),
            "--results": ("third.json", "third.json"),
            "--secrets": ("none.txt", "none.txt"),
            "--at": ("noon", "--at"),
        },
    ),
    "evidence verify": Inputs(
        words=("{file}",),
        right={"file": "request.json"},
        wrong={"file": ("none.json", "none.json"), "--public-key": ("other.json", "other.json"), **APPROVERS},
    ),
    "enforce": Inputs(
        words=("{stack}",),
        right={"stack": "coding-monitor", "--evidence": "seen.json"},
        wrong={
            "stack": STACK,
            "--evidence": (BROKEN, BROKEN),
            "--dismissed": ("none.txt", "none.txt"),
            "--stack-file": ("Pulumi.other.yaml", "--stack-file"),
            **APPROVERS,
        },
    ),
    "rollback": Inputs(
        words=("{stack}",),
        right={"stack": "coding-enforce", "--reason": "needed for work"},
        wrong={"stack": STACK, "--reason": ("-", "--reason"), "--stack-file": ("Pulumi.other.yaml", "--stack-file"), **APPROVERS},
    ),
    "attest run": Inputs(
        words=("{stack}",),
        right={"stack": "coding-monitor", "--key": "key.pem"},
        wrong={
            "stack": STACK,
            "-c": PAIR,
            "--key": (None, "--key"),
            "--public-key": (BROKEN, BROKEN),
            "--state": ("other.json", "other.json"),
        },
    ),
    "attest verify": Inputs(
        words=("{file}",), right={"file": "request.json"}, wrong={"file": (BROKEN, BROKEN), "--public-key": ("other.json", "other.json")}
    ),
    "session verify": Inputs(
        words=("{stack}",), right={"stack": "coding-monitor"}, wrong={"stack": STACK, "-c": PAIR, "--state": ("other.json", "other.json")}
    ),
    "stop": Inputs(
        words=("--undo", "{agent}"),
        right={"agent": "one", "--reason": "needed for work"},
        wrong={"agent": ("two", "agents/two.yaml"), "--reason": ("-", "--reason")},
    ),
}
ALONE: Final = {
    "doctor": "takes no input but the folder",
    "vend remove": "takes a name",
    "tools show": "takes a name",
    "approve list": "takes no input but the log",
    "approve show": "takes a name",
    "audit anchor": "takes one place",
    "fleet up": "reads what `fleet plan` reads",
    "fleet destroy": "reads what `fleet plan` reads",
    "fleet reap": "reads the files of the fleet, whose problems are listed together",
    "fleet status": "reads what `fleet plan` reads",
}
"""Commands with one input, or with those of another command here."""


def test_every_command_is_here() -> None:
    """The commands of the lab have their own test, in `tests/containment/cli/lab`."""
    known = {" ".join(words) for words, _ in commands() if words[0] != "lab"}
    assert known == COMMANDS.keys() | ALONE.keys()


@pytest.fixture
def project(stacks: Path) -> Path:
    """Return a folder with stacks, and with files that cannot be used."""
    for name in (BROKEN, "other.json", "third.json"):
        (stacks / name).write_text("{")
    return stacks


def _find_missing(run: Run, command: str, broken: tuple[str, ...]) -> list[str]:
    inputs = COMMANDS[command]
    done = run(*command.split(), *inputs.build(broken))
    assert done.exit_code in (1, 2, 10), done.output
    return [f"{name}: {inputs.wrong[name][1]!r} is not in\n{done.output}" for name in broken if inputs.wrong[name][1] not in done.output]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_input_is_named(project: Path, run: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project == Path.cwd()
    for name in COMMANDS[command].wrong:
        folder = project / f"of {len(list(project.iterdir()))}"
        _copy(project, folder)
        monkeypatch.chdir(folder)
        assert _find_missing(run, command, (name,)) == []
        monkeypatch.chdir(project)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_mistake_hides_another(project: Path, run: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = COMMANDS[command]
    missing = []
    for pair in itertools.combinations(inputs.wrong, 2):
        if frozenset(pair) not in inputs.apart:
            folder = project / f"of {len(list(project.iterdir()))}"
            _copy(project, folder)
            monkeypatch.chdir(folder)
            missing += [f"{pair}: {one}" for one in _find_missing(run, command, pair)]
            monkeypatch.chdir(project)
    assert missing == []


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for path in source.iterdir():
        if path.is_file():
            (target / path.name).write_bytes(path.read_bytes())
