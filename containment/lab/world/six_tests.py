"""The six validation tests of the technical brief, run by the deployed script in the agent's place and judged with the logs.

Test 6 is a change under way: a destination nobody permitted is asked for, added to the stack's policy by a real update of the stack, and
asked for again. The update runs beside the script, as the gateway (held meanwhile) does not know of it yet; so does the one that takes it
away. Nothing here passes that was not seen: a test with a part that could not be tested says so.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from containment.lab.world.control import World
from containment.lab.world.probes import ONLY_ON_AWS, Judged, Probe, Result, judge, read_probes
from containment.lab.world.receipts import new_nonce
from containment.lab.world.staging import FOLDER
from containment.model.decision_log import DecisionRecord
from containment.model.names import PolicyMode

NAMES = {
    1: "allowed model call",
    2: "terminal launch",
    3: "blocked attacker domain",
    4: "blocked shadow model",
    5: "blocked external DNS",
    6: "monitor-to-enforce update",
}
UPDATE_TARGET = "api.newly-approved.dev"
"""A destination no class permits; test 6 adds it."""
_RECORDS = TypeAdapter(list[DecisionRecord])
_SETTLE = 2.0
_HOLD = 60.0
PATIENCE, SHORT_PATIENCE = 4, 2
"""Seconds that a probe waits. Short is enough to see that something is delivered; before it is called blocked, it is waited longer."""


@dataclass(frozen=True)
class Tested:
    """One test: how it ended, and its probes."""

    number: int
    probes: tuple[Judged, ...]

    @property
    def result(self) -> Result:
        """FAIL if any part failed, NOT TESTED if any part was not tested, else PASS."""
        seen = {each.result for each in self.probes} or {Result.NOT_TESTED}
        return next(each for each in (Result.FAIL, Result.NOT_TESTED, Result.PASS) if each in seen)

    @property
    def only_on_aws(self) -> bool:
        """Whether nothing is missing but what only AWS can show."""
        return bool(self.probes) and all(
            each.result is Result.PASS or (each.result is Result.NOT_TESTED and each.probe.id in ONLY_ON_AWS) for each in self.probes
        )

    def line(self) -> str:
        """Return the test in one line: what decided it, and the log's own words."""
        worst = [each for each in self.probes if each.result is Result.FAIL] or [each for each in self.probes if each.result is Result.PASS]
        first = worst[-1 if self.number == 6 else 0] if worst else (self.probes[0] if self.probes else None)
        left = [each.probe.id for each in self.probes if each.result is Result.NOT_TESTED]
        said = first.line().partition(" ")[2].strip() if first else "no probe"
        also = f" (NOT TESTED: {', '.join(left)})" if left else ""
        word = "PASS" if self.result is Result.NOT_TESTED and self.only_on_aws else self.result.value
        return f"{self.number} {NAMES[self.number]:<26} {word + (' in part' if word == 'PASS' and left else ''):<13} {said}{also}"


def mode_in_force(world: World) -> PolicyMode:
    """Return the mode of the rules that are in force: monitor when every deny is only watched."""
    denies = [rule for rule in world.ask("rules") if not rule["permits"]]
    return PolicyMode.MONITOR if denies and all(rule["watched"] for rule in denies) else PolicyMode.ENFORCE


def run_script(
    world: World, mode: PolicyMode, *, update: str = "", expect: str = "", patience: int = PATIENCE, timeout: float = 120.0
) -> list[Judged]:
    """Run the deployed script in the agent and judge every probe; `patience` is how many seconds a probe waits."""
    before = world.ask("decisions")["count"]
    environment = {**os.environ, "POLICY_MODE": mode.value, "PROBE_NONCE": new_nonce(), "PROBE_TIMEOUT": str(patience)}
    environment |= {"UPDATE_TARGET": update, "UPDATE_EXPECT": expect} if update else {}
    done = subprocess.run(
        world.command(["bash", f"{FOLDER}/verify-egress.sh"]), capture_output=True, text=True, env=environment, timeout=timeout, check=False
    )
    probes = read_probes(done.stdout)
    if not probes:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise RuntimeError(f"{FOLDER}/verify-egress.sh told nothing (exit {done.returncode}): {said}")
    return judged(world, probes, before, mode)


