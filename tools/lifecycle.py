"""Run the life of a policy in the lab, by the commands of docs/lifecycle.md: vend, observe, promote, enforce, attest, evidence.

`python -m tools.lifecycle` works on a copy of the program in a temporary folder, with a lab of its own. It needs root, like every packet
test. Each command has one expected exit code; the first other one ends the run with exit code 1.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[1]
STACK: Final = "coding-site1"
STACK_FILE: Final = f"Pulumi.{STACK}.yaml"
COPILOT: Final = "10.200.0.20"
"""The address of CoPilot in the company's network."""
SHIPPED: Final = "coding-monitor"
PROMOTED: Final = "api.newly-approved.dev"
ATTACKER: Final = "attacker.example"
AGENT: Final = "builder"
KEY: Final = "signing.key"
UNTIL: Final = "UNTIL"
"""The word of a command that is replaced by a date half a year ahead."""

FAILS: Final = -1
"""The expected end of a command that any exit code but 0 shows."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command, its expected exit code, and what it shows."""

    what: str
    command: str
    code: int = 0


def _visit(what: str, name: str, code: int = 0) -> Step:
    return Step(
        what, f"containment lab run --stack {STACK} -- curl --insecure --silent --max-time 8 --output visit.txt https://{name}/", code
    )


def _commit(path: str, subject: str) -> Step:
    """Return the step that stands for a reviewed and merged pull request."""
    return Step("merge the pull request", f"sh -c 'git add {path} && git commit --quiet --message \"{subject}\"'")


STEPS: Final = (
    Step(
        "prepare the Controller for one more stack", f"containment lab up -C platform --stack platform --config 'extraStacks=[\"{STACK}\"]'"
    ),
    Step(
        "vend an agent",
        f"containment vend {AGENT} --stack {STACK} --owner-business build-team --owner-security-approver security-team"
        " --owner-data-steward data-team --purpose 'Builds and tests the product.' --data-classification internal"
        f" --until {UNTIL}",
    ),
    _commit("agents", f"Vend {AGENT}"),
    Step("bring the stack up in monitor, with a host for the agent", f"containment lab up --stack {STACK}"),
    _visit("a destination that is needed is delivered, and logged as would-be-denied", PROMOTED),
    _visit("the attacker is delivered as well: monitor only watches", ATTACKER),
    Step("read the logs", f"containment observe lab:{STACK} --stack {STACK} --json --out evidence.json", 10),
    Step(
        "enforce is refused: two destinations are open",
        f"containment enforce {STACK} --evidence evidence.json --min-days 1 --min-sessions 1",
        10,
    ),
    Step(
        "promote the one that is needed",
        f"containment promote {PROMOTED} --stack {STACK} --owner platform --reason 'Build results are published there.'"
        f" --ticket OPS-1 --until {UNTIL} --evidence evidence.json --pr-text pull-request.md",
    ),
    _commit(STACK_FILE, f"Permit {PROMOTED}"),
    Step("apply the promotion, still in monitor", f"containment lab up --stack {STACK}"),
    Step(
        "enforce is refused: the attacker is neither promoted nor dismissed",
        f"containment enforce {STACK} --evidence evidence.json --min-days 1 --min-sessions 1",
        10,
    ),
    Step("dismiss the attacker", f"sh -c 'echo {ATTACKER} > dismissed.txt'"),
    Step(
        "enforce is granted, and applied in place",
        f"containment enforce {STACK} --evidence evidence.json --dismissed dismissed.txt --min-days 1 --min-sessions 1 --apply lab",
    ),
    _commit(STACK_FILE, f"Enforce {STACK}"),
    _visit("the promoted destination works", PROMOTED),
    _visit("the attacker does not", ATTACKER, FAILS),
    Step("verify the record of decisions", "containment audit verify"),
    Step(
        "run the six tests, and send the predicted flows",
        f"containment lab report --stack {STACK} --no-evasion --out containment-report.html",
    ),
    Step(
        "make a key, and name it as an attester's",
        f"sh -c 'openssl genpkey -algorithm ed25519 -out {KEY} && openssl pkey -in {KEY} -pubout > attesters.pem'",
    ),
    Step("attest what is in force, with three canaries", f"containment attest {STACK} --key {KEY}"),
    Step(
        "make the bundle of evidence: genuine, and not whole, as no evasion technique was sent",
        f"containment evidence {STACK} --key {KEY} --observed evidence.json",
        12,
    ),
    Step("verify the bundle offline", f"containment evidence verify evidence/{STACK}/evidence.json"),
    Step("remove the stack", f"containment lab destroy --stack {STACK}"),
    Step("stop the lab", "containment lab down"),
)


TWIN: Final = "coding-enforce"
"""The stack that the shipped one moves to: it has the other mode in its name."""


