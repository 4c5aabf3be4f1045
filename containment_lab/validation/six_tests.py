"""The six validation tests, run by the deployed script on the agent host and evaluated with the logs.

Test 6 is a live policy update: the script requests a destination that no rule permits, an update of the stack adds it, and the script
requests it again. The update runs in parallel with the script while the network's supervisor is paused; so does the update that removes
the destination. No part passes without an observation: a test with a part that could not be tested is marked.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

from containment.names import PolicyMode
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary
from containment_lab.internet.receipts import make_nonce
from containment_lab.network.control import LabNetwork
from containment_lab.network.host_files import FOLDER
from containment_lab.validation.attempts import RECORDS
from containment_lab.validation.named_denies import is_named_deny
from containment_lab.validation.probes import ONLY_ON_AWS, Probe, ProbeResult, Result, evaluate_probe, read_probes

NAMES = {
    1: "allowed model call",
    2: "terminal launch",
    3: "blocked attacker domain",
    4: "blocked shadow model",
    5: "blocked external DNS",
    6: "monitor-to-enforce update",
}
_SETTLE = 2.0
_HOLD = 60.0
PATIENCE, SHORT_PATIENCE = 4, 2
"""Seconds that a probe waits. The short wait is enough for a delivery; before a probe counts as blocked, it waits longer."""


@dataclass(frozen=True)
class ValidationResult:
    """One test with its probes."""

    number: int
    probes: tuple[ProbeResult, ...]

    @property
    def result(self) -> Result:
        """FAIL if any part failed, NOT TESTED if any part was not tested, else PASS."""
        seen = {each.result for each in self.probes} or {Result.NOT_TESTED}
        return next(each for each in (Result.FAIL, Result.NOT_TESTED, Result.PASS) if each in seen)

    @property
    def only_on_aws(self) -> bool:
        """Whether all probes passed, apart from those that only AWS can show."""
        return bool(self.probes) and all(
            each.result is Result.PASS or (each.result is Result.NOT_TESTED and each.probe.id in ONLY_ON_AWS) for each in self.probes
        )

    def format_line(self) -> str:
        """Return one line: the result, the deciding probe and its log line."""
        worst = [each for each in self.probes if each.result is Result.FAIL] or [each for each in self.probes if each.result is Result.PASS]
        first = worst[-1 if self.number == 6 else 0] if worst else (self.probes[0] if self.probes else None)
        left = [each.probe.id for each in self.probes if each.result is Result.NOT_TESTED]
        said = first.format_line().partition(" ")[2].strip() if first else "no probe"
        also = f" (NOT TESTED: {', '.join(left)})" if left else ""
        word = "PASS" if self.result is Result.NOT_TESTED and self.only_on_aws else self.result.value
        return f"{self.number} {NAMES[self.number]:<26} {word + (' in part' if word == 'PASS' and left else ''):<13} {said}{also}"


def determine_mode(world: LabNetwork) -> PolicyMode:
    """Return the mode of the rules in force: monitor if every deny rule is watched, apart from those that `alwaysEnforce` can apply."""
    denies = [rule for rule in world.send_command("rules") if not rule["permits"] and not is_named_deny(rule["name"])]
    return PolicyMode.MONITOR if denies and all(rule["watched"] for rule in denies) else PolicyMode.ENFORCE


def choose_update_target(rules: Sequence[Mapping[str, Any]]) -> str:
    """Return the destination that test 6 adds: one that no WebGroup of the rules matches.

    Args:
        rules: The rules in force for the agent, as the network's supervisor lists them.
    """
    known = [DomainPattern.parse(name) for rule in rules for name in rule["names"]]
    names = (f"api.newly-approved{'' if number == 1 else f'-{number}'}.dev" for number in count(1))
    return next(name for name in names if all(pattern.matches(name) is Ternary.NO for pattern in known))


def run_script(
    world: LabNetwork, mode: PolicyMode, *, update: str = "", expect: str = "", patience: int = PATIENCE, timeout: float = 120.0
) -> list[ProbeResult]:
    """Run the deployed script on the agent host and return every probe's result.

    Args:
        world: The network.
        mode: The mode in force.
        update: The destination of test 6; empty to leave test 6 out.
        expect: The outcome that the script expects for it.
        patience: Seconds that a probe waits.
        timeout: Seconds for the whole script.
    """
    before = world.send_command("decisions")["count"]
    environment = {**os.environ, "POLICY_MODE": mode.value, "PROBE_NONCE": make_nonce(), "PROBE_TIMEOUT": str(patience)}
    environment |= {"UPDATE_TARGET": update, "UPDATE_EXPECT": expect} if update else {}
    done = subprocess.run(
        world.build_privileged_command(["bash", f"{FOLDER}/verify-egress.sh"]),
        capture_output=True,
        text=True,
        env=environment,
        timeout=timeout,
        check=False,
    )
    probes = read_probes(done.stdout)
    if not probes:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise RuntimeError(f"{FOLDER}/verify-egress.sh printed no probe (exit {done.returncode}): {said}")
    return evaluate_probes(world, probes, before, mode)


def evaluate_probes(world: LabNetwork, probes: list[Probe], before: int, mode: PolicyMode) -> list[ProbeResult]:
    """Return the results of probes from the logs since `before`; wait a moment for late lines.

    Args:
        world: The network.
        probes: The probes.
        before: The number of decisions at the start of the run.
        mode: The mode in force.
    """
    deadline = time.monotonic() + _SETTLE
    model = next((each.host for each in probes if each.id == "model-call" and re.search("[a-z]", each.host)), "")
    while True:
        decisions = RECORDS.validate_python(world.send_command("decisions", after=before)["records"])
        receipts = world.send_command("receipts")
        out = [evaluate_probe(probe, decisions, receipts, mode, model) for probe in probes]
        unsettled = any(each.result is Result.FAIL and each.decision is None and each.probe.result is Result.PASS for each in out)
        if not unsettled or time.monotonic() > deadline:
            return out
        time.sleep(0.05)


def run_six_tests(world: LabNetwork, target: str, add: Callable[[str | None], Any] | None) -> list[ValidationResult]:
    """Run the six tests in the mode in force.

    Args:
        world: The network.
        target: The destination of test 6 (`choose_update_target`).
        add: Deploys the stack with one more destination, or (with None) without it; None leaves the update of test 6 out.
    """
    mode = determine_mode(world)

    def before() -> list[ProbeResult]:
        return run_script(world, mode, update=target, expect="delivered" if mode is PolicyMode.MONITOR else "blocked")

    if add is None:
        first = before()
        note = Probe(
            test=6,
            id="update-after",
            target=target,
            result=Result.NOT_TESTED,
            outcome="unknown",
            detail="the destination was not added",
            nonce="",
        )
        last = [ProbeResult(note, Result.NOT_TESTED, note.detail)]
    else:
        first, again = _run_with_updates(world, target, add, before, lambda: _request_added_destination(world, target, mode))
        last = [_require_permitted(_rename_probe(each, "after")) for each in again]
    probes = [each for each in first if each.probe.test != 6]
    sixth = [*(_rename_probe(each, "before") for each in first if each.probe.test == 6), *last]
    return [ValidationResult(number, tuple(each for each in [*probes, *sixth] if each.probe.test == number)) for number in NAMES]


def _request_added_destination(world: LabNetwork, target: str, mode: PolicyMode) -> list[ProbeResult]:
    """Request the added destination with the short wait, and again with the usual one if it was not delivered."""

    def asked(patience: int) -> list[ProbeResult]:
        told = run_script(world, mode, update=target, expect="delivered", patience=patience)
        return [each for each in told if each.probe.test == 6]

    soon = asked(SHORT_PATIENCE)
    return soon if all(each.probe.result is Result.PASS for each in soon) else asked(PATIENCE)


def _run_with_updates(
    world: LabNetwork,
    target: str,
    add: Callable[[str | None], Any],
    before: Callable[[], list[ProbeResult]],
    after: Callable[[], list[ProbeResult]],
) -> tuple[list[ProbeResult], list[ProbeResult]]:
    """Run `before` in parallel with the stack's update, and `after` with its reversal; the network applies each update afterwards."""
    back = False
    try:
        with ThreadPoolExecutor(1) as looking:
            world.send_command("hold", seconds=_HOLD)
            first = looking.submit(before)
            add(target)
            seen = first.result()
            world.send_command("sync")
            world.send_command("hold", seconds=_HOLD)
            second = looking.submit(after)
            add(None)
            back = True
            return seen, second.result()
    finally:
        if not back:
            add(None)
        world.send_command("hold", seconds=0)
        world.send_command("sync")


def _rename_probe(each: ProbeResult, when: str) -> ProbeResult:
    probe = each.probe
    named = Probe(
        test=probe.test,
        id=f"{probe.id}-{when}",
        target=probe.target,
        result=probe.result,
        outcome=probe.outcome,
        detail=probe.detail,
        nonce=probe.nonce,
    )
    return ProbeResult(named, each.result, each.says, each.decision, each.arrived)


def _require_permitted(each: ProbeResult) -> ProbeResult:
    if each.result is Result.PASS and not each.says.startswith("PERMITTED"):
        return ProbeResult(each.probe, Result.FAIL, f"still {each.says} after it was added", each.decision, each.arrived)
    return each