def judged(world: World, probes: list[Probe], before: int, mode: PolicyMode) -> list[Judged]:
    """Judge probes with the logs since `before`; waits a moment for lines that are on their way."""
    deadline = time.monotonic() + _SETTLE
    model = next((each.host for each in probes if each.id == "model-call" and each.host != "-"), "")
    while True:
        decisions = _RECORDS.validate_python(world.ask("decisions", after=before)["records"])
        receipts = world.ask("receipts")
        out = [judge(probe, decisions, receipts, mode, model) for probe in probes]
        unsettled = any(each.result is Result.FAIL and each.decision is None and each.probe.result is Result.PASS for each in out)
        if not unsettled or time.monotonic() > deadline:
            return out
        time.sleep(0.05)


def six_tests(world: World, add: Callable[[str | None], Any] | None) -> list[Tested]:
    """Run the six tests in the mode that is in force; `add` deploys the stack with a destination more, or (None) as it was."""
    mode = mode_in_force(world)

    def before() -> list[Judged]:
        return run_script(world, mode, update=UPDATE_TARGET, expect="delivered" if mode is PolicyMode.MONITOR else "blocked")

    if add is None:
        first = before()
        note = Probe(6, "update-after", UPDATE_TARGET, Result.NOT_TESTED, "unknown", "the destination was not added", "")
        last = [Judged(note, Result.NOT_TESTED, note.detail)]
    else:
        first, again = _beside_updates(world, add, before, lambda: _after(world, mode))
        last = [_permitted(_renamed(each, "after")) for each in again]
    probes = [each for each in first if each.probe.test != 6]
    sixth = [*(_renamed(each, "before") for each in first if each.probe.test == 6), *last]
    return [Tested(number, tuple(each for each in [*probes, *sixth] if each.probe.test == number)) for number in NAMES]


def _after(world: World, mode: PolicyMode) -> list[Judged]:
    """Ask for the added destination until it is delivered, or until it was waited as long as for any other."""

    def asked(patience: int) -> list[Judged]:
        told = run_script(world, mode, update=UPDATE_TARGET, expect="delivered", patience=patience)
        return [each for each in told if each.probe.test == 6]

    soon = asked(SHORT_PATIENCE)
    return soon if all(each.probe.result is Result.PASS for each in soon) else asked(PATIENCE)


def _beside_updates(
    world: World, add: Callable[[str | None], Any], before: Callable[[], list[Judged]], after: Callable[[], list[Judged]]
) -> tuple[list[Judged], list[Judged]]:
    """Run two looks, the stack's update beside the first and its way back beside the second; the world takes each when a look is over."""
    back = False
    try:
        with ThreadPoolExecutor(1) as looking:
            world.ask("hold", seconds=_HOLD)
            first = looking.submit(before)
            add(UPDATE_TARGET)
            seen = first.result()
            world.ask("sync")
            world.ask("hold", seconds=_HOLD)
            second = looking.submit(after)
            add(None)
            back = True
            return seen, second.result()
    finally:
        if not back:
            add(None)
        world.ask("hold", seconds=0)
        world.ask("sync")


def _renamed(each: Judged, when: str) -> Judged:
    probe = each.probe
    named = Probe(probe.test, f"{probe.id}-{when}", probe.target, probe.result, probe.outcome, probe.detail, probe.nonce)
    return Judged(named, each.result, each.says, each.decision, each.arrived)


def _permitted(each: Judged) -> Judged:
    if each.result is Result.PASS and not each.says.startswith("PERMITTED"):
        return Judged(each.probe, Result.FAIL, f"still {each.says} after it was added", each.decision, each.arrived)
    return each