def _visit_from(stack: str, what: str, name: str, code: int = 0) -> Step:
    command = f"containment lab run --stack {stack} -- curl --insecure --silent --max-time 8 --output visit.txt https://{name}/"
    return Step(what, command, code)


MOVE_STEPS: Final = (
    Step("prepare the Controller", "containment lab up -C platform --stack platform"),
    Step("bring the shipped stack up in monitor", f"containment lab up --stack {SHIPPED}"),
    _visit_from(SHIPPED, "the attacker is delivered, and logged as would-be-denied", ATTACKER),
    Step("read the logs", f"containment observe lab:{SHIPPED} --stack {SHIPPED} --json --out evidence.json", 10),
    Step("dismiss the attacker", f"sh -c 'echo {ATTACKER} > dismissed.txt'"),
    Step(
        f"the hosts move to {TWIN}, which is up and verified before {SHIPPED} goes",
        f"containment enforce {SHIPPED} --evidence evidence.json --dismissed dismissed.txt --min-days 1 --min-sessions 1 --apply lab",
    ),
    _visit_from(TWIN, "a permitted destination works from the new host", "inference-api.nvidia.com"),
    _visit_from(TWIN, "the attacker does not", ATTACKER, FAILS),
    _visit_from(SHIPPED, "the old host is gone", "inference-api.nvidia.com", FAILS),
    Step("verify the record of decisions", "containment audit verify"),
    Step("remove the stack", f"containment lab destroy --stack {TWIN}"),
    Step("stop the lab", "containment lab down"),
)
"""The move from one stack to its twin; `python -m tools.lifecycle --move` runs these."""


def render_steps(steps: Sequence[Step]) -> str:
    """Return steps as the numbered list of docs/lifecycle.md."""
    return "\n".join(_render_step(number, step) for number, step in enumerate(steps, 1))


def _render_step(number: int, step: Step) -> str:
    end = "" if not step.code else " The exit code is not 0." if step.code == FAILS else f" Exit code {step.code}."
    return f"{number}. {step.what[0].upper()}{step.what[1:]}.{end}\n\n    ```sh\n    {step.command}\n    ```\n"


def make_workplace(folder: Path) -> None:
    """Make a checkout of the program, with a coding stack that has no mode in its name and sends its logs to CoPilot."""
    for name in ("Pulumi.yaml", "__main__.py", "platform", *(path.name for path in REPOSITORY.glob("Pulumi.*.yaml"))):
        source = REPOSITORY / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    text = (REPOSITORY / f"Pulumi.{SHIPPED}.yaml").read_text(encoding="utf-8").replace("10.42.0.0/16", "10.77.0.0/16")
    (folder / STACK_FILE).write_text(f"{text}  agent-containment:copilotPrivateIp: {COPILOT}\n", encoding="utf-8")
    (folder / ".venv").symlink_to(Path(sys.prefix))
    (folder / "tests").mkdir()
    (folder / "tests" / "scenarios").symlink_to(REPOSITORY / "tests" / "scenarios")
    for words in (
        ("init", "--quiet"),
        ("config", "user.name", "platform-team"),
        ("config", "user.email", "platform-team@example.com"),
        ("add", "*.yaml", "__main__.py", "platform"),
        ("commit", "--quiet", "--message", "Start"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)


def run_step(step: Step, folder: Path, environment: Mapping[str, str]) -> bool:
    """Run one command and print its line; return whether it ended as expected."""
    until = (datetime.now(UTC).date() + timedelta(days=180)).isoformat()
    words = [until if word == UNTIL else word for word in shlex.split(step.command)]
    if words[0] == "containment":
        words = [sys.executable, "-m", *words]
    begun = time.monotonic()
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    is_expected = done.returncode != 0 if step.code == FAILS else done.returncode == step.code
    print(f"{'ok' if is_expected else 'FAILED':<7}{time.monotonic() - begun:6.1f} s  {step.what}\n         $ {step.command}", flush=True)
    if not is_expected:
        print(f"ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}", file=sys.stderr)
    return is_expected


def main() -> int:
    """Run every step, and stop the lab in any case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--move", action="store_true", help="run the move to a stack with the other mode in its name")
    steps = MOVE_STEPS if parser.parse_args().move else STEPS
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lifecycle-") as held:
        folder = Path(held) / "program"
        folder.mkdir()
        make_workplace(folder)
        environment = {**os.environ, "CONTAINMENT_LAB_HOME": str(Path(held) / "lab"), "PYTHONPATH": str(REPOSITORY), "NO_COLOR": "1"}
        try:
            is_done = all(run_step(step, folder, environment) for step in steps)
        finally:
            down = [sys.executable, "-m", "containment", "lab", "down"]
            subprocess.run(down, cwd=folder, env=environment, capture_output=True, check=False)
    print(f"{'the whole life' if is_done else 'FAILED'}: {time.monotonic() - begun:.0f} s")
    return 0 if is_done else 1


if __name__ == "__main__":
    raise SystemExit(main())
